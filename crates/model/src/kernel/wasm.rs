//! WebAssembly's 128-bit vectors. Relaxed SIMD, which has 8-bit dot products, is not in Safari.
#![expect(unsafe_code, reason = "vector loads and stores")]

use core::arch::wasm32::*;

use super::blocks::{HALF, PART, Part};
use super::simd::{Simd, TILE, Vector};

/// 4 lanes, 16-bit pairs.
pub(super) struct Simd128;

// SAFETY for every block below: each load and store is inside the slice taken just before it.

impl Vector for Simd128 {
    const LANES: usize = 4;
    type Floats = v128;

    #[inline(always)]
    fn splat(float: f32) -> v128 {
        f32x4_splat(float)
    }

    #[inline(always)]
    fn load(floats: &[f32]) -> v128 {
        let floats = &floats[..4];
        unsafe { v128_load(floats.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(floats: v128, to: &mut [f32]) {
        let to = &mut to[..4];
        unsafe { v128_store(to.as_mut_ptr().cast(), floats) }
    }

    #[inline(always)]
    fn add_product(sum: v128, a: v128, b: v128) -> v128 {
        f32x4_add(sum, f32x4_mul(a, b))
    }

    #[inline(always)]
    fn max(a: v128, b: v128) -> v128 {
        f32x4_pmax(a, b)
    }

    #[inline(always)]
    fn total(sum: v128) -> f32 {
        let pairs = f32x4_add(sum, i32x4_shuffle::<2, 3, 0, 1>(sum, sum));
        f32x4_extract_lane::<0>(pairs) + f32x4_extract_lane::<1>(pairs)
    }
}

impl Simd for Simd128 {
    const PACK: usize = 2;
    type Element = i16;
    const ZERO: i16 = 0;
    type Ints = v128;
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
    fn zero_ints() -> v128 {
        i32x4_splat(0)
    }

    #[inline(always)]
    fn add_products(sums: &mut [v128; TILE], weights: &[[i16; HALF]; TILE], activations: &[i16]) {
        let activations: *const v128 = activations[..HALF * 4].as_ptr().cast();
        for step in 0..HALF / 2 {
            let activations = unsafe { v128_load(activations.add(step)) };
            for row in 0..TILE {
                let pairs: *const u32 = weights[row].as_ptr().cast();
                let pair = unsafe { v128_load32_splat(pairs.add(step)) };
                sums[row] = i32x4_add(sums[row], i32x4_dot_i16x8(pair, activations));
            }
        }
    }

    #[inline(always)]
    fn to_floats(ints: v128) -> v128 {
        f32x4_convert_i32x4(ints)
    }

    #[inline(always)]
    fn add_part(sum: v128, part: &Part, halves: bool, activations: &[i8; PART], scale: f32) -> v128 {
        let low = sixteen_products(&part.quants[..16], &activations[..16]);
        let high = sixteen_products(&part.quants[16..], &activations[16..]);
        if halves {
            let sum = Self::add_product(sum, Self::to_floats(low), Self::splat(scale * part.scales[0]));
            Self::add_product(sum, Self::to_floats(high), Self::splat(scale * part.scales[1]))
        } else {
            let products = Self::to_floats(i32x4_add(low, high));
            Self::add_product(sum, products, Self::splat(scale * part.scales[0]))
        }
    }
}

/// The products of 16 quants with 16 activations, four in each lane.
#[inline(always)]
fn sixteen_products(quants: &[u8], activations: &[i8]) -> v128 {
    let (quants, activations) = (&quants[..16], &activations[..16]);
    let (quants, activations) =
        unsafe { (v128_load(quants.as_ptr().cast()), v128_load(activations.as_ptr().cast())) };
    let low = i32x4_dot_i16x8(i16x8_extend_low_u8x16(quants), i16x8_extend_low_i8x16(activations));
    let high = i32x4_dot_i16x8(i16x8_extend_high_u8x16(quants), i16x8_extend_high_i8x16(activations));
    i32x4_add(low, high)
}
