//! Two lists of candidates with scores of different kinds become one ranking.
//!
//! A convex combination of min-max normalised scores: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
//! Retrieval" (2022) find it above reciprocal rank fusion; so it is here.

use crate::Hit;

/// Gives each hit its fused score and sorts them, best first. Every hit carries the scores of the arms that took part.
///
/// `dense_weight` is the share of the cosine, 0 to 1; a ranking in which only one arm took part is that arm's.
pub fn fuse(hits: &mut [Hit], dense_weight: f32) {
    let keyword = Scale::of(hits.iter().map(|hit| hit.bm25.unwrap_or(0.0)));
    let dense = Scale::of(hits.iter().filter_map(|hit| hit.cosine));
    let has_keyword = hits.iter().any(|hit| hit.bm25.is_some());
    let has_dense = hits.iter().any(|hit| hit.cosine.is_some());
    let weight = match (has_keyword, has_dense) {
        (true, true) => dense_weight.clamp(0.0, 1.0),
        (false, _) => 1.0,
        (true, false) => 0.0,
    };
    for hit in &mut *hits {
        let keyword = keyword.normalize(hit.bm25.unwrap_or(0.0));
        let dense = hit.cosine.map_or(0.0, |cosine| dense.normalize(cosine));
        hit.score = (1.0 - weight) * keyword + weight * dense;
    }
    hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
}

/// The smallest and largest score of an arm.
struct Scale {
    low: f32,
    high: f32,
}

impl Scale {
    fn of(scores: impl Iterator<Item = f32>) -> Self {
        scores.fold(Self { low: f32::INFINITY, high: f32::NEG_INFINITY }, |scale, score| Self {
            low: scale.low.min(score),
            high: scale.high.max(score),
        })
    }

    /// 0 for the lowest score, 1 for the highest; 1 where all are the same.
    fn normalize(&self, score: f32) -> f32 {
        if self.high > self.low { (score - self.low) / (self.high - self.low) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkId;

    /// Fuses (bm25, cosine) pairs; (chunk, score) best first.
    fn fused(scores: &[(Option<f32>, Option<f32>)], dense_weight: f32) -> Vec<(u32, f32)> {
        let hit =
            |(chunk, &(bm25, cosine)): (u32, _)| Hit { chunk: ChunkId(chunk), score: 0.0, bm25, cosine };
        let mut hits: Vec<Hit> = (0..).zip(scores).map(hit).collect();
        fuse(&mut hits, dense_weight);
        hits.iter().map(|hit| (hit.chunk.0, hit.score)).collect()
    }

    #[test]
    fn shares_are_weighed() {
        let scores = [(Some(8.0), Some(0.80)), (Some(4.0), Some(0.90)), (None, Some(0.85))];
        let hits = fused(&scores, 0.6);
        assert_eq!(hits.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [1, 0, 2]);
        for ((_, score), expected) in hits.iter().zip([0.4 * 0.5 + 0.6, 0.4, 0.6 * 0.5]) {
            assert!((score - expected).abs() < 1e-5, "{hits:?}");
        }
    }

    #[test]
    fn one_arm_alone_decides() {
        assert_eq!(fused(&[(Some(2.0), None), (Some(6.0), None)], 0.6), [(1, 1.0), (0, 0.0)]);
        assert_eq!(fused(&[(None, Some(0.7)), (None, Some(0.9))], 0.6), [(1, 1.0), (0, 0.0)]);
    }

    #[test]
    fn equal_scores_divide_by_no_zero() {
        assert_eq!(fused(&[(Some(3.0), Some(0.5))], 0.6), [(0, 1.0)]);
        assert_eq!(fused(&[(None, Some(0.5)), (None, Some(0.5))], 0.6), [(0, 1.0), (1, 1.0)]);
        assert_eq!(fused(&[], 0.6), []);
    }
}
