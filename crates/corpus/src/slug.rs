//! Heading text becomes the fragment that site generators give it.

use std::collections::{HashMap, HashSet};

/// Hands out the anchors of one document's headings, in reading order: every one is different.
#[derive(Clone, Debug)]
pub struct Slugger {
    alphabet: Alphabet,
    used: HashSet<String>,
    /// Next number to try after a slug that was taken.
    next_suffix: HashMap<String, usize>,
}

/// Which letters stay in a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    /// Accents stay: GitHub, Jekyll, Hugo.
    Unicode,
    /// Everything is transliterated to ASCII: Zola.
    Ascii,
}

impl Slugger {
    /// Anchors as GitHub, Jekyll and Hugo make them: `Perché sì?` is `perché-sì`.
    pub fn new() -> Self {
        Self { alphabet: Alphabet::Unicode, used: HashSet::new(), next_suffix: HashMap::new() }
    }

    /// Anchors as Zola makes them: `Perché sì?` is `perche-si`.
    pub fn ascii() -> Self {
        Self { alphabet: Alphabet::Ascii, ..Self::new() }
    }

    /// The anchor of the next heading; repeated headings get `-1`, `-2` and so on.
    pub fn anchor(&mut self, heading: &str) -> String {
        let slug = match self.alphabet {
            Alphabet::Unicode => github_slug(heading),
            Alphabet::Ascii => ascii_slug(heading),
        };
        let slug = if slug.is_empty() { "section".to_owned() } else { slug };
        if self.used.insert(slug.clone()) {
            return slug;
        }
        let mut suffix = self.next_suffix.get(&slug).copied().unwrap_or(1);
        let anchor = loop {
            let anchor = format!("{slug}-{suffix}");
            suffix += 1;
            if self.used.insert(anchor.clone()) {
                break anchor;
            }
        };
        self.next_suffix.insert(slug, suffix);
        anchor
    }

    /// Takes note of an anchor that the author chose.
    pub fn reserve(&mut self, anchor: &str) {
        self.used.insert(anchor.to_owned());
    }
}

impl Default for Slugger {
    fn default() -> Self {
        Self::new()
    }
}

/// Lower case; letters, digits, `-` and `_` stay, each space is a `-`, the rest goes.
fn github_slug(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Transliterated to ASCII, in lower case, with one `-` wherever there is neither a letter nor a digit. The `slug` crate
/// does the same, but exports it, and with it 130 kB of tables, from every WebAssembly binary it is linked into.
pub(crate) fn ascii_slug(text: &str) -> String {
    let ascii: String = text.chars().map(|c| deunicode::deunicode_char(c).unwrap_or("-")).collect();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_the_generators() {
        let github = |heading| Slugger::new().anchor(heading);
        assert_eq!(github("What is RAG?"), "what-is-rag");
        assert_eq!(github("Perché sì, l'uovo"), "perché-sì-luovo");
        assert_eq!(github("A & B"), "a--b");
        assert_eq!(github("`snake_case` and 3.5"), "snake_case-and-35");
        assert_eq!(github("🦀"), "section");
        assert_eq!(Slugger::ascii().anchor("Perché sì, l'uovo"), "perche-si-l-uovo");
        assert_eq!(Slugger::ascii().anchor("  --Æúű_-cool!! "), "aeuu-cool");
    }

    #[test]
    fn repeated_headings_are_numbered_around_taken_anchors() {
        let mut slugger = Slugger::new();
        slugger.reserve("setup-1");
        let anchors: Vec<_> = ["Setup", "Setup", "Setup", "Setup 2"].map(|h| slugger.anchor(h)).into();
        assert_eq!(anchors, ["setup", "setup-2", "setup-3", "setup-2-1"]);
    }
}
