//! Vectors of `f32` become rows of `i8` with one scale each, and a query is compared with all of them.

use crate::dot::dot;
use crate::ranking::best;
use crate::{ChunkId, Error};

/// Longer vectors could overflow the 32 bits of a dot product.
pub const MAX_DIMENSIONS: usize = 65_536;

/// A vector as whole numbers: value ≈ `row[i] * scale`. For a vector of length 1 the error of a cosine is under 0.005.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// The values, -127 to 127.
    pub row: Box<[i8]>,
    /// Size of one step.
    pub scale: f32,
}

/// Rows in the order of the chunks.
pub struct Flat {
    dimensions: usize,
    scales: Vec<f32>,
    rows: Vec<i8>, // (n_chunks, dimensions)
}

impl Quantized {
    /// Rounds a vector to 255 steps between its extremes.
    pub fn new(vector: &[f32]) -> Self {
        let extreme = vector.iter().fold(0.0_f32, |extreme, value| extreme.max(value.abs()));
        let scale = extreme / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        // What is not a number becomes 0.
        let row = vector.iter().map(|value| (value * inverse).round().clamp(-127.0, 127.0) as i8).collect();
        Self { row, scale }
    }
}

impl Flat {
    /// Quantises vectors, all of the given length.
    pub fn build(vectors: &[Vec<f32>], dimensions: usize) -> Self {
        let mut flat = Self {
            dimensions,
            scales: Vec::with_capacity(vectors.len()),
            rows: Vec::with_capacity(vectors.len() * dimensions),
        };
        for vector in vectors {
            let quantized = Quantized::new(vector);
            flat.scales.push(quantized.scale);
            flat.rows.extend(quantized.row);
        }
        flat
    }

    /// Reads what [`Flat::encode`] wrote.
    pub fn decode(bytes: &[u8], n_chunks: usize, dimensions: usize) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Damaged(format!("its vectors {what}"));
        let expected = dimensions.checked_add(4).and_then(|row| row.checked_mul(n_chunks));
        if expected != Some(bytes.len()) {
            return Err(damaged("are not one for each chunk"));
        }
        let (scales, rows) = bytes.split_at(n_chunks * 4);
        let scales: Vec<f32> =
            scales.as_chunks::<4>().0.iter().map(|scale| f32::from_le_bytes(*scale)).collect();
        if !scales.iter().all(|scale| scale.is_finite()) {
            return Err(damaged("have a scale that is not finite"));
        }
        Ok(Self { dimensions, scales, rows: rows.iter().map(|&value| value as i8).collect() })
    }

    /// All scales, then all rows.
    pub fn encode(&self) -> Vec<u8> {
        let scales = self.scales.iter().flat_map(|scale| scale.to_le_bytes());
        scales.chain(self.rows.iter().map(|&value| value as u8)).collect()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// The row and scale of one chunk.
    pub fn row(&self, chunk: ChunkId) -> Option<(&[i8], f32)> {
        let position = chunk.0 as usize;
        let scale = *self.scales.get(position)?;
        let start = position * self.dimensions;
        Some((self.rows.get(start..start + self.dimensions)?, scale))
    }

    /// The nearest rows, by looking at all of them.
    pub fn nearest(&self, query: &Quantized, count: usize) -> Vec<(ChunkId, f32)> {
        let rows = self.rows.chunks_exact(self.dimensions.max(1));
        let cosines =
            rows.zip(&self.scales).map(|(row, scale)| dot(&query.row, row) as f32 * query.scale * scale);
        best(cosines, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::spread;

    #[test]
    fn a_vector_of_nothing_stays_nothing() {
        assert_eq!(Quantized::new(&[0.0; 3]), Quantized { row: [0; 3].into(), scale: 0.0 });
        assert!(Quantized::new(&[f32::NAN; 3]).row.iter().all(|&value| value == 0));
        assert!(Quantized::new(&[1.0, -1.0, 0.5]).row[..] == [127, -127, 64]);
    }

    #[test]
    fn the_nearest_come_first() {
        let vectors = spread(300, 16, 3);
        let flat = Flat::build(&vectors, 16);
        let nearest = flat.nearest(&Quantized::new(&vectors[77]), 5);
        assert_eq!(nearest[0].0, ChunkId(77));
        assert!(nearest.len() == 5 && nearest.is_sorted_by(|a, b| a.1 >= b.1));
    }
}
