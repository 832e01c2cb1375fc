//! Text becomes sentences and content words, as the rest of the house cuts them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use daneel_corpus::Language;
use daneel_index::Analyzer;

use crate::tokens::{has, tokens};
use crate::{Source, phrases};

/// Stems of a text without stop words.
pub(crate) fn content_words(text: &str, language: Language) -> HashSet<String> {
    analyzer(language).terms(text).collect()
}

/// Content words of a question: what it asks about, not the words that it asks with.
pub(crate) fn of_question(question: &str, language: Language) -> HashSet<String> {
    let asking = phrases::phrases(language).grammar.interrogatives;
    let about = tokens(question).into_iter().filter(|token| !has(asking, &token.word));
    about.flat_map(|token| content_words(&token.word, language)).collect()
}

/// Content words of a passage, its title and headings included.
pub(crate) fn of_source(source: &Source) -> HashSet<String> {
    let text = format!("{} {} {}", source.title, source.headings.join(" "), source.text);
    content_words(&text, source.language)
}

/// Share of `wanted` that is in `offered`, 0 to 1; 0 where nothing is wanted.
pub(crate) fn coverage(wanted: &HashSet<String>, offered: &HashSet<String>) -> f32 {
    if wanted.is_empty() { 0.0 } else { wanted.intersection(offered).count() as f32 / wanted.len() as f32 }
}

/// Sentences in order, each with the white space after it: together they are the text.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    daneel_corpus::sentences(text)
}

/// Whether a sentence makes sense only after the one before it: its first word is a pronoun or a connective.
pub(crate) fn refers_back(sentence: &str, language: Language) -> bool {
    let first = sentence.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    let leaning = phrases::phrases(language).grammar.leaning;
    first.is_some_and(|word| leaning.contains(&word.to_lowercase().as_str()))
}

/// Product of two vectors of length 1: their cosine.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Analyzers are kept: building one reads a whole list of stop words.
fn analyzer(language: Language) -> Rc<Analyzer> {
    thread_local! {
        static ANALYZERS: RefCell<HashMap<Language, Rc<Analyzer>>> = RefCell::default();
    }
    ANALYZERS.with_borrow_mut(|analyzers| {
        analyzers.entry(language).or_insert_with(|| Rc::new(Analyzer::new(Some(language)))).clone()
    })
}
