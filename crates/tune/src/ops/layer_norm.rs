//! A residual sum and its layer normalisation (Ba et al. 2016, arXiv:1607.06450) with frozen scale and shift.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{numbers, values};

/// The operation norm(x + y) on rows of (…, hidden).
#[derive(Clone)]
pub struct LayerNorm {
    /// Scale (hidden).
    pub weight: Arc<[f32]>,
    /// Shift (hidden).
    pub bias: Arc<[f32]>,
    /// Added to the variance.
    pub epsilon: f32,
}

impl LayerNorm {
    /// Normalises each row in place.
    pub fn apply(&self, x: &mut [f32]) {
        for row in x.chunks_exact_mut(self.weight.len()) {
            let (mean, inverse) = self.moments(row);
            for ((x, weight), bias) in row.iter_mut().zip(self.weight.iter()).zip(self.bias.iter()) {
                *x = (*x - mean) * inverse * weight + bias;
            }
        }
    }

    /// Mean, and one over the standard deviation.
    fn moments(&self, row: &[f32]) -> (f32, f32) {
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / row.len() as f32;
        (mean, (variance + self.epsilon).sqrt().recip())
    }
}

impl CustomOp2 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        if x_layout.shape() != y_layout.shape() {
            candle_core::bail!(
                "layer-norm: expected two of {:?}, got {:?}",
                x_layout.shape(),
                y_layout.shape()
            );
        }
        let mut sum = sum(numbers(x, x_layout)?, numbers(y, y_layout)?);
        self.apply(&mut sum);
        Ok((CpuStorage::F32(sum), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (input, mut grad) = (sum(&values(x)?, &values(y)?), values(grad)?);
        let hidden = self.weight.len();
        for (row, grad) in input.chunks_exact(hidden).zip(grad.chunks_exact_mut(hidden)) {
            let (mean, inverse) = self.moments(row);
            grad.iter_mut().zip(self.weight.iter()).for_each(|(grad, weight)| *grad *= weight);
            let normal = |x: f32| (x - mean) * inverse;
            let sum: f32 = grad.iter().sum::<f32>() / hidden as f32;
            let along: f32 =
                grad.iter().zip(row).map(|(grad, x)| grad * normal(*x)).sum::<f32>() / hidden as f32;
            for (grad, x) in grad.iter_mut().zip(row) {
                *grad = (*grad - sum - normal(*x) * along) * inverse;
            }
        }
        let grad = Tensor::from_vec(grad, x.shape(), x.device())?;
        Ok((Some(grad.clone()), Some(grad)))
    }
}

fn sum(x: &[f32], y: &[f32]) -> Vec<f32> {
    x.iter().zip(y).map(|(x, y)| x + y).collect()
}
