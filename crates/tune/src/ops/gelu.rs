//! The Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415): x Φ(x).

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{numbers, values};

/// The operation, on each number.
#[derive(Clone, Copy)]
pub struct Gelu;

/// Φ(x) = (1 + erf(x / √2)) / 2 by formula 7.1.26 of Abramowitz and Stegun, off by 1.5e-7 at most; and exp(-x² / 2),
/// which it needs on the way.
fn normal_distribution(x: f32) -> (f32, f32) {
    let z = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    let bell = (-z * z).exp();
    let upper = 0.5 * polynomial * bell;
    (if x < 0.0 { upper } else { 1.0 - upper }, bell)
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = numbers(x, layout)?.iter().map(|&x| x * normal_distribution(x).0).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (input, mut grad) = (values(x)?, values(grad)?);
        for (grad, x) in grad.iter_mut().zip(input) {
            let (distribution, bell) = normal_distribution(x);
            *grad *= distribution + x * bell / (2.0 * PI).sqrt();
        }
        Tensor::from_vec(grad, x.shape(), x.device()).map(Some)
    }
}
