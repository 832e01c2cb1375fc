//! The patterns of the phrase tables, and whether a question fits them.
//!
//! A pattern is a row of elements between blanks. An element is one of `alternatives|between|bars`, or may be left out `[in|brackets]`.
//! An alternative is a word, `words_that_belong_together`, `<class>` for a word of a class, `{n}` for a number, `{period}` for a date, or `{topic}` for one word
//! or more.

use daneel_corpus::Language;

use super::period::{self, Period};
use crate::phrases::{Phrases, phrases};
use crate::tokens::{Token, is_same};

/// What a pattern's places were filled with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Captures {
    /// Tokens of the topic: first, and the one after the last.
    pub topic: Option<(usize, usize)>,
    pub number: Option<u32>,
    pub period: Option<Period>,
    pub language: Option<Language>,
}

/// The first of `patterns` that fits all of `tokens`.
pub(super) fn find(patterns: &[&str], tokens: &[Token], phrases: &Phrases) -> Option<Captures> {
    patterns.iter().find_map(|pattern| {
        let elements: Vec<&str> = pattern.split(' ').collect();
        fit(&elements, tokens, 0, &Captures::default(), phrases, true).map(|(_, captures)| captures)
    })
}

/// How many of the first `tokens` the longest fit of any of `patterns` takes, if it leaves some.
pub(super) fn find_prefix(patterns: &[&str], tokens: &[Token], phrases: &Phrases) -> Option<usize> {
    (1..tokens.len()).rev().find(|&end| find(patterns, &tokens[..end], phrases).is_some())
}

/// Whether one of `patterns` fits somewhere among `tokens`.
pub(crate) fn occurs(patterns: &[&str], tokens: &[Token], language: Language) -> bool {
    let phrases = phrases(language);
    patterns.iter().any(|pattern| {
        let elements: Vec<&str> = pattern.split(' ').collect();
        (0..tokens.len()).any(|at| fit(&elements, tokens, at, &Captures::default(), phrases, false).is_some())
    })
}

/// The tokens without politeness around them, and without the word that ties them to the question before.
pub(super) fn without_politeness<'a>(tokens: &'a [Token], phrases: &Phrases) -> &'a [Token] {
    let mut tokens = tokens;
    for table in [phrases.questions.openers, phrases.questions.polite] {
        tokens = &tokens[find_prefix(table, tokens, phrases).unwrap_or(0)..];
    }
    let is_polite = |start: &usize| find(phrases.questions.polite, &tokens[*start..], phrases).is_some();
    let end = (1..tokens.len()).find(is_polite).unwrap_or(tokens.len());
    &tokens[..end]
}

/// The token after the fit of `elements` from token `at` on, and what was captured.
fn fit(
    elements: &[&str],
    tokens: &[Token],
    at: usize,
    captures: &Captures,
    phrases: &Phrases,
    to_end: bool,
) -> Option<(usize, Captures)> {
    let Some((element, rest)) = elements.split_first() else {
        return (!to_end || at == tokens.len()).then(|| (at, captures.clone()));
    };
    let inner = element.strip_prefix('[').and_then(|element| element.strip_suffix(']'));
    for alternative in inner.unwrap_or(element).split('|') {
        for (end, captures) in readings(alternative, tokens, at, captures, phrases) {
            let fitted = fit(rest, tokens, end, &captures, phrases, to_end);
            if fitted.is_some() {
                return fitted;
            }
        }
    }
    inner.and_then(|_| fit(rest, tokens, at, captures, phrases, to_end))
}

