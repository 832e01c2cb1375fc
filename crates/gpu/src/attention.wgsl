// Queries look at the KV cache: softmax(Q Kᵀ) V with a running maximum (Milakov & Gimelshein 2018; Dao et al. 2022).
//
// Where queries, keys and values are is said by attention_rows.wgsl or attention_step.wgsl behind this.
//
// A workgroup has one KV head, `TOKENS` tokens with `GROUP` of the query heads of that head, and one of `splits` spans of
// positions (split-K, Dao et al. 2023). With one span it writes the result, else sums that combine.wgsl joins.

override THREADS: u32 = 8u;
override GROUP: u32 = 1u;    // query heads of a workgroup
override SHARING: u32 = 1u;  // query heads of a KV head, a multiple of GROUP
override TOKENS: u32 = 1u;   // of a workgroup
override HEAD_DIM: u32 = 64u;
override CHUNK: u32 = 64u;   // positions at a time, a multiple of 8
override SPLIT: bool = false;
override CAUSAL: bool = true;

const ROWS_AT_ONCE = 4u;
const LOWEST = -1e30;

struct Params {
    n_kv_heads: u32,
    cache_tiles: u32, // of eight positions
    splits: u32,
    window: u32,      // a token sees this many positions, its own included; 0 for all
    scale: f32,
    softcap: f32,     // 0 for none
    rope_dims: u32,
    eps: f32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // (n_tokens, n_heads, [splits,] head_dim / 4)
@group(0) @binding(5) var<storage, read_write> sums: array<vec2<f32>>; // (n_tokens, n_heads, splits): maximum, sum
@group(0) @binding(6) var<uniform> cursor: Cursor;

const MOST_ROWS = 64u;

var<workgroup> scores: array<f32, GROUP * TOKENS * CHUNK>;
var<workgroup> attended: array<vec4<f32>, GROUP * TOKENS * HEAD_DIM / 4u>;
var<workgroup> highest: array<f32, MOST_ROWS>;
var<workgroup> totals: array<f32, MOST_ROWS>;
var<workgroup> fading: array<f32, MOST_ROWS>; // what the sums so far are multiplied by

// A key's eight components.
fn unpack_low(k: vec4<u32>) -> vec4<f32> {
    return vec4(unpack2x16float(k.x), unpack2x16float(k.y));
}

fn unpack_high(k: vec4<u32>) -> vec4<f32> {
    return vec4(unpack2x16float(k.z), unpack2x16float(k.w));
}

// Positions that the row's token sees are [first, end).
fn sees(row: u32, first_token: u32, position: u32) -> bool {
    if !CAUSAL {
        return position < cursor.position + cursor.n_tokens;
    }
    let own = cursor.position + first_token + row / GROUP;
    return position <= own && (params.window == 0u || position + params.window > own);
}

// A product as a score.
fn capped(value: f32) -> f32 {
    let score = value * params.scale;
    if params.softcap > 0.0 {
        return params.softcap * tanh(clamp(score / params.softcap, -15.0, 15.0));
    }
    return score;
}

fn put_score(row: u32, first_token: u32, position: u32, i: u32, value: f32) {
    scores[row * CHUNK + i] = select(LOWEST, capped(value), sees(row, first_token, position));
}

// Eight components of a row get what a chunk adds; the first to add also lets the earlier chunks fade.
fn add(row: u32, d: u32, turn: u32, low: vec4<f32>, high: vec4<f32>) {
    let at = row * (HEAD_DIM / 4u) + 2u * d;
    let fade = select(1.0, fading[row], turn == 0u);
    attended[at] = attended[at] * fade + low;
    attended[at + 1u] = attended[at + 1u] * fade + high;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let rows = GROUP * TOKENS;
    let group = workgroup.x;
    let kv_head = group * GROUP / SHARING;
    let first_token = workgroup.y * TOKENS;
    let split = workgroup.z;
    if first_token >= cursor.n_tokens {
        return;
    }
    // All positions that any of the rows sees, then this workgroup's span of them, in whole tiles.
    var first = 0u;
    var end = cursor.position + cursor.n_tokens;
    if CAUSAL {
        end = min(cursor.position + first_token + TOKENS, end);
        let own = cursor.position + first_token + 1u;
        if params.window > 0u && own > params.window {
            first = (own - params.window) / 8u * 8u;
        }
    }
    end -= own_apart();
    if SPLIT {
        let tiles = (end - first + 7u) / 8u;
        let span = (tiles + params.splits - 1u) / params.splits * 8u;
        first += split * span;
        end = min(end, first + span);
    }
    for (var i = thread; i < rows * HEAD_DIM / 4u; i += THREADS) {
        attended[i] = vec4(0.0);
    }
    for (var row = thread; row < rows; row += THREADS) {
        highest[row] = LOWEST;
        totals[row] = 0.0;
    }
    prepare(group, kv_head, thread);
    for (var start = first; start < end; start += CHUNK) {
        let n = min(CHUNK, end - start);
        // Scores: a thread has a pair of positions, eight apart.
        for (var i = thread / 8u * 16u + thread % 8u; i < n; i += THREADS * 2u) {
            let position = start + i;
            let tile = (kv_head * params.cache_tiles + position / 8u) * (HEAD_DIM / 8u);
            let next_tile = select(0u, HEAD_DIM / 8u, i + 8u < n);
            for (var row = 0u; row < rows; row += ROWS_AT_ONCE) {
                let q0 = query_at(row, first_token, group);
                let q1 = query_at(min(row + 1u, rows - 1u), first_token, group);
                let q2 = query_at(min(row + 2u, rows - 1u), first_token, group);
                let q3 = query_at(min(row + 3u, rows - 1u), first_token, group);
                var here = vec4(0.0);
                var there = vec4(0.0);
                for (var d = 0u; d < HEAD_DIM / 8u; d += 1u) {
                    let at = (tile + d) * 8u + position % 8u;
                    let key = keys[at];
                    let next_key = keys[at + next_tile * 8u];
                    let key_low = unpack_low(key);
                    let key_high = unpack_high(key);
                    let next_low = unpack_low(next_key);
                    let next_high = unpack_high(next_key);
                    let low0 = query_vector(q0 + 2u * d);
                    let high0 = query_vector(q0 + 2u * d + 1u);
                    here.x += dot(key_low, low0) + dot(key_high, high0);
                    there.x += dot(next_low, low0) + dot(next_high, high0);
                    if rows > 1u {
                        let low1 = query_vector(q1 + 2u * d);
                        let high1 = query_vector(q1 + 2u * d + 1u);
                        here.y += dot(key_low, low1) + dot(key_high, high1);
                        there.y += dot(next_low, low1) + dot(next_high, high1);
                    }
                    if rows > 2u {
                        let low2 = query_vector(q2 + 2u * d);
                        let high2 = query_vector(q2 + 2u * d + 1u);
                        here.z += dot(key_low, low2) + dot(key_high, high2);
                        there.z += dot(next_low, low2) + dot(next_high, high2);
                    }
                    if rows > 3u {
                        let low3 = query_vector(q3 + 2u * d);
                        let high3 = query_vector(q3 + 2u * d + 1u);
                        here.w += dot(key_low, low3) + dot(key_high, high3);
                        there.w += dot(next_low, low3) + dot(next_high, high3);
                    }
                }
                put_score(row, first_token, position, i, here.x);
                if row + 1u < rows {
                    put_score(row + 1u, first_token, position, i, here.y);
                }
                if row + 2u < rows {
                    put_score(row + 2u, first_token, position, i, here.z);
                }
                if row + 3u < rows {
                    put_score(row + 3u, first_token, position, i, here.w);
                }
                if i + 8u < n {
                    put_score(row, first_token, position + 8u, i + 8u, there.x);
                    if row + 1u < rows {
                        put_score(row + 1u, first_token, position + 8u, i + 8u, there.y);
                    }
                    if row + 2u < rows {
                        put_score(row + 2u, first_token, position + 8u, i + 8u, there.z);
                    }
                    if row + 3u < rows {
                        put_score(row + 3u, first_token, position + 8u, i + 8u, there.w);
                    }
                }
            }
        }
        workgroupBarrier();
        for (var row = thread; row < rows; row += THREADS) {
            var top = highest[row];
            for (var i = 0u; i < n; i += 1u) {
                top = max(top, scores[row * CHUNK + i]);
            }
            let fade = exp(highest[row] - top);
            var total = totals[row] * fade;
            for (var i = 0u; i < n; i += 1u) {
                // A position that is not seen counts nothing, also before any that is seen.
                let score = scores[row * CHUNK + i];
                let weight = select(0.0, exp(score - top), score > LOWEST);
                scores[row * CHUNK + i] = weight;
                total += weight;
            }
            highest[row] = top;
            totals[row] = total;
            fading[row] = fade;
        }
        workgroupBarrier();
        // Values: a task is eight components of up to four rows. Threads that are left over share a task's positions.
        let n_tasks = (rows + ROWS_AT_ONCE - 1u) / ROWS_AT_ONCE * (HEAD_DIM / 8u);
        let sharers = max(THREADS / n_tasks, 1u);
        let share = thread / n_tasks % sharers;
        for (var done = 0u; done < n_tasks; done += THREADS) {
            let task = done + thread % n_tasks;
            let works = task < n_tasks && thread < n_tasks * sharers;
            let d = task % (HEAD_DIM / 8u);
            let row0 = min(task / (HEAD_DIM / 8u) * ROWS_AT_ONCE, rows - 1u);
            let row1 = min(row0 + 1u, rows - 1u);
            let row2 = min(row0 + 2u, rows - 1u);
            let row3 = min(row0 + 3u, rows - 1u);
            var low0 = vec4(0.0);
            var low1 = vec4(0.0);
            var low2 = vec4(0.0);
            var low3 = vec4(0.0);
            var high0 = vec4(0.0);
            var high1 = vec4(0.0);
            var high2 = vec4(0.0);
            var high3 = vec4(0.0);
            let at = (kv_head * params.cache_tiles * 8u + start) * (HEAD_DIM / 8u) + d;
            for (var i = select(n, share, works); i < n; i += sharers) {
                let value = values[at + i * (HEAD_DIM / 8u)];
                let low = unpack_low(value);
                let high = unpack_high(value);
                let weight0 = scores[row0 * CHUNK + i];
                low0 += weight0 * low;
                high0 += weight0 * high;
                if rows > 1u {
                    let weight1 = scores[row1 * CHUNK + i];
                    low1 += weight1 * low;
                    high1 += weight1 * high;
                }
                if rows > 2u {
                    let weight2 = scores[row2 * CHUNK + i];
                    low2 += weight2 * low;
                    high2 += weight2 * high;
                }
                if rows > 3u {
                    let weight3 = scores[row3 * CHUNK + i];
                    low3 += weight3 * low;
                    high3 += weight3 * high;
                }
            }
            for (var turn = 0u; turn < sharers; turn += 1u) {
                if works && share == turn {
                    add(row0, d, turn, low0, high0);
                    if row0 + 1u < rows {
                        add(row1, d, turn, low1, high1);
                    }
                    if row0 + 2u < rows {
                        add(row2, d, turn, low2, high2);
                    }
                    if row0 + 3u < rows {
                        add(row3, d, turn, low3, high3);
                    }
                }
                workgroupBarrier();
            }
        }
    }
    workgroupBarrier();
    take_own(kv_head, !SPLIT || split + 1u == params.splits, thread);
    for (var i = thread; i < rows * HEAD_DIM / 4u; i += THREADS) {
        let row = i / (HEAD_DIM / 4u);
        let token = first_token + row / GROUP;
        if token >= cursor.n_tokens {
            continue;
        }
        let head = token * params.n_kv_heads * SHARING + group * GROUP + row % GROUP;
        if SPLIT {
            y[(head * params.splits + split) * (HEAD_DIM / 4u) + i % (HEAD_DIM / 4u)] = attended[i];
            if i % (HEAD_DIM / 4u) == 0u {
                sums[head * params.splits + split] = vec2(highest[row], totals[row]);
            }
        } else {
            y[head * (HEAD_DIM / 4u) + i % (HEAD_DIM / 4u)] = attended[i] / totals[row];
        }
    }
}
