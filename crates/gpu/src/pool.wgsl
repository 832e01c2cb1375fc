// The vectors of a text's tokens become one of length 1: their mean, or the first. One workgroup.

override FIRST: bool = false;

struct Params {
    dim: u32,
    reserved_0: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;       // (n_tokens, dim)
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // (dim)
@group(0) @binding(3) var<uniform> cursor: Cursor;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
    var n = cursor.n_tokens;
    if FIRST {
        n = 1u;
    }
    var squares = 0.0;
    for (var i = thread; i < params.dim; i += THREADS) {
        var sum = 0.0;
        for (var token = 0u; token < n; token += 1u) {
            sum += x[token * params.dim + i];
        }
        let mean = sum / f32(n);
        y[i] = mean;
        squares += mean * mean;
    }
    let scale = inverseSqrt(max(workgroup_sum(squares, thread), 1e-24));
    for (var i = thread; i < params.dim; i += THREADS) {
        y[i] *= scale;
    }
}
