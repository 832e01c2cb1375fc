//! The words that answer, among all that a reader model found in the passages: what a chat model's sentences are held against.

use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::{Embedder, PassageText, Reader, Reading};

use crate::quote::unit_around;
use crate::{Error, Source, words};

/// What the share of the question's words that a quote holds adds to the log-probability of its span.
const COVERAGE: f32 = 1.5;
/// Another passage is quoted too, if its span's score is no further from the best one's.
const NEAR_BEST: f32 = 0.35;
/// Most spans quoted.
const MOST_SPANS: usize = 2;
/// Keeps logarithms finite.
const LEAST_PROBABILITY: f32 = 1e-4;

/// What a reader makes of sources, under their titles and headings: of `least` of them, and of more as long as all takes no more than
/// `seconds`.
pub(crate) async fn read(
    reader: &Reader,
    embedder: &Embedder,
    question: &str,
    sources: &[Source],
    least: usize,
    seconds: f64,
) -> Result<Vec<Reading>, Error> {
    let titles: Vec<String> = sources.iter().map(Source::path).collect();
    let passages: Vec<PassageText<'_>> = sources
        .iter()
        .zip(&titles)
        .map(|(source, title)| PassageText { title, text: &source.text })
        .collect();
    Ok(reader.read(embedder, question, &passages, least, seconds).await?)
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
        Source::of_text(number, text)
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
