//! A forward pass, written once, becomes a plan that is run for every token.

use std::slice::SliceIndex;
use std::sync::Arc;

use crate::kernel::{Kernel, Pipeline};
use crate::{Cursor, Error, Gpu, Stream, Tensor};

/// Takes down the operations of a forward pass, in order. Each operation is a method, beside its kernel.
pub struct Recorder<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) cursor: &'a Cursor,
    /// Most tokens that the pass is run for at once. With one, matrices are multiplied with a vector.
    pub(crate) max_tokens: usize,
    recorded_for: usize,
    steps: Vec<Step>,
}

/// Operations whose pipelines are compiled and whose buffers are bound.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<Step>,
    max_tokens: usize,
}

/// How many workgroups a dispatch has along one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Fixed(usize),
    /// One for each so many tokens of the step.
    TokensBy(usize),
}

#[derive(Debug)]
pub(crate) struct Step {
    name: &'static str,
    pipeline: Arc<Pipeline>,
    bindings: wgpu::BindGroup,
    grid: [Extent; 3],
}

impl<'a> Recorder<'a> {
    /// Begins a pass over up to `max_tokens` tokens at once, which stand where `cursor` says.
    pub fn new(gpu: &'a Gpu, cursor: &'a Cursor, max_tokens: usize) -> Self {
        Self { gpu, cursor, max_tokens, recorded_for: max_tokens, steps: Vec::new() }
    }

    /// The plan of everything recorded.
    pub fn finish(self) -> Plan {
        Plan { steps: self.steps, max_tokens: self.recorded_for }
    }

    /// The last token's row of `stream` goes to `last`; everything after that is about that row only.
    ///
    /// # Errors
    /// If the streams are of different width.
    pub fn keep_last_row(&mut self, stream: &Stream, last: &Stream) -> Result<(), Error> {
        if stream.dim != last.dim {
            return Err(Error::shape("last row", stream.dim, last.dim));
        }
        let params = self.uniform(&[stream.dim as u32, 0, 0, 0])?;
        let tensors =
            [&params, &stream.values, &stream.weighted, &last.values, &last.weighted, &self.cursor.state];
        let groups = Extent::Fixed(stream.dim.div_ceil(8));
        self.dispatch(&LAST_ROW, &[], &tensors, [groups, Extent::Fixed(1), Extent::Fixed(1)])?;
        self.max_tokens = 1;
        Ok(())
    }

    /// What a kernel knows beside its tensors.
    pub(crate) fn uniform<T: bytemuck::Pod>(&self, values: &[T]) -> Result<Tensor, Error> {
        self.gpu.upload("params", values)
    }

    pub(crate) fn dispatch(
        &mut self,
        kernel: &Kernel,
        constants: &[(&'static str, f64)],
        tensors: &[&Tensor],
        grid: [Extent; 3],
    ) -> Result<(), Error> {
        let most = self.gpu.limits.max_compute_workgroups_per_dimension;
        for extent in grid {
            let groups = extent.of(self.max_tokens);
            if groups > most {
                return Err(Error::Limit(format!(
                    "{} takes {groups} workgroups where {most} are allowed",
                    kernel.name
                )));
            }
        }
        let pipeline = self.gpu.pipeline(kernel, constants);
        let bindings = self.gpu.bind(kernel, &pipeline, tensors);
        self.steps.push(Step { name: kernel.name, pipeline, bindings, grid });
        self.gpu.check()
    }

    /// Stands in for a tensor that is only read.
    pub(crate) fn unread(&self) -> &'a Tensor {
        &self.gpu.unused[0]
    }

    /// Stands in for a tensor that would be written.
    pub(crate) fn unwritten(&self) -> &'a Tensor {
        &self.gpu.unused[1]
    }
}

impl Plan {
    /// How many dispatches a run takes.
    pub fn n_dispatches(&self) -> usize {
        self.steps.len()
    }

    /// The kernels in their order.
    pub fn kernels(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().map(|step| step.name)
    }

    pub(crate) fn encode(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        dispatches: impl SliceIndex<[Step], Output = [Step]>,
        n_tokens: usize,
    ) -> Result<(), Error> {
        if n_tokens == 0 || n_tokens > self.max_tokens {
            return Err(Error::shape("plan", format!("1 to {} tokens", self.max_tokens), n_tokens));
        }
        for step in self.steps.get(dispatches).unwrap_or_default() {
            let [x, y, z] = step.grid.map(|extent| extent.of(n_tokens));
            pass.set_pipeline(&step.pipeline.pipeline);
            pass.set_bind_group(0, &step.bindings, &[]);
            pass.dispatch_workgroups(x, y, z);
        }
        Ok(())
    }
}

impl Extent {
    /// One workgroup, as far as this dimension goes.
    pub(crate) const ONE: Self = Self::Fixed(1);

    fn of(self, n_tokens: usize) -> u32 {
        let groups = match self {
            Self::Fixed(groups) => groups,
            Self::TokensBy(tokens) => n_tokens.div_ceil(tokens),
        };
        u32::try_from(groups).unwrap_or(u32::MAX)
    }
}

pub(crate) static LAST_ROW: Kernel = {
    use crate::kernel::Binding::{Read, Uniform, Write};
    Kernel {
        name: "last_row",
        sources: &[include_str!("last_row.wgsl")],
        bindings: &[Uniform, Read, Read, Write, Write, Uniform],
        subgroups: false,
    }
};
