//! Chunks and vectors become one index artifact, and the artifact answers queries: BM25, vectors, fusion. No GPU, no I/O.

mod analysis;
mod artifact;
mod bm25;
mod documents;
mod dot;
mod error;
mod fusion;
mod graph;
mod index;
mod search;
#[cfg(test)]
mod testing;
mod texts;
mod varint;
mod vectors;

pub use analysis::Analyzer;
pub use documents::DocumentId;
pub use error::Error;
pub use index::{Embedder, Index, Recipe, build};
pub use search::{ChunkId, Hit, Query};
