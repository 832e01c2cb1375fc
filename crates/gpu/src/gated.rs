//! y = f(gate) · up, where gate and up are of different formats and thus two matrices; see `gated.wgsl`.

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Activation, Error, Recorder, Tensor};

pub(crate) static GATED: Kernel = Kernel {
    name: "gated",
    sources: &[include_str!("activation.wgsl"), include_str!("gated.wgsl")],
    bindings: &[Uniform, Read, Read, Write, Uniform],
    subgroups: false,
};

impl Recorder<'_> {
    /// y = f(gate) · up, all (tokens, dim).
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn gated(
        &mut self,
        activation: Activation,
        gate: &Tensor,
        up: &Tensor,
        dim: usize,
        y: &Tensor,
    ) -> Result<(), Error> {
        for tensor in [gate, up, y] {
            tensor.holds("gated", "gate, up and y", self.max_tokens * dim)?;
        }
        let params = self.uniform(&[dim as u32, 0, 0, 0])?;
        let constants = [("ACTIVATION", f64::from(activation as u32))];
        let grid = [Extent::Fixed(dim.div_ceil(8)), Extent::TokensBy(1), Extent::ONE];
        self.dispatch(&GATED, &constants, &[&params, gate, up, y, &self.cursor.state], grid)
    }
}
