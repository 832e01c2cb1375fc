//! The language of a text, as an ISO 639-1 code.

use serde::{Deserialize, Serialize};
use whatlang::{Detector, Lang};

/// An ISO 639-1 code in lower case, such as `it` or `en`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 2]);

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(*b"en");
    /// Italian.
    pub const ITALIAN: Self = Self(*b"it");

    /// Reads a code or a BCP 47 tag: `it`, `it-IT` and `IT_it` are all Italian.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => None,
        }
    }

    /// The two letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("en")
    }

    /// The language a text is written in, where that can be told; a few words are seldom enough, see
    /// [`Language::detect_among`].
    pub fn detect(text: &str) -> Option<Self> {
        let sample = sample(text);
        let info = whatlang::detect(sample)?;
        if !info.is_reliable() {
            return None;
        }
        iso_639_1(info.lang())
    }

    /// Which of `candidates` a short text such as a question is written in; `None` where it gives no evidence, or
    /// is plainly in another language.
    ///
    /// Function words vote first, as three of them tell more than the letter statistics of a short text; those
    /// decide where the vote is a tie.
    pub fn detect_among(text: &str, candidates: &[Self]) -> Option<Self> {
        let sample = sample(text);
        if let Some(language) = Self::detect(sample)
            && !candidates.contains(&language)
        {
            return None;
        }
        let votes = function_word_votes(sample, candidates);
        let most = votes.iter().copied().max()?;
        let mut leaders = candidates.iter().zip(&votes).filter(|(_, n_votes)| **n_votes == most);
        if most > 0
            && let (Some((leader, _)), None) = (leaders.next(), leaders.next())
        {
            return Some(*leader);
        }
        detect_by_letters(sample, candidates)
    }

    /// Whether the code is of a language this crate can tell apart, rather than any two letters (`js`).
    pub(crate) fn is_known(&self) -> bool {
        Lang::all().iter().any(|lang| iso_639_1(*lang) == Some(*self))
    }
}

impl TryFrom<String> for Language {
    type Error = String;

