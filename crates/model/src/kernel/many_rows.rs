//! Many rows of activations times a weight matrix: a few weight rows are unpacked once and multiplied with all rows.
//!
//! Activations are interleaved so that each lane of a vector holds another row; a weight is then the same for all lanes,
//! and no sum across lanes is ever needed.

use super::activations::Quantized;
use super::blocks::{Block, HALF, PART, Part};
use super::simd::{Simd, TILE};

/// Activations of `S::LANES` rows, interleaved.
struct Group<S: Simd> {
    elements: Vec<S::Element>, // (parts, 32 / PACK, LANES, PACK)
    scales: Vec<f32>,          // (parts, LANES)
    sums: Vec<f32>,            // (parts, 2, LANES)
}

/// 32 columns of a few weight rows, unpacked.
struct TilePart<S: Simd> {
    elements: [[[S::Element; HALF]; TILE]; 2], // of each half
    scales: [[f32; TILE]; 2],                  // of each half
    mins: [[f32; TILE]; 2],                    // of each half
}

/// `out` (rows of `x`, rows of `weights`) becomes the product. `weights` holds whole rows of blocks.
#[inline(always)]
pub(super) fn multiply<S: Simd, B: Block>(
    weights: &[u8],
    x: &Quantized,
    rows: std::ops::Range<usize>,
    out: &mut [f32],
) {
    let n_parts = x.row(0).scales.len();
    let row_bytes = n_parts / B::PARTS * B::BYTES;
    let out_features = weights.len() / row_bytes;
    let mut groups = Vec::new();
    let mut first = rows.start;
    while first < rows.end {
        groups.push(interleave::<S, B>(x, first..(first + S::LANES).min(rows.end)));
        first += S::LANES;
    }
    let mut tile = Vec::from_iter((0..n_parts).map(|_| TilePart::<S>::EMPTY));
    let mut lanes = vec![0.0; S::LANES];
    for (tile_idx, tile_weights) in weights.chunks(TILE * row_bytes).enumerate() {
        for (row, row_weights) in tile_weights.chunks_exact(row_bytes).enumerate() {
            unpack_row::<S, B>(&mut tile, row, row_weights);
        }
        let n_tile_rows = tile_weights.len() / row_bytes;
        for (group_idx, group) in groups.iter().enumerate() {
            let products = multiply_group::<S, B>(&tile, group);
            for (row, product) in products.into_iter().enumerate().take(n_tile_rows) {
                S::store(product, &mut lanes);
                let column = tile_idx * TILE + row;
                let out_rows = out.chunks_exact_mut(out_features).skip(group_idx * S::LANES);
                for (out_row, &value) in out_rows.zip(&lanes) {
                    out_row[column] = value;
                }
            }
        }
    }
}

/// The products of the tile's rows (first index) with the group's rows (lanes).
#[inline(always)]
fn multiply_group<S: Simd, B: Block>(tile: &[TilePart<S>], group: &Group<S>) -> [S::Floats; TILE] {
    let mut sums = [S::splat(0.0); TILE];
    let activations = group.elements.chunks_exact(PART * S::LANES);
    let factors = group.scales.chunks_exact(S::LANES).zip(group.sums.chunks_exact(2 * S::LANES));
    for ((part, activations), (factors, part_sums)) in tile.iter().zip(activations).zip(factors) {
        let factors = S::load(factors);
        let mut products = [S::zero_ints(); TILE];
        for (half, activations) in activations.chunks_exact(HALF * S::LANES).enumerate() {
            S::add_products(&mut products, &part.elements[half], activations);
            if B::HALVES || half == 1 {
                add_scaled::<S>(&mut sums, &mut products, &part.scales[half], factors);
            }
        }
        for (half, part_sums) in part_sums.chunks_exact(S::LANES).enumerate().take(n_sums::<B>()) {
            let part_sums = S::load(part_sums);
            for (sum, &min) in sums.iter_mut().zip(&part.mins[half]) {
                *sum = S::add_product(*sum, S::splat(min), part_sums);
            }
        }
    }
    sums
}

/// Adds integer products, scaled, to the sums, and clears them.
#[inline(always)]
fn add_scaled<S: Simd>(
    sums: &mut [S::Floats; TILE],
    products: &mut [S::Ints; TILE],
    scales: &[f32; TILE],
    factors: S::Floats,
) {
    for row in 0..TILE {
        let scale = S::add_product(S::splat(0.0), S::splat(scales[row]), factors);
        sums[row] = S::add_product(sums[row], S::to_floats(products[row]), scale);
        products[row] = S::zero_ints();
    }
}

/// How many sums of activations a part needs: where both halves have one minimum, their common sum will do.
#[inline(always)]
const fn n_sums<B: Block>() -> usize {
    if B::HALVES { 2 } else { 1 }
}

/// Interleaves `rows`; lanes past the last row stay 0.
#[inline(always)]
fn interleave<S: Simd, B: Block>(x: &Quantized, rows: std::ops::Range<usize>) -> Group<S> {
    let n_parts = x.row(0).scales.len();
    let mut group = Group {
        elements: vec![S::ZERO; n_parts * PART * S::LANES],
        scales: vec![0.0; n_parts * S::LANES],
        sums: vec![0.0; n_parts * 2 * S::LANES],
    };
    for (lane, row) in rows.enumerate() {
        let row = x.row(row);
        for (packs, quants) in
            group.elements.chunks_exact_mut(S::LANES * S::PACK).zip(row.quants.chunks_exact(S::PACK))
        {
            for (element, &quant) in packs[lane * S::PACK..].iter_mut().zip(quants) {
                *element = S::activation(quant);
            }
        }
        for (part, (&scale, sums)) in row.scales.iter().zip(row.sums).enumerate() {
            group.scales[part * S::LANES + lane] = scale;
            group.sums[2 * part * S::LANES + lane] =
                if n_sums::<B>() == 2 { sums[0] } else { sums[0] + sums[1] };
            group.sums[(2 * part + 1) * S::LANES + lane] = sums[1];
        }
    }
    group
}

impl<S: Simd> TilePart<S> {
    const EMPTY: Self =
        Self { elements: [[[S::ZERO; HALF]; TILE]; 2], scales: [[0.0; TILE]; 2], mins: [[0.0; TILE]; 2] };
}

/// Unpacks a weight row into its places in the tile.
#[inline(always)]
fn unpack_row<S: Simd, B: Block>(tile: &mut [TilePart<S>], row: usize, weights: &[u8]) {
    for (parts, block) in tile.chunks_exact_mut(B::PARTS).zip(weights.chunks_exact(B::BYTES)) {
        for (part_idx, part) in parts.iter_mut().enumerate() {
            let Part { quants, scales, mins } = B::unpack(block, part_idx);
            for half in 0..2 {
                for (element, &quant) in part.elements[half][row].iter_mut().zip(&quants[half * HALF..]) {
                    *element = S::weight(quant);
                }
                part.scales[half][row] = scales[half];
                part.mins[half][row] = mins[half];
            }
        }
    }
}
