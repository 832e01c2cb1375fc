//! Two rows of bytes become their dot product: the inner loop of all vector search, in SIMD where the machine has it.

/// Sum of the products of `a` and `b`, value by value. Exact: integers, the same on every machine.
///
/// Rows of up to 65,536 values cannot overflow. Where lengths differ, the rest of the longer row counts as zeros.
pub fn dot(a: &[i8], b: &[i8]) -> i32 {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calls a function compiled for AVX2")]
        // SAFETY: this processor has AVX2.
        return unsafe { dot_avx2(a, b) };
    }
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    return dot_simd128(a, b);
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    dot_portable(a, b)
}

/// The textbook formula: the reference of the others, and what compilers vectorise well on aarch64.
fn dot_portable(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// Sixteen products a step: bytes widened to 16 bits, multiplied and added in pairs (`vpmaddwd`).
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn dot_avx2(a: &[i8], b: &[i8]) -> i32 {
    use std::arch::x86_64::*;

    let widen = |block: &[i8; 16]| {
        #[expect(unsafe_code, reason = "loads a vector register")]
        // SAFETY: the block is 16 readable bytes, and the load asks for no alignment.
        let bytes = unsafe { _mm_loadu_si128(block.as_ptr().cast()) };
        _mm256_cvtepi8_epi16(bytes)
    };
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let mut sums = _mm256_setzero_si256();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(widen(a), widen(b)));
    }
    let halves = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let pairs = _mm_add_epi32(halves, _mm_shuffle_epi32::<0b01_00_11_10>(halves));
    let sum = _mm_add_epi32(pairs, _mm_shuffle_epi32::<0b10_11_00_01>(pairs));
    _mm_cvtsi128_si32(sum) + dot_portable(a_rest, b_rest)
}

/// Sixteen products a step: bytes widened to 16 bits, multiplied and added in pairs (`i32x4.dot_i16x8_s`).
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn dot_simd128(a: &[i8], b: &[i8]) -> i32 {
    use std::arch::wasm32::*;

    let load = |block: &[i8; 16]| {
        #[expect(unsafe_code, reason = "loads a vector register")]
        // SAFETY: the block is 16 readable bytes, and the load asks for no alignment.
        unsafe {
            v128_load(block.as_ptr().cast())
        }
    };
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let mut sums = i32x4_splat(0);
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        let (a, b) = (load(a), load(b));
        let low = i32x4_dot_i16x8(i16x8_extend_low_i8x16(a), i16x8_extend_low_i8x16(b));
        let high = i32x4_dot_i16x8(i16x8_extend_high_i8x16(a), i16x8_extend_high_i8x16(b));
        sums = i32x4_add(sums, i32x4_add(low, high));
    }
    i32x4_extract_lane::<0>(sums)
        + i32x4_extract_lane::<1>(sums)
        + i32x4_extract_lane::<2>(sums)
        + i32x4_extract_lane::<3>(sums)
        + dot_portable(a_rest, b_rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(length: usize) -> (Vec<i8>, Vec<i8>) {
        let value = |i: usize, factor: usize| (i.wrapping_mul(factor) >> 7) as u8 as i8;
        ((0..length).map(|i| value(i, 40_503)).collect(), (0..length).map(|i| value(i, 2_654_435)).collect())
    }

    #[test]
    fn simd_agrees_with_the_formula_at_every_length() {
        for length in (0..100).chain([383, 384, 385, 1024]) {
            let (a, b) = rows(length);
            assert_eq!(dot(&a, &b), dot_portable(&a, &b), "length {length}");
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        for (a, b) in [(-128, -128), (-128, 127), (127, 127)] {
            assert_eq!(dot(&[a; 4096], &[b; 4096]), i32::from(a) * i32::from(b) * 4096);
        }
    }

    #[test]
    fn a_longer_row_is_cut() {
        let (a, b) = rows(384);
        assert_eq!(dot(&a, &b[..100]), dot_portable(&a[..100], &b[..100]));
        assert_eq!(dot(&a, &[]), 0);
    }
}
