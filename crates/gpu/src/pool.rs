//! The vectors of a text's tokens become the text's vector; see `pool.wgsl`.

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Recorder, Tensor};

pub(crate) static POOL: Kernel = Kernel {
    name: "pool",
    sources: &[include_str!("reduce.wgsl"), include_str!("pool.wgsl")],
    bindings: &[Uniform, Read, Write, Uniform],
};

/// How the tokens' vectors become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's, which stands for the text.
    First,
}

impl Recorder<'_> {
    /// y = the pooled vector of x, (tokens, dim), of length 1: (dim).
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn pool(&mut self, pooling: Pooling, x: &Tensor, dim: usize, y: &Tensor) -> Result<(), Error> {
        x.holds("pool", "inputs", self.max_tokens * dim)?;
        y.holds("pool", "an output", dim)?;
        let params = self.uniform(&[dim as u32, 0, 0, 0])?;
        let constants = [
            ("THREADS", f64::from(self.gpu.tuning().threads)),
            ("FIRST", f64::from(u8::from(pooling == Pooling::First))),
        ];
        self.dispatch(&POOL, &constants, &[&params, x, y, &self.cursor.state], [Extent::ONE; 3])
    }
}
