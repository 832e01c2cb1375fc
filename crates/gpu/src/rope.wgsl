// Queries and keys are normalised by head and turned by their position; keys and values go to the KV cache.
//
// RoPE: Su et al. 2021; norms on the heads of Q and K: Henry et al. 2020. One workgroup for each head and token.

override THREADS: u32 = 8u;
override QK_NORM: bool = false;
override INTERLEAVED: bool = false; // pairs are 2i and 2i + 1, else i and i + dims / 2

struct Params {
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
    rope_dims: u32,    // 0: no rotation
    cache_tiles: u32,  // of eight positions
    eps: f32,
    reserved_0: u32,
    reserved_1: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;             // (n_tokens, n_heads + 2 n_kv_heads, head_dim)
@group(0) @binding(2) var<storage, read> angles: array<vec2<f32>>;    // (positions, rope_dims / 2) of cos and sin
@group(0) @binding(3) var<storage, read> qk_weights: array<f32>;      // (2, head_dim)
@group(0) @binding(4) var<storage, read_write> queries: array<f32>;   // (n_tokens, n_heads, head_dim)
@group(0) @binding(5) var<storage, read_write> keys: array<u32>;      // (n_kv_heads, tiles, head_dim / 8, 8 positions, 4) of two f16
@group(0) @binding(6) var<storage, read_write> values: array<u32>;    // (n_kv_heads, positions, head_dim / 2) of two f16
@group(0) @binding(7) var<uniform> cursor: Cursor;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let head = workgroup.x;
    let token = workgroup.y;
    if token >= cursor.n_tokens {
        return;
    }
    let position = cursor.position + token;
    let head_dim = params.head_dim;
    let row = (token * (params.n_heads + 2u * params.n_kv_heads) + head) * head_dim;
    let n_turned = params.n_heads + params.n_kv_heads;
    var factor = 1.0;
    if QK_NORM && head < n_turned {
        // Each thread sums the whole head: shorter than waiting for the others.
        factor = head_factor(row, head_dim, params.eps);
    }
    for (var d = thread * 2u; d < head_dim; d += THREADS * 2u) {
        if head < params.n_heads {
            let at = (token * params.n_heads + head) * head_dim + d;
            queries[at] = turned(row, 0u, d, factor, position, params.rope_dims, head_dim);
            queries[at + 1u] = turned(row, 0u, d + 1u, factor, position, params.rope_dims, head_dim);
        } else if head < n_turned {
            let pair = vec2(turned(row, 1u, d, factor, position, params.rope_dims, head_dim), turned(row, 1u, d + 1u, factor, position, params.rope_dims, head_dim));
            let tile = (head - params.n_heads) * params.cache_tiles + position / 8u;
            let at = ((tile * (head_dim / 8u) + d / 8u) * 8u + position % 8u) * 4u + (d % 8u) / 2u;
            keys[at] = pack2x16float(pair);
        } else {
            let at = (head - n_turned) * params.cache_tiles * 8u + position;
            values[(at * head_dim + d) / 2u] = pack2x16float(vec2(qkv[row + d], qkv[row + d + 1u]));
        }
    }
}
