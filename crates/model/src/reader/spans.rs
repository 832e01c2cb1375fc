//! Two logits for each token of a text, one for the answer's first token and one for its last, become the likeliest span.

use std::ops::Range;

/// Most tokens of an answer: a sentence or two.
const MAX_SPAN: usize = 64;

/// The span of tokens with the largest sum of logits, and its probability: that of its first token times that of its last.
/// None where there are no tokens.
pub fn best_span(starts: &[f32], ends: &[f32]) -> Option<(Range<usize>, f32)> {
    let mut best: Option<(Range<usize>, f32)> = None;
    for (first, start) in starts.iter().enumerate() {
        for (last, end) in ends.iter().enumerate().skip(first).take(MAX_SPAN) {
            if best.as_ref().is_none_or(|(_, most)| start + end > *most) {
                best = Some((first..last + 1, start + end));
            }
        }
    }
    let (span, score) = best?;
    Some((span, (score - log_sum_exp(starts) - log_sum_exp(ends)).exp()))
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
        let (span, probability) = best_span(&[0.0, 9.0, 0.0], &[9.0, 0.0, 5.0]).unwrap();
        assert_eq!(span, 1..3);
        assert!(probability > 0.0 && probability < 0.1);
        assert_eq!(best_span(&[], &[]), None);
    }

    #[test]
    fn a_sure_span_has_probability_one() {
        let (span, probability) = best_span(&[0.0, 80.0, 0.0], &[0.0, 80.0, 0.0]).unwrap();
        assert_eq!(span, 1..2);
        assert!((probability - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_span_is_no_longer_than_an_answer() {
        let mut starts = vec![0.0; 200];
        let mut ends = vec![0.0; 200];
        (starts[0], ends[199]) = (10.0, 10.0);
        let (span, _) = best_span(&starts, &ends).unwrap();
        assert!(span.len() <= MAX_SPAN);
    }
}
