// The last token's row of a stream becomes a stream of its own.

struct Params {
    dim: u32,
    reserved_0: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;   // (n_tokens, dim)
@group(0) @binding(2) var<storage, read> weighted: array<f32>; // (n_tokens, dim)
@group(0) @binding(3) var<storage, read_write> last_values: array<f32>;
@group(0) @binding(4) var<storage, read_write> last_weighted: array<f32>;
@group(0) @binding(5) var<uniform> cursor: Cursor;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < params.dim {
        let at = (cursor.n_tokens - 1u) * params.dim + id.x;
        last_values[id.x] = values[at];
        last_weighted[id.x] = weighted[at];
    }
}
