// One token's queries, keys and values as a matrix gave them, turned here. The token's own key and value are taken from there
// and kept afterwards, by combine.wgsl: a cache that is only read is read much faster.

override QK_NORM: bool = false;
override INTERLEAVED: bool = false;

@group(0) @binding(1) var<storage, read> qkv: array<f32>;               // (n_heads + 2 n_kv_heads, head_dim)
@group(0) @binding(2) var<storage, read> keys: array<vec4<u32>>;   // (n_kv_heads, tiles, head_dim / 8, 8 positions)
@group(0) @binding(3) var<storage, read> values: array<vec4<u32>>; // (n_kv_heads, positions, head_dim / 8)
@group(0) @binding(7) var<storage, read> angles: array<vec2<f32>>;      // (positions, rope_dims / 2) of cos and sin
@group(0) @binding(8) var<storage, read> qk_weights: array<f32>;        // (2, head_dim)

var<workgroup> turned_queries: array<vec4<f32>, GROUP * HEAD_DIM / 4u>;
var<workgroup> turned_key: array<vec4<f32>, HEAD_DIM / 4u>;
var<workgroup> factors: array<f32, GROUP + 1u>; // of the query heads, then of the key head

fn query_at(row: u32, first_token: u32, group: u32) -> u32 {
    return row * (HEAD_DIM / 4u);
}

fn query_vector(at: u32) -> vec4<f32> {
    return turned_queries[at];
}

fn four_turned(row: u32, which: u32, d: u32, factor: f32) -> vec4<f32> {
    let position = cursor.position;
    return vec4(
        turned(row, which, d, factor, position, params.rope_dims, HEAD_DIM),
        turned(row, which, d + 1u, factor, position, params.rope_dims, HEAD_DIM),
        turned(row, which, d + 2u, factor, position, params.rope_dims, HEAD_DIM),
        turned(row, which, d + 3u, factor, position, params.rope_dims, HEAD_DIM),
    );
}

fn four_values(at: u32) -> vec4<f32> {
    return vec4(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
}

// The token's own position is not in the cache yet: `take_own` adds it.
fn own_apart() -> u32 {
    return 1u;
}

fn prepare(group: u32, kv_head: u32, thread: u32) {
    let key_row = (params.n_kv_heads * SHARING + kv_head) * HEAD_DIM;
    if QK_NORM {
        for (var head = thread; head <= GROUP; head += THREADS) {
            let row = select((group * GROUP + head) * HEAD_DIM, key_row, head == GROUP);
            factors[head] = head_factor(row, HEAD_DIM, params.eps);
        }
        workgroupBarrier();
    }
    for (var i = thread; i < GROUP * HEAD_DIM / 4u; i += THREADS) {
        let head = i / (HEAD_DIM / 4u);
        let row = (group * GROUP + head) * HEAD_DIM;
        turned_queries[i] = four_turned(row, 0u, i % (HEAD_DIM / 4u) * 4u, factors[head]);
    }
    for (var i = thread; i < HEAD_DIM / 4u; i += THREADS) {
        turned_key[i] = four_turned(key_row, 1u, i * 4u, factors[GROUP]);
    }
    workgroupBarrier();
}

// One more position for the running softmax, by the workgroup of the last span.
fn take_own(kv_head: u32, is_last: bool, thread: u32) {
    if !is_last {
        return;
    }
    for (var row = thread; row < GROUP; row += THREADS) {
        var product = 0.0;
        for (var i = 0u; i < HEAD_DIM / 4u; i += 1u) {
            product += dot(turned_queries[row * (HEAD_DIM / 4u) + i], turned_key[i]);
        }
        let score = capped(product);
        let top = max(highest[row], score);
        let fade = exp(highest[row] - top);
        let weight = exp(score - top);
        highest[row] = top;
        totals[row] = totals[row] * fade + weight;
        fading[row] = fade;
        scores[row * CHUNK] = weight;
    }
    workgroupBarrier();
    let value_row = (params.n_kv_heads * (SHARING + 1u) + kv_head) * HEAD_DIM;
    for (var i = thread; i < GROUP * HEAD_DIM / 4u; i += THREADS) {
        let row = i / (HEAD_DIM / 4u);
        let value = four_values(value_row + i % (HEAD_DIM / 4u) * 4u);
        attended[i] = attended[i] * fading[row] + scores[row * CHUNK] * value;
    }
    workgroupBarrier();
}
