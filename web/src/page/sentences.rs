//! Growing text becomes whole sentences, once each: what a screen reader is told while an answer streams.

/// Words whose full stop ends no sentence, in English and Italian.
const ABBREVIATIONS: [&str; 20] = [
    "e.g", "i.e", "etc", "vs", "mr", "mrs", "dr", "prof", "fig", "no", "es", "ecc", "sig", "dott", "pag",
    "cfr", "art", "ing", "avv", "cap",
];

/// Remembers how much of a growing text has been handed out.
#[derive(Clone, Debug, Default)]
pub struct Sentences {
    taken: usize,
}

impl Sentences {
    /// The whole sentences that are new in `text`, if any. A text that is not the earlier one grown longer is only
    /// handed out from where the earlier one ended.
    pub fn take(&mut self, text: &str) -> Option<String> {
        let rest = text.get(self.taken..)?;
        let end = last_sentence_end(rest)?;
        self.taken += end;
        Some(rest[..end].trim().to_owned()).filter(|sentences| !sentences.is_empty())
    }

    /// What is left when `text` has ended.
    pub fn finish(&mut self, text: &str) -> Option<String> {
        let rest = text.get(self.taken..)?.trim();
        self.taken = text.len();
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

/// Byte position after the last sentence that has surely ended: something has to follow it.
fn last_sentence_end(text: &str) -> Option<usize> {
    let mut end = None;
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        let mut following = text[after..].chars();
        let ended = match c {
            '\n' => following.next() == Some('\n'),
            '!' | '?' | '…' => following.next().is_some_and(char::is_whitespace),
            '.' => {
                following.next().is_some_and(char::is_whitespace)
                    && following.find(|c| !c.is_whitespace()).is_some_and(|next| !next.is_lowercase())
                    && !is_abbreviation(&text[..at])
            }
            _ => false,
        };
        if ended {
            end = Some(after);
        }
    }
    end
}

/// Whether the full stop after `before` belongs to its last word: an abbreviation, an initial or a list's number.
fn is_abbreviation(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let word =
        line.split_whitespace().next_back().unwrap_or_default().trim_start_matches(['(', '«', '"', '*', '_']);
    let lower = word.to_lowercase();
    ABBREVIATIONS.contains(&lower.as_str())
        || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic))
        || (line.trim() == word && !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the text one character at a time.
    fn spoken(text: &str) -> Vec<String> {
        let mut sentences = Sentences::default();
        let mut out: Vec<_> =
            text.char_indices().filter_map(|(at, c)| sentences.take(&text[..at + c.len_utf8()])).collect();
        out.extend(sentences.finish(text));
        out
    }

    #[test]
    fn each_sentence_once() {
        assert_eq!(
            spoken("It runs here. Nothing leaves! Why? Because."),
            ["It runs here.", "Nothing leaves!", "Why?", "Because."]
        );
    }

    #[test]
    fn abbreviations_numbers_and_decimals_go_on() {
        assert_eq!(
            spoken("Un modello, ad es. Qwen, pesa 3.5 GB. Fine"),
            ["Un modello, ad es. Qwen, pesa 3.5 GB.", "Fine"]
        );
        assert_eq!(spoken("R. Daneel Olivaw speaks. Yes"), ["R. Daneel Olivaw speaks.", "Yes"]);
        assert_eq!(spoken("Two:\n1. One\n2. Two"), ["Two:\n1. One\n2. Two"]);
    }

    #[test]
    fn a_paragraph_ends_a_sentence() {
        assert_eq!(spoken("# Heading\n\nText"), ["# Heading", "Text"]);
    }

    #[test]
    fn a_changed_text_does_not_panic() {
        let mut sentences = Sentences::default();
        assert_eq!(sentences.take("È così. E poi"), Some("È così.".into()));
        assert_eq!(sentences.take("È"), None);
        assert_eq!(sentences.finish("x"), None);
    }

    #[test]
    fn a_text_that_did_not_stream_is_handed_out_whole() {
        assert_eq!(Sentences::default().finish("Nothing found."), Some("Nothing found.".into()));
    }
}
