//! Two logits for each token of a text, one for the answer's first token and one for its last, become the likeliest spans.

use std::ops::Range;

/// Most tokens of an answer: a sentence or two.
const MAX_SPAN: usize = 64;

/// The spans of tokens with the largest sums of logits, at most `count`, none of which overlap, each with its probability:
/// that of its first token times that of its last.
pub fn best_spans(starts: &[f32], ends: &[f32], count: usize) -> Vec<(Range<usize>, f32)> {
    let (all_starts, all_ends) = (log_sum_exp(starts), log_sum_exp(ends));
    let mut found: Vec<(Range<usize>, f32)> = Vec::with_capacity(count);
    while found.len() < count {
        let is_free = |token: &usize| found.iter().all(|(span, _)| !span.contains(token));
        let mut best: Option<(Range<usize>, f32)> = None;
        for first in (0..starts.len()).filter(is_free) {
            for last in (first..ends.len()).take(MAX_SPAN).take_while(is_free) {
                let score = starts[first] + ends[last];
                if best.as_ref().is_none_or(|(_, most)| score > *most) {
                    best = Some((first..last + 1, score));
                }
            }
        }
        let Some((span, score)) = best else { break };
        found.push((span, (score - all_starts - all_ends).exp()));
    }
    found
}

/// log Σ exp(x), without overflow.
fn log_sum_exp(x: &[f32]) -> f32 {
    let most = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    most + x.iter().map(|x| (x - most).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_does_not_end_before_it_starts() {
        let spans = best_spans(&[0.0, 9.0, 0.0], &[9.0, 0.0, 5.0], 5);
        assert_eq!(spans.iter().map(|(span, _)| span.clone()).collect::<Vec<_>>(), [1..3, 0..1]);
        assert!(spans[0].1 > 0.0 && spans[0].1 < 0.1 && spans[1].1 < spans[0].1);
        assert_eq!(best_spans(&[], &[], 5), []);
    }

    #[test]
    fn a_sure_span_has_probability_one() {
        let spans = best_spans(&[0.0, 80.0, 0.0], &[0.0, 80.0, 0.0], 1);
        assert_eq!(spans[0].0, 1..2);
        assert!((spans[0].1 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_span_is_no_longer_than_an_answer() {
        let mut starts = vec![0.0; 200];
        let mut ends = vec![0.0; 200];
        (starts[0], ends[199]) = (10.0, 10.0);
        assert!(best_spans(&starts, &ends, 3).iter().all(|(span, _)| span.len() <= MAX_SPAN));
    }
}
