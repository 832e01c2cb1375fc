//! Text becomes the terms BM25 counts: words in lower case, without stop words, reduced to their Snowball stems.

use std::collections::HashSet;

use daneel_corpus::Language;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// A longer word is data (a hash, base64), not language: it is passed over.
const MAX_WORD_BYTES: usize = 96;

/// A word, made comparable.
#[derive(Debug, PartialEq)]
pub(crate) struct Term {
    /// What the forms of a word share.
    pub stem: String,
    /// The very form, where it is not the stem.
    pub form: Option<String>,
}

/// How the words of one language become terms: Snowball's stemmer, NLTK's stop words.
pub struct Analyzer {
    /// `None`: a language without stemmer, whose words are taken as they are.
    language: Option<Language>,
    stemmer: Option<Stemmer>,
    stop_words: HashSet<String>,
    fold_accents: bool,
}

impl Analyzer {
    /// The analyzer of a language; the plain one where there is no stemmer for it.
    pub fn new(language: Option<Language>) -> Self {
        let Some((language, (algorithm, fold_accents))) =
            language.and_then(|language| Some((language, algorithm(language)?)))
        else {
            return Self { language: None, stemmer: None, stop_words: HashSet::new(), fold_accents: false };
        };
        let stop_words =
            stop_words::lookup(if algorithm == Algorithm::Norwegian { "no" } else { language.code() })
                .unwrap_or_default()
                .iter()
                .flat_map(|entry| words(entry))
                .map(|word| if fold_accents { fold(&word) } else { word })
                .collect();
        Self { language: Some(language), stemmer: Some(Stemmer::create(algorithm)), stop_words, fold_accents }
    }

    /// The language, where it is one with a stemmer.
    pub(crate) fn language(&self) -> Option<Language> {
        self.language
    }

    /// Whether a word (as [`words`] gives it) carries no meaning of its own in this language.
    pub(crate) fn is_stop_word(&self, word: &str) -> bool {
        if self.fold_accents { self.stop_words.contains(&fold(word)) } else { self.stop_words.contains(word) }
    }

    /// The term a word (as [`words`] gives it) is counted under; `None` for a stop word.
    pub(crate) fn term(&self, word: &str) -> Option<Term> {
        let word = if self.fold_accents { fold(word) } else { word.to_owned() };
        if self.stop_words.contains(&word) {
            return None;
        }
        let stem = match &self.stemmer {
            Some(stemmer) => stemmer.stem(&word).into_owned(),
            None => return Some(Term { stem: word, form: None }),
        };
        let form = (stem != word).then_some(word);
        Some(Term { stem, form })
    }

    /// The stems of a text in order, without stop words.
    pub fn terms<'a>(&'a self, text: &'a str) -> impl Iterator<Item = String> + 'a {
        words(text).filter_map(|word| Some(self.term(&word)?.stem))
    }
}

/// The words of a text by Unicode's rules (UAX 29), in lower case.
///
/// Words also part at apostrophes and underscores, and a single letter left beside an apostrophe is dropped:
/// `l'indice` and `d’indice` give `indice`, `author's` gives `author`, `to_bytes` gives `to` and `bytes`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().flat_map(|word| {
        let elided = word.contains(['\'', '’']);
        word.split(['\'', '’', '_'])
            .filter(move |part| !part.is_empty() && part.len() <= MAX_WORD_BYTES)
            .filter(move |part| !(elided && part.chars().nth(1).is_none()))
            .map(str::to_lowercase)
    })
}

/// Takes the accents off Latin letters: `perché` becomes `perche`. Marks of other scripts stay, where they make another letter.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut on_latin = false;
    word.nfd()
        .filter(|&character| {
            if unicode_normalization::char::is_combining_mark(character) {
                return !on_latin;
            }
            on_latin = character.is_ascii_alphabetic();
            true
        })
        .nfc()
        .collect()
}

