//! Loops over floats run with the best vectors that the processor has: those of the compiler, which vectorises plain
//! loops for the instruction set chosen, and those of [`Vector`] where sums are kept in registers.

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
use super::simd::Portable;
use super::simd::Vector;

/// A loop worth vectorising. `run` has to be `#[inline(always)]`, and so have the functions it calls.
pub(crate) trait Work {
    /// Does the work with vectors of an instruction set.
    fn run<V: Vector>(self);
}

/// Runs `work` with the best vectors there are.
pub(crate) fn vectorize(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    super::x86::run(work);
    #[cfg(target_arch = "wasm32")]
    work.run::<super::wasm::Simd128>();
    #[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
    work.run::<Portable>();
}

/// The sum of products of two rows of the same length.
#[inline(always)]
pub(crate) fn dot<V: Vector>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [V::splat(0.0); 4];
    let (a_chunks, b_chunks) = (a.chunks_exact(4 * V::LANES), b.chunks_exact(4 * V::LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.chunks_exact(V::LANES).zip(b.chunks_exact(V::LANES))) {
            *sum = V::add_product(*sum, V::load(a), V::load(b));
        }
    }
    sums.into_iter().map(V::total).sum::<f32>() + rest
}

/// The sum of a row.
#[inline(always)]
pub(crate) fn sum<V: Vector>(row: &[f32]) -> f32 {
    let mut sums = V::splat(0.0);
    let chunks = row.chunks_exact(V::LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        sums = V::add_product(sums, V::load(chunk), V::splat(1.0));
    }
    V::total(sums) + rest
}

/// The largest number of a row that has one.
#[inline(always)]
pub(crate) fn largest<V: Vector>(row: &[f32]) -> f32 {
    let chunks = row.chunks_exact(V::LANES);
    let rest = chunks.remainder().iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let mut largest = V::splat(rest);
    for chunk in chunks {
        largest = V::max(largest, V::load(chunk));
    }
    let mut lanes = [f32::NEG_INFINITY; 16];
    V::store(largest, &mut lanes);
    lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
}
