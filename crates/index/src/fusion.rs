//! Two lists of candidates with scores of different kinds become one ranking.
//!
//! A convex combination of min-max normalised scores: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
//! Retrieval" (2022) find it above reciprocal rank fusion; so it is here.
//!
//! Words tell little where question and passage are in different languages: there the cosine stands for both arms, and
//! what words they do share, names and numbers, is a bonus. So a passage in the question's language does not win merely
//! because it alone can have its words.

use crate::{ChunkId, Hit};

// Both are tuned on Italian and English passages about the same things, apart and in one index: see the benchmarks.

/// What shared words add where languages differ, as a part of the keyword arm's share; 0 (nothing) to 1.
const SHARED_WORDS: f32 = 0.3;
/// What a passage gets for being in another language, as a part of the same share: embedders place texts of one language
/// nearer to each other. 0 (nothing) to 1; it does not matter where all passages are in one language.
const LANGUAGE_GAP: f32 = 0.3;

/// Gives each hit its fused score and sorts them, best first. Every hit carries the scores of the arms that took part.
///
/// `dense_weight` is the share of the cosine, 0 to 1; a ranking in which only one arm took part is that arm's.
/// `is_foreign` tells the passages that are in another language than the question.
pub fn fuse(hits: &mut [Hit], dense_weight: f32, is_foreign: impl Fn(ChunkId) -> bool) {
    let has_keyword = hits.iter().any(|hit| hit.bm25.is_some());
    let has_dense = hits.iter().any(|hit| hit.cosine.is_some());
    let weight = match (has_keyword, has_dense) {
        (true, true) => dense_weight.clamp(0.0, 1.0),
        (false, _) => 1.0,
        (true, false) => 0.0,
    };
    let keyword = |wanted: bool| {
        let of_group = hits.iter().filter(|hit| !has_dense || is_foreign(hit.chunk) == wanted);
        Scale::of(of_group.map(|hit| hit.bm25.unwrap_or(0.0)))
    };
    let (native, foreign) = (keyword(false), keyword(true));
    let dense = Scale::of(hits.iter().filter_map(|hit| hit.cosine));
    for hit in &mut *hits {
        let dense = hit.cosine.map_or(0.0, |cosine| dense.normalize(cosine));
        let words = hit.bm25.unwrap_or(0.0);
        hit.score = if has_dense && is_foreign(hit.chunk) {
            let shared = SHARED_WORDS * foreign.share(words).unwrap_or(0.0);
            dense + (1.0 - weight) * (LANGUAGE_GAP + shared)
        } else {
            (1.0 - weight) * native.share(words).unwrap_or(dense) + weight * dense
        };
    }
    let most = hits.iter().map(|hit| hit.score).fold(1.0, f32::max);
    hits.iter_mut().for_each(|hit| hit.score /= most);
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

    /// The same for scores of words, of which 0 is none; `None` where no hit has any.
    fn share(&self, score: f32) -> Option<f32> {
        (self.high > 0.0).then(|| self.normalize(score))
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

    /// Fuses (bm25, cosine) pairs of one language; (chunk, score) best first.
    fn fused(scores: &[(Option<f32>, Option<f32>)], dense_weight: f32) -> Vec<(u32, f32)> {
        fused_across(scores, dense_weight, &[])
    }

    /// The same, some of the chunks in another language.
    fn fused_across(
        scores: &[(Option<f32>, Option<f32>)],
        dense_weight: f32,
        foreign: &[u32],
    ) -> Vec<(u32, f32)> {
        let hit =
            |(chunk, &(bm25, cosine)): (u32, _)| Hit { chunk: ChunkId(chunk), score: 0.0, bm25, cosine };
        let mut hits: Vec<Hit> = (0..).zip(scores).map(hit).collect();
        fuse(&mut hits, dense_weight, |chunk| foreign.contains(&chunk.0));
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

    #[test]
    fn where_languages_differ_the_cosine_decides() {
        let scores = [(Some(9.0), Some(0.80)), (None, Some(0.90)), (Some(1.0), Some(0.85))];
        let order = |foreign: &[u32]| -> Vec<u32> {
            fused_across(&scores, 0.6, foreign).iter().map(|(chunk, _)| *chunk).collect()
        };
        assert_eq!(order(&[0, 1, 2]), [1, 2, 0], "all in the other language");
        // The first has the most words, and they are of the question's language; the second is nearer, and cannot.
        assert_eq!(order(&[1, 2]), [1, 2, 0], "one index with both languages");
    }

    #[test]
    fn shared_names_decide_between_foreign_passages_that_are_as_near() {
        let hits =
            fused_across(&[(None, Some(0.9)), (Some(4.0), Some(0.9)), (None, Some(0.8))], 0.6, &[0, 1, 2]);
        assert_eq!(hits.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [1, 0, 2]);
        assert!(hits.iter().all(|(_, score)| (0.0..=1.0).contains(score)), "{hits:?}");
    }

    #[test]
    fn a_language_without_words_of_the_question_is_ranked_by_cosine() {
        // Only the foreign passage has a word: that gives those of the question's language nothing.
        let hits = fused_across(&[(None, Some(0.7)), (None, Some(0.8)), (Some(2.0), Some(0.9))], 0.6, &[2]);
        assert_eq!(hits.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [2, 1, 0]);
        assert!(hits[1].1 < 0.6, "{hits:?}");
    }

    #[test]
    fn without_cosines_words_decide_in_every_language() {
        let hits = fused_across(&[(Some(2.0), None), (Some(6.0), None), (Some(4.0), None)], 0.6, &[1, 2]);
        assert_eq!(hits, [(1, 1.0), (2, 0.5), (0, 0.0)]);
    }
}
