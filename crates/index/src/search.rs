//! What is asked of an index, and what it answers.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

/// Position of a chunk in its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChunkId(pub u32);

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The question in words, for BM25.
    pub text: &'a str,
    /// The question's language, where known: how its words are stemmed. Otherwise every language of the index is tried.
    pub language: Option<Language>,
    /// The question's vector, of length 1, for the dense arm.
    pub vector: Option<&'a [f32]>,
    /// Most hits to return.
    pub limit: usize,
}

/// One chunk found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The chunk.
    pub chunk: ChunkId,
    /// Fused score, 0 to 1 within one result list.
    pub score: f32,
    /// BM25 score, where the keyword arm found the chunk.
    pub bm25: Option<f32>,
    /// Cosine, where the vector arm found the chunk.
    pub cosine: Option<f32>,
}
