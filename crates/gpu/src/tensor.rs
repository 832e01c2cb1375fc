//! Numbers in the GPU's memory.

use crate::{Error, Gpu};

/// Numbers of 4 bytes in a buffer. What shape they have is said by whoever uses them.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub(crate) buffer: wgpu::Buffer,
    pub(crate) len: usize,
}

impl Tensor {
    /// How many numbers.
    #[expect(clippy::len_without_is_empty, reason = "an empty tensor is of no use")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Fails unless there is room for `expected` numbers.
    pub(crate) fn holds(&self, op: &'static str, what: &str, expected: usize) -> Result<(), Error> {
        if self.len < expected {
            return Err(Error::shape(op, format!("{what} of {expected} numbers"), self.len));
        }
        Ok(())
    }
}

/// The residual stream of a transformer, and the same times the weight of the norm that comes next.
///
/// A matrix after RMSNorm needs only the second and the root mean square of the first, so that the norm takes no pass of
/// its own.
#[derive(Clone, Debug)]
pub struct Stream {
    pub(crate) values: Tensor,   // (tokens, dim)
    pub(crate) weighted: Tensor, // (tokens, dim)
    pub(crate) dim: usize,
}

impl Stream {
    /// A stream for up to `max_tokens` tokens at once.
    ///
    /// # Errors
    /// If it is longer than a binding.
    pub fn new(gpu: &Gpu, max_tokens: usize, dim: usize) -> Result<Self, Error> {
        let values = gpu.tensor("stream", max_tokens * dim)?;
        let weighted = gpu.tensor("weighted stream", max_tokens * dim)?;
        Ok(Self { values, weighted, dim })
    }

    /// The stream itself: (tokens, dim).
    pub fn values(&self) -> &Tensor {
        &self.values
    }
}

/// Where in its sequence the step at hand begins and how many tokens it reads.
///
/// Sampling moves it on to the token that it drew.
#[derive(Clone, Debug)]
pub struct Cursor {
    pub(crate) state: Tensor, // position, tokens
}

impl Cursor {
    /// A cursor at the beginning.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub fn new(gpu: &Gpu) -> Result<Self, Error> {
        let state = gpu.tensor("cursor", 4)?;
        let cursor = Self { state };
        cursor.set(gpu, 0, 1)?;
        Ok(cursor)
    }

    /// The next step reads `n_tokens` tokens from `position` on.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub fn set(&self, gpu: &Gpu, position: usize, n_tokens: usize) -> Result<(), Error> {
        gpu.write(&self.state, 0, &[position as u32, n_tokens as u32])
    }
}
