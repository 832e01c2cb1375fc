//! Chunks and vectors become one index artifact, and the artifact answers queries: BM25, vectors, fusion. No GPU, no I/O.

mod analysis;
mod artifact;
mod bm25;
mod documents;
mod dot;
mod error;
mod flat;
mod fusion;
mod graph;
mod index;
mod query;
mod ranking;
mod search;
#[cfg(test)]
mod testing;
mod texts;
mod varint;
mod vectors;

pub use analysis::Analyzer;
pub use error::Error;
pub use index::{Embedder, Index, Recipe, build};
pub use query::{ChunkId, DocumentId, Hit, Query};
