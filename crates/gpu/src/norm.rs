//! Rows become normalised rows; see `norm.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Recorder, Stream, Tensor};

pub(crate) static NORM: Kernel = Kernel {
    name: "norm",
    sources: &[include_str!("reduce.wgsl"), include_str!("norm.wgsl")],
    bindings: &[Uniform, Read, Read, Read, Read, Write, Write, Uniform],
};

/// A norm over the last dimension.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a> {
    /// Length of a row.
    pub dim: usize,
    /// (dim)
    pub weight: &'a Tensor,
    /// (dim); with it the norm is LayerNorm, without it RMSNorm.
    pub bias: Option<&'a Tensor>,
    /// Added to the mean square.
    pub eps: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    dim: u32,
    eps: f32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    /// y = norm(x), both (tokens, dim). `x` and `y` are different tensors.
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn norm(&mut self, norm: Norm<'_>, x: &Tensor, y: &Tensor) -> Result<(), Error> {
        y.holds("norm", "outputs", self.max_tokens * norm.dim)?;
        self.record_norm(&[], norm, x, y, None)
    }

    /// stream += norm(x), made ready for the norm of weight `next`: what gemma does after each block.
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn add_normed(
        &mut self,
        norm: Norm<'_>,
        x: &Tensor,
        stream: &Stream,
        next: &Tensor,
    ) -> Result<(), Error> {
        next.holds("norm", "the next norm", norm.dim)?;
        if stream.dim != norm.dim {
            return Err(Error::shape("norm", format!("a stream of {}", norm.dim), stream.dim));
        }
        self.record_norm(&[("ADD", 1.0)], norm, x, &stream.values, Some((next, &stream.weighted)))
    }

    /// The reciprocal of each row's root mean square: (tokens).
    pub(crate) fn rms_factors(&mut self, x: &Tensor, dim: usize, eps: f32) -> Result<Tensor, Error> {
        let factors = self.gpu.tensor("norm factors", self.max_tokens)?;
        let norm = Norm { dim, weight: self.unread(), bias: None, eps };
        self.record_norm(&[("FACTOR", 1.0)], norm, x, &factors, None)?;
        Ok(factors)
    }

    fn record_norm(
        &mut self,
        mode: &[(&'static str, f64)],
        norm: Norm<'_>,
        x: &Tensor,
        y: &Tensor,
        next: Option<(&Tensor, &Tensor)>,
    ) -> Result<(), Error> {
        x.holds("norm", "inputs", self.max_tokens * norm.dim)?;
        if mode.is_empty() || next.is_some() {
            norm.weight.holds("norm", "a weight", norm.dim)?;
        }
        if let Some(bias) = norm.bias {
            bias.holds("norm", "a bias", norm.dim)?;
        }
        let mut constants = mode.to_vec();
        constants.push(("LAYER", f64::from(u8::from(norm.bias.is_some()))));
        constants.push(("THREADS", f64::from(self.gpu.tuning().threads)));
        let params = self.uniform(&[Params { dim: norm.dim as u32, eps: norm.eps, reserved: [0; 2] }])?;
        let tensors = [
            &params,
            x,
            norm.weight,
            norm.bias.unwrap_or(self.unread()),
            next.map_or(self.unread(), |(weight, _)| weight),
            y,
            next.map_or(self.unwritten(), |(_, weighted)| weighted),
            &self.cursor.state,
        ];
        self.dispatch(&NORM, &constants, &tensors, [Extent::TokensBy(1), Extent::ONE, Extent::ONE])
    }
}
