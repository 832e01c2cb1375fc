//! The operations of a transformer that candle's own gradients cannot use or make dear, each with its gradient.
//!
//! candle 0.11 ends the gradient without an error at its fused norms and softmax, and its matrix product computes the
//! gradient of weights that never change. Here weights are frozen: a product's gradient is that of its input and of its
//! low-rank adapter only. Everything is on the CPU, in 32-bit floats, one thread an operation: rows of a batch share out
//! the cores.

mod attention;
mod gelu;
mod layer_norm;
mod lora_linear;
mod product;

pub use attention::Attention;
pub use gelu::Gelu;
pub use layer_norm::LayerNorm;
pub use lora_linear::LoraLinear;

use candle_core::{CpuStorage, Layout, Result, Tensor};

/// The numbers of a contiguous operand.
fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => candle_core::bail!("expected contiguous rows, got {layout:?}"),
    }
}

/// A tensor's numbers in order.
fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

#[cfg(test)]
mod tests;
