//! What is asked of an index, and what it answers.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

/// Position of a chunk in its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChunkId(pub u32);

/// Position of a document in its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DocumentId(pub u32);

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The question in words, for BM25. The first 4,096 characters count.
    pub text: &'a str,
    /// The question's language, where known: its stop words are left out. The other words are stemmed as the chunks of
    /// each language were, so that names and technical terms are found across languages. Passages in another language are
    /// ranked by the vectors, and by words only where nothing else is known.
    pub language: Option<Language>,
    /// The question's vector, of length 1, for the dense arm. One of other dimensions than the index's is left out.
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
    /// BM25 score; `None` where no word of the query occurs in the chunk.
    pub bm25: Option<f32>,
    /// Cosine with the query's vector; `None` where it had none.
    pub cosine: Option<f32>,
}
