//! What a reader model makes of passages: which one answers a question, with which words, or that none does.
//!
//! Where there are readings, they decide what otherwise `relevance` and the words of the question decide.

use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::Reading;

use crate::quote::unit_around;
use crate::{Source, words};

/// What the retrieval's score, 0 to 1, adds to a passage's log-odds of answering when passages are put in order.
const RETRIEVAL: f32 = 2.0;
/// Whether a question is answered, from the log-odds of the passage that is likeliest to answer and the share of the
/// question's words that it holds: a logistic regression over the questions of `tests/answers` and `examples/blog` and over
/// stories, with each of these left out in turn. The threshold lies where a tenth of the answerable ones is refused.
const LOG_ODDS_WEIGHT: f32 = 0.75;
const COVERAGE_WEIGHT: f32 = 2.75;
const ANSWERED: f32 = 1.62;
/// The share that counts where words cannot be compared, since passage and question are in different languages.
const NO_COVERAGE: f32 = 0.5;
/// What the share of the question's words that a quote holds adds to the log-probability of its span.
const COVERAGE: f32 = 1.5;
/// Another passage is quoted too, if its span's score is no further from the best one's.
const NEAR_BEST: f32 = 0.35;
/// Most spans quoted.
const MOST_SPANS: usize = 2;
/// Keeps logarithms finite.
const LEAST_PROBABILITY: f32 = 1e-4;

/// The sources in the order of how likely they are to answer, as many as `limit`, numbered anew from the lowest number
/// that they had; and the readings of those that were read, in the same order. `scores` are the retrieval's, 0 to 1.
pub(crate) fn rank(
    sources: Vec<Source>,
    scores: &[f32],
    readings: Vec<Reading>,
    limit: usize,
) -> (Vec<Source>, Vec<Reading>) {
    let first = sources.iter().map(|source| source.number).min().unwrap_or(1);
    let mut sources = sources.into_iter();
    let mut read: Vec<(Source, f32, Reading)> = readings
        .into_iter()
        .zip(scores)
        .zip(sources.by_ref())
        .map(|((reading, score), source)| (source, log_odds(reading.answerable) + RETRIEVAL * score, reading))
        .collect();
    read.sort_by(|(_, a, _), (_, b, _)| b.total_cmp(a));
    let (mut ranked, mut readings): (Vec<Source>, Vec<Reading>) =
        read.into_iter().map(|(source, _, reading)| (source, reading)).unzip();
    ranked.extend(sources);
    ranked.truncate(limit);
    readings.truncate(limit);
    for (number, source) in (first..).zip(&mut ranked) {
        source.number = number;
    }
    (ranked, readings)
}

fn log_odds(probability: f32) -> f32 {
    let probability = probability.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
    (probability / (1.0 - probability)).ln()
}

/// Whether the passages answer the question.
pub(crate) fn answers(question: &str, language: Language, sources: &[Source], readings: &[Reading]) -> bool {
    let best = sources.iter().zip(readings).max_by(|(_, a), (_, b)| a.answerable.total_cmp(&b.answerable));
    let Some((source, reading)) = best else { return false };
    let wanted = words::content_words(question, language);
    let coverage = match wanted.is_empty() || source.language != language {
        true => NO_COVERAGE,
        false => words::coverage(&wanted, &words::of_source(source)),
    };
    LOG_ODDS_WEIGHT * log_odds(reading.answerable) + COVERAGE_WEIGHT * coverage >= ANSWERED
}

