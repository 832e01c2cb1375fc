//! What a reader model makes of passages: which one answers a question, with which words, or that none does.
//!
//! Where there are readings, they decide what otherwise `relevance` and the words of the question decide.

use std::ops::Range;

use daneel_model::Reading;

use crate::Source;

/// The least probability at which a question counts as answered.
const ANSWERABLE: f32 = 0.5;
/// Another passage than the best one is quoted too, if its span is this likely relative to the best one's.
const NEAR_BEST: f32 = 0.6;
/// Most spans quoted.
const MOST_SPANS: usize = 3;

/// Probability that just these words answer the question.
fn confidence(reading: &Reading) -> f32 {
    reading.answerable * reading.span_probability
}

/// Whether the span is a stretch of the text with words in it.
fn fits(reading: &Reading, text: &str) -> bool {
    text.get(reading.span.clone()).is_some_and(|words| words.contains(char::is_alphanumeric))
}

/// Sources and readings, the likeliest to answer first, as many as `limit`; of equal ones the order stays. The sources are
/// numbered anew, from the lowest number that they had.
pub(crate) fn rank(
    sources: Vec<Source>,
    readings: Vec<Reading>,
    limit: usize,
) -> (Vec<Source>, Vec<Reading>) {
    let first = sources.iter().map(|source| source.number).min().unwrap_or(1);
    let mut pairs: Vec<(Source, Reading)> = sources.into_iter().zip(readings).collect();
    pairs.sort_by(|(_, a), (_, b)| b.answerable.total_cmp(&a.answerable));
    pairs.truncate(limit);
    for (number, (source, _)) in (first..).zip(&mut pairs) {
        source.number = number;
    }
    pairs.into_iter().unzip()
}

/// Whether any passage answers the question.
pub(crate) fn answers(readings: &[Reading]) -> bool {
    readings.iter().any(|reading| reading.answerable >= ANSWERABLE)
}

/// The spans to quote, each with the position of its source, the surest first.
pub(crate) fn spans(sources: &[Source], readings: &[Reading]) -> Vec<(usize, Range<usize>)> {
    let mut sure: Vec<(usize, &Reading)> = readings
        .iter()
        .enumerate()
        .filter(|(position, reading)| {
            reading.answerable >= ANSWERABLE
                && sources.get(*position).is_some_and(|source| fits(reading, &source.text))
        })
        .collect();
    sure.sort_by(|(_, a), (_, b)| confidence(b).total_cmp(&confidence(a)));
    let best = sure.first().map_or(0.0, |(_, reading)| confidence(reading));
    sure.retain(|(_, reading)| confidence(reading) >= best * NEAR_BEST);
    let mut spans: Vec<(usize, Range<usize>)> = Vec::new();
    for (position, reading) in sure {
        let words = sources[position].text[reading.span.clone()].to_lowercase();
        // The same words from another passage add a source, not an answer.
        let is_new =
            spans.iter().all(|(other, span)| sources[*other].text[span.clone()].to_lowercase() != words);
        if is_new && spans.len() < MOST_SPANS {
            spans.push((position, reading.span.clone()));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;

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

    fn reading(answerable: f32, span: Range<usize>, span_probability: f32) -> Reading {
        Reading { answerable, span, span_probability }
    }

    #[test]
    fn the_likeliest_passage_comes_first_and_is_number_one() {
        let sources = vec![source(4, "a"), source(5, "b"), source(6, "c")];
        let readings = vec![reading(0.2, 0..1, 1.0), reading(0.9, 0..1, 1.0), reading(0.2, 0..1, 0.5)];
        let (sources, readings) = rank(sources, readings, 2);
        let order: Vec<_> = sources.iter().map(|source| (source.number, source.text.as_str())).collect();
        assert_eq!(order, [(4, "b"), (5, "a")]);
        assert_eq!(readings[1].span_probability, 1.0);
    }

    #[test]
    fn one_passage_that_answers_is_enough() {
        assert!(answers(&[reading(0.1, 0..0, 0.0), reading(0.5, 0..0, 0.0)]));
        assert!(!answers(&[reading(0.49, 0..0, 0.0)]) && !answers(&[]));
    }

    #[test]
    fn spans_come_from_every_passage_that_is_nearly_as_sure() {
        let sources =
            [source(1, "In 1912."), source(2, "It was 1912 again."), source(3, "Two years."), source(4, "x")];
        let readings = [
            reading(0.9, 3..7, 0.9),
            reading(0.9, 7..11, 0.8),
            reading(0.8, 0..9, 0.7),
            reading(0.8, 0..1, 0.1),
        ];
        assert_eq!(spans(&sources, &readings), [(0, 3..7), (2, 0..9)]);
    }

    #[test]
    fn a_span_that_is_no_stretch_of_words_is_left_out() {
        let sources = [source(1, "è così"), source(2, " . "), source(3, "yes")];
        let readings = [reading(0.9, 0..1, 1.0), reading(0.9, 0..3, 1.0), reading(0.9, 0..9, 1.0)];
        assert_eq!(spans(&sources, &readings), []);
    }
}
