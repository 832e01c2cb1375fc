// y = W x for one vector: one thread has one lane of up to four tiles, `SPLITS` threads share a row's blocks.
// How they join their sums is said by matvec_shared.wgsl or matvec_subgroups.wgsl behind this.
//
// With NORM, x is a stream times a norm's weight and the row's result is divided by the root mean square of the stream:
// RMSNorm (Zhang & Sennrich 2019) without a pass of its own.

override TILES: u32 = 4u;      // row tiles of a workgroup: 1, 2 or 4
override SPLITS: u32 = 1u;     // threads that share a row, a power of two
override NORM: bool = false;
override BIAS: bool = false;
override ACTIVATION: u32 = 0u; // enum Activation in activation.rs
override GATED: bool = false;  // the matrix is gate above up: y = activation(gate x) * (up x)
override ADD: bool = false;    // y += W x
override NEXT: bool = false;   // and the sum times the next norm's weight goes to `weighted`
override POST: bool = false;   // x is a block: what is multiplied is norm(stream + norm(x)), and that sum goes to `weighted`
override POST_VECTORS: u32 = 1u; // of x, with POST

struct Params {
    n_rows: u32,      // of the matrix, or of its gate
    n_tiles: u32,     // of the matrix, or of its gate
    n_blocks: u32,    // of 32 columns
    first_row: u32,   // where these rows stand in y
    super_start: u32,
    eps: f32,
    reserved_0: u32,
    reserved_1: u32,
}

@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> x: array<vec4<f32>>;         // (n_blocks * 8)
@group(0) @binding(5) var<storage, read> bias: array<f32>;            // POST: (2, cols), weights of the block's norm and of the sum's
@group(0) @binding(6) var<storage, read> aux: array<f32>;             // NORM: the stream. NEXT: the next norm's weight
@group(0) @binding(7) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<storage, read_write> weighted: array<f32>;

var<workgroup> squares: array<f32, 8u * SPLITS>;
var<workgroup> summed: array<vec4<f32>, POST_VECTORS>;

// Every thread gets the sum of what each brought.
fn sum_of_squares(square: f32, thread: u32) -> f32 {
    squares[thread] = square;
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < TILE_ROWS * SPLITS; i += 1u) {
        sum += squares[i];
    }
    workgroupBarrier();
    return sum;
}

fn four_of_aux(at: u32) -> vec4<f32> {
    return vec4(aux[at], aux[at + 1u], aux[at + 2u], aux[at + 3u]);
}

