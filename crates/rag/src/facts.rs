//! What has to agree exactly between a claim and what it rests on: numbers, names, negations.

use std::collections::{BTreeSet, HashSet};

use daneel_corpus::Language;

use crate::phrases::phrases;
use crate::tokens::{has, tokens};
use crate::words;

/// Words after a negation that it can concern.
const NEGATION_REACH: usize = 5;

/// The numbers of a text, number words among them, each in one way of writing: `1,000` and `1.000` are `1000`.
pub(crate) fn numbers(text: &str, language: Language) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | ',' | '’' | '\''))) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if word.starts_with(|c: char| c.is_ascii_digit())
            && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'\''))
        {
            numbers.insert(normalized(word));
        }
    }
    let words = phrases(language).grammar.numbers;
    for token in tokens(text) {
        let named = words.iter().find(|(name, _)| *name == token.word);
        numbers.extend(named.map(|(_, number)| number.to_string()));
    }
    numbers
}

/// Separators of thousands go; a decimal comma becomes a point.
fn normalized(number: &str) -> String {
    let groups: Vec<&str> = number.split(['.', ',', '\'']).collect();
    match groups.as_slice() {
        [whole, rest @ ..]
            if !rest.is_empty() && rest.iter().all(|group| group.len() == 3) && *whole != "0" =>
        {
            groups.concat()
        }
        [whole, decimals] => format!("{whole}.{decimals}"),
        _ => groups.join("."),
    }
}

/// The words of a text that are written like names, in lower case: with a capital inside the sentence, or with digits
/// and letters, or as code. The first word of a sentence always has a capital, so it counts only if all of it is large.
pub(crate) fn names(text: &str, language: Language) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut begins = true;
    let mut end = 0;
    for token in tokens(text) {
        begins |= text[end..token.range.start].contains(['.', '!', '?', ':', '“', '"', '«', '(']);
        end = token.range.end;
        let written = &text[token.range.clone()];
        let mut letters = written.chars();
        let is_capital = letters.next().is_some_and(char::is_uppercase);
        let is_large = letters.any(char::is_uppercase);
        let is_mixed =
            written.contains(|c: char| c.is_ascii_digit()) && written.contains(char::is_alphabetic);
        // German writes every noun with a capital.
        let is_noun = language.code() == "de";
        if is_large || is_mixed || (is_capital && !begins && !is_noun) {
            names.insert(token.word);
        }
        begins = false;
    }
    // A pronoun or an article with a capital, as in a title, names nothing.
    names.retain(|name| !words::content_words(name, language).is_empty());
    names
}

/// Code within a text: what stands between backquotes.
pub(crate) fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).map(str::trim).filter(|code| !code.is_empty())
}

/// Whether what a text says of `about`, a set of stems, is negated: a negation stands close before one of them, and no other
/// statement begins in between. Without `about` any negation counts.
pub(crate) fn is_negated(text: &str, language: Language, about: Option<&HashSet<String>>) -> bool {
    let grammar = &phrases(language).grammar;
    without_contractions(text).split([',', ';', ':', '(', ')', '–', '—', '.', '!', '?']).any(|clause| {
        let tokens = tokens(clause);
        tokens.iter().enumerate().any(|(at, token)| {
            let reach = tokens[at + 1..].iter().take_while(|next| !has(grammar.contrasts, &next.word));
            has_exactly(grammar.negations, &token.word)
                && about.is_none_or(|about| {
                    reach.take(NEGATION_REACH).any(|next| {
                        words::content_words(&next.word, language).iter().any(|stem| about.contains(stem))
                    })
                })
        })
    })
}

/// English contractions written out: "isn't" is "is not".
pub(crate) fn without_contractions(text: &str) -> String {
    text.replace("n't", " not").replace("n’t", " not")
}

/// Without leaving accents out: Italian "né" is not "ne".
fn has_exactly(table: &[&str], word: &str) -> bool {
    table.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Language = Language::ENGLISH;

    #[track_caller]
    fn check_numbers(language: Language, text: &str, expected: &[&str]) {
        assert_eq!(
            numbers(text, language).iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        check_numbers(EN, "In 1912, 1,000 of 6-8 took four bits.", &["1000", "1912", "4", "6", "8"]);
        check_numbers(Language::ITALIAN, "Costa 3,5 euro o 1.000 lire, in otto rate.", &["1000", "3.5", "8"]);
        check_numbers(EN, "GPT4 and v2 are names.", &[]);
        check_numbers(EN, "0.125 is small", &["0.125"]);
    }

    #[test]
    fn names_are_told_by_how_they_are_written() {
        let found = names("The engine of Bill Gates runs WebGPU. Models like Qwen2 too.", EN);
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort();
        assert_eq!(found, ["bill", "gates", "qwen2", "webgpu"]);
        assert!(names("Die Karte zeigt Wege", Language::from_tag("de").unwrap()).is_empty());
    }

    #[test]
    fn a_negation_concerns_what_follows_it_closely() {
        let about = |words: &str| words::content_words(words, EN);
        let negated = |text, of: &str| is_negated(text, EN, Some(&about(of)));
        assert!(negated("Rust does not have null.", "null"));
        assert!(negated("Rust doesn't have null.", "null"));
        assert!(!negated("It is not slow but small.", "small"));
        assert!(!negated("If it is not there, the cache is filled.", "cache filled"));
        assert!(is_negated("Nobody knows.", EN, None) && !is_negated("All know.", EN, None));
        let italian = words::content_words("server", Language::ITALIAN);
        assert!(is_negated("Senza alcun server tuo.", Language::ITALIAN, Some(&italian)));
    }

    #[test]
    fn code_is_between_backquotes() {
        assert_eq!(code_spans("Run `cargo run` in `src`, `").collect::<Vec<_>>(), ["cargo run", "src"]);
    }
}
