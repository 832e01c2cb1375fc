//! softmax(q kᵀ / √d) v, head by head, every token looking at every other (Vaswani et al. 2017, arXiv:1706.03762).

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor};

use super::product::{View, multiply};
use super::{numbers, values};

/// The operation on q, k and v, each (n, hidden) with heads side by side.
#[derive(Clone, Copy)]
pub struct Attention {
    /// Heads, which divide hidden.
    pub n_heads: usize,
}

/// One head's probabilities (n, n): softmax over each row of q kᵀ / √d.
fn probabilities(q: &[f32], k: &[f32], n: usize, hidden: usize, head_dim: usize) -> Vec<f32> {
    let mut scores = vec![0.0; n * n];
    let scale = (head_dim as f32).sqrt().recip();
    multiply(
        [n, n, head_dim],
        scale,
        View::rows(q, hidden),
        View::transposed(k, hidden),
        &mut scores,
        n,
        false,
    );
    for row in scores.chunks_exact_mut(n) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in row.iter_mut() {
            *score = (*score - most).exp();
            sum += *score;
        }
        row.iter_mut().for_each(|score| *score /= sum);
    }
    scores
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, hidden) = q_layout.shape().dims2()?;
        if k_layout.shape() != q_layout.shape() || v_layout.shape() != q_layout.shape() {
            candle_core::bail!("attention: q, k and v of one shape expected, got q {:?}", q_layout.shape());
        }
        let [q, k, v] = [numbers(q, q_layout)?, numbers(k, k_layout)?, numbers(v, v_layout)?];
        let head_dim = hidden / self.n_heads;
        let mut out = vec![0.0; n * hidden];
        for at in (0..hidden).step_by(head_dim) {
            let p = probabilities(&q[at..], &k[at..], n, hidden, head_dim);
            let v = View::rows(&v[at..], hidden);
            multiply([n, head_dim, n], 1.0, View::rows(&p, n), v, &mut out[at..], hidden, false);
        }
        Ok((CpuStorage::F32(out), Shape::from((n, hidden))))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (n, hidden) = q.dims2()?;
        let [q, k, v, grad] = [values(q)?, values(k)?, values(v)?, values(grad)?];
        let head_dim = hidden / self.n_heads;
        let scale = (head_dim as f32).sqrt().recip();
        let [mut q_grad, mut k_grad, mut v_grad] = [(); 3].map(|()| vec![0.0; n * hidden]);
        let mut p_grad = vec![0.0; n * n];
        for at in (0..hidden).step_by(head_dim) {
            let p = probabilities(&q[at..], &k[at..], n, hidden, head_dim);
            let out_grad = View::rows(&grad[at..], hidden);
            let columns = View::transposed(&p, n);
            multiply([n, head_dim, n], 1.0, columns, out_grad, &mut v_grad[at..], hidden, false);
            let v = View::transposed(&v[at..], hidden);
            multiply([n, n, head_dim], 1.0, out_grad, v, &mut p_grad, n, false);
            // Through the softmax: p · (p_grad - Σ p p_grad), row by row.
            for (p_grad, p) in p_grad.chunks_exact_mut(n).zip(p.chunks_exact(n)) {
                let mean: f32 = p_grad.iter().zip(p).map(|(grad, p)| grad * p).sum();
                p_grad.iter_mut().zip(p).for_each(|(grad, p)| *grad = p * (*grad - mean));
            }
            let (rows, columns) = (View::rows(&p_grad, n), View::transposed(&p_grad, n));
            let (q, k) = (View::rows(&q[at..], hidden), View::rows(&k[at..], hidden));
            multiply([n, head_dim, n], scale, rows, k, &mut q_grad[at..], hidden, false);
            multiply([n, head_dim, n], scale, columns, q, &mut k_grad[at..], hidden, false);
        }
        let tensor = |data| Tensor::from_vec(data, (n, hidden), &Device::Cpu).map(Some);
        Ok((tensor(q_grad)?, tensor(k_grad)?, tensor(v_grad)?))
    }
}
