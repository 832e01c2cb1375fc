//! A message becomes its questions: greetings left out, several questions apart.

use daneel_corpus::Language;

use crate::phrases::phrases;
use crate::tokens::{has, tokens};
use crate::words;

/// Most questions that are looked up one by one; a message with more is looked up as a whole.
const MOST_QUESTIONS: usize = 3;
/// Words that a question after a conjunction has at least, besides its interrogative.
const WORDS_OF_SECOND: usize = 2;

/// The sentences of a message that are more than a remark; all of it where every one is.
///
/// "Hi, what is X?" loses its greeting, too.
pub(super) fn without_remarks(message: &str, is_remark: impl Fn(&str) -> bool) -> Vec<String> {
    let mut parts = Vec::new();
    for sentence in words::sentences(message) {
        let sentence = sentence.trim();
        let mut rest = sentence;
        while let Some((first, more)) = rest.split_once([',', ':', '-', '–', '—'])
            && !more.trim().is_empty()
            && is_remark(first)
        {
            rest = more.trim_start();
        }
        // The other way round: "What is X, please?" is left to the tables.
        if !rest.is_empty() && !is_remark(rest) {
            parts.push(rest.to_owned());
        }
    }
    if parts.is_empty() { vec![message.trim().to_owned()] } else { join_statements(parts) }
}

/// What is said before a question goes with it: "I have a dog. What does it eat?"
fn join_statements(parts: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut statement = String::new();
    for part in parts {
        let asks = part.ends_with(['?', '？', '؟']);
        if !statement.is_empty() {
            statement.push(' ');
        }
        statement.push_str(&part);
        if asks {
            joined.push(std::mem::take(&mut statement));
        }
    }
    match joined.last_mut() {
        // What follows the last question belongs to it.
        Some(last) if !statement.is_empty() => {
            last.push(' ');
            last.push_str(&statement);
        }
        None => joined.push(statement),
        _ => {}
    }
    joined
}

/// The questions to look up, each by itself.
pub(super) fn questions(parts: &[String], language: Language) -> Vec<String> {
    let questions: Vec<String> = parts.iter().flat_map(|part| at_conjunction(part, language)).collect();
    if questions.len() > MOST_QUESTIONS { vec![parts.join(" ")] } else { questions }
}

/// "What is X and how does it work?" becomes two questions, where both halves plainly are questions.
fn at_conjunction(part: &str, language: Language) -> Vec<String> {
    let grammar = &phrases(language).grammar;
    let tokens = tokens(part);
    let is_interrogative =
        |at: usize| tokens.get(at).is_some_and(|token| has(grammar.interrogatives, &token.word));
    let Some(joint) = (1..tokens.len()).find(|&at| {
        has(grammar.conjunctions, &tokens[at].word) && (is_interrogative(at + 1) || is_interrogative(at + 2))
    }) else {
        return vec![part.to_owned()];
    };
    let is_content = |at: usize| !words::content_words(&tokens[at].word, language).is_empty();
    // One question alone: a second interrogative before the joint makes it a clause, "what X is and what Y is".
    let first_end = (0..tokens.len()).find(|&at| !is_interrogative(at)).unwrap_or(0);
    let is_plain = is_interrogative(0) && !(first_end..joint).any(is_interrogative);
    let first_says = (0..joint).any(|at| !is_interrogative(at) && is_content(at));
    let second_words = (joint + 1..tokens.len()).filter(|&at| !is_interrogative(at)).count();
    if !is_plain || !first_says || second_words < WORDS_OF_SECOND {
        return vec![part.to_owned()];
    }
    let first = part[..tokens[joint].range.start].trim_end().trim_end_matches(',');
    let second = &part[tokens[joint + 1].range.start..];
    vec![format!("{first}?"), capitalised(second)]
}

/// With a capital first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
