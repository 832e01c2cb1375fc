//! The index and its one codec: `build` -> `to_bytes` -> `from_bytes`.

use daneel_corpus::{Chunk, ChunkConfig};
use serde::{Deserialize, Serialize};

use crate::{ChunkId, Hit, Query};

/// Which model made the vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedder {
    /// Registry name, such as `multilingual-e5-small`.
    pub name: String,
    /// SHA-256 of the model file, lower-case hexadecimal.
    pub sha256: String,
    /// Length of a vector.
    pub dimensions: usize,
}

/// What an index was made with; kept in the artifact and compared on loading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The model of the vectors.
    pub embedder: Embedder,
    /// The size of the chunks.
    pub chunk: ChunkConfig,
    /// Share of the vector arm in the fused score, 0 to 1; tuned on a development set.
    pub dense_weight: f32,
}

/// Why an index could not be built or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no index, are cut short or do not add up.
    #[error("the index is damaged: {0}; build the site again with `daneel build`")]
    Damaged(String),
}

/// A searchable index.
pub struct Index;

/// Builds an index over chunks and their vectors, one for each chunk, each of length 1.
///
/// `progress` is called with (done, total) as the graph grows.
///
/// # Errors
/// If the number or length of the vectors does not fit.
pub fn build(
    _chunks: Vec<Chunk>,
    _vectors: Vec<Vec<f32>>,
    _recipe: Recipe,
    _progress: &mut dyn FnMut(usize, usize),
) -> Result<Index, Error> {
    todo!()
}

impl Index {
    /// The artifact's bytes.
    ///
    /// # Errors
    /// If a section cannot be encoded.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        todo!()
    }

    /// Reads an artifact. Hostile bytes give an error, never a panic.
    ///
    /// # Errors
    /// If the bytes are damaged or of another format version.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, Error> {
        todo!()
    }

    /// What the index was made with.
    pub fn recipe(&self) -> &Recipe {
        todo!()
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there is no chunk at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One chunk, decompressed.
    ///
    /// # Errors
    /// If its block is damaged.
    pub fn chunk(&self, _id: ChunkId) -> Result<Chunk, Error> {
        todo!()
    }

    /// One chunk's vector, dequantised: near-duplicates are told by it.
    pub fn vector(&self, _id: ChunkId) -> Vec<f32> {
        todo!()
    }

    /// The best chunks for a query, best first. Without a vector it is a keyword search.
    pub fn search(&self, _query: &Query<'_>) -> Vec<Hit> {
        todo!()
    }
}
