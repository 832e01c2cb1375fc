//! What computes: the processor, or a graphics card.

use std::sync::Arc;

use daneel_gpu::{AdapterFacts, Gpu};
use serde::Serialize;

use crate::Error;

/// What a model computes on. Cloning shares the device.
#[derive(Clone, Default)]
pub enum Engine {
    /// The processor.
    #[default]
    Cpu,
    /// A GPU, by WebGPU.
    Gpu(GpuDevice),
}

/// A GPU that is ready. Several models can share it.
#[derive(Clone)]
pub struct GpuDevice(pub(crate) Arc<Gpu>);

/// What a token costs on the GPU, whatever GPU it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TokenCost {
    /// Dispatches from a token to the next.
    pub dispatches: usize,
    /// Of these, dispatches of a layer.
    pub dispatches_per_layer: f64,
    /// Bytes of weights that are read.
    pub weight_bytes_read: u64,
    /// Bytes of keys and values that are read.
    pub kv_bytes_read: u64,
    /// Bytes of all weights in the GPU's memory.
    pub weight_bytes: u64,
}

impl GpuDevice {
    /// Asks for the fastest GPU.
    ///
    /// # Errors
    /// If there is none.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::arc_with_non_send_sync, reason = "a worker has one thread; elsewhere there are more")
    )]
    pub async fn request() -> Result<Self, Error> {
        Ok(Self(Arc::new(Gpu::request().await?)))
    }

    /// What is known about the adapter.
    pub fn facts(&self) -> &AdapterFacts {
        self.0.facts()
    }
}
