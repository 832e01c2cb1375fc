//! Plain text becomes an outline: paragraphs, and a title if the first line looks like one and is no date.

use crate::{
    date_line::is_date,
    outline::{Outline, one_line},
};

/// Longest first line, in characters, that is taken for a title.
const MAX_TITLE_CHARS: usize = 100;

/// Paragraphs stand apart by empty lines; line breaks inside them are those of a mail or a screen, not the author's.
pub(crate) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let text = text.trim_start_matches(|c: char| c.is_whitespace());
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_title = first.chars().count() <= MAX_TITLE_CHARS
        && !first.trim_end().ends_with(['.', ',', ';', ':'])
        && rest.starts_with('\n')
        && !rest.trim().is_empty()
        && !is_date(first);
    let body = if is_title {
        outline.heading(1, first, None);
        rest
    } else {
        text
    };
    let mut paragraph = String::new();
    for line in body.lines().chain([""]) {
        if line.trim().is_empty() {
            outline.block(&one_line(&paragraph));
            paragraph.clear();
        } else {
            paragraph.push_str(line);
            paragraph.push('\n');
        }
    }
    outline
}
