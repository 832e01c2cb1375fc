//! AVX2, and AVX-512 with VNNI where it is: chosen at run time, since the binary has to run on any x86-64.
#![expect(unsafe_code, reason = "vector instructions that only some processors have")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::{Quantized, QuantizedRow};
use super::blocks::{Block, PART, Part};
use super::simd::Simd;
use super::vectorize::Work;
use super::{QuantizedCode, many_rows, one_row};

/// The fastest code this processor runs, if it is better than the portable one.
pub(super) fn code<B: Block>() -> Option<QuantizedCode> {
    vnni_code::<B>().or_else(avx2_code::<B>)
}

/// Whether the processor has AVX2 and fused multiplication and addition.
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Runs loops that the compiler vectorises for AVX2; without it, they run as they are.
pub(super) fn run_with_avx2(work: impl Work) {
    #[target_feature(enable = "avx2,fma")]
    fn run(work: impl Work) {
        work.run();
    }
    if has_avx2() {
        // SAFETY: the features that the function asks for were found just now.
        unsafe { run(work) }
    } else {
        work.run();
    }
}

/// Code for AVX2, if the processor has it.
pub(super) fn avx2_code<B: Block>() -> Option<QuantizedCode> {
    has_avx2().then_some(QuantizedCode {
        unpack: B::unpack,
        // SAFETY: the features that these functions ask for were found just now.
        one_row: |weights, x, out| unsafe { one_row_avx2::<B>(weights, x, out) },
        // SAFETY: as above.
        many_rows: |weights, x, rows, out| unsafe { many_rows_avx2::<B>(weights, x, rows, out) },
    })
}

/// Code for AVX-512 with VNNI, if the processor has it. A single row is bound by memory: AVX2 does there.
pub(super) fn vnni_code<B: Block>() -> Option<QuantizedCode> {
    let found = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni");
    found.then(avx2_code::<B>).flatten().map(|avx2| QuantizedCode {
        // SAFETY: the features that this function asks for were found just now.
        many_rows: |weights, x, rows, out| unsafe { many_rows_vnni::<B>(weights, x, rows, out) },
        ..avx2
    })
}

#[target_feature(enable = "avx2,fma")]
fn one_row_avx2<B: Block>(weights: &[u8], x: &QuantizedRow<'_>, out: &mut [f32]) {
    one_row::multiply::<Avx2, B>(weights, x, out);
}

#[target_feature(enable = "avx2,fma")]
fn many_rows_avx2<B: Block>(weights: &[u8], x: &Quantized, rows: Range<usize>, out: &mut [f32]) {
    many_rows::multiply::<Avx2, B>(weights, x, rows, out);
}

#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni")]
fn many_rows_vnni<B: Block>(weights: &[u8], x: &Quantized, rows: Range<usize>, out: &mut [f32]) {
    many_rows::multiply::<Vnni, B>(weights, x, rows, out);
}

/// 8 lanes, 16-bit pairs.
struct Avx2;

// SAFETY for every block below: the functions are inlined into those above, which run only where the instructions were
// found; every load and store is inside the slice taken just before it.
impl Simd for Avx2 {
    const LANES: usize = 8;
    const PACK: usize = 2;
    type Element = i16;
    type Ints = __m256i;
    type Floats = __m256;
    type Sum = __m256;

    #[inline(always)]
    fn weight(quant: u8) -> i16 {
        i16::from(quant)
    }

    #[inline(always)]
    fn activation(quant: i8) -> i16 {
        i16::from(quant)
    }