    fn try_from(tag: String) -> Result<Self, String> {
        Self::from_tag(&tag).ok_or_else(|| format!("`{tag}` is not an ISO 639-1 language code such as `it`"))
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Bytes of a text that are looked at: enough to be sure, and no long book is read whole.
const SAMPLE_BYTES: usize = 8192;

fn sample(text: &str) -> &str {
    &text[..text.floor_char_boundary(SAMPLE_BYTES)]
}

/// How many words of the text are function words of each candidate and of no other.
fn function_word_votes(text: &str, candidates: &[Language]) -> Vec<usize> {
    let lists: Vec<&[&str]> =
        candidates.iter().map(|language| stop_words::lookup(language.code()).unwrap_or_default()).collect();
    let mut votes = vec![0; candidates.len()];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        let mut owners = lists.iter().enumerate().filter(|(_, list)| list.contains(&word.as_str()));
        if let (Some((owner, _)), None) = (owners.next(), owners.next()) {
            votes[owner] += 1;
        }
    }
    votes
}

/// Letter statistics limited to the candidates; a guess needs some text behind it.
fn detect_by_letters(text: &str, candidates: &[Language]) -> Option<Language> {
    const MIN_LETTERS: usize = 8;
    const MIN_CONFIDENCE: f64 = 0.1;
    if text.chars().filter(|c| c.is_alphabetic()).take(MIN_LETTERS).count() < MIN_LETTERS {
        return None;
    }
    let allowed =
        Lang::all().iter().copied().filter(|lang| iso_639_1(*lang).is_some_and(|l| candidates.contains(&l)));
    let info = Detector::with_allowlist(allowed.collect()).detect(text)?;
    if info.confidence() < MIN_CONFIDENCE {
        return None;
    }
    iso_639_1(info.lang()).filter(|language| candidates.contains(language))
}

/// The two-letter code of a language; `whatlang` speaks ISO 639-3.
fn iso_639_1(lang: Lang) -> Option<Language> {
    let code = match lang {
        Lang::Afr => b"af",
        Lang::Aka => b"ak",
        Lang::Amh => b"am",
        Lang::Ara => b"ar",
        Lang::Aze => b"az",
        Lang::Bel => b"be",
        Lang::Ben => b"bn",
        Lang::Bul => b"bg",
        Lang::Cat => b"ca",
        Lang::Ces => b"cs",
        Lang::Cmn => b"zh",
        Lang::Dan => b"da",
        Lang::Deu => b"de",
        Lang::Ell => b"el",
        Lang::Eng => b"en",
        Lang::Epo => b"eo",
        Lang::Est => b"et",
        Lang::Fin => b"fi",
        Lang::Fra => b"fr",
        Lang::Guj => b"gu",
        Lang::Heb => b"he",
        Lang::Hin => b"hi",
        Lang::Hrv => b"hr",
        Lang::Hun => b"hu",
        Lang::Hye => b"hy",
        Lang::Ind => b"id",
        Lang::Ita => b"it",
        Lang::Jav => b"jv",
        Lang::Jpn => b"ja",
        Lang::Kan => b"kn",
        Lang::Kat => b"ka",
        Lang::Khm => b"km",
        Lang::Kor => b"ko",
        Lang::Lat => b"la",
        Lang::Lav => b"lv",
        Lang::Lit => b"lt",
        Lang::Mal => b"ml",
        Lang::Mar => b"mr",
        Lang::Mkd => b"mk",
        Lang::Mya => b"my",
        Lang::Nep => b"ne",
        Lang::Nld => b"nl",
        Lang::Nob => b"nb",
        Lang::Ori => b"or",
        Lang::Pan => b"pa",
        Lang::Pes => b"fa",
        Lang::Pol => b"pl",
        Lang::Por => b"pt",
        Lang::Ron => b"ro",
        Lang::Rus => b"ru",
        Lang::Sin => b"si",
        Lang::Slk => b"sk",
        Lang::Slv => b"sl",
        Lang::Sna => b"sn",
        Lang::Spa => b"es",
        Lang::Srp => b"sr",
        Lang::Swe => b"sv",
        Lang::Tam => b"ta",
        Lang::Tel => b"te",
        Lang::Tgl => b"tl",
        Lang::Tha => b"th",
        Lang::Tuk => b"tk",
        Lang::Tur => b"tr",
        Lang::Ukr => b"uk",
        Lang::Urd => b"ur",
        Lang::Uzb => b"uz",
        Lang::Vie => b"vi",
        Lang::Yid => b"yi",
        Lang::Zul => b"zu",
        _ => return None,
    };
    Some(Language(*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITALIAN: &[&str] = &[
        "Come funziona la ricerca?",
        "Cos'è un embedding?",
        "Cosa vuol dire RAG?",
        "Perché il modello gira nel browser?",
        "Quanto pesa il modello?",
        "Quali lingue capisce?",
        "Dove finiscono i miei dati?",
        "I miei testi restano privati?",
        "Serve una GPU?",
        "Funziona sul telefono?",
        "Chi ha scritto questo blog?",
        "Quando è stato pubblicato?",
        "A cosa serve HNSW?",
        "Che differenza c'è tra LoRA e RAG?",
        "Posso usarlo senza connessione?",
        "Spiegami la quantizzazione",
        "limiti dei modelli piccoli",
        "Come si citano le fonti?",
        "Qual è il modello predefinito?",
        "Mi parli di WebGPU?",
        "È gratis?",
        "Che cos'è Daneel?",
    ];
    const ENGLISH: &[&str] = &[
        "What is RAG?",
        "How does search work?",
        "Why does it run in the browser?",
        "How large is the model?",
        "Which languages does it speak?",
        "Where does my data go?",
        "Is my text private?",
        "Do I need a GPU?",
        "Does it work on a phone?",
        "Who wrote this blog?",
        "When was it published?",
        "What is HNSW for?",
        "Difference between LoRA and RAG",
        "Can I use it offline?",
        "Explain quantization",
        "limits of small models",
        "How are sources cited?",
        "Tell me about WebGPU",
        "Is it free?",
        "What's an embedding?",
        "How do I install Daneel?",
        "Who is the author?",
    ];

    #[test]
    fn short_questions_are_told_apart() {
        let candidates = [Language::ENGLISH, Language::ITALIAN];
        let expected = ITALIAN
            .iter()
            .map(|q| (q, Language::ITALIAN))
            .chain(ENGLISH.iter().map(|q| (q, Language::ENGLISH)));
        let wrong: Vec<_> = expected
            .filter_map(|(question, language)| {
                let detected = Language::detect_among(question, &candidates);
                (detected != Some(language)).then_some((question, detected))
            })
            .collect();
        assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), ITALIAN.len() + ENGLISH.len());
    }

    #[test]
    fn text_without_evidence_is_of_no_language() {
        let candidates = [Language::ENGLISH, Language::ITALIAN];
        for text in ["", "   ", "42", "?!", "HNSW", "東京はどこですか", "Где находится библиотека?"]
        {
            assert_eq!(Language::detect_among(text, &candidates), None, "{text:?}");
        }
        assert_eq!(Language::detect_among("What is RAG?", &[]), None);
    }

    #[test]
    fn a_third_language_is_not_forced_into_a_candidate() {
        let candidates = [Language::ENGLISH, Language::ITALIAN];
        let text = "Wie funktioniert die Suche in diesem Blog, und welche Sprachen werden unterstützt?";
        assert_eq!(Language::detect_among(text, &candidates), None);
    }

    #[test]
    fn paragraphs_are_recognised() {
        let check = |text, code| assert_eq!(Language::detect(text), Language::from_tag(code), "{text}");
        check(
            "Il testo resta nel browser del lettore: nessuna richiesta esce dalla pagina dopo il caricamento.",
            "it",
        );
        check(
            "The text stays in the reader's browser: after loading, no request ever leaves the page.",
            "en",
        );
        check(
            "Le texte reste dans le navigateur du lecteur et aucune requête ne quitte jamais la page.",
            "fr",
        );
        check("Der Text bleibt im Browser des Lesers, und keine Anfrage verlässt jemals diese Seite.", "de");
        assert_eq!(Language::detect("ok"), None);
    }

    #[test]
    fn tags_are_read() {
        assert_eq!(Language::from_tag("it-IT"), Some(Language::ITALIAN));
        assert_eq!(Language::from_tag("EN_us"), Some(Language::ENGLISH));
        assert_eq!(Language::from_tag("italiano"), None);
        assert_eq!(Language::from_tag(""), None);
    }
}
