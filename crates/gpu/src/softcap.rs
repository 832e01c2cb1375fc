//! Logits are squeezed; see `softcap.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Recorder, Tensor};

pub(crate) static SOFTCAP: Kernel = Kernel {
    name: "softcap",
    sources: &[include_str!("softcap.wgsl")],
    bindings: &[Uniform, Write],
    subgroups: false,
};

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n: u32,
    cap: f32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    /// logits = cap · tanh(logits / cap), in place.
    ///
    /// # Errors
    /// If the adapter cannot be asked for so many at once.
    pub fn softcap(&mut self, logits: &Tensor, cap: f32) -> Result<(), Error> {
        let params = self.uniform(&[Params { n: logits.len() as u32, cap, reserved: [0; 2] }])?;
        let groups = logits.len().div_ceil(8);
        let wide = groups.min(self.gpu.limits.max_compute_workgroups_per_dimension as usize);
        let grid = [Extent::Fixed(wide), Extent::Fixed(groups.div_ceil(wide)), Extent::ONE];
        self.dispatch(&SOFTCAP, &[], &[&params, logits], grid)
    }
}
