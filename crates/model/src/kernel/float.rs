//! Weights that are not quantised: 16 and 32 bit floats, read row by row into 32-bit floats.

use half::{bf16, f16};

use super::parallel;

/// Reads a row of weights in floats.
pub(super) type ReadRow = fn(&[u8], &mut [f32]);

/// Partial sums of a dot product; enough for any vector unit.
const SUMS: usize = 32;
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
    parallel::for_each_share(&mut transposed, rows, MIN_SHARE.div_ceil(columns), |outs, transposed| {
        let mut weight_row = vec![0.0; columns];
        for (feature, products) in outs.zip(transposed.chunks_exact_mut(rows)) {
            read(&weights[feature * row_bytes..][..row_bytes], &mut weight_row);
            for (product, x) in products.iter_mut().zip(x.chunks_exact(columns)) {
                *product = dot(&weight_row, x);
            }
        }
    });
    for (row, out) in out.chunks_exact_mut(out_features).enumerate() {
        for (feature, out) in out.iter_mut().enumerate() {
            *out = transposed[feature * rows + row];
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; SUMS];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..SUMS {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
