//! A ranking and its judgements become figures of merit.
//!
//! nDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with the gain as it is
//! judged, as trec_eval and BEIR have it. Recall and reciprocal rank: Manning, Raghavan and Schütze, "Introduction to
//! Information Retrieval", chapter 8.

use std::collections::HashMap;

use serde::Serialize;

/// Grade of each relevant document of one query.
pub type Judgements = HashMap<String, u32>;

/// Means over all queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Normalised discounted cumulated gain of the first ten.
    pub ndcg_at_10: f64,
    /// Share of relevant documents among the first.
    pub recall_at_1: f64,
    /// Share of relevant documents among the first five.
    pub recall_at_5: f64,
    /// Share of relevant documents among the first ten.
    pub recall_at_10: f64,
    /// One over the rank of the first relevant document, 0 if it is not among the first ten.
    pub mrr_at_10: f64,
}

impl Metrics {
    /// Figures of one query; `ranking` lists documents, best first.
    pub fn of(ranking: &[&str], judgements: &Judgements) -> Self {
        Self {
            ndcg_at_10: ndcg(ranking, judgements, 10),
            recall_at_1: recall(ranking, judgements, 1),
            recall_at_5: recall(ranking, judgements, 5),
            recall_at_10: recall(ranking, judgements, 10),
            mrr_at_10: reciprocal_rank(ranking, judgements, 10),
        }
    }

    /// Mean over queries.
    pub fn mean(all: &[Self]) -> Self {
        let n = all.len().max(1) as f64;
        let mean = |figure: fn(&Self) -> f64| all.iter().map(figure).sum::<f64>() / n;
        Self {
            ndcg_at_10: mean(|m| m.ndcg_at_10),
            recall_at_1: mean(|m| m.recall_at_1),
            recall_at_5: mean(|m| m.recall_at_5),
            recall_at_10: mean(|m| m.recall_at_10),
            mrr_at_10: mean(|m| m.mrr_at_10),
        }
    }
}

/// `sum of gain / log2(rank + 1)`, divided by the same sum of the best ranking there can be.
fn ndcg(ranking: &[&str], judgements: &Judgements, k: usize) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = u32>| -> f64 {
        gains.take(k).zip(1..).map(|(gain, rank)| f64::from(gain) / f64::from(rank + 1).log2()).sum()
    };
    let mut ideal: Vec<u32> = judgements.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(&mut ideal.into_iter());
    let found = discounted(&mut ranking.iter().map(|id| judgements.get(*id).copied().unwrap_or(0)));
    if best > 0.0 { found / best } else { 0.0 }
}

fn recall(ranking: &[&str], judgements: &Judgements, k: usize) -> f64 {
    let relevant = judgements.values().filter(|&&grade| grade > 0).count();
    let found = ranking.iter().take(k).filter(|id| is_relevant(judgements, id)).count();
    if relevant > 0 { found as f64 / relevant as f64 } else { 0.0 }
}

fn reciprocal_rank(ranking: &[&str], judgements: &Judgements, k: usize) -> f64 {
    let first = ranking.iter().take(k).position(|id| is_relevant(judgements, id));
    first.map_or(0.0, |position| 1.0 / (position + 1) as f64)
}

fn is_relevant(judgements: &Judgements, id: &str) -> bool {
    judgements.get(id).is_some_and(|&grade| grade > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgements(grades: &[(&str, u32)]) -> Judgements {
        grades.iter().map(|&(id, grade)| (id.to_owned(), grade)).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn a_single_relevant_document() {
        let metrics = Metrics::of(&["x", "y", "r", "z"], &judgements(&[("r", 1)]));
        close(metrics.ndcg_at_10, 0.5); // 1 / log2(4)
        close(metrics.recall_at_1, 0.0);
        close(metrics.recall_at_5, 1.0);
        close(metrics.mrr_at_10, 1.0 / 3.0);
    }

    /// Grades 3 2 3 0 1 2, the example of Wikipedia's article on discounted cumulative gain, with one document left out
    /// of the ranking so that the ideal is longer than what was found.
    #[test]
    fn graded_documents() {
        let judged = judgements(&[("a", 3), ("b", 2), ("c", 3), ("d", 0), ("e", 1), ("f", 2), ("g", 3)]);
        let metrics = Metrics::of(&["a", "b", "c", "d", "e", "f"], &judged);
        let log = |rank: f64| (rank + 1.0).log2();
        let found = 3.0 / log(1.0) + 2.0 / log(2.0) + 3.0 / log(3.0) + 1.0 / log(5.0) + 2.0 / log(6.0);
        let ideal = 3.0 / log(1.0)
            + 3.0 / log(2.0)
            + 3.0 / log(3.0)
            + 2.0 / log(4.0)
            + 2.0 / log(5.0)
            + 1.0 / log(6.0);
        close(metrics.ndcg_at_10, found / ideal);
        close(metrics.recall_at_10, 5.0 / 6.0);
        close(metrics.recall_at_1, 1.0 / 6.0);
    }

    #[test]
    fn what_is_past_the_tenth_place_does_not_count() {
        let ranking = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "r"];
        assert_eq!(Metrics::of(&ranking, &judgements(&[("r", 1)])), Metrics::default());
        assert_eq!(Metrics::of(&ranking, &judgements(&[])), Metrics::default());
    }

    #[test]
    fn means_are_over_queries() {
        let one = Metrics { ndcg_at_10: 1.0, ..Metrics::default() };
        close(Metrics::mean(&[one, Metrics::default()]).ndcg_at_10, 0.5);
        assert_eq!(Metrics::mean(&[]), Metrics::default());
    }
}
