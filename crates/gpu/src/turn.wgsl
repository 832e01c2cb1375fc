// A head's component after norm and rotation. `row` is where the head begins in `qkv`, `which` 0 for Q and 1 for K.

fn turned(row: u32, which: u32, d: u32, factor: f32, position: u32, rope_dims: u32, head_dim: u32) -> f32 {
    let x = component(row, which, d, factor, head_dim);
    if d >= rope_dims {
        return x;
    }
    let half = rope_dims / 2u;
    var pair = d;
    var partner = d + half;
    var first = d < half;
    if INTERLEAVED {
        pair = d / 2u;
        partner = d ^ 1u;
        first = (d & 1u) == 0u;
    } else if !first {
        pair = d - half;
        partner = d - half;
    }
    let angle = angles[position * half + pair];
    let y = component(row, which, partner, factor, head_dim);
    return x * angle.x + select(y, -y, first) * angle.y;
}

fn component(row: u32, which: u32, d: u32, factor: f32, head_dim: u32) -> f32 {
    if QK_NORM {
        return qkv[row + d] * factor * qk_weights[which * head_dim + d];
    }
    return qkv[row + d];
}

// The reciprocal of a head's root mean square.
fn head_factor(row: u32, head_dim: u32, eps: f32) -> f32 {
    var squares = 0.0;
    for (var d = 0u; d < head_dim; d += 1u) {
        squares += qkv[row + d] * qkv[row + d];
    }
    return inverseSqrt(squares / f32(head_dim) + eps);
}
