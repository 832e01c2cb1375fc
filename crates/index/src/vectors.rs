//! All vectors of an index, and the ones nearest to a query: by a scan while they are few, by a graph from then on.

use crate::ChunkId;
use crate::dot::dot;
use crate::flat::{Flat, Quantized};
use crate::graph::Graph;

/// From this many chunks on there is a graph; below, a scan of all rows answers sooner, exactly, and needs no graph file.
///
/// An estimate. Measured at 384 dimensions, as processor time on a busy machine: at 10,000 the scan takes 0.24 ms and the
/// graph 0.63 ms, at 30,000 0.76 ms and 2.7 ms. The scan grows in proportion and would take the graph's 2.7 ms near
/// 100,000, but no graph larger than 30,000 was measured; `scan_beside_graph` in `graph.rs` does it.
pub const GRAPH_FROM: usize = 100_000;

/// All vectors of an index.
pub enum Vectors {
    /// Rows one after the other, scanned in full: exact.
    Flat(Flat),
    /// Rows inside an HNSW graph.
    Graph(Graph),
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
}
