// One token's queries, keys and values as a matrix gave them: turned here, and kept by the workgroup that looks at the token's
// own position. Nobody else does, so that nothing has to wait for the cache.

override QK_NORM: bool = false;
override INTERLEAVED: bool = false;

@group(0) @binding(1) var<storage, read> qkv: array<f32>;               // (n_heads + 2 n_kv_heads, head_dim)
@group(0) @binding(2) var<storage, read_write> keys: array<vec4<u32>>;   // (n_kv_heads, tiles, head_dim / 8, 8 positions)
@group(0) @binding(3) var<storage, read_write> values: array<vec4<u32>>; // (n_kv_heads, positions, head_dim / 8)
@group(0) @binding(7) var<storage, read> angles: array<vec2<f32>>;      // (positions, rope_dims / 2) of cos and sin
@group(0) @binding(8) var<storage, read> qk_weights: array<f32>;        // (2, head_dim)

var<workgroup> turned_queries: array<vec4<f32>, GROUP * HEAD_DIM / 4u>;
var<workgroup> factors: array<f32, GROUP + 1u>; // of the query heads, then of the key head

fn query_at(row: u32, first_token: u32, kv_head: u32) -> u32 {
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

fn pack_eight(low: vec4<f32>, high: vec4<f32>) -> vec4<u32> {
    return vec4(pack2x16float(low.xy), pack2x16float(low.zw), pack2x16float(high.xy), pack2x16float(high.zw));
}

fn four_values(at: u32) -> vec4<f32> {
    return vec4(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
}

fn prepare(kv_head: u32, is_last: bool, thread: u32) {
    let key_row = (params.n_kv_heads * GROUP + kv_head) * HEAD_DIM;
    if QK_NORM {
        for (var head = thread; head <= GROUP; head += THREADS) {
            let row = select((kv_head * GROUP + head) * HEAD_DIM, key_row, head == GROUP);
            factors[head] = head_factor(row, HEAD_DIM, params.eps);
        }
        workgroupBarrier();
    }
    for (var i = thread; i < GROUP * HEAD_DIM / 4u; i += THREADS) {
        let head = i / (HEAD_DIM / 4u);
        let row = (kv_head * GROUP + head) * HEAD_DIM;
        turned_queries[i] = four_turned(row, 0u, i % (HEAD_DIM / 4u) * 4u, factors[head]);
    }
    if is_last {
        let position = cursor.position;
        let value_row = key_row + params.n_kv_heads * HEAD_DIM;
        let tile = (kv_head * params.cache_tiles + position / 8u) * (HEAD_DIM / 8u);
        for (var d = thread; d < HEAD_DIM / 8u; d += THREADS) {
            keys[(tile + d) * 8u + position % 8u] = pack_eight(
                four_turned(key_row, 1u, d * 8u, factors[GROUP]),
                four_turned(key_row, 1u, d * 8u + 4u, factors[GROUP]),
            );
            values[(kv_head * params.cache_tiles * 8u + position) * (HEAD_DIM / 8u) + d] =
                pack_eight(four_values(value_row + d * 8u), four_values(value_row + d * 8u + 4u));
        }
    }
    storageBarrier();
    workgroupBarrier();
}