/// The spans to quote, each with the position of its source, the best first: those that the reader is surest of, in
/// sentences that speak of what was asked.
pub(crate) fn spans(
    question: &str,
    language: Language,
    sources: &[Source],
    readings: &[Reading],
) -> Vec<(usize, Range<usize>)> {
    let wanted = words::of_question(question, language);
    let mut scored: Vec<(f32, usize, Range<usize>)> = Vec::new();
    for (position, (source, reading)) in sources.iter().zip(readings).enumerate() {
        for span in &reading.spans {
            let fits = source
                .text
                .get(span.range.clone())
                .is_some_and(|words| words.contains(char::is_alphanumeric));
            if !fits {
                continue;
            }
            let unit = unit_around(source, &span.range).words(&source.text);
            let offered = words::content_words(&unit, source.language);
            let score = reading.answerable.max(LEAST_PROBABILITY).ln()
                + span.probability.max(LEAST_PROBABILITY).ln()
                + COVERAGE * words::coverage(&wanted, &offered);
            scored.push((score, position, span.range.clone()));
        }
    }
    scored.sort_by(|(a, ..), (b, ..)| b.total_cmp(a));
    let best = scored.first().map_or(0.0, |(score, ..)| *score);
    let mut spans: Vec<(usize, Range<usize>)> = Vec::new();
    for (score, position, range) in scored {
        let said = sources[position].text[range.clone()].to_lowercase();
        // The same words from another passage add a source, not an answer.
        let is_new = spans.iter().all(|(other, span)| {
            *other != position && sources[*other].text[span.clone()].to_lowercase() != said
        });
        if is_new && score >= best - NEAR_BEST && spans.len() < MOST_SPANS {
            spans.push((position, range));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use daneel_model::AnswerSpan;

    use super::*;

    fn source(number: usize, text: &str) -> Source {
        Source {
            number,
            href: String::new(),
            title: String::new(),
            headings: vec![],
            date: None,
            language: Language::ENGLISH,
            text: text.into(),
        }
    }

    fn reading(answerable: f32, spans: &[(Range<usize>, f32)]) -> Reading {
        let span = |(range, probability): &(Range<usize>, f32)| AnswerSpan {
            range: range.clone(),
            probability: *probability,
        };
        Reading { answerable, spans: spans.iter().map(span).collect() }
    }

    fn chosen(question: &str, sources: &[Source], readings: &[Reading]) -> Vec<(usize, Range<usize>)> {
        spans(question, Language::ENGLISH, sources, readings)
    }

    #[test]
    fn the_likeliest_passage_comes_first_and_is_number_one() {
        let sources = vec![source(4, "a"), source(5, "b"), source(6, "c"), source(7, "not read")];
        let readings = vec![reading(0.2, &[]), reading(0.9, &[]), reading(0.2, &[])];
        let (sources, readings) = rank(sources, &[0.5, 0.4, 0.9, 0.1], readings, 4);
        let order: Vec<_> = sources.iter().map(|source| (source.number, source.text.as_str())).collect();
        assert_eq!(order, [(4, "b"), (5, "c"), (6, "a"), (7, "not read")]);
        assert_eq!(readings[0].answerable, 0.9);
    }

    #[test]
    fn reader_and_words_decide_together() {
        let answered = |answerable, question, language| {
            let (sources, readings) =
                ([source(1, "The tower was built in 1889.")], [reading(answerable, &[(23..27, 0.9)])]);
            answers(question, language, &sources, &readings)
        };
        assert!(answered(0.9, "When was the tower built?", Language::ENGLISH));
        assert!(!answered(0.05, "When was the tower built?", Language::ENGLISH));
        assert!(!answered(0.6, "How heavy is a bridge?", Language::ENGLISH));
        assert!(
            answered(0.7, "Quando fu costruita la torre?", Language::ITALIAN),
            "words cannot be compared"
        );
        assert!(!answers("Why?", Language::ENGLISH, &[], &[]));
    }

    #[test]
    fn a_passage_that_is_nearly_as_sure_is_quoted_too() {
        let sources =
            [source(1, "In 1912."), source(2, "It was 1912 again."), source(3, "Two years."), source(4, "x")];
        let readings = [
            reading(0.9, &[(3..7, 0.9)]),
            reading(0.9, &[(7..11, 0.8)]),
            reading(0.9, &[(0..9, 0.85)]),
            reading(0.8, &[(0..1, 0.1)]),
        ];
        assert_eq!(chosen("When?", &sources, &readings), [(0, 3..7), (2, 0..9)]);
    }

    #[test]
    fn of_two_likely_spans_the_one_that_speaks_of_what_was_asked_wins() {
        let text = "The tower weighs nine tons. The bridge weighs two tons.";
        let readings = [reading(0.9, &[(17..26, 0.5), (45..54, 0.4)])];
        assert_eq!(chosen("How much does the bridge weigh?", &[source(1, text)], &readings), [(0, 45..54)]);
    }

    #[test]
    fn a_span_that_is_no_stretch_of_words_is_left_out() {
        let sources = [source(1, "è così"), source(2, " . "), source(3, "yes")];
        let readings =
            [reading(0.9, &[(0..1, 1.0)]), reading(0.9, &[(0..3, 1.0)]), reading(0.9, &[(0..9, 1.0)])];
        assert_eq!(chosen("?", &sources, &readings), []);
    }
}
