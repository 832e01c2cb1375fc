//! Keys and values of the tokens so far, as pairs of f16, laid out for the threads that read them.

use std::ops::Range;

use crate::{Error, Gpu, Tensor};

/// Positions that stand side by side in the keys.
const TILE: usize = 8;

/// The KV cache of one layer.
///
/// Half precision is storage only, packed by `pack2x16float`, which every adapter has.
#[derive(Clone, Debug)]
pub struct KvCache {
    pub(crate) keys: Tensor,   // (n_kv_heads, tiles, head_dim / 8, 8 positions, 4 words)
    pub(crate) values: Tensor, // (n_kv_heads, positions, head_dim / 2 words)
    pub(crate) n_kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) tiles: usize,
}

impl KvCache {
    /// Room for `context` positions.
    ///
    /// # Errors
    /// If heads are no multiple of 8 long, or the cache is longer than a binding.
    pub fn new(gpu: &Gpu, n_kv_heads: usize, head_dim: usize, context: usize) -> Result<Self, Error> {
        if head_dim == 0 || !head_dim.is_multiple_of(8) {
            return Err(Error::shape("KV cache", "heads of a multiple of 8", head_dim));
        }
        let tiles = context.div_ceil(TILE);
        let words = n_kv_heads * tiles * TILE * head_dim / 2;
        let keys = gpu.tensor("keys", words)?;
        let values = gpu.tensor("values", words)?;
        Ok(Self { keys, values, n_kv_heads, head_dim, tiles })
    }

    /// Positions there is room for.
    pub fn context(&self) -> usize {
        self.tiles * TILE
    }

    /// Keys and values, whose [`Self::ranges`] can be read and written.
    pub fn tensors(&self) -> [&Tensor; 2] {
        [&self.keys, &self.values]
    }

    /// Which words of either tensor hold the first `positions`, rounded up to whole tiles: one range for each head.
    pub fn ranges(&self, positions: usize) -> impl Iterator<Item = Range<usize>> {
        let head = self.tiles * TILE * self.head_dim / 2;
        let used = positions.div_ceil(TILE).min(self.tiles) * TILE * self.head_dim / 2;
        (0..self.n_kv_heads).map(move |kv_head| kv_head * head..kv_head * head + used)
    }
}