fn four_of_bias(at: u32) -> vec4<f32> {
    return vec4(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
}

// The normed block is added to the stream; each workgroup does it for itself, the first also writes it down. A thread gets what
// the squares of its part of the sum add up to.
fn add_block(is_first: bool, thread: u32) -> f32 {
    let n = params.n_blocks * 8u;
    var square = 0.0;
    for (var i = thread; i < n; i += TILE_ROWS * SPLITS) {
        square += dot(x[i], x[i]);
    }
    let factor = inverseSqrt(sum_of_squares(square, thread) / f32(n * 4u) + params.eps);
    square = 0.0;
    for (var i = thread; i < n; i += TILE_ROWS * SPLITS) {
        let value = four_of_aux(i * 4u) + x[i] * factor * four_of_bias(i * 4u);
        square += dot(value, value);
        summed[i] = value * four_of_bias((n + i) * 4u);
        if is_first {
            weighted[i * 4u] = value.x;
            weighted[i * 4u + 1u] = value.y;
            weighted[i * 4u + 2u] = value.z;
            weighted[i * 4u + 3u] = value.w;
        }
    }
    workgroupBarrier();
    return square;
}

// What the threads of a row have in all, and all threads of the workgroup.
struct Joined {
    sum: vec4<f32>,
    square: f32,
}

fn input(at: u32) -> vec4<f32> {
    if POST {
        return summed[at];
    }
    return x[at];
}

struct Inputs {
    x0: vec4<f32>,
    x1: vec4<f32>,
    x2: vec4<f32>,
    x3: vec4<f32>,
    x4: vec4<f32>,
    x5: vec4<f32>,
    x6: vec4<f32>,
    x7: vec4<f32>,
    sums: vec2<f32>, // of the first 16, of the last 16
}

fn load_inputs(block: u32) -> Inputs {
    var in: Inputs;
    in.x0 = input(block * 8u);
    in.x1 = input(block * 8u + 1u);
    in.x2 = input(block * 8u + 2u);
    in.x3 = input(block * 8u + 3u);
    in.x4 = input(block * 8u + 4u);
    in.x5 = input(block * 8u + 5u);
    in.x6 = input(block * 8u + 6u);
    in.x7 = input(block * 8u + 7u);
    let ones = vec4(1.0);
    in.sums = vec2(dot(in.x0 + in.x1 + in.x2 + in.x3, ones), dot(in.x4 + in.x5 + in.x6 + in.x7, ones));
    return in;
}

fn dot_block(tile: u32, block: u32, lane: u32, in: Inputs) -> f32 {
    let slot = tile * params.n_blocks + block;
    let codes = load_codes(slot, lane);
    let scales = load_scales(slot, tile * (params.n_blocks / 8u) + block / 8u, lane, params.super_start);
    let first = dot(four_codes(codes, 0u), in.x0) + dot(four_codes(codes, 1u), in.x1)
        + dot(four_codes(codes, 2u), in.x2) + dot(four_codes(codes, 3u), in.x3);
    let last = dot(four_codes(codes, 4u), in.x4) + dot(four_codes(codes, 5u), in.x5)
        + dot(four_codes(codes, 6u), in.x6) + dot(four_codes(codes, 7u), in.x7);
    return dot(scales, vec4(first, last, in.sums));
}

// The tile of one of a workgroup's accumulators; beyond the last tile it is not there.
fn tile_at(group: u32, i: u32) -> u32 {
    if GATED {
        return group * (TILES / 2u) + i / 2u + (i & 1u) * params.n_tiles;
    }
    return group * TILES + i;
}

fn finish(tile: u32, lane: u32, value: f32) {
    let row = tile * TILE_ROWS + lane;
    if row >= params.n_rows {
        return;
    }
    let at = params.first_row + row;
    var result = value;
    if BIAS && !GATED {
        result += bias[at];
    }
    if !GATED {
        result = activate(result, ACTIVATION);
    }
    if ADD {
        result += y[at];
    }
    y[at] = result;
    if NEXT {
        weighted[at] = result * aux[at];
    }
}

@compute @workgroup_size(8u * SPLITS)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let group = workgroup.y * grid.x + workgroup.x;
    let lane = thread % TILE_ROWS;
    let split = thread / TILE_ROWS;
    // Tiles that are not there are computed as the last one and dropped.
    var last = params.n_tiles - 1u;
    if GATED {
        last = 2u * params.n_tiles - 1u;
    }
    let tile0 = min(tile_at(group, 0u), last);
    let tile1 = min(tile_at(group, 1u), last);
    let tile2 = min(tile_at(group, 2u), last);
    let tile3 = min(tile_at(group, 3u), last);
    var square = 0.0;
    if POST {
        square = add_block(group == 0u, thread);
    }
    var sum = vec4(0.0);
    for (var block = split; block < params.n_blocks; block += SPLITS) {
        let in = load_inputs(block);
        sum.x += dot_block(tile0, block, lane, in);
        if TILES >= 2u {
            sum.y += dot_block(tile1, block, lane, in);
        }
        if TILES >= 4u {
            sum.z += dot_block(tile2, block, lane, in);
            sum.w += dot_block(tile3, block, lane, in);
        }
    }
    if NORM && !POST {
        let n = params.n_blocks * 32u;
        for (var i = thread; i < n; i += TILE_ROWS * SPLITS) {
            square += aux[i] * aux[i];
        }
    }
    let joined = join(sum, square, thread);
    sum = joined.sum;
    if NORM {
        sum *= inverseSqrt(joined.square / f32(params.n_blocks * 32u) + params.eps);
    }
    if split > 0u {
        return;
    }
    if GATED {
        let tile = group * (TILES / 2u);
        finish(tile, lane, activate(sum.x, ACTIVATION) * sum.y);
        if TILES >= 4u {
            finish(tile + 1u, lane, activate(sum.z, ACTIVATION) * sum.w);
        }
    } else {
        finish(tile_at(group, 0u), lane, sum.x);
        if TILES >= 2u {
            finish(tile_at(group, 1u), lane, sum.y);
        }
        if TILES >= 4u {
            finish(tile_at(group, 2u), lane, sum.z);
            finish(tile_at(group, 3u), lane, sum.w);
        }
    }
}
