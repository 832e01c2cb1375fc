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
    subgroups: false,
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

#[cfg(test)]
mod tests {
    use super::Norm;
    use crate::Stream;
    use crate::testing::{Guarded, assert_close, on_all_cuts, random, run, tolerance, widened};

    /// Each row less its mean (or not), over the root of its mean square.
    fn normalised(x: &[f32], dim: usize, eps: f32, centred: bool) -> Vec<f64> {
        let row = |row: &[f32]| {
            let row = widened(row);
            let mean = if centred { row.iter().sum::<f64>() / dim as f64 } else { 0.0 };
            let square = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / dim as f64;
            row.iter().map(|x| (x - mean) / (square + f64::from(eps)).sqrt()).collect::<Vec<_>>()
        };
        x.chunks_exact(dim).flat_map(row).collect()
    }

    #[test]
    fn rows_are_normalised_with_and_without_bias() {
        on_all_cuts(|gpu| {
            let (dim, tokens, eps) = (131, 3, 1e-2_f32);
            let (x, weight, bias) = (random(tokens * dim, 1), random(dim, 2), random(dim, 3));
            let upload = |values: &[f32]| gpu.upload("x", values).expect("a short tensor");
            let (input, weight_tensor, bias_tensor) = (upload(&x), upload(&weight), upload(&bias));
            for centred in [false, true] {
                let y = Guarded::new(gpu, tokens * dim);
                let norm = Norm { dim, weight: &weight_tensor, bias: centred.then_some(&bias_tensor), eps };
                run(gpu, 0, tokens, tokens, |pass| pass.norm(norm, &input, &y.tensor));
                let expected: Vec<f64> = normalised(&x, dim, eps, centred)
                    .iter()
                    .enumerate()
                    .map(|(i, x)| {
                        x * f64::from(weight[i % dim]) + if centred { f64::from(bias[i % dim]) } else { 0.0 }
                    })
                    .collect();
                assert_close("norm", &y.read(gpu), &expected, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn a_normed_block_is_added_to_the_stream() {
        on_all_cuts(|gpu| {
            let (dim, tokens, eps) = (40, 2, 1e-5_f32);
            let (x, before, weights) = (random(tokens * dim, 1), random(tokens * dim, 2), random(2 * dim, 3));
            let upload = |values: &[f32]| gpu.upload("x", values).expect("a short tensor");
            let (values, weighted) = (Guarded::with(gpu, &before), Guarded::new(gpu, tokens * dim));
            let stream = Stream { values: values.tensor.clone(), weighted: weighted.tensor.clone(), dim };
            let (input, weight, next) = (upload(&x), upload(&weights[..dim]), upload(&weights[dim..]));
            let norm = Norm { dim, weight: &weight, bias: None, eps };
            run(gpu, 0, tokens, tokens, |pass| pass.add_normed(norm, &input, &stream, &next));
            let sum: Vec<f64> = normalised(&x, dim, eps, false)
                .iter()
                .enumerate()
                .map(|(i, x)| x * f64::from(weights[i % dim]) + f64::from(before[i]))
                .collect();
            assert_close("stream", &values.read(gpu), &sum, tolerance::FLOATS);
            let expected: Vec<f64> =
                sum.iter().enumerate().map(|(i, y)| y * f64::from(weights[dim + i % dim])).collect();
            assert_close("weighted", &weighted.read(gpu), &expected, tolerance::FLOATS);
        });
    }
}
