//! The small operations between the matrix products, on plain slices: norms, activations, softmax, sums.
//!
//! All loops have no branches and fixed strides inside, so that the compiler turns them into SIMD on every target. That
//! matters most in wasm, where a call of the mathematics library for each `exp` costs as much as the attention itself.

/// Sums are kept in this many parts, one for each SIMD lane of the widest common machine.
const LANES: usize = 8;

/// Σ aᵢbᵢ.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// RMSNorm (Zhang & Sennrich 2019) of each row of `x`: (rows, weight.len()) to the same shape.
pub(super) fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(weight.len()).zip(out.chunks_exact_mut(weight.len())) {
        let scale = rms_scale(x, eps);
        for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }
}

/// [`rms_norm`] in place.
pub(super) fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
    for x in x.chunks_exact_mut(weight.len()) {
        let scale = rms_scale(x, eps);
        for (x, weight) in x.iter_mut().zip(weight) {
            *x *= scale * weight;
        }
    }
}

fn rms_scale(x: &[f32], eps: f32) -> f32 {
    (dot(x, x) / x.len() as f32 + eps).sqrt().recip()
}

/// x += y.
pub(super) fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// gate = silu(gate) · up.
pub(super) fn silu_mul(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// gate = gelu(gate) · up, by the tanh approximation (Hendrycks & Gimpel 2016).
pub(super) fn gelu_mul(gate: &mut [f32], up: &[f32]) {
    const SQRT_2_OVER_PI: f32 = 0.797_884_6;
    for (gate, up) in gate.iter_mut().zip(up) {
        let x = *gate;
        *gate = 0.5 * x * (1.0 + tanh(SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x))) * up;
    }
}

/// x = cap · tanh(x / cap).
#[inline(always)]
pub(super) fn softcap(x: &mut [f32], cap: f32) {
    for x in x {
        *x = cap * tanh(*x / cap);
    }
}

/// Softmax in place.
#[inline(always)]
pub(super) fn softmax(x: &mut [f32]) {
    let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in x.iter_mut() {
        *x = exp(*x - max);
    }
    let mut sums = [0.0; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    let scale = (sums.iter().sum::<f32>() + rest).recip();
    for x in x {
        *x *= scale;
    }
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// eˣ to within 3 units in the last place: x = n ln 2 + r, e^r by its series, 2ⁿ put into the exponent's bits.
/// Saturates beyond ±87; NaN stays NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let series = 1.987_569_1e-4;
    let series = series * r + 1.398_199_9e-3;
    let series = series * r + 8.333_452e-3;
    let series = series * r + 4.166_579_6e-2;
    let series = series * r + 1.666_666_5e-1;
    let series = series * r + 0.5;
    let e_r = series * r * r + r + 1.0;
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    e_r * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library() {
        for step in -8700..=8700 {
            let x = step as f32 / 100.0;
            let (fast, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((fast / exact - 1.0).abs() < 3e-7, "exp({x}) is {exact}, not {fast}");
        }
        assert!(exp(-1e30) < 1e-37 && exp(1e30) > 1e37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn softmax_and_activations_agree_with_their_formulas() {
        let x: Vec<f32> = (0..37).map(|i| (i as f32 * 1.7).sin() * 9.0).collect();
        let mut soft = x.clone();
        softmax(&mut soft);
        let total: f64 = x.iter().map(|&x| f64::from(x).exp()).sum();
        let (mut silu, mut gelu) = (x.clone(), x.clone());
        silu_mul(&mut silu, &[2.0; 37]);
        gelu_mul(&mut gelu, &[2.0; 37]);
        for (idx, &x) in x.iter().enumerate() {
            let x = f64::from(x);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            let close =
                |got: f32, want: f64| assert!((f64::from(got) - want).abs() < 1e-5, "{got} for {want}");
            close(soft[idx], x.exp() / total);
            close(silu[idx], 2.0 * x / (1.0 + (-x).exp()));
            close(gelu[idx], x * (1.0 + inner.tanh()));
        }
    }

    #[test]
    fn rms_norm_makes_the_mean_square_one() {
        let x: Vec<f32> = (0..38).map(|i| i as f32 - 7.0).collect();
        let weight: Vec<f32> = (0..19).map(|i| i as f32 * 0.1).collect();
        let mut out = vec![f32::NAN; 38];
        rms_norm(&x, &weight, 1e-5, &mut out);
        for row in 0..2 {
            let x = &x[row * 19..][..19];
            let rms = (x.iter().map(|x| x * x).sum::<f32>() / 19.0 + 1e-5).sqrt();
            for i in 0..19 {
                assert!((out[row * 19 + i] - x[i] / rms * weight[i]).abs() < 1e-5);
            }
        }
        let mut in_place = x;
        rms_norm_in_place(&mut in_place, &weight, 1e-5);
        assert!(in_place.iter().zip(&out).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn softcap_squeezes() {
        let mut x = [0.0, 1.0, -300.0];
        softcap(&mut x, 30.0);
        assert!((x[1] - 30.0 * (1.0_f32 / 30.0).tanh()).abs() < 1e-4);
        assert!((x[2] + 30.0).abs() < 1e-4);
    }
}
