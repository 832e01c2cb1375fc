// Logits are squeezed into ±cap by tanh.

struct Params {
    n: u32,
    cap: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let i = id.y * grid.x * 8u + id.x;
    if i < params.n {
        logits[i] = params.cap * tanh(clamp(logits[i] / params.cap, -15.0, 15.0));
    }
}
