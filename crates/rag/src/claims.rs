//! A model's text, as it comes, becomes claims: whole sentences, list items and code blocks that can be checked.

use crate::{markers, units, words};

/// What is checked and shown together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    /// What stood before it: white space and a list's bullet.
    pub lead: String,
    /// Without markers.
    pub text: String,
    /// The sources that its markers name.
    pub cited: Vec<usize>,
    /// Whether it is a block of code, with its fences.
    pub is_code: bool,
}

/// Cuts a stream of text into claims.
#[derive(Default)]
pub(crate) struct Claims {
    /// What has come and is part of no claim yet.
    rest: String,
}

impl Claims {
    /// Takes more text, and gives the claims that it completes. A sentence is complete once the next one has begun, since
    /// its marker may follow its full stop.
    pub fn push(&mut self, text: &str) -> Vec<Claim> {
        self.rest.push_str(text);
        self.take(false)
    }

    /// What is left when no more text comes. Where the text was cut off, its last sentence is left out unless it is whole.
    pub fn finish(mut self, is_cut_off: bool) -> Vec<Claim> {
        let mut claims = self.take(true);
        if is_cut_off
            && claims.last().is_some_and(|claim| !claim.is_code && !units::ends_sentence(&claim.text))
        {
            claims.pop();
        }
        claims
    }

    fn take(&mut self, is_end: bool) -> Vec<Claim> {
        let mut claims = Vec::new();
        while let Some((length, claim)) = next(&self.rest, is_end) {
            self.rest.drain(..length);
            claims.extend(claim);
        }
        claims
    }
}

/// The first claim of a text with its length in bytes, if it is complete; no claim for a heading.
fn next(text: &str, is_end: bool) -> Option<(usize, Option<Claim>)> {
    let body = text.trim_start();
    let lead = &text[..text.len() - body.len()];
    if body.is_empty() || (!is_end && "```".starts_with(body)) {
        return None;
    }
    if body.starts_with("```") {
        let end = match body.get(3..)?.find("\n```") {
            Some(at) => 3 + at + 4,
            None if is_end => body.len(),
            None => return None,
        };
        let claim = Claim { lead: lead.into(), text: body[..end].into(), cited: Vec::new(), is_code: true };
        return Some((lead.len() + end, Some(claim)));
    }
    let line_end = body.find('\n');
    let line = &body[..line_end.unwrap_or(body.len())];
    let is_whole = is_end || line_end.is_some();
    if line.starts_with('#') {
        return is_whole.then_some((lead.len() + line.len(), None));
    }
    let marker = units::list_marker(line).unwrap_or_default();
    let sentence = first_sentence(&line[marker.len()..], is_whole)?;
    let length = lead.len() + marker.len() + sentence.trim_end().len();
    let cited = markers::markers(sentence).into_iter().flat_map(|marker| marker.numbers).collect();
    let text = markers::without(sentence).trim().to_owned();
    let lead = format!("{lead}{marker}");
    let claim = (!text.is_empty()).then_some(Claim { lead, text, cited, is_code: false });
    Some((length, claim))
}

/// The first sentence of a line with the markers after it, once it is sure that nothing else belongs to it.
fn first_sentence(line: &str, is_whole: bool) -> Option<&str> {
    let mut end = 0;
    while let Some(sentence) = words::sentences(&line[end..]).first() {
        end += sentence.len();
        end += markers::leading(&line[end..]);
        // "[1]." after a full stop.
        end += usize::from(line[end..].starts_with('.'));
        let rest = line[end..].trim_start();
        let is_marker_coming = rest.starts_with('[') && !rest.contains(']');
        let is_closed = !is_marker_coming && rest.contains(char::is_alphanumeric);
        if is_closed && line[..end].contains(char::is_alphanumeric) {
            return Some(&line[..end]);
        }
    }
    is_whole.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the text is cut into pieces, the claims are the same.
    #[track_caller]
    fn check(text: &str, is_cut_off: bool, expected: &[(&str, &str, &[usize])]) {
        for size in [1, 3, 7, 1000] {
            let mut claims = Claims::default();
            let mut found = Vec::new();
            let characters: Vec<char> = text.chars().collect();
            for piece in characters.chunks(size) {
                found.extend(claims.push(&piece.iter().collect::<String>()));
            }
            found.extend(claims.finish(is_cut_off));
            let found: Vec<_> = found
                .iter()
                .map(|claim| (claim.lead.as_str(), claim.text.as_str(), claim.cited.as_slice()))
                .collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn sentences_with_their_markers() {
        check(
            "It grows [1]. It shrinks. [2] [3] It stays.",
            false,
            &[("", "It grows.", &[1]), (" ", "It shrinks.", &[2, 3]), (" ", "It stays.", &[])],
        );
        check(
            "See Dr. Calvin, e.g. in 3.5 of it. Yes",
            false,
            &[("", "See Dr. Calvin, e.g. in 3.5 of it.", &[]), (" ", "Yes", &[])],
        );
    }

    #[test]
    fn lists_keep_their_bullets_and_headings_go() {
        check(
            "# Answer\n\nTwo things:\n- speed [1]\n- size\n\n1. Open it.\n",
            false,
            &[
                ("\n\n", "Two things:", &[]),
                ("\n- ", "speed", &[1]),
                ("\n- ", "size", &[]),
                ("\n\n1. ", "Open it.", &[]),
            ],
        );
    }

    #[test]
    fn code_is_one_claim() {
        check(
            "Run it:\n```sh\ncargo run. Now\n```\nDone.",
            false,
            &[("", "Run it:", &[]), ("\n", "```sh\ncargo run. Now\n```", &[]), ("\n", "Done.", &[])],
        );
    }

    #[test]
    fn a_sentence_that_was_cut_off_is_no_claim() {
        check("It grows. It shri", true, &[("", "It grows.", &[])]);
        check("It grows. It shrinks.", true, &[("", "It grows.", &[]), (" ", "It shrinks.", &[])]);
        check("", true, &[]);
    }
}