/// The Snowball algorithm of a language, and whether accents are folded before it.
///
/// They are where people leave them out in a search box (`perche`, `universita`); not where `ä` or `ş` is a letter of its own.
fn algorithm(language: Language) -> Option<(Algorithm, bool)> {
    Some(match language.code() {
        "ar" => (Algorithm::Arabic, false),
        "da" => (Algorithm::Danish, false),
        "de" => (Algorithm::German, false),
        "el" => (Algorithm::Greek, false),
        "en" => (Algorithm::English, true),
        "es" => (Algorithm::Spanish, true),
        "fi" => (Algorithm::Finnish, false),
        "fr" => (Algorithm::French, true),
        "hu" => (Algorithm::Hungarian, false),
        "it" => (Algorithm::Italian, true),
        "nl" => (Algorithm::Dutch, true),
        "no" | "nb" | "nn" => (Algorithm::Norwegian, false),
        "pt" => (Algorithm::Portuguese, true),
        "ro" => (Algorithm::Romanian, true),
        "ru" => (Algorithm::Russian, false),
        "sv" => (Algorithm::Swedish, false),
        "ta" => (Algorithm::Tamil, false),
        "tr" => (Algorithm::Turkish, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: &str, text: &str, expected: &[&str]) {
        let analyzer = Analyzer::new(Language::from_tag(language));
        assert_eq!(analyzer.terms(text).collect::<Vec<_>>(), expected, "{language}: {text}");
    }

    #[test]
    fn words_part_at_elisions_and_clitics() {
        let parts: Vec<_> = words("L'indice dell’autore, the author's to_bytes: C e R.").collect();
        assert_eq!(parts, ["indice", "dell", "autore", "the", "author", "to", "bytes", "c", "e", "r"]);
    }

    #[test]
    fn italian_drops_stop_words_and_endings() {
        check("it", "Perché gli indici dell'autore?", &["indic", "autor"]);
        check("it", "perche l'INDICE dell’autrice", &["indic", "autric"]);
    }

    #[test]
    fn a_missing_accent_changes_nothing() {
        for (with, without) in [("università", "universita"), ("perché", "perche"), ("città", "citta")] {
            let italian = Analyzer::new(Some(Language::ITALIAN));
            assert_eq!(italian.term(with), italian.term(without));
        }
    }

    #[test]
    fn english_and_others() {
        check("en", "The embeddings are quantized", &["embed", "quantiz"]);
        check("ru", "мой дом", &["дом"]);
        check("nb", "jeg leser bøkene", &["les", "bøk"]);
        check("xx", "Le parole restano perché", &["le", "parole", "restano", "perché"]);
    }

    #[test]
    fn marks_of_other_scripts_stay() {
        assert_eq!(fold("perché"), "perche");
        assert_eq!(fold("мой"), "мой");
        assert_eq!(fold("தமிழ்"), "தமிழ்");
    }

    #[test]
    fn data_is_no_word() {
        assert_eq!(words(&"a".repeat(1_000_000)).count(), 0);
    }

    /// The stemmers come from another house: whatever word a visitor types, they must not panic.
    #[test]
    fn no_word_breaks_a_stemmer() {
        let alphabet: Vec<char> = "aeioustnrlàèìòùéüşığñçßäöåøαεσςίабвйьґאابتةதமிழ்ுையं中🦀0'’y"
            .chars()
            .chain(('a'..='z').cycle().take(60))
            .collect();
        let mut state = 42_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let languages =
            "ar da de el en es fi fr hu it nl no pt ro ru sv ta tr".split(' ').map(Language::from_tag);
        for analyzer in languages.map(Analyzer::new) {
            assert!(analyzer.language().is_some());
            for _ in 0..4_000 {
                let word: String = (0..1 + next(12)).map(|_| alphabet[next(alphabet.len())]).collect();
                analyzer.term(&word);
            }
        }
    }
}