/// The ways in which one alternative can take tokens from `at` on.
fn readings(
    alternative: &str,
    tokens: &[Token],
    at: usize,
    captures: &Captures,
    phrases: &Phrases,
) -> Vec<(usize, Captures)> {
    let Some(token) = tokens.get(at) else { return Vec::new() };
    match alternative {
        "{topic}" => (at + 1..=tokens.len())
            .map(|end| (end, Captures { topic: Some((at, end)), ..captures.clone() }))
            .collect(),
        "{n}" => period::number(&token.word, &phrases.grammar)
            .map(|number| (at + 1, Captures { number: Some(number), ..captures.clone() }))
            .into_iter()
            .collect(),
        "{period}" => period::read(&tokens[at..], &phrases.grammar)
            .map(|(length, period)| (at + length, Captures { period: Some(period), ..captures.clone() }))
            .into_iter()
            .collect(),
        "<language>" => phrases
            .grammar
            .languages
            .iter()
            .find(|(name, _)| is_same(&token.word, name))
            .and_then(|(_, code)| Language::from_tag(code))
            .map(|language| (at + 1, Captures { language: Some(language), ..captures.clone() }))
            .into_iter()
            .collect(),
        _ => {
            let class = alternative.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
            let fits = match class {
                Some(name) => class_words(name, phrases).any(|word| is_same(&token.word, word)),
                None => {
                    let end = at + alternative.split('_').count();
                    let words = tokens.get(at..end).into_iter().flatten();
                    let fits = tokens.len() >= end
                        && words.zip(alternative.split('_')).all(|(token, word)| is_same(&token.word, word));
                    return fits.then(|| (end, captures.clone())).into_iter().collect();
                }
            };
            fits.then(|| (at + 1, captures.clone())).into_iter().collect()
        }
    }
}

fn class_words<'a>(name: &'a str, phrases: &'a Phrases) -> impl Iterator<Item = &'static str> + 'a {
    let classes = phrases.questions.classes.iter().filter(move |(class, _)| *class == name);
    classes.flat_map(|(_, words)| words.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    #[track_caller]
    fn check(pattern: &str, question: &str, topic: Option<&str>) {
        let found = tokens(question);
        let captures = find(&[pattern], &found, phrases(Language::ENGLISH));
        let captured = captures.map(|captures| {
            let (start, end) = captures.topic.unwrap_or((0, 0));
            found[start..end].iter().map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(captured.as_deref(), topic, "{pattern} / {question}");
    }

    #[test]
    fn a_pattern_fits_the_whole_question_or_not_at_all() {
        check("a|b [c] d", "A d", Some(""));
        check("a|b [c] d", "b, c d!", Some(""));
        check("a|b [c] d", "a c", None);
        check("a|b [c] d", "a d e", None);
        check("<docs> about {topic}", "Essays about small models?", Some("small models"));
        check("<docs> about {topic}", "Essays about?", None);
        check("about {topic} please", "about a b please", Some("a b"));
        check("a_b|c d", "a b d", Some(""));
        check("a_b|c d", "c d", Some(""));
        check("a_b|c d", "a d", None);
        check("[{n}] last [{n}] <docs>", "last three posts", Some(""));
    }

    #[test]
    fn every_pattern_of_every_table_can_be_read() {
        for language in crate::phrases::languages() {
            let phrases = phrases(language);
            for pattern in phrases.questions.all().flatten().chain(phrases.grammar.abstentions) {
                for element in pattern.split(' ') {
                    let is_open = |c| element.matches(c).count();
                    assert!(!element.is_empty(), "two blanks: {pattern}");
                    assert_eq!(is_open('['), is_open(']'), "{pattern}");
                    let inner = element.trim_start_matches('[').trim_end_matches(']');
                    for alternative in inner.split('|') {
                        let class = alternative.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
                        let is_place = ["{topic}", "{n}", "{period}"].contains(&alternative);
                        let is_class = class.is_some_and(|name| {
                            name == "language" || class_words(name, phrases).next().is_some()
                        });
                        let is_word =
                            alternative.split('_').all(|word| word.chars().all(char::is_alphanumeric))
                                && !alternative.is_empty();
                        assert!(is_place || is_class || is_word, "{language}: `{alternative}` in {pattern}");
                        assert_eq!(alternative, alternative.to_lowercase());
                    }
                }
            }
        }
    }
}
