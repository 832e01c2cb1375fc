//! Sums, norms and activation functions, compiled once for each vector instruction set and chosen at run time.

use crate::gguf::Gguf;
use crate::kernel::{Vector, Work, dot, sum, vectorize};
use crate::{Error, ModelFile};

/// Layer normalisation (Ba et al. 2016, arXiv:1607.06450): mean 0 and variance 1, then a learned scale and shift.
#[derive(Clone)]
pub(super) struct LayerNorm {
    weight: Vec<f32>, // (hidden_size)
    bias: Vec<f32>,   // (hidden_size)
    epsilon: f32,
}

impl LayerNorm {
    /// Loads `{name}.weight` and `{name}.bias`.
    pub(super) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        name: &str,
        hidden_size: usize,
        epsilon: f32,
    ) -> Result<Self, Error> {
        let weight = gguf.vector(&format!("{name}.weight"), hidden_size).await?;
        let bias = gguf.vector(&format!("{name}.bias"), hidden_size).await?;
        Ok(Self { weight, bias, epsilon })
    }

    /// Normalises each row of `x` (rows, hidden_size).
    pub(super) fn apply(&self, x: &mut [f32]) {
        vectorize(Normalization { norm: self, x });
    }
}

struct Normalization<'a> {
    norm: &'a LayerNorm,
    x: &'a mut [f32],
}

impl Work for Normalization<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let LayerNorm { weight, bias, epsilon } = self.norm;
        for row in self.x.chunks_exact_mut(weight.len()) {
            let mean = sum::<V>(row) / row.len() as f32;
            for v in row.iter_mut() {
                *v -= mean;
            }
            let variance = dot::<V>(row, row) / row.len() as f32;
            let inverse = 1.0 / (variance + epsilon).sqrt();
            for ((v, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                *v = *v * inverse * weight + bias;
            }
        }
    }
}

/// Adds `y` to `x`.
pub(super) fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// The Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415), the exact one: x · (1 + erf(x / √2)) / 2.
pub(super) fn gelu(x: &mut [f32]) {
    vectorize(Gelu(x));
}

struct Gelu<'a>(&'a mut [f32]);

impl Work for Gelu<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        for x in self.0 {
            *x *= 0.5 * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

/// The error function by formula 7.1.26 of Abramowitz and Stegun: off by 1.5e-7 at most, and without a branch.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - polynomial * exp(-x * x)).copysign(x)
}

/// e to the power of `x`, for `x` up to 88; what is below -87 counts as that. Relative error below 1e-6.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it leaves the rounded integer in the low bits of a float.
    const ROUNDER: f32 = 12_582_912.0; // 1.5 · 2^23
    let x = if x < -87.0 { -87.0 } else { x };
    // x = n ln 2 + r with |r| ≤ ln 2 / 2; ln 2 in two pieces, so that r is exact.
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let power = 1.0
        + r * (1.0
            + r * (0.5 + r * (0.166_666_67 + r * (0.041_666_67 + r * (0.008_333_334 + r * 0.001_388_889)))));
    // The power of two goes into the exponent's bits.
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_the_libraries() {
        for step in 0..=20_000 {
            let x = -90.0 + step as f32 * 0.0089;
            let want = f64::from(x.max(-87.0)).exp();
            let error = (f64::from(exp(x)) - want).abs() / want;
            assert!(error < 1e-6, "exp({x}) is off by {error:e}");
        }
    }

    #[test]
    fn gelu_has_its_known_values() {
        // From x · Φ(x) with Φ by quadrature.
        let known = [
            (-8.0, 0.0),
            (-1.0, -0.158_655),
            (0.0, 0.0),
            (0.5, 0.345_731),
            (1.0, 0.841_345),
            (3.0, 2.995_95),
        ];
        for (x, want) in known {
            let mut got = [x];
            gelu(&mut got);
            assert!((got[0] - want).abs() < 2e-6, "gelu({x}) = {}", got[0]);
        }
    }

    #[test]
    fn a_norm_leaves_mean_0_and_variance_1() {
        let norm = LayerNorm { weight: vec![1.0; 37], bias: vec![0.0; 37], epsilon: 0.0 };
        let mut x: Vec<f32> = (0..74).map(|i| ((i * 31) % 74) as f32).collect();
        norm.apply(&mut x);
        for row in x.chunks(37) {
            let mean = row.iter().sum::<f32>() / 37.0;
            let variance = row.iter().map(|v| v * v).sum::<f32>() / 37.0;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4, "mean {mean}, variance {variance}");
        }
    }
}
