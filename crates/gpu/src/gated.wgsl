// y = activation(gate) * up, for a gate and an up that could not be one matrix. One thread for each number.

override ACTIVATION: u32 = 1u; // enum Activation in activation.rs

struct Params {
    dim: u32,
    reserved_0: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<f32>;    // (n_tokens, dim)
@group(0) @binding(2) var<storage, read> up: array<f32>;      // (n_tokens, dim)
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // (n_tokens, dim)
@group(0) @binding(4) var<uniform> cursor: Cursor;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < params.dim && id.y < cursor.n_tokens {
        let at = id.y * params.dim + id.x;
        y[at] = activate(gate[at], ACTIVATION) * up[at];
    }
}
