//! What lists of documents show, one entry a document: the row of the document table.

use serde::{Deserialize, Serialize};

use crate::{Document, Language, sentences};

/// A document without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentInfo {
    /// Where it is, without fragment.
    pub url: String,
    /// Its title.
    pub title: String,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Tags and categories, as the author wrote them.
    pub tags: Vec<String>,
    /// Its language.
    pub language: Language,
    /// The first paragraph, cut at a sentence; at most [`MAX_SUMMARY_CHARS`].
    pub summary: String,
}

/// Most characters of [`DocumentInfo::summary`].
pub const MAX_SUMMARY_CHARS: usize = 300;

impl DocumentInfo {
    /// The row of a document.
    ///
    /// Its summary is the first paragraph of prose: not a list, table or line of code while there is prose.
    pub fn of(document: &Document) -> Self {
        Self {
            url: document.url.clone(),
            title: document.title.clone(),
            date: document.date.clone(),
            tags: document.tags.clone(),
            language: document.language,
            summary: summary(document),
        }
    }
}

/// The first block that reads as prose, else the first of all, cut to the limit.
fn summary(document: &Document) -> String {
    let blocks = || document.sections.iter().flat_map(|section| section.text.split("\n\n"));
    let block = blocks().find(|block| is_prose(block)).or_else(|| blocks().next()).unwrap_or_default();
    cut(&block.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether a block reads as a paragraph: whole sentences, no item of a list, row of a table or code.
fn is_prose(block: &str) -> bool {
    const MARKERS: &[&str] = &["- ", "* ", "| ", "> "];
    let numbered = block.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_item = MARKERS.iter().any(|marker| block.starts_with(marker))
        || (numbered.len() < block.len() && numbered.starts_with(['.', ')']));
    let is_indented = block.starts_with(char::is_whitespace) || block.contains("\n ");
    let closed = block.trim_end().trim_end_matches(['"', '\'', '”', '’', '»', ')', '」', '』']);
    !is_item && !is_indented && closed.ends_with(['.', '!', '?', '…', '。', '！', '？', '।'])
}

/// Whole sentences while they fit; of a first one that does not fit, whole words and an ellipsis.
fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_SUMMARY_CHARS {
        return text.to_owned();
    }
    let mut n_chars = 0;
    let mut end = 0;
    for sentence in sentences(text) {
        n_chars += sentence.trim_end().chars().count();
        if n_chars > MAX_SUMMARY_CHARS {
            break;
        }
        end += sentence.len();
        n_chars += sentence.chars().rev().take_while(|c| c.is_whitespace()).count();
    }
    if end > 0 {
        return text[..end].trim_end().to_owned();
    }
    let limit = text.char_indices().nth(MAX_SUMMARY_CHARS - 1).map_or(text.len(), |(limit, _)| limit);
    let words = text[..limit].rfind(' ').map_or(limit, |space| space);
    format!("{}…", text[..words].trim_end_matches([' ', ',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Section;

    fn summary_of(blocks: &[&str]) -> String {
        let text = blocks.join("\n\n");
        DocumentInfo::of(&Document {
            source: "a.md".to_owned(),
            url: "a.html".to_owned(),
            title: "A".to_owned(),
            date: None,
            language: Language::ENGLISH,
            tags: vec!["rag".to_owned()],
            sections: vec![Section { text, ..Section::default() }],
        })
        .summary
    }

    #[test]
    fn the_first_prose_is_chosen() {
        let prose = "It says “what it is.”";
        for before in ["let a = 1;\nlet b = 2;", "1. First step.", "- Item.", "| a | b |", "March 2024"] {
            assert_eq!(summary_of(&[before, prose, "More."]), prose, "{before}");
        }
        assert_eq!(summary_of(&["第一句。", "第二段。"]), "第一句。");
        assert_eq!(summary_of(&["cargo run", "cargo test"]), "cargo run", "where there is nothing else");
        assert_eq!(summary_of(&[]), "");
    }

    #[test]
    fn a_long_paragraph_is_cut_at_a_sentence() {
        let sentence = "Sentences of this kind have exactly fifty characters. ";
        let summary = summary_of(&[&sentence.repeat(20)]);
        assert_eq!(summary, sentence.repeat(5).trim_end());
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_word() {
        for text in [format!("{}.", "parola è, ".repeat(90)), format!("{}。", "字".repeat(900))] {
            let summary = summary_of(&[&text]);
            let n_chars = summary.chars().count();
            assert!(summary.ends_with('…') && (280..=MAX_SUMMARY_CHARS).contains(&n_chars), "{summary}");
        }
    }
}
