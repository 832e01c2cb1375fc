//! Activations times quantised weights, on the CPU: y = x Wᵀ with W left in its GGML blocks.
//!
//! Activations are quantised to 8 bits a block, products are integer products (as in llama.cpp, whose formats these are).
//! There is one kernel for a single row, as in decoding, and one for many, as in reading a prompt or embedding; both are
//! generic over the block format and over the processor's vector instructions, which are chosen at run time.

mod activations;
mod blocks;
mod float;
mod many_rows;
mod one_row;
mod parallel;
mod simd;
mod vectorize;
#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use candle_core::quantized::GgmlDType;

use activations::{Quantized, QuantizedRow};
use blocks::{Block, PART, Part};
#[cfg(any(test, not(target_arch = "wasm32")))]
use simd::Portable;
use simd::Simd;
pub(crate) use simd::Vector;
pub(crate) use vectorize::{Work, dot, largest, sum, vectorize};

/// Below this many rows of activations each is multiplied on its own: interleaved lanes would mostly be empty.
const MIN_MANY_ROWS: usize = 3;
/// A thread's share of a product with one row: at least this many elements of weights.
const MIN_SHARE: usize = 1 << 16;
/// A thread's share of a product with many rows: at least this many rows, since each thread unpacks all weights.
const MIN_ROWS_SHARE: usize = 32;

/// A format of weights, with the code that multiplies by it.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    block_elements: usize,
    block_bytes: usize,
    code: Code,
}

#[derive(Clone, Copy)]
enum Code {
    Quantized(QuantizedCode),
    Float(float::ReadRow),
}

#[derive(Clone, Copy)]
struct QuantizedCode {
    unpack: fn(&[u8], usize) -> Part,
    one_row: fn(&[u8], &QuantizedRow<'_>, &mut [f32]),
    many_rows: fn(&[u8], &Quantized, Range<usize>, &mut [f32]),
}

impl Format {
    /// The format of a GGUF tensor, unless it is one of the rare ones that have no kernel.
    pub(crate) fn of(dtype: GgmlDType) -> Option<Self> {
        Some(match dtype {
            GgmlDType::Q4_0 => Self::quantized::<blocks::Q4_0>(),
            GgmlDType::Q4_1 => Self::quantized::<blocks::Q4_1>(),
            GgmlDType::Q5_0 => Self::quantized::<blocks::Q5_0>(),
            GgmlDType::Q5_1 => Self::quantized::<blocks::Q5_1>(),
            GgmlDType::Q8_0 => Self::quantized::<blocks::Q8_0>(),
            GgmlDType::Q4K => Self::quantized::<blocks::Q4K>(),
            GgmlDType::Q5K => Self::quantized::<blocks::Q5K>(),
            GgmlDType::Q6K => Self::quantized::<blocks::Q6K>(),
            GgmlDType::F16 => Self { block_elements: 1, block_bytes: 2, code: Code::Float(float::read_f16) },
            GgmlDType::BF16 => {
                Self { block_elements: 1, block_bytes: 2, code: Code::Float(float::read_bf16) }
            }
            GgmlDType::F32 => Self { block_elements: 1, block_bytes: 4, code: Code::Float(float::read_f32) },
            GgmlDType::Q8_1 | GgmlDType::Q2K | GgmlDType::Q3K | GgmlDType::Q8K => return None,
        })
    }

    /// Bytes of a row of `columns` elements.
    pub(crate) fn row_bytes(&self, columns: usize) -> usize {
        columns / self.block_elements * self.block_bytes
    }

    /// A row of weights in floats. `row` holds the blocks of `out.len()` elements.
    pub(crate) fn read_row(&self, row: &[u8], out: &mut [f32]) {
        match self.code {
            Code::Float(read) => read(row, out),
            Code::Quantized(code) => {
                let blocks = row.chunks_exact(self.block_bytes);
                for (block, out) in blocks.zip(out.chunks_exact_mut(self.block_elements)) {
                    for (index, out) in out.as_chunks_mut::<PART>().0.iter_mut().enumerate() {
                        let part = (code.unpack)(block, index);
                        for (element, out) in out.iter_mut().enumerate() {
                            let half = element / 16;
                            *out = part.scales[half] * f32::from(part.quants[element]) + part.mins[half];
                        }
                    }
                }
            }
        }
    }

    /// `out` (rows, out_features) becomes `x` (rows, `columns`) times the transpose of `weights`
    /// (out_features, `columns`), whose rows of blocks lie one after the other. A single thread in a browser, all natively.
    pub(crate) fn multiply(&self, weights: &[u8], x: &[f32], columns: usize, out: &mut [f32]) {
        let row_bytes = self.row_bytes(columns);
        let out_features = weights.len() / row_bytes;
        let code = match self.code {
            Code::Quantized(code) => code,
            Code::Float(read) => return float::multiply(read, row_bytes, weights, x, columns, out),
        };
        let x = Quantized::new(x, columns);
        if x.rows() < MIN_MANY_ROWS {
            let share = MIN_SHARE.div_ceil(columns);
            for (row, out) in out.chunks_exact_mut(out_features).enumerate() {
                parallel::for_each_share(out, 1, share, |outs, out| {
                    let weights = &weights[outs.start * row_bytes..outs.end * row_bytes];
                    (code.one_row)(weights, &x.row(row), out);
                });
            }
        } else {
            parallel::for_each_share(out, out_features, MIN_ROWS_SHARE, |rows, out| {
                (code.many_rows)(weights, &x, rows, out);
            });
        }
    }

    fn quantized<B: Block>() -> Self {
        let code = QuantizedCode::best::<B>();
        Self { block_elements: B::PARTS * PART, block_bytes: B::BYTES, code: Code::Quantized(code) }
    }
}

impl QuantizedCode {
    /// The fastest code that this processor runs.
    fn best<B: Block>() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(code) = x86::code::<B>() {
            return code;
        }
        #[cfg(target_arch = "wasm32")]
        return Self::generic::<wasm::Simd128, B>();
        #[cfg(not(target_arch = "wasm32"))]
        Self::generic::<Portable, B>()
    }

    /// Code that needs no check of the processor.
    fn generic<S: Simd, B: Block>() -> Self {
        Self {
            unpack: B::unpack,
            one_row: |weights, x, out| one_row::multiply::<S, B>(weights, x, out),
            many_rows: |weights, x, rows, out| many_rows::multiply::<S, B>(weights, x, rows, out),
        }
    }
}

#[cfg(test)]
mod tests;
