//! Chunks and vectors become one index artifact, and the artifact answers queries: BM25, vectors, fusion. No GPU, no I/O.

mod artifact;
mod search;

pub use artifact::{Embedder, Error, Index, Recipe, build};
pub use search::{ChunkId, Hit, Query};
