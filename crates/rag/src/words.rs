//! Text becomes sentences and content words, as the rest of the house cuts them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use daneel_corpus::Language;
use daneel_index::Analyzer;

use crate::Source;

/// Stems of a text without stop words.
pub(crate) fn content_words(text: &str, language: Language) -> HashSet<String> {
    analyzer(language).terms(text).collect()
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

/// Analyzers are kept: building one reads a whole list of stop words.
fn analyzer(language: Language) -> Rc<Analyzer> {
    thread_local! {
        static ANALYZERS: RefCell<HashMap<Language, Rc<Analyzer>>> = RefCell::default();
    }
    ANALYZERS.with_borrow_mut(|analyzers| {
        analyzers.entry(language).or_insert_with(|| Rc::new(Analyzer::new(Some(language)))).clone()
    })
}
