//! A passage that an answer rests on, and the link that opens a page at its words.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

/// A span of more words is linked by its first and last words: the link stays short, and a browser finds it sooner.
const MAX_FRAGMENT_WORDS: usize = 10;
/// A name before a colon has at most so many words if it may be a term or a header.
const MAX_TERM_WORDS: usize = 6;
/// Words at each end of a span that is linked by its ends.
const END_WORDS: usize = 4;

/// A passage that an answer can rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// 1, 2, 3 … as shown; the name that a [`Span`] calls it by.
    pub number: usize,
    /// Where it leads: URL with the anchor of the nearest heading.
    pub href: String,
    /// Title of the document.
    pub title: String,
    /// Headings above the passage, outermost first.
    pub headings: Vec<String>,
    /// Date of the document, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Language of the document.
    pub language: Language,
    /// The passage.
    pub text: String,
}

/// A stretch of a source's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// [`Source::number`] of the source.
    pub source: usize,
    /// First byte in [`Source::text`].
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Source {
    /// The words of a span; none where it is another source's, or no stretch of this text.
    pub fn quote(&self, span: &Span) -> Option<&str> {
        if span.source != self.number {
            return None;
        }
        self.text.get(span.start..span.end)
    }

    /// Title and headings, outermost first.
    pub fn path(&self) -> String {
        let mut path = self.title.clone();
        for heading in self.headings.iter().filter(|heading| !heading.is_empty()) {
            path.push_str(if path.is_empty() { "" } else { " — " });
            path.push_str(heading);
        }
        path
    }

    /// All of the text as a span.
    pub fn whole(&self) -> Span {
        Span { source: self.number, start: 0, end: self.text.len() }
    }

    /// The link that opens the page at a span's words and marks them, where the browser can: a [text fragment] after
    /// the anchor. Browsers without text fragments go to the anchor. [`Self::href`] alone where the span has no words.
    ///
    /// [text fragment]: https://wicg.github.io/scroll-to-text-fragment/
    pub fn href_at(&self, span: &Span) -> String {
        let Some(directive) = self.quote(span).and_then(text_directive) else { return self.href.clone() };
        let hash = if self.href.contains('#') { "" } else { "#" };
        format!("{}{hash}:~:text={directive}", self.href)
    }
}

/// `start` or `start,end` of a text directive. `start` and `end` have to lie in one block of the page each, and lines and
/// table cells are blocks of their own.
fn text_directive(quote: &str) -> Option<String> {
    let blocks: Vec<Vec<&str>> = quote
        .lines()
        .flat_map(cells)
        .map(|block| as_on_page(block.trim()).split_whitespace().collect())
        .filter(|words: &Vec<&str>| !words.is_empty())
        .collect();
    let (first, last) = (blocks.first()?, blocks.last()?);
    if blocks.len() == 1 && first.len() <= MAX_FRAGMENT_WORDS {
        return Some(encode(&first.join(" ")));
    }
    let start = &first[..first.len().min(END_WORDS)];
    let end = &last[last.len().saturating_sub(END_WORDS)..];
    Some(format!("{},{}", encode(&start.join(" ")), encode(&end.join(" "))))
}

/// The cells of a table's row, `| a | 1 |` or `Name: a; Size: 1`; the line itself if it is none.
fn cells(line: &str) -> Vec<&str> {
    let cells: Vec<&str> = line.split("; ").collect();
    if cells.len() > 1 && cells.iter().all(|cell| cell.contains(": ")) {
        return cells;
    }
    line.trim().trim_start_matches("| ").trim_end_matches(" |").split(" | ").collect()
}

/// A block without what is no text of its element on the page: the bullet or number of a list item, which the browser
/// draws, and the term of a definition or the header of a cell, which are elements of their own.
fn as_on_page(block: &str) -> &str {
    let item = without_list_marker(block);
    match item.split_once(": ") {
        Some((name, value))
            if name.split_whitespace().count() <= MAX_TERM_WORDS && !value.trim().is_empty() =>
        {
            value
        }
        _ => item,
    }
}

fn without_list_marker(block: &str) -> &str {
    let Some((marker, rest)) = block.split_once(' ') else { return block };
    let number = marker.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || matches!(marker, "-" | "*" | "+" | "•") { rest.trim_start() } else { block }
}

/// Percent-encodes all but the characters that no part of a text directive or of a URL fragment gives a meaning to.
fn encode(words: &str) -> String {
    let mut encoded = String::with_capacity(words.len());
    for byte in words.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'!' | b'~' | b'\'' | b'(' | b')') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
impl Source {
    /// A passage of an English text without a name.
    pub(crate) fn of_text(number: usize, text: &str) -> Self {
        Self {
            number,
            href: String::new(),
            title: String::new(),
            headings: vec![],
            date: None,
            language: Language::ENGLISH,
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(href: &str, text: &str) -> Source {
        Source { href: href.into(), ..Source::of_text(3, text) }
    }

    #[track_caller]
    fn check(href: &str, quote: &str, expected: &str) {
        let source = source(href, &format!("Before. {quote} After."));
        let span = Span { source: 3, start: 8, end: 8 + quote.len() };
        assert_eq!(source.quote(&span), Some(quote));
        assert_eq!(source.href_at(&span), expected);
    }

    #[test]
    fn a_short_span_is_linked_word_by_word() {
        check("a.html", "It is local.", "a.html#:~:text=It%20is%20local.");
        check("a.html", "It  is\tlocal.", "a.html#:~:text=It%20is%20local.");
    }

    #[test]
    fn the_anchor_stays_for_browsers_without_text_fragments() {
        check("/p/?a=1#why-not", "È così.", "/p/?a=1#why-not:~:text=%C3%88%20cos%C3%AC.");
    }

    #[test]
    fn what_a_directive_gives_a_meaning_to_is_encoded() {
        check("a", "on-device, R&D #1 100%", "a#:~:text=on%2Ddevice%2C%20R%26D%20%231%20100%25");
    }

    #[test]
    fn a_long_span_is_linked_by_its_ends() {
        let quote = "one two three four five six seven eight nine ten eleven";
        check("a", quote, "a#:~:text=one%20two%20three%20four,eight%20nine%20ten%20eleven");
    }

    #[test]
    fn lines_and_cells_are_blocks_of_their_own() {
        check("a", "Steps:\n\n1. Open it.\n2. Close it.", "a#:~:text=Steps%3A,Close%20it.");
        check("a", "flour | 500 g", "a#:~:text=flour,500%20g");
        check("a", "Name: flour; How much: 500 g", "a#:~:text=flour,500%20g");
        check("a", "| x y | z |", "a#:~:text=x%20y,z");
        check("a", "Robot: A machine.", "a#:~:text=A%20machine.");
        check("a", "- a b", "a#:~:text=a%20b");
    }

    #[test]
    fn a_span_of_another_text_links_to_the_page_alone() {
        let source = source("a#b", "perché");
        for (number, start, end) in [(1, 0, 4), (3, 0, 6), (3, 4, 900), (3, 5, 2), (3, 2, 2)] {
            assert_eq!(source.href_at(&Span { source: number, start, end }), "a#b");
        }
        assert_eq!(source.href_at(&source.whole()), "a#b:~:text=perch%C3%A9");
    }
}
