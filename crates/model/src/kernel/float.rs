//! Weights that are not quantised: 16 and 32 bit floats, read row by row into 32-bit floats.

use half::{bf16, f16};

use super::parallel;
use super::simd::Vector;
use super::vectorize::{Work, dot, vectorize};

/// Reads a row of weights in floats.
pub(super) type ReadRow = fn(&[u8], &mut [f32]);

/// A thread's share: at least this many elements of weights.
const MIN_SHARE: usize = 1 << 14;

pub(super) fn read_f32(row: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(row.as_chunks().0) {
        *out = f32::from_le_bytes(*bytes);
    }
}

pub(super) fn read_f16(row: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(row.as_chunks().0) {
        *out = f16::from_le_bytes(*bytes).to_f32();
    }
}

pub(super) fn read_bf16(row: &[u8], out: &mut [f32]) {
    for (out, bytes) in out.iter_mut().zip(row.as_chunks().0) {
        *out = bf16::from_le_bytes(*bytes).to_f32();
    }
}

/// As [`super::Format::multiply`]. The product is made transposed, so that a row of weights is read once for all of `x`.
pub(super) fn multiply(
    read: ReadRow,
    row_bytes: usize,
    weights: &[u8],
    x: &[f32],
    columns: usize,
    out: &mut [f32],
) {
    let (rows, out_features) = (x.len() / columns, weights.len() / row_bytes);
    let mut transposed = vec![0.0; out.len()]; // (out_features, rows)
    parallel::for_each_share(&mut transposed, rows, MIN_SHARE.div_ceil(columns), |outs, out| {
        let weights = &weights[outs.start * row_bytes..outs.end * row_bytes];
        vectorize(Products { read, weights, row_bytes, x, columns, out });
    });
    for (row, out) in out.chunks_exact_mut(out_features).enumerate() {
        for (feature, out) in out.iter_mut().enumerate() {
            *out = transposed[feature * rows + row];
        }
    }
}

/// Rows of weights times rows of `x`, transposed.
struct Products<'a> {
    read: ReadRow,
    weights: &'a [u8], // (out_features, columns)
    row_bytes: usize,
    x: &'a [f32], // (rows, columns)
    columns: usize,
    out: &'a mut [f32], // (out_features, rows)
}

impl Work for Products<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let mut weight_row = vec![0.0; self.columns];
        let rows = self.x.len() / self.columns;
        for (weights, products) in
            self.weights.chunks_exact(self.row_bytes).zip(self.out.chunks_exact_mut(rows))
        {
            (self.read)(weights, &mut weight_row);
            for (product, x) in products.iter_mut().zip(self.x.chunks_exact(self.columns)) {
                *product = dot::<V>(&weight_row, x);
            }
        }
    }
}
