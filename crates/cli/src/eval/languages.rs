//! The texts and queries of a test set become languages: such sets seldom say theirs.

use daneel_corpus::Language;

use crate::languages::by_frequency;

/// A language in which fewer than one text in so many is written was misheard.
const RAREST: usize = 20;
/// Queries from which their language is told.
const SAMPLE: usize = 200;

/// The language of each text, among those that a fair part of the texts is written in.
pub fn of_texts(texts: &[&str]) -> Vec<Language> {
    let heard: Vec<Option<Language>> = texts.iter().map(|text| Language::detect(text)).collect();
    let known: Vec<Language> = heard.iter().copied().flatten().collect();
    let mut candidates = by_frequency(known.iter().copied());
    let count = |language: Language| known.iter().filter(|other| **other == language).count();
    candidates.retain(|&language| count(language) * RAREST >= texts.len());
    let most = candidates.first().copied().unwrap_or(Language::ENGLISH);
    let choose = |(heard, text): (Option<Language>, &&str)| {
        heard
            .filter(|language| candidates.contains(language))
            .or_else(|| Language::detect_among(text, &candidates))
            .unwrap_or(most)
    };
    heard.into_iter().zip(texts).map(choose).collect()
}

/// The one language of all queries: each alone is too short to tell.
pub fn of_queries(queries: &[&str]) -> Language {
    let sample: Vec<&str> = queries.iter().copied().take(SAMPLE).collect();
    Language::detect(&sample.join("\n")).unwrap_or(Language::ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_set_has_the_language_of_each_text() {
        let italian = "Il testo resta nel browser del lettore e nessuna richiesta esce dalla pagina.";
        let english = "The text stays in the browser of the reader and no request leaves the page.";
        let mut texts = vec![italian; 30];
        texts.extend([english; 10]);
        texts.push("42");
        // One in so many is misheard, not Dutch.
        texts.push("De tekst blijft in de browser van de lezer en geen verzoek verlaat de pagina.");
        let languages = of_texts(&texts);
        assert!(languages[..30].iter().all(|&language| language == Language::ITALIAN));
        assert!(languages[30..40].iter().all(|&language| language == Language::ENGLISH));
        assert_eq!(languages[40], Language::ITALIAN);
        assert_eq!(by_frequency(languages.iter().copied())[0], Language::ITALIAN);
        assert_eq!(by_frequency(languages.iter().copied()).len(), 2);
        assert_eq!(of_texts(&[]), []);
    }
}
