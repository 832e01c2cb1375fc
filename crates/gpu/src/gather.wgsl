// Rows of a table, chosen by token or by position, become vectors. One workgroup for each token.

override THREADS: u32 = 8u;
override BY_POSITION: bool = false; // row = position + first_position, else the token's id
override FIXED: bool = false;       // row 0 whatever the token
override ADD: bool = false;         // y += row
override NEXT: bool = false;        // and y times a norm's weight goes to `weighted`

struct Params {
    n_rows: u32,      // of this part of the table
    first_row: u32,   // where this part begins
    n_blocks: u32,
    super_start: u32,
    scale: f32,
    first_position: u32,
    reserved_0: u32,
    reserved_1: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> tokens: array<u32>;        // by position
@group(0) @binding(5) var<storage, read> next: array<vec4<f32>>;    // (n_blocks * 8)
@group(0) @binding(6) var<storage, read_write> y: array<vec4<f32>>; // (n_tokens, n_blocks * 8)
@group(0) @binding(7) var<storage, read_write> weighted: array<vec4<f32>>;
@group(0) @binding(8) var<uniform> cursor: Cursor;

fn put(token: u32, column: u32, value: vec4<f32>) {
    let at = token * params.n_blocks * 8u + column;
    var result = value * params.scale;
    if ADD {
        result += y[at];
    }
    y[at] = result;
    if NEXT {
        weighted[at] = result * next[column];
    }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let token = workgroup.x;
    if token >= cursor.n_tokens {
        return;
    }
    var row = tokens[cursor.position + token];
    if BY_POSITION {
        row = cursor.position + token + params.first_position;
    }
    if FIXED {
        row = 0u;
    }
    // Wraps around below the first row, and is then too high as well.
    row -= params.first_row;
    if row >= params.n_rows {
        return;
    }
    let tile = row / TILE_ROWS;
    let lane = row % TILE_ROWS;
    for (var block = thread; block < params.n_blocks; block += THREADS) {
        let slot = tile * params.n_blocks + block;
        let codes = load_codes(slot, lane);
        let scales = load_scales(slot, tile * (params.n_blocks / 8u) + block / 8u, lane, params.super_start);
        put(token, block * 8u, four_codes(codes, 0u) * scales.x + scales.z);
        put(token, block * 8u + 1u, four_codes(codes, 1u) * scales.x + scales.z);
        put(token, block * 8u + 2u, four_codes(codes, 2u) * scales.x + scales.z);
        put(token, block * 8u + 3u, four_codes(codes, 3u) * scales.x + scales.z);
        put(token, block * 8u + 4u, four_codes(codes, 4u) * scales.y + scales.w);
        put(token, block * 8u + 5u, four_codes(codes, 5u) * scales.y + scales.w);
        put(token, block * 8u + 6u, four_codes(codes, 6u) * scales.y + scales.w);
        put(token, block * 8u + 7u, four_codes(codes, 7u) * scales.y + scales.w);
    }
}
