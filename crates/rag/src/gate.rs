//! Whether the passages that a reader read answer the question at all.

use std::collections::HashSet;

use daneel_corpus::Language;

use crate::Source;
use crate::tokens::{Token, tokens};

/// A logistic regression that `daneel eval fit` makes over questions of several corpora, answered or not, both kinds weighing the
/// same; `docs/benchmarks.md` says which corpora.
const WEIGHTS: Signals =
    Signals { answerable: 0.82, coverage: 2.1, missing_names: -1.46, content_words: 0.374 };
const BIAS: f32 = -2.56;
/// What has to be reached: the texts answer most questions, and a refusal shows the nearest passages too.
const THRESHOLD: f32 = -0.65;
/// What leaves no doubt.
const CLEARLY: f32 = 0.8;

/// What tells whether a question is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals {
    /// Log-odds of the reader's judgement of the passage that it finds likeliest to answer.
    pub answerable: f32,
    /// Share of the question's words that this passage holds.
    pub coverage: f32,
    /// Names, versions and numbers of the question that the passage that has most of them lacks.
    pub missing_names: f32,
    /// Content words of the question.
    pub content_words: f32,
}

impl Signals {
    /// Names of [`Self::values`].
    pub const NAMES: [&'static str; 4] = ["answerable", "coverage", "missing_names", "content_words"];

    /// None where no passage was read. `wanted` are the question's content words.
    pub fn of(
        question: &str,
        language: Language,
        wanted: &HashSet<String>,
        read: &[Passage<'_>],
    ) -> Option<Self> {
        let best = read.iter().max_by(|a, b| a.answerable.total_cmp(&b.answerable))?;
        let names = names(question, language);
        let missing = read.iter().map(|passage| missing(&names, passage.source)).min().unwrap_or_default();
        Some(Self {
            answerable: best.answerable,
            coverage: best.coverage,
            missing_names: missing as f32,
            content_words: wanted.len() as f32,
        })
    }

    pub fn values(&self) -> [f32; 4] {
        [self.answerable, self.coverage, self.missing_names, self.content_words]
    }

    /// Whether the passages answer.
    pub fn are_answered(&self) -> bool {
        self.score() >= THRESHOLD
    }

    /// Whether they leave no doubt.
    pub fn are_clearly_answered(&self) -> bool {
        self.score() >= CLEARLY
    }

    fn score(&self) -> f32 {
        let weighted = self.values().into_iter().zip(WEIGHTS.values());
        weighted.map(|(value, weight)| value * weight).sum::<f32>() + BIAS
    }
}

/// What is known of a passage that was read.
pub(crate) struct Passage<'a> {
    pub source: &'a Source,
    /// Log-odds of the reader's judgement that it answers.
    pub answerable: f32,
    /// Share of the question's words that it holds.
    pub coverage: f32,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn answered(question: &str, text: &str, probability: f32) -> Option<bool> {
        let source = Source { title: "Towers".into(), ..Source::of_text(1, text) };
        let wanted = words::of_question(question, Language::ENGLISH);
        let coverage = words::coverage(&wanted, &words::of_source(&source));
        let answerable = (probability / (1.0 - probability)).ln();
        let read = [Passage { source: &source, answerable, coverage }];
        Signals::of(question, Language::ENGLISH, &wanted, &read).map(|signals| signals.are_answered())
    }

    #[test]
    fn reader_words_and_names_decide_together() {
        let text = "The tower of Pisa was built in 1173.";
        assert_eq!(answered("When was the tower of Pisa built?", text, 0.9), Some(true));
        assert_eq!(answered("When was the tower of Pisa built?", text, 0.002), Some(false));
        assert_eq!(answered("When was the tower of Bologna built?", text, 0.6), Some(false));
        assert_eq!(answered("How heavy is a bridge?", text, 0.3), Some(false));
        assert!(Signals::of("When?", Language::ENGLISH, &HashSet::new(), &[]).is_none());
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
