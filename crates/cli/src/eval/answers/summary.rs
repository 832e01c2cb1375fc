//! Judgements become shares with their confidence, and means.

use serde::Serialize;

use super::{questions::Kind, run::Answered, verdict::Verdict};

/// Quantile of the normal distribution for intervals of 95 %.
const Z: f64 = 1.959_964;

/// A share of some questions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Of which it is true.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// Ends of the interval that holds the share of all such questions in 95 of 100 samples (Wilson 1927).
    pub interval: (f64, f64),
}

impl Share {
    fn new(count: usize, of: usize) -> Self {
        Self { count, of, interval: wilson(count, of) }
    }

    /// The share itself, 0 where there are no questions.
    pub fn value(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }
}

/// Ends of Wilson's score interval.
fn wilson(count: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (of as f64, count as f64 / of as f64);
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((centre - half) / scale).max(0.0), ((centre + half) / scale).min(1.0))
}

/// Figures of some questions.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Of the questions that have an answer, those answered rightly.
    pub right: Share,
    /// Of all questions, those with something that the chat model made up.
    pub made_up: Share,
    /// Of all questions, those with a quote that does not answer.
    pub beside: Share,
    /// Of the questions that have an answer, those refused.
    pub wrongly_refused: Share,
    /// Of the questions that have none, those refused.
    pub rightly_refused: Share,
    /// Of all questions, those with a good outcome.
    pub good: Share,
    /// Of the questions whose document is known, those with that document among the sources.
    pub found: Share,
    /// Of the citations under answers whose document is known, those that are gold.
    pub citation_precision: Share,
    /// Of the answers whose document is known, those that cite it.
    pub citation_recall: Share,
    /// Of the answers that have a gold answer, those that are it.
    pub exact_match: Share,
    /// Mean token F1 of these.
    pub f1: f64,
    /// Seconds until the sources, the first words and the end.
    pub seconds: [Quantiles; 3],
    /// Mean tokens read and written by the chat model, over the questions that it was asked.
    pub tokens: Option<(f64, f64)>,
}

/// Middle and tail of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Half are at most this.
    pub median: f64,
    /// Nine of ten are at most this.
    pub p90: f64,
}

impl Quantiles {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * values.len() as f64).ceil() as usize;
            values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { median: at(0.5), p90: at(0.9) }
    }
}

impl Summary {
    /// Sums some questions up.
    pub fn of(answered: &[&Answered]) -> Self {
        let is = |verdict: Verdict| answered.iter().filter(|one| one.judgement.verdict == verdict).count();
        // Whoever supposes what is not so may be refused: then there was nothing to be answered.
        let refusable = answered.iter().filter(|one| is_refusable(one)).count();
        let answerable = answered.len() - refusable;
        let count = |test: &dyn Fn(&Answered) -> bool| answered.iter().filter(|one| test(one)).count();
        let (mut cited, mut gold_cited) = (0, 0);
        for (all, gold) in answered.iter().filter_map(|one| one.judgement.citations) {
            cited += all;
            gold_cited += gold;
        }
        let f1: Vec<f64> = answered.iter().filter_map(|one| one.judgement.f1).collect();
        let latencies = || answered.iter().map(|one| one.reply.latency);
        let figures: Vec<_> = answered.iter().filter_map(|one| one.reply.figures).collect();
        let mean = |sum: usize| sum as f64 / figures.len() as f64;
        Self {
            right: Share::new(is(Verdict::Right), answerable),
            made_up: Share::new(is(Verdict::MadeUp), answered.len()),
            beside: Share::new(is(Verdict::Beside), answered.len()),
            wrongly_refused: Share::new(is(Verdict::WronglyRefused), answerable),
            rightly_refused: Share::new(is(Verdict::RightlyRefused), refusable),
            good: Share::new(count(&|one| one.judgement.verdict.is_good()), answered.len()),
            found: Share::new(
                count(&|one| one.judgement.found == Some(true)),
                count(&|one| one.judgement.found.is_some()),
            ),
            citation_precision: Share::new(gold_cited, cited),
            citation_recall: Share::new(
                count(&|one| one.judgement.citations.is_some_and(|(_, gold)| gold > 0)),
                count(&|one| one.judgement.citations.is_some()),
            ),
            exact_match: Share::new(count(&|one| one.judgement.exact_match == Some(true)), f1.len()),
            // An empty sum is -0.
            f1: f1.iter().fold(0.0, |sum, f1| sum + f1) / f1.len().max(1) as f64,
            seconds: [
                Quantiles::of(latencies().filter_map(|latency| latency.sources).collect()),
                Quantiles::of(latencies().filter_map(|latency| latency.first_text).collect()),
                Quantiles::of(latencies().map(|latency| latency.end).collect()),
            ],
            tokens: (!figures.is_empty()).then(|| {
                (
                    mean(figures.iter().map(|figures| figures.prompt_tokens).sum()),
                    mean(figures.iter().map(|figures| figures.generated_tokens).sum()),
                )
            }),
        }
    }
}

/// Whether the right reply is, or was, that the texts do not say.
fn is_refusable(one: &Answered) -> bool {
    let question = &one.question;
    let is_without = !question.has_answer() && question.kind != Kind::Conversation;
    is_without || one.judgement.verdict == Verdict::RightlyRefused
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I.
    #[test]
    fn intervals_are_wilsons() {
        let close = |found: (f64, f64), expected: (f64, f64)| {
            assert!((found.0 - expected.0).abs() < 1e-4 && (found.1 - expected.1).abs() < 1e-4, "{found:?}");
        };
        close(wilson(81, 263), (0.2553, 0.3662));
        close(wilson(15, 148), (0.0624, 0.1605));
        close(wilson(0, 20), (0.0, 0.1611));
        close(wilson(1, 29), (0.0061, 0.1718));
        close(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn quantiles_are_values() {
        assert_eq!(Quantiles::of(vec![3.0, 1.0, 2.0]), Quantiles { median: 2.0, p90: 3.0 });
        assert_eq!(Quantiles::of(vec![]), Quantiles::default());
    }
}
