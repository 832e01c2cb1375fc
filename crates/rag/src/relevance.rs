//! Whether the corpus says anything about a question: two signals become one probability.
//!
//! Fused scores rank within one question and say nothing across questions. What does compare across questions is the best
//! passage's cosine and the share of the question's content words that one passage holds. The weights are a logistic
//! regression over the SQuAD-it development half: each question once with the whole corpus and once with its own article
//! taken out. `docs/benchmarks.md` has the error rates.

use daneel_corpus::Language;
use daneel_index::Hit;

use crate::{Source, words};

/// Passages whose words count.
const DEPTH: usize = 3;

/// Signals of one question. Without either, nothing was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals {
    /// Cosine of the best passage, where there is an embedder whose cosines are known.
    pub cosine: Option<f32>,
    /// Largest share of the question's content words found in one of the best passages, where one of them is in the
    /// question's language.
    pub coverage: Option<f32>,
}

/// The embedder whose cosines the weights were fitted on; another one's lie in another range.
pub(crate) const CALIBRATED_EMBEDDER: &str = "multilingual-e5-small";

/// A question at least this likely to be answerable is answered: to refuse wrongly is worse than to quote in vain.
pub(crate) const THRESHOLD: f32 = 0.4;

/// Probability that the passages found answer a question; `embedder` names the model of the hits' cosines.
pub(crate) fn of(
    question: &str,
    language: Language,
    sources: &[Source],
    hits: &[Hit],
    embedder: &str,
) -> f32 {
    let is_calibrated = embedder == CALIBRATED_EMBEDDER;
    let cosine = hits.iter().filter_map(|hit| hit.cosine).reduce(f32::max).filter(|_| is_calibrated);
    let wanted = words::of_question(question, language);
    // Words are not shared across languages, but names are, and without a cosine they are all there is.
    let comparable = |source: &&Source| source.language == language || cosine.is_none();
    let coverage = sources
        .iter()
        .take(DEPTH)
        .filter(comparable)
        .map(|source| words::coverage(&wanted, &words::of_source(source)))
        .reduce(f32::max);
    probability(Signals { cosine, coverage })
}

/// Probability that the corpus answers the question.
pub(crate) fn probability(signals: Signals) -> f32 {
    let logit = match (signals.cosine, signals.coverage) {
        (Some(cosine), Some(coverage)) => -88.5 + 100.3 * cosine + 7.3 * coverage,
        (Some(cosine), None) => -96.4 + 114.7 * cosine,
        (None, Some(coverage)) => -5.9 + 10.5 * coverage,
        (None, None) => return 0.0,
    };
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_signal_can_carry_a_question() {
        let answered = |cosine, coverage| probability(Signals { cosine, coverage }) >= THRESHOLD;
        assert!(answered(Some(0.87), Some(0.5)), "means the same in other words");
        assert!(answered(Some(0.83), Some(1.0)), "same words, middling cosine");
        assert!(answered(Some(0.86), None), "the passage is in another language");
        assert!(
            !answered(Some(0.81), Some(0.4))
                && !answered(Some(0.82), Some(0.0))
                && !answered(Some(0.82), None)
        );
        assert!(answered(None, Some(0.8)) && !answered(None, Some(0.3)));
        assert!(!answered(None, None));
    }
}
