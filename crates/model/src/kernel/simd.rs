//! What the kernels ask of a processor. Each instruction set answers in a file of its own; [`Portable`] is the plain
//! definition that the others are tested against.

use super::blocks::{HALF, PART, Part};

/// Weight rows that [`super::many_rows`] multiplies together.
pub(super) const TILE: usize = 4;

/// Vectors of floats.
pub(crate) trait Vector {
    /// Numbers in a vector.
    const LANES: usize;
    /// A float in each lane.
    type Floats: Copy;

    /// The same float in each lane.
    fn splat(float: f32) -> Self::Floats;
    /// `LANES` floats from memory.
    fn load(floats: &[f32]) -> Self::Floats;
    /// `LANES` floats to memory.
    fn store(floats: Self::Floats, to: &mut [f32]);
    /// `sum + a · b`.
    fn add_product(sum: Self::Floats, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The larger of each lane.
    fn max(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The sum of all lanes.
    fn total(sum: Self::Floats) -> f32;
}

/// Products of small integers, as the kernels need them.
pub(super) trait Simd: Vector {
    /// Neighbouring elements that one integer product sums up in a lane.
    const PACK: usize;
    /// An element ready for that product.
    type Element: Copy;
    /// The element 0.
    const ZERO: Self::Element;
    /// An integer in each lane.
    type Ints: Copy;
    /// The vectors of [`super::one_row`], which may be shorter.
    type Row: Vector;

    /// A weight's quant as an element.
    fn weight(quant: u8) -> Self::Element;
    /// An activation's quant as an element.
    fn activation(quant: i8) -> Self::Element;
    /// 0 in each lane.
    fn zero_ints() -> Self::Ints;
    /// For each of a few rows of 16 weights, adds to each lane their products with that lane's activations, of which
    /// there are (16 / PACK, LANES, PACK).
    fn add_products(
        sums: &mut [Self::Ints; TILE],
        weights: &[[Self::Element; HALF]; TILE],
        activations: &[Self::Element],
    );
    /// Integers as floats.
    fn to_floats(ints: Self::Ints) -> Self::Floats;

    /// Adds the products of a part's quants with activations, times the part's scales, times `scale`. Which product
    /// lands in which lane does not matter.
    fn add_part(
        sum: Floats<Self::Row>,
        part: &Part,
        halves: bool,
        activations: &[i8; PART],
        scale: f32,
    ) -> Floats<Self::Row>;
}

/// A vector of floats of an instruction set.
pub(super) type Floats<V> = <V as Vector>::Floats;

/// Plain Rust, for processors without a file of their own.
#[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "wasm is always built with simd128"))]
pub(super) struct Portable;

impl Vector for Portable {
    const LANES: usize = 4;
    type Floats = [f32; 4];

    #[inline(always)]
    fn splat(float: f32) -> [f32; 4] {
        [float; 4]
    }

    #[inline(always)]
    fn load(floats: &[f32]) -> [f32; 4] {
        [floats[0], floats[1], floats[2], floats[3]]
    }

    #[inline(always)]
    fn store(floats: [f32; 4], to: &mut [f32]) {
        to[..4].copy_from_slice(&floats);
    }

    #[inline(always)]
    fn add_product(mut sum: [f32; 4], a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for (sum, (a, b)) in sum.iter_mut().zip(a.into_iter().zip(b)) {
            *sum += a * b;
        }
        sum
    }

    #[inline(always)]
    fn max(mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for (a, b) in a.iter_mut().zip(b) {
            *a = if b > *a { b } else { *a };
        }
        a
    }

    #[inline(always)]
    fn total(sum: [f32; 4]) -> f32 {
        (sum[0] + sum[1]) + (sum[2] + sum[3])
    }
}

impl Simd for Portable {
    const PACK: usize = 2;
    type Element = i16;
    const ZERO: i16 = 0;
    type Ints = [i32; 4];
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
    fn zero_ints() -> [i32; 4] {
        [0; 4]
    }

    #[inline(always)]
    fn add_products(sums: &mut [[i32; 4]; TILE], weights: &[[i16; HALF]; TILE], activations: &[i16]) {
        for (sums, weights) in sums.iter_mut().zip(weights) {
            for (weights, activations) in
                weights.as_chunks::<2>().0.iter().zip(activations.as_chunks::<8>().0)
            {
                for (sum, pair) in sums.iter_mut().zip(activations.as_chunks::<2>().0) {
                    *sum += i32::from(weights[0]) * i32::from(pair[0]);
                    *sum += i32::from(weights[1]) * i32::from(pair[1]);
                }
            }
        }
    }

    #[inline(always)]
    fn to_floats(ints: [i32; 4]) -> [f32; 4] {
        ints.map(|int| int as f32)
    }

    #[inline(always)]
    fn add_part(
        mut sum: [f32; 4],
        part: &Part,
        _halves: bool,
        activations: &[i8; PART],
        scale: f32,
    ) -> [f32; 4] {
        // Lanes 0 and 1 hold the first half, 2 and 3 the second.
        for (lane, (quants, activations)) in
            part.quants.as_chunks::<8>().0.iter().zip(activations.as_chunks::<8>().0).enumerate()
        {
            let products = quants.iter().zip(activations).map(|(&q, &a)| i32::from(q) * i32::from(a));
            sum[lane] += products.sum::<i32>() as f32 * (scale * part.scales[lane / 2]);
        }
        sum
    }
}
