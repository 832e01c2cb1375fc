// Rows become normalised rows: RMSNorm (Zhang & Sennrich 2019) or LayerNorm (Ba et al. 2016). One workgroup for each token.

override LAYER: bool = false;  // LayerNorm, with bias
override FACTOR: bool = false; // y[token] is the reciprocal of the row's root mean square; nothing else is written
override ADD: bool = false;    // y += norm(x), and that times the next norm's weight goes to `weighted`

struct Params {
    dim: u32,
    eps: f32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;       // (n_tokens, dim)
@group(0) @binding(2) var<storage, read> weight: array<f32>;  // (dim)
@group(0) @binding(3) var<storage, read> bias: array<f32>;    // (dim)
@group(0) @binding(4) var<storage, read> next: array<f32>;    // (dim)
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // (n_tokens, dim)
@group(0) @binding(6) var<storage, read_write> weighted: array<f32>;
@group(0) @binding(7) var<uniform> cursor: Cursor;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let token = workgroup.x;
    if token >= cursor.n_tokens {
        return;
    }
    let start = token * params.dim;
    let n = f32(params.dim);
    var mean = 0.0;
    if LAYER {
        var sum = 0.0;
        for (var i = thread; i < params.dim; i += THREADS) {
            sum += x[start + i];
        }
        mean = workgroup_sum(sum, thread) / n;
    }
    var squares = 0.0;
    for (var i = thread; i < params.dim; i += THREADS) {
        let centred = x[start + i] - mean;
        squares += centred * centred;
    }
    let factor = inverseSqrt(workgroup_sum(squares, thread) / n + params.eps);
    if FACTOR {
        if thread == 0u {
            y[token] = factor;
        }
        return;
    }
    for (var i = thread; i < params.dim; i += THREADS) {
        var value = (x[start + i] - mean) * factor * weight[i];
        if LAYER {
            value += bias[i];
        }
        if ADD {
            value += y[start + i];
            weighted[start + i] = value * next[i];
        }
        y[start + i] = value;
    }
}
