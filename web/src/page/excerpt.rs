//! A passage and the words searched for become a short excerpt with those words marked.

use std::ops::Range;
use std::slice;

/// A piece of an excerpt, and whether it is marked.
pub type Piece = (String, bool);

/// Characters shown before the first word found.
const LEAD: usize = 48;

/// An excerpt of at most about `max_chars` characters, around the first word found.
pub fn excerpt(text: &str, query: &str, max_chars: usize) -> Vec<Piece> {
    let words = search_words(query);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = word_spans(&text).find(|&(start, end)| is_wanted(&text[start..end], &words));
    let start = first.map_or(0, |(start, _)| start_near(&text, start));
    let end = text[start..].char_indices().nth(max_chars).map_or(text.len(), |(at, _)| {
        let limit = start + at;
        text[start..limit].rfind(' ').map_or(limit, |space| start + space)
    });

    let mut pieces = Vec::new();
    if start > 0 {
        pieces.push(("… ".to_owned(), false));
    }
    let mut shown = start;
    for (word_start, word_end) in word_spans(&text).filter(|&(from, to)| from >= start && to <= end) {
        if is_wanted(&text[word_start..word_end], &words) {
            if shown < word_start {
                pieces.push((text[shown..word_start].to_owned(), false));
            }
            pieces.push((text[word_start..word_end].to_owned(), true));
            shown = word_end;
        }
    }
    if shown < end {
        pieces.push((text[shown..end].to_owned(), false));
    }
    if end < text.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces
}

/// An excerpt of at most about `max_chars` characters, in which a span is marked.
pub fn around(text: &str, span: &Range<usize>, max_chars: usize) -> Vec<Piece> {
    let span = if text.get(span.clone()).is_some() { span.clone() } else { 0..0 };
    let start = start_near(text, span.start);
    let end = text[start..].char_indices().nth(max_chars).map_or(text.len(), |(at, _)| start + at);
    let mark = span.start.min(end) - start..span.end.min(end) - start;
    let mut pieces = marked(&text[start..end], slice::from_ref(&mark));
    if start > 0 {
        pieces.insert(0, ("… ".to_owned(), false));
    }
    if end < text.len() {
        pieces.push((" …".to_owned(), false));
    }
    pieces
}

/// All of a text with some spans marked. Spans that are no stretch of the text are not.
pub fn marked(text: &str, spans: &[Range<usize>]) -> Vec<Piece> {
    let mut spans: Vec<Range<usize>> = spans
        .iter()
        .filter(|span| !span.is_empty() && text.get((*span).clone()).is_some())
        .cloned()
        .collect();
    spans.sort_by_key(|span| span.start);
    let mut pieces = Vec::new();
    let mut shown = 0;
    for span in spans {
        let start = span.start.max(shown);
        if start < span.end {
            pieces.push((text[shown..start].to_owned(), false));
            pieces.push((text[start..span.end].to_owned(), true));
            shown = span.end;
        }
    }
    pieces.push((text[shown..].to_owned(), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// The beginnings of the words searched for: long enough to mean something, short enough to match other endings.
fn search_words(query: &str) -> Vec<String> {
    query
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 4)
        .map(|word| {
            let stem = (word.chars().count() - 1).max(4);
            word.chars().take(stem).collect()
        })
        .collect()
}

fn is_wanted(word: &str, words: &[String]) -> bool {
    let word = word.to_lowercase();
    words.iter().any(|wanted| word.starts_with(wanted.as_str()))
}

/// Byte spans of the words of a text.
fn word_spans(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(char::is_alphanumeric)?;
        let end =
            text[start..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

/// The beginning of a word a little before `at`.
fn start_near(text: &str, at: usize) -> usize {
    match text[..at].char_indices().rev().nth(LEAD) {
        None => 0,
        Some((lead, _)) => text[lead..at].find(' ').map_or(at, |space| lead + space + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|(text, marked)| if *marked { format!("<{text}>") } else { text.clone() }).collect()
    }

    #[test]
    fn marks_other_endings_of_the_words() {
        let pieces = excerpt(
            "Quantized weights are small. A quantizer rounds.",
            "how does quantization of weight work?",
            200,
        );
        assert_eq!(shown(&pieces), "Quantized <weights> are small. A quantizer rounds.");
        assert_eq!(shown(&excerpt("I modelli piccoli", "modello piccolo", 50)), "I <modelli> <piccoli>");
    }

    #[test]
    fn begins_near_the_first_word() {
        let text = format!("{} citations are checked {}", "filler ".repeat(40), "after ".repeat(40));
        let pieces = shown(&excerpt(&text, "citations", 60));
        assert!(
            pieces.starts_with("… ") && pieces.contains("<citations>") && pieces.ends_with(" …"),
            "{pieces}"
        );
        assert!(pieces.chars().count() < 75, "{pieces}");
    }

    #[test]
    fn marks_spans() {
        assert_eq!(shown(&marked("It is so, it is.", &[3..5, 4..8, 10..12])), "It <is>< so>, <it> is.");
        assert_eq!(shown(&marked("è", &[0..1, 0..9, 1..1])), "è");
        let text = format!("{}local {}", "before ".repeat(40), "after ".repeat(40));
        let pieces = shown(&around(&text, &(280..285), 80));
        assert!(pieces.starts_with("… ") && pieces.contains("<local>") && pieces.ends_with(" …"), "{pieces}");
        assert_eq!(shown(&around("It is so.", &(0..99), 5)), "It is …");
    }

    #[test]
    fn any_text_is_cut_between_characters() {
        for max_chars in 0..12 {
            around("Perché è così 🙂🙂 più", &(0..max_chars), max_chars);
            around("Perché è così 🙂🙂 più", &(max_chars..17), max_chars);
            excerpt("Perché è così 🙂🙂 più", "così 🙂 perché", max_chars);
            excerpt("", "x", max_chars);
        }
    }
}
