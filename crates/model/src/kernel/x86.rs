//! AVX2, and AVX-512 with VNNI where it is: chosen at run time, since the binary has to run on any x86-64.
#![expect(unsafe_code, reason = "vector instructions that only some processors have")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::activations::{Quantized, QuantizedRow};
use super::blocks::{Block, HALF, PART, Part};
use super::simd::{Portable, Simd, TILE, Vector};
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

/// Whether the processor has AVX-512 with byte products.
fn has_vnni() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

/// Runs loops with the best vectors that this processor has.
pub(super) fn run<W: Work>(work: W) {
    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni")]
    fn with_vnni<W: Work>(work: W) {
        work.run::<Vnni>();
    }
    #[target_feature(enable = "avx2,fma")]
    fn with_avx2<W: Work>(work: W) {
        work.run::<Avx2>();
    }
    if has_vnni() {
        // SAFETY: the features that the function asks for were found just now.
        unsafe { with_vnni(work) }
    } else if has_avx2() {
        // SAFETY: as above.
        unsafe { with_avx2(work) }
    } else {
        work.run::<Portable>();
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
    has_vnni().then(avx2_code::<B>).flatten().map(|avx2| QuantizedCode {
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

/// 16 lanes, four 8-bit products at once.
struct Vnni;

// SAFETY for every block below: the functions are inlined into those above, which run only where the instructions were
// found; every load and store is inside the slice taken just before it.

impl Vector for Avx2 {
    const LANES: usize = 8;
    type Floats = __m256;

    #[inline(always)]
    fn splat(float: f32) -> __m256 {
        unsafe { _mm256_set1_ps(float) }
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
    fn add_product(sum: __m256, a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, sum) }
    }

    #[inline(always)]
    fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
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

impl Simd for Avx2 {
    const PACK: usize = 2;
    type Element = i16;
    const ZERO: i16 = 0;
    type Ints = __m256i;
    type Row = Self;

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
    fn add_products(sums: &mut [__m256i; TILE], weights: &[[i16; HALF]; TILE], activations: &[i16]) {
        let activations: *const __m256i = activations[..HALF * 8].as_ptr().cast();
        for step in 0..HALF / 2 {
            let activations = unsafe { _mm256_loadu_si256(activations.add(step)) };
            for row in 0..TILE {
                let pairs: *const i32 = weights[row].as_ptr().cast();
                sums[row] = unsafe {
                    let pair = _mm256_set1_epi32(pairs.add(step).read_unaligned());
                    _mm256_add_epi32(sums[row], _mm256_madd_epi16(pair, activations))
                };
            }
        }
    }

    #[inline(always)]
    fn to_floats(ints: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(ints) }
    }

    #[inline(always)]
    fn add_part(sum: __m256, part: &Part, halves: bool, activations: &[i8; PART], scale: f32) -> __m256 {
        unsafe {
            let quants: *const __m128i = part.quants.as_ptr().cast();
            let activations: *const __m128i = activations.as_ptr().cast();
            let low = _mm256_madd_epi16(
                _mm256_cvtepu8_epi16(_mm_loadu_si128(quants)),
                _mm256_cvtepi8_epi16(_mm_loadu_si128(activations)),
            );
            let high = _mm256_madd_epi16(
                _mm256_cvtepu8_epi16(_mm_loadu_si128(quants.add(1))),
                _mm256_cvtepi8_epi16(_mm_loadu_si128(activations.add(1))),
            );
            if halves {
                let sum = Self::add_product(sum, Self::to_floats(low), Self::splat(scale * part.scales[0]));
                Self::add_product(sum, Self::to_floats(high), Self::splat(scale * part.scales[1]))
            } else {
                let products = Self::to_floats(_mm256_add_epi32(low, high));
                Self::add_product(sum, products, Self::splat(scale * part.scales[0]))
            }
        }
    }
}

impl Vector for Vnni {
    const LANES: usize = 16;
    type Floats = __m512;

    #[inline(always)]
    fn splat(float: f32) -> __m512 {
        unsafe { _mm512_set1_ps(float) }
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
    fn add_product(sum: __m512, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, sum) }
    }

    #[inline(always)]
    fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn total(sum: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(sum) }
    }
}

impl Simd for Vnni {
    const PACK: usize = 4;
    type Element = u8; // an activation's bits are those of an i8
    const ZERO: u8 = 0;
    type Ints = __m512i;
    type Row = Avx2;

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
    fn add_products(sums: &mut [__m512i; TILE], weights: &[[u8; HALF]; TILE], activations: &[u8]) {
        let activations: *const __m512i = activations[..HALF * 16].as_ptr().cast();
        for step in 0..HALF / 4 {
            let activations = unsafe { _mm512_loadu_si512(activations.add(step)) };
            for row in 0..TILE {
                let fours: *const i32 = weights[row].as_ptr().cast();
                sums[row] = unsafe {
                    let four = _mm512_set1_epi32(fours.add(step).read_unaligned());
                    _mm512_dpbusd_epi32(sums[row], four, activations)
                };
            }
        }
    }

    #[inline(always)]
    fn to_floats(ints: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(ints) }
    }

    #[inline(always)]
    fn add_part(sum: __m256, part: &Part, halves: bool, activations: &[i8; PART], scale: f32) -> __m256 {
        Avx2::add_part(sum, part, halves, activations, scale)
    }
}
