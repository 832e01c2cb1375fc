// Planes become weights, as in planes.rs: a weight is scale * code + offset.
//
// A slot is (tile, block); the eight rows of a tile are eight lanes.

override BITS: u32 = 4u;       // of a code: 4, 5, 6, 8, 16 or 32
override SCALES: u32 = 1u;     // how scales are coded: enum Scales in planes.rs
override ZERO_CODE: f32 = 0.0; // the code that stands for zero

const TILE_ROWS = 8u;

@group(0) @binding(0) var<storage, read> plane_lo: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> plane_hi: array<u32>;
@group(0) @binding(2) var<storage, read> plane_scales: array<u32>; // sub, then d

// The codes of a block; a format uses as many of the vectors as it needs.
struct Codes {
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
    d: vec4<u32>,
    e: vec4<u32>,
    f: vec4<u32>,
    g: vec4<u32>,
    h: vec4<u32>,
    hi: vec2<u32>,
}

fn load_codes(slot: u32, lane: u32) -> Codes {
    var codes: Codes;
    if BITS <= 6u {
        codes.a = plane_lo[slot * TILE_ROWS + lane];
    } else {
        let at = slot * (BITS / 4u) * TILE_ROWS + lane;
        codes.a = plane_lo[at];
        codes.b = plane_lo[at + 8u];
        if BITS >= 16u {
            codes.c = plane_lo[at + 16u];
            codes.d = plane_lo[at + 24u];
        }
        if BITS == 32u {
            codes.e = plane_lo[at + 32u];
            codes.f = plane_lo[at + 40u];
            codes.g = plane_lo[at + 48u];
            codes.h = plane_lo[at + 56u];
        }
    }
    if BITS == 5u {
        codes.hi.x = plane_hi[slot * TILE_ROWS + lane];
    }
    if BITS == 6u {
        codes.hi.x = plane_hi[slot * 2u * TILE_ROWS + lane];
        codes.hi.y = plane_hi[(slot * 2u + 1u) * TILE_ROWS + lane];
    }
    return codes;
}

// Codes 4j to 4j + 3 of a block. `j` is a constant at each call, so that only one way is left.
fn four_codes(codes: Codes, j: u32) -> vec4<f32> {
    if BITS == 32u {
        switch j {
            case 0u: { return bitcast<vec4<f32>>(codes.a); }
            case 1u: { return bitcast<vec4<f32>>(codes.b); }
            case 2u: { return bitcast<vec4<f32>>(codes.c); }
            case 3u: { return bitcast<vec4<f32>>(codes.d); }
            case 4u: { return bitcast<vec4<f32>>(codes.e); }
            case 5u: { return bitcast<vec4<f32>>(codes.f); }
            case 6u: { return bitcast<vec4<f32>>(codes.g); }
            default: { return bitcast<vec4<f32>>(codes.h); }
        }
    }
    if BITS == 16u {
        var words: vec4<u32>;
        switch j >> 1u {
            case 0u: { words = codes.a; }
            case 1u: { words = codes.b; }
            case 2u: { words = codes.c; }
            default: { words = codes.d; }
        }
        let pair = select(words.xy, words.zw, (j & 1u) == 1u);
        return vec4(unpack2x16float(pair.x), unpack2x16float(pair.y));
    }
    if BITS == 8u {
        let words = select(codes.a, codes.b, j >= 4u);
        let word = words[j & 3u];
        // Shifted up, then down with the sign.
        return vec4<f32>(bitcast<vec4<i32>>(vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));
    }
    let word = codes.a[j >> 1u] >> ((j & 1u) * 16u);
    var code = (vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u);
    if BITS == 5u {
        code |= ((vec4(codes.hi.x >> (j * 4u)) >> vec4(0u, 1u, 2u, 3u)) & vec4(1u)) << vec4(4u);
    }
    if BITS == 6u {
        let hi = select(codes.hi.x, codes.hi.y, j >= 4u) >> ((j & 3u) * 8u);
        code |= ((vec4(hi) >> vec4(0u, 2u, 4u, 6u)) & vec4(3u)) << vec4(4u);
    }
    return vec4<f32>(bitcast<vec4<i32>>(code));
}

fn half_at(element: u32) -> f32 {
    return unpack2x16float(plane_scales[element >> 1u] >> ((element & 1u) * 16u)).x;
}

// (scale of the first 16 codes, of the last 16, offset of the first 16, of the last 16). `super_start`: where plane d begins.
fn load_scales(slot: u32, super_slot: u32, lane: u32, super_start: u32) -> vec4<f32> {
    let element = slot * TILE_ROWS + lane;
    let super_element = super_slot * TILE_ROWS + lane;
    if SCALES == 1u {
        let d = half_at(element);
        return vec4(d, d, -ZERO_CODE * d, -ZERO_CODE * d);
    }
    if SCALES == 2u {
        let d = unpack2x16float(plane_scales[element]);
        return d.xxyy;
    }
    if SCALES >= 3u {
        let sub = plane_scales[element >> 1u] >> ((element & 1u) * 16u);
        if SCALES == 3u {
            let d = unpack2x16float(plane_scales[super_start + super_element]);
            let scaled = d * vec2(f32(sub & 255u), f32((sub >> 8u) & 255u));
            return vec4(scaled.x, scaled.x, -scaled.y, -scaled.y);
        }
        let halves = vec2<f32>(vec2(bitcast<i32>(sub << 24u), bitcast<i32>(sub << 16u)) >> vec2(24u));
        let scaled = half_at(super_start * 2u + super_element) * halves;
        return vec4(scaled, -ZERO_CODE * scaled);
    }
    return vec4(1.0, 1.0, 0.0, 0.0);
}
