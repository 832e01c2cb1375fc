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
        for (index, block) in row.chunks_exact(B::BYTES).enumerate() {
            for part_idx in 0..B::PARTS {
                let part = B::unpack(block, part_idx);
                let at = index * B::PARTS + part_idx;
                sum = S::add_part(sum, &part, B::HALVES, &quants[at], x.scales[at]);
                mins += part.mins[0] * x.sums[at][0] + part.mins[1] * x.sums[at][1];
            }
        }
        *out = S::Row::total(sum) + mins;
    }
}
