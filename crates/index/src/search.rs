//! A query becomes hits: both arms find candidates, every candidate gets both scores, fusion ranks.

use crate::bm25::Bm25;
use crate::documents::Documents;
use crate::flat::Quantized;
use crate::fusion::fuse;
use crate::ranking::best;
use crate::vectors::Vectors;
use crate::{ChunkId, Hit, Query};

/// Candidates of each arm that go into the fusion; a larger [`Query::limit`] raises it.
const CANDIDATES: usize = 100;

/// The best chunks for a query, best first.
pub fn search(
    documents: &Documents,
    bm25: &Bm25,
    vectors: &Vectors,
    dense_weight: f32,
    query: &Query<'_>,
) -> Vec<Hit> {
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
    let is_foreign = |chunk| match (query.language, documents.of(chunk)) {
        (Some(language), Some(document)) => document.language != language,
        _ => false,
    };
    fuse(&mut hits, dense_weight, is_foreign);
    hits.truncate(query.limit);
    hits
}
