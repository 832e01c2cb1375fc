//! y = x Wᵀ + b + scale · x Aᵀ Bᵀ: a frozen layer with a low-rank adapter (Hu et al. 2021, arXiv:2106.09685).

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::product::{View, multiply};
use super::{numbers, values};

/// The operation on x (n, in), A (rank, in), B (out, rank).
#[derive(Clone)]
pub struct LoraLinear {
    /// W (out, in).
    pub weight: Arc<[f32]>,
    /// b (out).
    pub bias: Arc<[f32]>,
    /// in
    pub in_features: usize,
    /// out
    pub out_features: usize,
    /// alpha / rank
    pub scale: f32,
}

impl LoraLinear {
    fn sizes(&self, x: &Layout, a: &Layout, b: &Layout) -> Result<(usize, usize)> {
        let ((n, columns), (rank, a_in), (b_out, b_rank)) =
            (x.shape().dims2()?, a.shape().dims2()?, b.shape().dims2()?);
        let (inner, outer) = (self.in_features, self.out_features);
        if columns != inner || a_in != inner || b_out != outer || b_rank != rank {
            candle_core::bail!(
                "lora-linear: expected (n, {inner}), (r, {inner}), ({outer}, r), got {:?}, {:?}, {:?}",
                x.shape(),
                a.shape(),
                b.shape()
            );
        }
        Ok((n, rank))
    }
}

impl CustomOp3 for LoraLinear {
    fn name(&self) -> &'static str {
        "lora-linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, rank) = self.sizes(x_layout, a_layout, b_layout)?;
        let (inner, outer) = (self.in_features, self.out_features);
        let [x, a, b] = [numbers(x, x_layout)?, numbers(a, a_layout)?, numbers(b, b_layout)?];
        let mut y: Vec<f32> = self.bias.iter().copied().cycle().take(n * outer).collect(); // (n, out)
        let weight = View::transposed(&self.weight, inner);
        multiply([n, outer, inner], 1.0, View::rows(x, inner), weight, &mut y, outer, true);
        let mut low = vec![0.0; n * rank]; // (n, rank)
        multiply(
            [n, rank, inner],
            1.0,
            View::rows(x, inner),
            View::transposed(a, inner),
            &mut low,
            rank,
            false,
        );
        let low = View::rows(&low, rank);
        multiply([n, outer, rank], self.scale, low, View::transposed(b, rank), &mut y, outer, true);
        Ok((CpuStorage::F32(y), Shape::from((n, outer))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (inner, outer) = (self.in_features, self.out_features);
        let (n, rank) = (x.dim(0)?, a.dim(0)?);
        let [x, a, b, grad] = [values(x)?, values(a)?, values(b)?, values(grad)?];
        let mut low = vec![0.0; n * rank]; // x Aᵀ (n, rank)
        multiply(
            [n, rank, inner],
            1.0,
            View::rows(&x, inner),
            View::transposed(&a, inner),
            &mut low,
            rank,
            false,
        );
        let mut low_grad = vec![0.0; n * rank]; // scale · grad B (n, rank)
        let y_grad = View::rows(&grad, outer);
        multiply([n, rank, outer], self.scale, y_grad, View::rows(&b, rank), &mut low_grad, rank, false);

        let mut x_grad = vec![0.0; n * inner];
        multiply([n, inner, outer], 1.0, y_grad, View::rows(&self.weight, inner), &mut x_grad, inner, false);
        let low_grad_rows = View::rows(&low_grad, rank);
        multiply([n, inner, rank], 1.0, low_grad_rows, View::rows(&a, inner), &mut x_grad, inner, true);
        let mut a_grad = vec![0.0; rank * inner];
        let low_grad_columns = View::transposed(&low_grad, rank);
        multiply([rank, inner, n], 1.0, low_grad_columns, View::rows(&x, inner), &mut a_grad, inner, false);
        let mut b_grad = vec![0.0; outer * rank];
        let y_grad = View::transposed(&grad, outer);
        multiply([outer, rank, n], self.scale, y_grad, View::rows(&low, rank), &mut b_grad, rank, false);
        let tensor = |data: Vec<f32>, shape| Tensor::from_vec(data, shape, &candle_core::Device::Cpu);
        Ok((
            Some(tensor(x_grad, (n, inner))?),
            Some(tensor(a_grad, (rank, inner))?),
            Some(tensor(b_grad, (outer, rank))?),
        ))
    }
}