    #[inline(always)]
    fn zero_ints() -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn add_products(sum: __m256i, weights: &[i16], activations: &[i16]) -> __m256i {
        let pair = i32::from(weights[0]) | i32::from(weights[1]) << 16;
        let activations = &activations[..16];
        unsafe {
            let activations = _mm256_loadu_si256(activations.as_ptr().cast());
            _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_set1_epi32(pair), activations))
        }
    }

    #[inline(always)]
    fn zero_floats() -> __m256 {
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    fn load(floats: &[f32]) -> __m256 {
        let floats = &floats[..8];
        unsafe { _mm256_loadu_ps(floats.as_ptr()) }
    }

    #[inline(always)]
    fn store(floats: __m256, to: &mut [f32]) {
        let to = &mut to[..8];
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), floats) }
    }

    #[inline(always)]
    fn add_ints(sum: __m256, ints: __m256i, scale: f32, factors: __m256) -> __m256 {
        unsafe {
            let scale = _mm256_mul_ps(_mm256_set1_ps(scale), factors);
            _mm256_fmadd_ps(_mm256_cvtepi32_ps(ints), scale, sum)
        }
    }

    #[inline(always)]
    fn add_floats(sum: __m256, scale: f32, factors: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(_mm256_set1_ps(scale), factors, sum) }
    }

    #[inline(always)]
    fn zero_sum() -> __m256 {
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    fn add_part(sum: __m256, part: &Part, halves: bool, activations: &[i8; PART], scale: f32) -> __m256 {
        unsafe {
            let quants: *const __m128i = part.quants.as_ptr().cast();
            let activations: *const __m128i = activations.as_ptr().cast();
            let product = |half: usize| {
                let quants = _mm256_cvtepu8_epi16(_mm_loadu_si128(quants.add(half)));
                let activations = _mm256_cvtepi8_epi16(_mm_loadu_si128(activations.add(half)));
                _mm256_madd_epi16(quants, activations)
            };
            if halves {
                let low = _mm256_cvtepi32_ps(product(0));
                let high = _mm256_cvtepi32_ps(product(1));
                let sum = _mm256_fmadd_ps(low, _mm256_set1_ps(scale * part.scales[0]), sum);
                _mm256_fmadd_ps(high, _mm256_set1_ps(scale * part.scales[1]), sum)
            } else {
                let products = _mm256_cvtepi32_ps(_mm256_add_epi32(product(0), product(1)));
                _mm256_fmadd_ps(products, _mm256_set1_ps(scale * part.scales[0]), sum)
            }
        }
    }

    #[inline(always)]
    fn total(sum: __m256) -> f32 {
        unsafe {
            let sum = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
            let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
            _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps(sum, sum, 1)))
        }
    }
}

/// 16 lanes, four 8-bit products at once.
struct Vnni;

// SAFETY for every block below: as for AVX2.
impl Simd for Vnni {
    const LANES: usize = 16;
    const PACK: usize = 4;
    type Element = u8; // an activation's bits are those of an i8
    type Ints = __m512i;
    type Floats = __m512;
    type Sum = __m256;

    #[inline(always)]
    fn weight(quant: u8) -> u8 {
        quant
    }

    #[inline(always)]
    fn activation(quant: i8) -> u8 {
        quant.cast_unsigned()
    }

    #[inline(always)]
    fn zero_ints() -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn add_products(sum: __m512i, weights: &[u8], activations: &[u8]) -> __m512i {
        let weights = i32::from_le_bytes([weights[0], weights[1], weights[2], weights[3]]);
        let activations = &activations[..64];
        unsafe {
            let activations = _mm512_loadu_si512(activations.as_ptr().cast());
            _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(weights), activations)
        }
    }

    #[inline(always)]
    fn zero_floats() -> __m512 {
        unsafe { _mm512_setzero_ps() }
    }

    #[inline(always)]
    fn load(floats: &[f32]) -> __m512 {
        let floats = &floats[..16];
        unsafe { _mm512_loadu_ps(floats.as_ptr()) }
    }

    #[inline(always)]
    fn store(floats: __m512, to: &mut [f32]) {
        let to = &mut to[..16];
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), floats) }
    }

    #[inline(always)]
    fn add_ints(sum: __m512, ints: __m512i, scale: f32, factors: __m512) -> __m512 {
        unsafe {
            let scale = _mm512_mul_ps(_mm512_set1_ps(scale), factors);
            _mm512_fmadd_ps(_mm512_cvtepi32_ps(ints), scale, sum)
        }
    }

    #[inline(always)]
    fn add_floats(sum: __m512, scale: f32, factors: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(_mm512_set1_ps(scale), factors, sum) }
    }

    #[inline(always)]
    fn zero_sum() -> __m256 {
        Avx2::zero_sum()
    }

    #[inline(always)]
    fn add_part(sum: __m256, part: &Part, halves: bool, activations: &[i8; PART], scale: f32) -> __m256 {
        Avx2::add_part(sum, part, halves, activations, scale)
    }

    #[inline(always)]
    fn total(sum: __m256) -> f32 {
        Avx2::total(sum)
    }
}
