//! Citation markers, `[1]`, in what a model writes. Nowhere else is a marker read.

use std::ops::Range;

/// One marker: `[1]` or `[1, 2]`.
pub(crate) struct Marker {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The sources that it names.
    pub numbers: Vec<usize>,
}

/// Finds `[1]`, `[1, 2]`, `[1][2]`, but neither links `[1](…)` nor `[note]`.
pub(crate) fn markers(text: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        from = open + 1;
        let Some(close) = text[open..].find(']').map(|at| open + at) else { break };
        let inside = &text[open + 1..close];
        let numbers: Option<Vec<usize>> = inside.split([',', ';']).map(|part| number(part.trim())).collect();
        if let Some(numbers) = numbers.filter(|_| !text[close + 1..].starts_with('(')) {
            found.push(Marker { range: open..close + 1, numbers });
            from = close + 1;
        }
    }
    found
}

/// Bytes of the white space and markers that a text begins with, none where there is no marker.
pub(crate) fn leading(text: &str) -> usize {
    let mut end = 0;
    for marker in markers(text) {
        if !text[end..marker.range.start].trim().is_empty() {
            break;
        }
        end = marker.range.end;
    }
    end
}

/// The text without its markers: "grows [1]." becomes "grows." and "the [1] index" becomes "the index".
pub(crate) fn without(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for marker in markers(text) {
        let before = &text[from..marker.range.start];
        let after = text[marker.range.end..].chars().next();
        let closes = after.is_none_or(|next| next.is_whitespace() || next.is_ascii_punctuation());
        kept.push_str(if closes { before.trim_end() } else { before });
        from = marker.range.end;
    }
    kept.push_str(&text[from..]);
    kept
}

/// Digits as a number; more digits than any number has name nothing, like 0.
fn number(digits: &str) -> Option<usize> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_numbers_in_brackets() {
        let numbers = |text| markers(text).into_iter().flat_map(|marker| marker.numbers).collect::<Vec<_>>();
        assert_eq!(numbers("It grows [1], it shrinks [2, 3][4]."), [1, 2, 3, 4]);
        assert!(numbers("[1](https://example.org) [note] [] [1 of 2] [").is_empty());
        assert_eq!(numbers("[99999999999999999999999]"), [0]);
    }

    #[test]
    fn a_text_without_them_reads_well() {
        assert_eq!(without("It grows [1]. The [2] index [3], too."), "It grows. The index, too.");
        assert_eq!(without("No markers."), "No markers.");
    }

    #[test]
    fn leading_markers_belong_to_what_was_before() {
        assert_eq!(leading(" [1] [2] Next"), 8);
        assert_eq!(leading("Next [1]"), 0);
    }
}
