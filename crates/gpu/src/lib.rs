//! Weights and token ids become vectors, on any GPU that WebGPU reaches: the kernels of transformers, and no model.
//!
//! A model engine asks for a [`Gpu`], puts weights into [`Matrix`] and vectors into [`Tensor`], and writes its forward pass once
//! into a [`Recorder`]. The [`Plan`] that comes out is one compute pass whose bind groups exist already; it is submitted
//! for each token, or for each chunk of a prompt. Where a token stands ([`Cursor`]), which token it is and what was drawn
//! stays on the GPU, so that steps can be submitted ahead of their results.
//!
//! ```no_run
//! # use daneel_gpu::*;
//! # fn example(gpu: &Gpu, cursor: &Cursor, w: &Matrix, x: &Tensor, y: &Tensor) -> Result<(), Error> {
//! let mut pass = Recorder::new(gpu, cursor, 1);
//! pass.linear(w, Input::Plain(x), None, Output::Store(y))?;
//! let plan = pass.finish();
//! gpu.submit(&[(&plan, 1)])?;
//! # Ok(())
//! # }
//! ```

mod activation;
mod attention;
#[cfg(target_arch = "wasm32")]
mod browser;
mod device;
mod gated;
mod gather;
mod kernel;
mod kv_cache;
mod linear;
mod matmul;
mod matrix;
mod matvec;
mod norm;
mod planes;
mod pool;
mod probe;
mod readback;
mod recorder;
mod rope;
mod sample;
mod softcap;
mod sync;
mod tensor;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tidy;
mod tuning;

pub use activation::Activation;
pub use attention::{Attention, Mask};
pub use device::{AdapterFacts, Demand, Gpu};
pub use gather::RowOf;
pub use kv_cache::KvCache;
pub use linear::{AddedBlock, Input, Output};
pub use matrix::Matrix;
pub use norm::Norm;
pub use planes::{BLOCK, Format, Planes, TILE_ROWS};
pub use pool::Pooling;
pub use readback::{Fence, Readback};
pub use recorder::{Plan, Recorder};
pub use rope::{Heads, Rope, RopePairs};
pub use sample::SampleSettings;
pub use tensor::{Cursor, Stream, Tensor};
pub use tuning::{Cut, MatrixShape, Product, Tuning};

/// Why something could not be done on the GPU.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no adapter, or it does not do what every WebGPU adapter does.
    #[error("no GPU can be used: {0}")]
    NoAdapter(String),
    /// A tensor of another size than the operation needs.
    #[error("{op}: {got} where {expected} is expected")]
    Shape {
        /// The operation.
        op: &'static str,
        /// What it needs.
        expected: String,
        /// What it was given.
        got: String,
    },
    /// The adapter's limits do not allow it.
    #[error("the GPU's limits do not allow it: {0}")]
    Limit(String),
    /// The GPU's memory is full.
    #[error("the GPU's memory is full: {0}; take a smaller context or a smaller model")]
    OutOfMemory(String),
    /// The device is gone: the driver was reset, or the browser took it away.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// The driver refused or failed, which is a bug here or there.
    #[error("the GPU failed: {0}")]
    Failed(String),
}

impl Error {
    pub(crate) fn shape(op: &'static str, expected: impl ToString, got: impl ToString) -> Self {
        Self::Shape { op, expected: expected.to_string(), got: got.to_string() }
    }
}
