// The sums of attention's spans become its result, as if there had been one span. One thread for four components.

struct Params {
    n_heads: u32,
    head_vectors: u32, // head_dim / 4
    splits: u32,
    reserved_0: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4<f32>>; // (n_heads, splits, head_dim / 4)
@group(0) @binding(2) var<storage, read> sums: array<vec2<f32>>;    // (n_heads, splits): maximum, sum
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>; // (n_heads, head_dim / 4)

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.n_heads * params.head_vectors {
        return;
    }
    let head = id.x / params.head_vectors;
    let component = id.x % params.head_vectors;
    var top = -1e30;
    for (var split = 0u; split < params.splits; split += 1u) {
        top = max(top, sums[head * params.splits + split].x);
    }
    var value = vec4(0.0);
    var total = 0.0;
    for (var split = 0u; split < params.splits; split += 1u) {
        let at = head * params.splits + split;
        let weight = exp(sums[at].x - top);
        value += weight * partial[at * params.head_vectors + component];
        total += weight * sums[at].y;
    }
    y[id.x] = value / total;
}
