//! What the kernels ask of a processor. Each instruction set answers in a file of its own; [`Portable`] is the plain
//! definition that the others are tested against.

use super::blocks::{PART, Part};

/// The few vector operations that both kernels are made of.
pub(super) trait Simd {
    /// Rows of activations that [`super::many_rows`] multiplies at once: one a lane.
    const LANES: usize;
    /// Neighbouring elements that one integer product sums up in a lane.
    const PACK: usize;
    /// An element ready for that product.
    type Element: Copy + Default + Send + Sync;
    /// An integer in each lane.
    type Ints: Copy;
    /// A float in each lane.
    type Floats: Copy;
    /// A sum over one row that is not yet added up across lanes.
    type Sum: Copy;

    /// A weight's quant as an element.
    fn weight(quant: u8) -> Self::Element;
    /// An activation's quant as an element.
    fn activation(quant: i8) -> Self::Element;

    /// 0 in each lane.
    fn zero_ints() -> Self::Ints;
    /// Adds to each lane the products of `PACK` weights, the same for all lanes, with that lane's activations.
    fn add_products(sum: Self::Ints, weights: &[Self::Element], activations: &[Self::Element]) -> Self::Ints;

    /// 0 in each lane.
    fn zero_floats() -> Self::Floats;
    /// A float from memory for each lane.
    fn load(floats: &[f32]) -> Self::Floats;
    /// Each lane's float to memory.
    fn store(floats: Self::Floats, to: &mut [f32]);
    /// `sum + ints · scale · factors`.
    fn add_ints(sum: Self::Floats, ints: Self::Ints, scale: f32, factors: Self::Floats) -> Self::Floats;
    /// `sum + scale · factors`.
    fn add_floats(sum: Self::Floats, scale: f32, factors: Self::Floats) -> Self::Floats;

    /// The empty sum.
    fn zero_sum() -> Self::Sum;
    /// Adds the product of a part's quants with activations, times the part's scales, times `scale`.
    fn add_part(sum: Self::Sum, part: &Part, halves: bool, activations: &[i8; PART], scale: f32)
    -> Self::Sum;
    /// The sum.
    fn total(sum: Self::Sum) -> f32;
}

/// Plain Rust, for processors without a file of their own.
pub(super) struct Portable;

impl Simd for Portable {
    const LANES: usize = 4;
    const PACK: usize = 2;
    type Element = i16;
    type Ints = [i32; 4];
    type Floats = [f32; 4];
    type Sum = f32;

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
    fn add_products(mut sum: [i32; 4], weights: &[i16], activations: &[i16]) -> [i32; 4] {
        for (sum, pair) in sum.iter_mut().zip(activations.as_chunks::<2>().0) {
            *sum += i32::from(weights[0]) * i32::from(pair[0]) + i32::from(weights[1]) * i32::from(pair[1]);
        }
        sum
    }

    #[inline(always)]
    fn zero_floats() -> [f32; 4] {
        [0.0; 4]
    }

    #[inline(always)]
    fn load(floats: &[f32]) -> [f32; 4] {
        [floats[0], floats[1], floats[2], floats[3]]
    }

    #[inline(always)]
    fn store(floats: [f32; 4], to: &mut [f32]) {
        to.copy_from_slice(&floats);
    }

    #[inline(always)]
    fn add_ints(mut sum: [f32; 4], ints: [i32; 4], scale: f32, factors: [f32; 4]) -> [f32; 4] {
        for ((sum, int), factor) in sum.iter_mut().zip(ints).zip(factors) {
            *sum += int as f32 * (scale * factor);
        }
        sum
    }

    #[inline(always)]
    fn add_floats(mut sum: [f32; 4], scale: f32, factors: [f32; 4]) -> [f32; 4] {
        for (sum, factor) in sum.iter_mut().zip(factors) {
            *sum += scale * factor;
        }
        sum
    }

    #[inline(always)]
    fn zero_sum() -> f32 {
        0.0
    }

    #[inline(always)]
    fn add_part(sum: f32, part: &Part, _halves: bool, activations: &[i8; PART], scale: f32) -> f32 {
        let mut products = [0; 2];
        for (index, (&quant, &activation)) in part.quants.iter().zip(activations).enumerate() {
            products[index / 16] += i32::from(quant) * i32::from(activation);
        }
        sum + scale * (part.scales[0] * products[0] as f32 + part.scales[1] * products[1] as f32)
    }

    #[inline(always)]
    fn total(sum: f32) -> f32 {
        sum
    }
}
