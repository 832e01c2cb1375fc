//! One row of activations times a weight matrix: each weight is unpacked and used once, so memory sets the pace.

use super::activations::QuantizedRow;
use super::blocks::{Block, PART};
use super::simd::{Simd, Vector};

/// `out[i]` becomes the product of weight row `i` with `x`. `weights` holds whole rows of blocks.
#[inline(always)]
pub(super) fn multiply<S: Simd, B: Block>(weights: &[u8], x: &QuantizedRow<'_>, out: &mut [f32]) {
    let row_bytes = x.scales.len() / B::PARTS * B::BYTES;
    let (quants, _) = x.quants.as_chunks::<PART>();
    for (row, out) in weights.chunks_exact(row_bytes).zip(out) {
        let mut sum = S::Row::splat(0.0);
        let mut mins = 0.0;
        for (at, ((quants, &scale), sums)) in quants.iter().zip(x.scales).zip(x.sums).enumerate() {
            let block = &row[at / B::PARTS * B::BYTES..][..B::BYTES];
            let part = B::unpack(block, at % B::PARTS);
            sum = S::add_part(sum, &part, B::HALVES, quants, scale);
            mins += part.mins[0] * sums[0] + part.mins[1] * sums[1];
        }
        *out = S::Row::total(sum) + mins;
    }
}
