//! Whether the passages that a reader read answer the question at all.

use daneel_corpus::Language;
use daneel_model::Reading;

use crate::tokens::{Token, tokens};
use crate::{Source, words};

/// A logistic regression over the questions of `tests/answers`, `examples/blog`, stories, articles and two sites more, answered or
/// not, both kinds weighing the same, with each corpus left out in turn.
const ANSWERABLE: f32 = 0.66;
const COVERAGE: f32 = 3.6;
const MISSING_NAMES: f32 = -1.2;
const CONTENT_WORDS: f32 = 0.31;
const BIAS: f32 = -3.56;
/// What has to be reached: the texts answer most questions, and a refusal shows the nearest passages too.
const THRESHOLD: f32 = -0.75;

/// Keeps logarithms finite.
const LEAST_PROBABILITY: f32 = 1e-4;
/// The share of words that counts where they cannot be compared, since passage and question are in different languages.
pub(crate) const NO_COVERAGE: f32 = 0.5;

/// Whether they answer; none where none was read. Readings are those of the first sources.
pub(crate) fn answers(
    question: &str,
    language: Language,
    sources: &[Source],
    readings: &[Reading],
) -> Option<bool> {
    let read = || sources.iter().zip(readings);
    let (source, reading) = read().max_by(|(_, a), (_, b)| a.answerable.total_cmp(&b.answerable))?;
    let wanted = words::of_question(question, language);
    let coverage = match wanted.is_empty() || source.language != language {
        true => NO_COVERAGE,
        false => words::coverage(&wanted, &words::of_source(source)),
    };
    let names = names(question, language);
    let missing = read().map(|(source, _)| missing(&names, source)).min().unwrap_or_default();
    let score = ANSWERABLE * log_odds(reading.answerable)
        + COVERAGE * coverage
        + MISSING_NAMES * missing as f32
        + CONTENT_WORDS * wanted.len() as f32
        + BIAS;
    Some(score >= THRESHOLD)
}

/// Names, versions and numbers of a question: what stays the same in any language.
fn names(question: &str, language: Language) -> Vec<String> {
    // Every noun has a capital there.
    let capitals_name = language.code() != "de" && question.contains(char::is_lowercase);
    let is_name = |(at, token): (usize, &Token)| {
        let word = &question[token.range.clone()];
        word.contains(char::is_numeric) || (capitals_name && at > 0 && word.starts_with(char::is_uppercase))
    };
    let all = tokens(question);
    let named = all.iter().enumerate().filter(|&(at, token)| is_name((at, token)));
    named.map(|(_, token)| token.word.clone()).collect()
}

/// How many of the names a source and its headings lack.
fn missing(names: &[String], source: &Source) -> usize {
    let text = format!("{} {}", source.path(), source.text).to_lowercase();
    names.iter().filter(|name| !text.contains(name.as_str())).count()
}

/// Log-odds of a probability, finite for 0 and 1 too.
pub(crate) fn log_odds(probability: f32) -> f32 {
    let probability = probability.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(question: &str, text: &str, answerable: f32) -> Option<bool> {
        let source = Source {
            number: 1,
            href: String::new(),
            title: "Towers".into(),
            headings: vec![],
            date: None,
            language: Language::ENGLISH,
            text: text.into(),
        };
        answers(question, Language::ENGLISH, &[source], &[Reading { answerable, spans: vec![] }])
    }

    #[test]
    fn reader_words_and_names_decide_together() {
        let text = "The tower of Pisa was built in 1173.";
        assert_eq!(answered("When was the tower of Pisa built?", text, 0.9), Some(true));
        assert_eq!(answered("When was the tower of Pisa built?", text, 0.002), Some(false));
        assert_eq!(answered("When was the tower of Bologna built?", text, 0.6), Some(false));
        assert_eq!(answered("How heavy is a bridge?", text, 0.3), Some(false));
        assert_eq!(answers("When?", Language::ENGLISH, &[], &[]), None);
    }

    #[test]
    fn names_are_what_is_written_like_one() {
        assert_eq!(
            names("Which Qwen3 does OpenOCD run on 1.29?", Language::ENGLISH),
            ["qwen3", "openocd", "1", "29"]
        );
        assert!(names("WHAT IS LORA?", Language::ENGLISH).is_empty());
        assert!(names("Was ist ein Turm?", Language::from_tag("de").unwrap()).is_empty());
    }
}
