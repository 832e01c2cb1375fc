//! The same models on the GPU: tensors are uploaded one by one, forward passes are recorded once and run for every token.
//!
//! What a family is stands in `DecoderConfig` and `EncoderConfig`, which the CPU reads as well; how kernels work is
//! `daneel-gpu`'s affair.

mod decoder;
mod encoder;
mod forward;
mod pace;
#[cfg(test)]
mod tests;
mod upload;
mod weights;

pub(crate) use decoder::{GpuDecoder, GpuSequence};
pub(crate) use encoder::GpuEncoder;
