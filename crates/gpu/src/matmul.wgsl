// Y = X Wᵀ for many vectors: one thread has one lane of four tiles for four tokens, in registers.
//
// Weights are unpacked once for four tokens; eight lanes read the same inputs, which caches make cheap.

override GROUPS: u32 = 1u;     // groups of four tokens in a workgroup
override NORM: bool = false;
override BIAS: bool = false;
override ACTIVATION: u32 = 0u; // enum Activation in activation.rs
override GATED: bool = false;
override ADD: bool = false;
override NEXT: bool = false;

struct Params {
    n_rows: u32,
    n_tiles: u32,
    n_blocks: u32,
    first_row: u32,
    super_start: u32,
    row_stride: u32, // of y
    reserved_0: u32,
    reserved_1: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> x: array<vec4<f32>>; // (n_tokens, n_blocks * 8)
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read> aux: array<f32>;     // NORM: a factor for each token. NEXT: the next norm's weight
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // (n_tokens, row_stride)
@group(0) @binding(8) var<storage, read_write> weighted: array<f32>;
@group(0) @binding(9) var<uniform> cursor: Cursor;

// One vector of four columns for each of four tokens.
struct Inputs {
    a: vec4<f32>,
    b: vec4<f32>,
    c: vec4<f32>,
    d: vec4<f32>,
}

// Where the four tokens' vectors of a block begin.
fn load_inputs(at: vec4<u32>, j: u32) -> Inputs {
    return Inputs(x[at.x + j], x[at.y + j], x[at.z + j], x[at.w + j]);
}

fn dot_four(codes: Codes, j: u32, in: Inputs) -> vec4<f32> {
    let code = four_codes(codes, j);
    return vec4(dot(code, in.a), dot(code, in.b), dot(code, in.c), dot(code, in.d));
}

// What a block adds, from the dot products of its halves with the codes and from the sums of the inputs.
fn scale_block(slot: u32, super_slot: u32, lane: u32, first: vec4<f32>, last: vec4<f32>, sums: Inputs) -> vec4<f32> {
    let scales = load_scales(slot, super_slot, lane, params.super_start);
    return scales.x * first + scales.y * last + scales.z * sums.a + scales.w * sums.b;
}

fn tile_at(group: u32, i: u32) -> u32 {
    if GATED {
        return group * 2u + i / 2u + (i & 1u) * params.n_tiles;
    }
    return group * 4u + i;
}

fn finish_one(token: u32, row: u32, value: f32) {
    if token >= cursor.n_tokens {
        return;
    }
    let column = params.first_row + row;
    let at = token * params.row_stride + column;
    var result = value;
    if BIAS && !GATED {
        result += bias[column];
    }
    if !GATED {
        result = activate(result, ACTIVATION);
    }
    if ADD {
        result += y[at];
    }
    y[at] = result;
    if NEXT {
        weighted[at] = result * aux[column];
    }
}

fn finish(token: u32, tile: u32, lane: u32, values: vec4<f32>) {
    let row = tile * TILE_ROWS + lane;
    if row >= params.n_rows {
        return;
    }
    finish_one(token, row, values.x);
    finish_one(token + 1u, row, values.y);
    finish_one(token + 2u, row, values.z);
    finish_one(token + 3u, row, values.w);
}

fn activate_four(v: vec4<f32>) -> vec4<f32> {
    return vec4(activate(v.x, ACTIVATION), activate(v.y, ACTIVATION), activate(v.z, ACTIVATION), activate(v.w, ACTIVATION));
}

@compute @workgroup_size(8, GROUPS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let lane = local.x;
    let token = (workgroup.y * GROUPS + local.y) * 4u;
    if token >= cursor.n_tokens {
        return;
    }
    let tokens = min(vec4(token, token + 1u, token + 2u, token + 3u), vec4(cursor.n_tokens - 1u));
    var last_tile = params.n_tiles - 1u;
    if GATED {
        last_tile = 2u * params.n_tiles - 1u;
    }
    let n_blocks = params.n_blocks;
    let tile0 = min(tile_at(workgroup.x, 0u), last_tile);
    let tile1 = min(tile_at(workgroup.x, 1u), last_tile);
    let tile2 = min(tile_at(workgroup.x, 2u), last_tile);
    let tile3 = min(tile_at(workgroup.x, 3u), last_tile);
    var sum0 = vec4(0.0);
    var sum1 = vec4(0.0);
    var sum2 = vec4(0.0);
    var sum3 = vec4(0.0);
    let ones = vec4(1.0);
    for (var block = 0u; block < n_blocks; block += 1u) {
        let codes0 = load_codes(tile0 * n_blocks + block, lane);
        let codes1 = load_codes(tile1 * n_blocks + block, lane);
        let codes2 = load_codes(tile2 * n_blocks + block, lane);
        let codes3 = load_codes(tile3 * n_blocks + block, lane);
        let at = (tokens * n_blocks + block) * 8u;
        let x0 = load_inputs(at, 0u);
        let x1 = load_inputs(at, 1u);
        let x2 = load_inputs(at, 2u);
        let x3 = load_inputs(at, 3u);
        let first0 = dot_four(codes0, 0u, x0) + dot_four(codes0, 1u, x1) + dot_four(codes0, 2u, x2) + dot_four(codes0, 3u, x3);
        let first1 = dot_four(codes1, 0u, x0) + dot_four(codes1, 1u, x1) + dot_four(codes1, 2u, x2) + dot_four(codes1, 3u, x3);
        let first2 = dot_four(codes2, 0u, x0) + dot_four(codes2, 1u, x1) + dot_four(codes2, 2u, x2) + dot_four(codes2, 3u, x3);
        let first3 = dot_four(codes3, 0u, x0) + dot_four(codes3, 1u, x1) + dot_four(codes3, 2u, x2) + dot_four(codes3, 3u, x3);
        var sums: Inputs;
        sums.a = vec4(
            dot(x0.a + x1.a + x2.a + x3.a, ones),
            dot(x0.b + x1.b + x2.b + x3.b, ones),
            dot(x0.c + x1.c + x2.c + x3.c, ones),
            dot(x0.d + x1.d + x2.d + x3.d, ones),
        );
        let x4 = load_inputs(at, 4u);
        let x5 = load_inputs(at, 5u);
        let x6 = load_inputs(at, 6u);
        let x7 = load_inputs(at, 7u);
        let last0 = dot_four(codes0, 4u, x4) + dot_four(codes0, 5u, x5) + dot_four(codes0, 6u, x6) + dot_four(codes0, 7u, x7);
        let last1 = dot_four(codes1, 4u, x4) + dot_four(codes1, 5u, x5) + dot_four(codes1, 6u, x6) + dot_four(codes1, 7u, x7);
        let last2 = dot_four(codes2, 4u, x4) + dot_four(codes2, 5u, x5) + dot_four(codes2, 6u, x6) + dot_four(codes2, 7u, x7);
        let last3 = dot_four(codes3, 4u, x4) + dot_four(codes3, 5u, x5) + dot_four(codes3, 6u, x6) + dot_four(codes3, 7u, x7);
        sums.b = vec4(
            dot(x4.a + x5.a + x6.a + x7.a, ones),
            dot(x4.b + x5.b + x6.b + x7.b, ones),
            dot(x4.c + x5.c + x6.c + x7.c, ones),
            dot(x4.d + x5.d + x6.d + x7.d, ones),
        );
        let n_supers = n_blocks / 8u;
        let super_block = block / 8u;
        sum0 += scale_block(tile0 * n_blocks + block, tile0 * n_supers + super_block, lane, first0, last0, sums);
        sum1 += scale_block(tile1 * n_blocks + block, tile1 * n_supers + super_block, lane, first1, last1, sums);
        sum2 += scale_block(tile2 * n_blocks + block, tile2 * n_supers + super_block, lane, first2, last2, sums);
        sum3 += scale_block(tile3 * n_blocks + block, tile3 * n_supers + super_block, lane, first3, last3, sums);
    }
    if NORM {
        let factors = vec4(aux[tokens.x], aux[tokens.y], aux[tokens.z], aux[tokens.w]);
        sum0 *= factors;
        sum1 *= factors;
        sum2 *= factors;
        sum3 *= factors;
    }
    if GATED {
        finish(token, workgroup.x * 2u, lane, activate_four(sum0) * sum1);
        finish(token, workgroup.x * 2u + 1u, lane, activate_four(sum2) * sum3);
    } else {
        finish(token, tile_at(workgroup.x, 0u), lane, sum0);
        finish(token, tile_at(workgroup.x, 1u), lane, sum1);
        finish(token, tile_at(workgroup.x, 2u), lane, sum2);
        finish(token, tile_at(workgroup.x, 3u), lane, sum3);
    }
}
