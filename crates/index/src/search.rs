//! What is asked of an index, and what it answers: both arms find candidates, every candidate gets both scores, fusion ranks.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

use crate::bm25::Bm25;
use crate::fusion::fuse;
use crate::vectors::{Quantized, Vectors};

/// Candidates of each arm that go into the fusion; a larger [`Query::limit`] raises it.
const CANDIDATES: usize = 100;

/// Position of a chunk in its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChunkId(pub u32);

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The question in words, for BM25. The first 4,096 characters count.
    pub text: &'a str,
    /// The question's language, where known: its stop words are left out. The other words are stemmed as the chunks of
    /// each language were, so that names and technical terms are found across languages.
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

/// The best chunks for a query, best first.
pub fn search(bm25: &Bm25, vectors: &Vectors, dense_weight: f32, query: &Query<'_>) -> Vec<Hit> {
    let depth = query.limit.max(CANDIDATES);
    let keyword_scores = bm25.scores(query.text, query.language);
    let vector = query.vector.map(Quantized::new);

    let mut candidates: Vec<ChunkId> = best(keyword_scores.iter().copied(), depth)
        .into_iter()
        .filter(|(_, score)| *score > 0.0)
        .map(|(chunk, _)| chunk)
        .collect();
    if let Some(vector) = &vector {
        candidates.extend(vectors.nearest(vector, depth).into_iter().map(|(chunk, _)| chunk));
        candidates.sort_unstable();
        candidates.dedup();
    }

    let mut hits: Vec<Hit> = candidates
        .into_iter()
        .map(|chunk| Hit {
            chunk,
            score: 0.0,
            bm25: keyword_scores.get(chunk.0 as usize).copied().filter(|score| *score > 0.0),
            cosine: vector.as_ref().map(|vector| vectors.cosine(vector, chunk)),
        })
        .collect();
    fuse(&mut hits, dense_weight);
    hits.truncate(query.limit);
    hits
}

/// The positions of the highest scores, best first; of equal ones the first.
pub fn best(scores: impl Iterator<Item = f32>, count: usize) -> Vec<(ChunkId, f32)> {
    let order = |a: &(ChunkId, f32), b: &(ChunkId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut all: Vec<(ChunkId, f32)> = (0..).map(ChunkId).zip(scores).collect();
    if count < all.len() {
        all.select_nth_unstable_by(count, order);
        all.truncate(count);
    }
    all.sort_unstable_by(order);
    all
}
