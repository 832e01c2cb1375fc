//! Many rows of activations times a weight matrix: a few weight rows are unpacked once and multiplied with all rows.
//!
//! Activations are interleaved so that each lane of a vector holds another row; a weight is then the same for all lanes,
//! and no sum across lanes is ever needed.

use super::activations::Quantized;
use super::blocks::{Block, PART, Part};
use super::simd::Simd;

/// Weight rows unpacked together.
const TILE: usize = 4;

/// Activations of `S::LANES` rows, interleaved.
struct Group<S: Simd> {
    elements: Vec<S::Element>, // (parts, 32 / PACK, LANES, PACK)
    scales: Vec<f32>,          // (parts, LANES)
    sums: Vec<f32>,            // (parts, 2, LANES)
}

/// A few weight rows, unpacked.
struct Tile<S: Simd> {
    elements: Vec<S::Element>,     // (TILE, columns)
    scales: Vec<[[f32; TILE]; 2]>, // (parts, 2, TILE)
    mins: Vec<[[f32; TILE]; 2]>,   // (parts, 2, TILE)
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
    let mut tile = Tile::<S>::new(n_parts);
    let mut lanes = vec![0.0; S::LANES];
    for (tile_idx, tile_weights) in weights.chunks(TILE * row_bytes).enumerate() {
        for (row, row_weights) in tile_weights.chunks_exact(row_bytes).enumerate() {
            unpack_row::<S, B>(&mut tile, row, row_weights);
        }
        let n_tile_rows = tile_weights.len() / row_bytes;
        for (group_idx, group) in groups.iter().enumerate() {
            let products = multiply_group::<S, B>(&tile, group, n_parts);
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
fn multiply_group<S: Simd, B: Block>(tile: &Tile<S>, group: &Group<S>, n_parts: usize) -> [S::Floats; TILE] {
    let columns = n_parts * PART;
    let steps = PART / S::PACK;
    let mut sums = [S::splat(0.0); TILE];
    for (part, activations) in group.elements.chunks_exact(PART * S::LANES).enumerate() {
        let factors = S::load(&group.scales[part * S::LANES..][..S::LANES]);
        let mut products = [S::zero_ints(); TILE];
        for (step, activations) in activations.chunks_exact(S::LANES * S::PACK).enumerate() {
            for row in 0..TILE {
                let weights = &tile.elements[row * columns + part * PART + step * S::PACK..][..S::PACK];
                products[row] = S::add_products(products[row], weights, activations);
            }
            if B::HALVES && step + 1 == steps / 2 {
                for row in 0..TILE {
                    let scale = S::add_product(S::splat(0.0), S::splat(tile.scales[part][0][row]), factors);
                    sums[row] = S::add_product(sums[row], S::to_floats(products[row]), scale);
                    products[row] = S::zero_ints();
                }
            }
        }
        for half in 0..if B::HALVES { 2 } else { 1 } {
            let part_sums = S::load(&group.sums[(2 * part + half) * S::LANES..][..S::LANES]);
            for row in 0..TILE {
                sums[row] = S::add_product(sums[row], S::splat(tile.mins[part][half][row]), part_sums);
            }
        }
        for row in 0..TILE {
            let scale = S::add_product(S::splat(0.0), S::splat(tile.scales[part][1][row]), factors);
            sums[row] = S::add_product(sums[row], S::to_floats(products[row]), scale);
        }
    }
    sums
}

/// Interleaves `rows`; lanes past the last row stay 0.
#[inline(always)]
fn interleave<S: Simd, B: Block>(x: &Quantized, rows: std::ops::Range<usize>) -> Group<S> {
    let n_parts = x.row(0).scales.len();
    let mut group = Group {
        elements: vec![S::Element::default(); n_parts * PART * S::LANES],
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
            // Where both halves have one minimum, one product with their common sum will do.
            group.sums[2 * part * S::LANES + lane] = if B::HALVES { sums[0] } else { sums[0] + sums[1] };
            group.sums[(2 * part + 1) * S::LANES + lane] = sums[1];
        }
    }
    group
}

impl<S: Simd> Tile<S> {
    fn new(n_parts: usize) -> Self {
        Self {
            elements: vec![S::Element::default(); n_parts * PART * TILE],
            scales: vec![[[0.0; TILE]; 2]; n_parts],
            mins: vec![[[0.0; TILE]; 2]; n_parts],
        }
    }
}

/// Unpacks a weight row into its places in the tile.
#[inline(always)]
fn unpack_row<S: Simd, B: Block>(tile: &mut Tile<S>, row: usize, weights: &[u8]) {
    let columns = tile.elements.len() / TILE;
    let elements = &mut tile.elements[row * columns..][..columns];
    for (at, elements) in elements.chunks_exact_mut(PART).enumerate() {
        let block = &weights[at / B::PARTS * B::BYTES..][..B::BYTES];
        let Part { quants, scales, mins } = B::unpack(block, at % B::PARTS);
        for (element, quant) in elements.iter_mut().zip(quants) {
            *element = S::weight(quant);
        }
        for half in 0..2 {
            tile.scales[at][half][row] = scales[half];
            tile.mins[at][half][row] = mins[half];
        }
    }
}
