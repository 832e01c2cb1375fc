//! Every format and every instruction set of this machine against the textbook product in 64-bit floats, on fresh random
//! numbers, at sizes that are no multiple of any tile.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::*;

/// Largest accepted error: the mean square of the difference over the mean square of the reference. What there is comes
/// from quantising activations to 8 bits.
const MAX_ERROR_QUANTIZED: f64 = 1e-4;
/// The same for weights in floats, where only the order of sums differs.
const MAX_ERROR_FLOAT: f64 = 1e-10;
/// The same for unpacked weights against candle's dequantisation.
const MAX_ERROR_UNPACKED: f64 = 1e-13;

/// Columns, a multiple of the largest block; weight rows; activation rows.
const SIZES: [(usize, usize, usize); 8] = [
    (256, 19, 1),
    (512, 70, 1),
    (256, 33, 2),
    (768, 9, 3),
    (256, 9, 17),
    (512, 31, 37),
    (1536, 6, 33),
    (256, 130, 70),
];

const QUANTIZED: [GgmlDType; 8] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
];
const FLOATS: [GgmlDType; 3] = [GgmlDType::F16, GgmlDType::BF16, GgmlDType::F32];

/// Numbers from -1 to 1, roughly normal, the same for the same seed (xorshift64*).
fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1_u32 << 24) as f32
    };
    (0..len).map(|_| (0..4).map(|_| uniform()).sum::<f32>() / 2.0 - 1.0).collect()
}

/// Random weights: their blocks, and what candle dequantises them to.
fn random_weights(dtype: GgmlDType, rows: usize, columns: usize, seed: u64) -> (Vec<u8>, Vec<f32>) {
    let floats = Tensor::from_vec(random(rows * columns, seed), (rows, columns), &Device::Cpu).unwrap();
    let tensor = QTensor::quantize(&floats, dtype).unwrap();
    let floats = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    (tensor.data().unwrap().into_owned(), floats)
}

/// The definition: (rows, columns) times the transpose of (out_features, columns).
fn reference(x: &[f32], weights: &[f32], columns: usize) -> Vec<f64> {
    let dot = |x: &[f32], w: &[f32]| x.iter().zip(w).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
    x.chunks(columns).flat_map(|x| weights.chunks(columns).map(move |w| dot(x, w))).collect()
}

fn error(got: &[f32], expected: &[f64]) -> f64 {
    let difference: f64 = got.iter().zip(expected).map(|(&got, want)| (f64::from(got) - want).powi(2)).sum();
    difference / expected.iter().map(|want| want * want).sum::<f64>()
}

fn check(what: &str, got: &[f32], expected: &[f64], max_error: f64) {
    assert!(got.iter().all(|x| x.is_finite()), "{what}: not a number, or never written");
    let error = error(got, expected);
    assert!(error <= max_error, "{what}: error {error:e} is more than {max_error:e}");
}

/// All code for a format that this machine can run.
fn all_code<B: Block>() -> Vec<(&'static str, QuantizedCode)> {
    let mut all = vec![("portable", QuantizedCode::generic::<Portable, B>())];
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(x86::avx2_code::<B>().map(|code| ("AVX2", code)));
        all.extend(x86::vnni_code::<B>().map(|code| ("VNNI", code)));
    }
    all
}

fn all_code_of(dtype: GgmlDType) -> Vec<(&'static str, QuantizedCode)> {
    match dtype {
        GgmlDType::Q4_0 => all_code::<blocks::Q4_0>(),
        GgmlDType::Q4_1 => all_code::<blocks::Q4_1>(),
        GgmlDType::Q5_0 => all_code::<blocks::Q5_0>(),
        GgmlDType::Q5_1 => all_code::<blocks::Q5_1>(),
        GgmlDType::Q8_0 => all_code::<blocks::Q8_0>(),
        GgmlDType::Q4K => all_code::<blocks::Q4K>(),
        GgmlDType::Q5K => all_code::<blocks::Q5K>(),
        _ => all_code::<blocks::Q6K>(),
    }
}

#[test]
fn unpacked_weights_are_candles() {
    for (seed, dtype) in QUANTIZED.into_iter().chain(FLOATS).enumerate() {
        let (blocks, expected) = random_weights(dtype, 1, 1024, seed as u64 + 1);
        let mut got = vec![f32::NAN; 1024];
        Format::of(dtype).unwrap().read_row(&blocks, &mut got);
        let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
        check(&format!("{dtype:?}"), &got, &expected, MAX_ERROR_UNPACKED);
    }
}

#[test]
fn products_are_the_textbooks() {
    for (seed, (columns, out_features, rows)) in SIZES.into_iter().enumerate() {
        let x = random(rows * columns, seed as u64 + 100);
        for dtype in QUANTIZED.into_iter().chain(FLOATS) {
            let (blocks, weights) = random_weights(dtype, out_features, columns, seed as u64 + 200);
            let expected = reference(&x, &weights, columns);
            let mut got = vec![f32::NAN; expected.len()];
            Format::of(dtype).unwrap().multiply(&blocks, &x, columns, &mut got);
            let max_error = if FLOATS.contains(&dtype) { MAX_ERROR_FLOAT } else { MAX_ERROR_QUANTIZED };
            check(&format!("{dtype:?} {rows}x{columns}x{out_features}"), &got, &expected, max_error);
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same() {
    for (seed, (columns, out_features, rows)) in SIZES.into_iter().enumerate() {
        let x = Quantized::new(&random(rows * columns, seed as u64 + 300), columns);
        for dtype in QUANTIZED {
            let (blocks, _) = random_weights(dtype, out_features, columns, seed as u64 + 400);
            let mut expected: Option<Vec<f64>> = None;
            for (name, code) in all_code_of(dtype) {
                let mut one_by_one = vec![f32::NAN; rows * out_features];
                for (row, out) in one_by_one.chunks_exact_mut(out_features).enumerate() {
                    (code.one_row)(&blocks, &x.row(row), out);
                }
                let mut together = vec![f32::NAN; rows * out_features];
                (code.many_rows)(&blocks, &x, 0..rows, &mut together);
                let expected =
                    expected.get_or_insert_with(|| one_by_one.iter().copied().map(f64::from).collect());
                let size = format!("{name} {dtype:?} {rows}x{columns}x{out_features}");
                check(&format!("{size}, one row"), &one_by_one, expected, MAX_ERROR_FLOAT);
                check(&format!("{size}, many rows"), &together, expected, MAX_ERROR_FLOAT);
            }
        }
    }
}

#[test]
fn what_is_no_number_is_not_hidden() {
    let (blocks, _) = random_weights(GgmlDType::Q4_0, 4, 256, 7);
    for rows in [1, 5] {
        let mut x = random(rows * 256, 8);
        x[3] = f32::NAN;
        let mut out = vec![0.0; rows * 4];
        Format::of(GgmlDType::Q4_0).unwrap().multiply(&blocks, &x, 256, &mut out);
        assert!(out[..4].iter().all(|x| x.is_nan()));
    }
}
