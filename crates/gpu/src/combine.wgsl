// The sums of attention's spans become its result, as if there had been one span, and the token's key and value go to the cache.
// One thread for four components of the result, or for eight of key and value.

override QK_NORM: bool = false;
override INTERLEAVED: bool = false;

struct Params {
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
    splits: u32,
    cache_tiles: u32, // of eight positions
    rope_dims: u32,
    eps: f32,
    reserved_0: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4<f32>>;      // (n_heads, splits, head_dim / 4)
@group(0) @binding(2) var<storage, read> sums: array<vec2<f32>>;         // (n_heads, splits): maximum, sum
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;      // (n_heads, head_dim / 4)
@group(0) @binding(4) var<storage, read> qkv: array<f32>;                // (n_heads + 2 n_kv_heads, head_dim)
@group(0) @binding(5) var<storage, read> angles: array<vec2<f32>>;       // (positions, rope_dims / 2) of cos and sin
@group(0) @binding(6) var<storage, read> qk_weights: array<f32>;         // (2, head_dim)
@group(0) @binding(7) var<storage, read_write> keys: array<vec4<u32>>;   // (n_kv_heads, tiles, head_dim / 8, 8 positions)
@group(0) @binding(8) var<storage, read_write> values: array<vec4<u32>>; // (n_kv_heads, positions, head_dim / 8)
@group(0) @binding(9) var<uniform> cursor: Cursor;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let head_vectors = params.head_dim / 4u;
    if id.x < params.n_heads * head_vectors {
        combine(id.x / head_vectors, id.x % head_vectors, id.x);
        return;
    }
    let i = id.x - params.n_heads * head_vectors;
    if i < params.n_kv_heads * params.head_dim / 8u {
        keep(i / (params.head_dim / 8u), i % (params.head_dim / 8u));
    }
}

fn combine(head: u32, component: u32, at: u32) {
    var top = -1e30;
    for (var split = 0u; split < params.splits; split += 1u) {
        top = max(top, sums[head * params.splits + split].x);
    }
    var value = vec4(0.0);
    var total = 0.0;
    for (var split = 0u; split < params.splits; split += 1u) {
        let span = head * params.splits + split;
        let weight = exp(sums[span].x - top);
        value += weight * partial[span * (params.head_dim / 4u) + component];
        total += weight * sums[span].y;
    }
    y[at] = value / total;
}

fn keep(kv_head: u32, d: u32) {
    let position = cursor.position;
    let key_row = (params.n_heads + kv_head) * params.head_dim;
    var factor = 1.0;
    if QK_NORM {
        factor = head_factor(key_row, params.head_dim, params.eps);
    }
    let tile = (kv_head * params.cache_tiles + position / 8u) * (params.head_dim / 8u);
    keys[(tile + d) * 8u + position % 8u] = vec4(
        two_turned(key_row, d * 8u, factor),
        two_turned(key_row, d * 8u + 2u, factor),
        two_turned(key_row, d * 8u + 4u, factor),
        two_turned(key_row, d * 8u + 6u, factor),
    );
    let value_row = key_row + params.n_kv_heads * params.head_dim + d * 8u;
    values[(kv_head * params.cache_tiles * 8u + position) * (params.head_dim / 8u) + d] = vec4(
        pack2x16float(vec2(qkv[value_row], qkv[value_row + 1u])),
        pack2x16float(vec2(qkv[value_row + 2u], qkv[value_row + 3u])),
        pack2x16float(vec2(qkv[value_row + 4u], qkv[value_row + 5u])),
        pack2x16float(vec2(qkv[value_row + 6u], qkv[value_row + 7u])),
    );
}

fn two_turned(row: u32, d: u32, factor: f32) -> u32 {
    let position = cursor.position;
    return pack2x16float(vec2(
        turned(row, 1u, d, factor, position, params.rope_dims, params.head_dim),
        turned(row, 1u, d + 1u, factor, position, params.rope_dims, params.head_dim),
    ));
}
