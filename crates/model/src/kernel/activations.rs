//! Activations become 8-bit integers with a scale for each 32 of them (as GGML's Q8_0), so that products with quantised
//! weights are integer products.

use super::blocks::PART;
use super::simd::Vector;
use super::vectorize::{Work, vectorize};

/// A row of activations: element `i` is about `scales[i / 32] * quants[i]`.
pub(super) struct QuantizedRow<'a> {
    pub(super) quants: &'a [i8],     // (columns)
    pub(super) scales: &'a [f32],    // (columns / 32)
    pub(super) sums: &'a [[f32; 2]], // (columns / 32) of each half of a part: scale times the sum of quants
}

/// Rows of activations.
pub(super) struct Quantized {
    columns: usize,
    quants: Vec<i8>,     // (rows, columns)
    scales: Vec<f32>,    // (rows, columns / 32)
    sums: Vec<[f32; 2]>, // (rows, columns / 32)
}

impl Quantized {
    /// Quantises rows of `columns` elements, a multiple of 32, that lie one after the other in `x`.
    pub(super) fn new(x: &[f32], columns: usize) -> Self {
        let n_parts = x.len() / PART;
        let mut quantized = Self {
            columns,
            quants: vec![0; x.len()],
            scales: Vec::with_capacity(n_parts),
            sums: Vec::with_capacity(n_parts),
        };
        vectorize(Quantization { x, to: &mut quantized });
        quantized
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.quants.len() / self.columns
    }

    /// Row number `row`.
    pub(super) fn row(&self, row: usize) -> QuantizedRow<'_> {
        let n_parts = self.columns / PART;
        QuantizedRow {
            quants: &self.quants[row * self.columns..][..self.columns],
            scales: &self.scales[row * n_parts..][..n_parts],
            sums: &self.sums[row * n_parts..][..n_parts],
        }
    }
}

struct Quantization<'a> {
    x: &'a [f32],
    to: &'a mut Quantized,
}

impl Work for Quantization<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Quantized { quants, scales, sums, .. } = self.to;
        for (x, quants) in self.x.as_chunks::<PART>().0.iter().zip(quants.as_chunks_mut::<PART>().0) {
            let (scale, part_sums) = quantize_part(x, quants);
            scales.push(scale);
            sums.push(part_sums);
        }
    }
}

/// Scale, and the scaled sums of both halves. A part with a NaN or an infinity gives NaN, not a wrong number.
#[inline(always)]
fn quantize_part(x: &[f32; PART], quants: &mut [i8; PART]) -> (f32, [f32; 2]) {
    let largest = x.iter().fold(0.0_f32, |largest, x| if x.abs() > largest { x.abs() } else { largest });
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 127.0 / largest } else { 0.0 };
    let mut finite = 0.0;
    for (quant, &x) in quants.iter_mut().zip(x) {
        // Adding 1.5 · 2^23 leaves the rounded integer in the low bits of the sum; `round` is a call on many targets.
        let rounded = x * inverse + 12_582_912.0;
        *quant = rounded.to_bits() as i8;
        finite += x * 0.0;
    }
    let scale = scale + finite;
    let sum = |half: &[i8]| scale * half.iter().map(|&quant| i32::from(quant)).sum::<i32>() as f32;
    (scale, [sum(&quants[..16]), sum(&quants[16..])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_at_most_half_a_step() {
        let x: Vec<f32> = (0..64).map(|i| ((i * 37) % 64) as f32 * 0.37 - 9.1).collect();
        let quantized = Quantized::new(&x, 32);
        for row in 0..quantized.rows() {
            let QuantizedRow { quants, scales, sums } = quantized.row(row);
            for (quant, x) in quants.iter().zip(&x[row * 32..]) {
                assert!((f32::from(*quant) * scales[0] - x).abs() <= scales[0] * 0.5001);
            }
            let sum = |half: &[i8]| half.iter().map(|&q| f32::from(q) * scales[0]).sum::<f32>();
            assert!((sums[0][0] - sum(&quants[..16])).abs() < 1e-3);
            assert!((sums[0][1] - sum(&quants[16..])).abs() < 1e-3);
        }
    }

    #[test]
    fn zeros_stay_and_what_is_no_number_is_seen() {
        let zeros = Quantized::new(&[0.0; 32], 32);
        assert_eq!((zeros.row(0).scales[0], zeros.row(0).quants), (0.0, &[0; 32][..]));
        for bad in [f32::NAN, f32::INFINITY] {
            let mut x = [1.0; 32];
            x[5] = bad;
            assert!(Quantized::new(&x, 32).row(0).scales[0].is_nan());
        }
    }
}
