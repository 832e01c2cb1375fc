//! Vectors of `f32` become rows of `i8` with one scale each, and a query finds the rows nearest to it.

use crate::dot::dot;
use crate::graph::Graph;
use crate::ranking::best;
use crate::{ChunkId, Error};

/// From this many chunks on there is a graph; below, a scan of all rows answers sooner, exactly, and needs no graph file.
///
/// An estimate. Measured at 384 dimensions, as processor time on a busy machine: at 10,000 the scan takes 0.24 ms and the
/// graph 0.63 ms, at 30,000 0.76 ms and 2.7 ms. The scan grows in proportion and would take the graph's 2.7 ms near
/// 100,000, but no graph larger than 30,000 was measured; `scan_beside_graph` in `graph.rs` does it.
pub const GRAPH_FROM: usize = 100_000;

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

/// All vectors of an index.
pub enum Vectors {
    /// Rows one after the other, scanned in full: exact.
    Flat(Flat),
    /// Rows inside an HNSW graph.
    Graph(Graph),
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

impl Vectors {
    /// Quantises the vectors; builds the graph if there are enough of them.
    pub fn build(vectors: &[Vec<f32>], dimensions: usize) -> Self {
        let flat = Flat::build(vectors, dimensions);
        if vectors.len() >= GRAPH_FROM { Self::Graph(Graph::build(&flat)) } else { Self::Flat(flat) }
    }

    /// The row and scale of one chunk.
    pub fn row(&self, chunk: ChunkId) -> Option<(&[i8], f32)> {
        match self {
            Self::Flat(flat) => flat.row(chunk),
            Self::Graph(graph) => graph.row(chunk),
        }
    }

    /// The cosine of one chunk with a query.
    pub fn cosine(&self, query: &Quantized, chunk: ChunkId) -> f32 {
        self.row(chunk).map_or(0.0, |(row, scale)| dot(&query.row, row) as f32 * query.scale * scale)
    }

    /// The chunks nearest to a query with their cosines, best first.
    pub fn nearest(&self, query: &Quantized, count: usize) -> Vec<(ChunkId, f32)> {
        match self {
            Self::Flat(flat) => flat.nearest(query, count),
            Self::Graph(graph) => graph.nearest(query, count),
        }
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
    use crate::testing::{clustered, spread};

    #[test]
    fn a_cosine_survives_quantisation() {
        for vectors in [clustered(200, 384, 1), spread(200, 384, 2)] {
            let quantized = Vectors::build(&vectors, 384);
            let query = Quantized::new(&vectors[0]);
            for (chunk, vector) in (0..).map(ChunkId).zip(&vectors) {
                let exact: f32 = vectors[0].iter().zip(vector).map(|(a, b)| a * b).sum();
                assert!((quantized.cosine(&query, chunk) - exact).abs() < 0.005, "{chunk:?}");
            }
        }
    }

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
