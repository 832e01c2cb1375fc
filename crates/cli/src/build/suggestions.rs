//! A corpus becomes a handful of questions to begin with, in its own languages.

use std::collections::HashSet;

use daneel_corpus::{Document, Language};
use daneel_rag::Suggestion;

/// Most questions.
const LIMIT: usize = 6;
/// Languages that get questions, the most frequent first.
const LANGUAGES: usize = 2;
/// Characters of a heading that still reads as a question to press.
const LONGEST: usize = 90;

/// Makes questions from headings that are questions, then from titles; newest documents first, languages in turn.
pub fn suggest(documents: &[Document], languages: &[Language]) -> Vec<Suggestion> {
    let languages = &languages[..languages.len().min(LANGUAGES)];
    let mut queues: Vec<_> =
        languages.iter().map(|&language| candidates(documents, language).into_iter()).collect();
    let mut suggestions = Vec::new();
    let mut seen = HashSet::new();
    while suggestions.len() < LIMIT {
        let before = suggestions.len();
        for (queue, &language) in queues.iter_mut().zip(languages) {
            if suggestions.len() < LIMIT
                && let Some(text) = queue.find(|text| seen.insert(text.to_lowercase()))
            {
                suggestions.push(Suggestion { text, language });
            }
        }
        if suggestions.len() == before {
            break;
        }
    }
    suggestions
}

fn candidates(documents: &[Document], language: Language) -> Vec<String> {
    let mut documents: Vec<&Document> =
        documents.iter().filter(|document| document.language == language).collect();
    documents.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| a.source.cmp(&b.source)));
    // One question a document: six about the newest post would say little of the others.
    let question = |document: &&Document| {
        let headings = document.sections.iter().filter_map(|section| section.headings.last());
        std::iter::once(&document.title).chain(headings).find(|text| is_question(text)).cloned()
    };
    let about = |document: &&Document| {
        let title = document.title.trim();
        let fits = !title.is_empty() && title.chars().count() <= LONGEST && !is_question(title);
        fits.then(|| about(title, language))
    };
    documents.iter().filter_map(question).chain(documents.iter().filter_map(about)).collect()
}

fn is_question(text: &str) -> bool {
    let length = text.chars().count();
    text.trim_end().ends_with(['?', '؟', '？']) && (8..=LONGEST).contains(&length)
}

/// Asks what a text is about.
fn about(title: &str, language: Language) -> String {
    match language.code() {
        "it" => format!("Di che cosa parla «{title}»?"),
        "fr" => format!("De quoi parle « {title} » ?"),
        "es" => format!("¿De qué trata «{title}»?"),
        "pt" => format!("De que trata «{title}»?"),
        "de" => format!("Worum geht es in „{title}“?"),
        "en" => format!("What is “{title}” about?"),
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Section;

    use super::*;

    fn document(title: &str, language: Language, date: &str, heading: &str) -> Document {
        Document {
            source: title.into(),
            url: title.into(),
            title: title.into(),
            date: Some(date.into()),
            language,
            tags: Vec::new(),
            sections: vec![Section { headings: vec![heading.into()], ..Section::default() }],
        }
    }

    #[test]
    fn questions_of_the_author_come_first_and_languages_take_turns() {
        let (it, en) = (Language::ITALIAN, Language::ENGLISH);
        let documents = [
            document("Vecchio", it, "2020-01-01", "Perché in locale?"),
            document("Nuovo", it, "2024-01-01", "Introduzione"),
            document("Why local?", en, "2023-01-01", "Introduction"),
        ];
        let texts: Vec<_> =
            suggest(&documents, &[it, en]).into_iter().map(|suggestion| suggestion.text).collect();
        assert_eq!(
            texts,
            ["Perché in locale?", "Why local?", "Di che cosa parla «Nuovo»?", "Di che cosa parla «Vecchio»?"]
        );
    }

    #[test]
    fn a_large_corpus_gives_six() {
        let documents: Vec<_> = (0..20)
            .map(|i| document(&format!("Titolo {i}"), Language::ITALIAN, "2024-01-01", "Introduzione"))
            .collect();
        assert_eq!(suggest(&documents, &[Language::ITALIAN]).len(), LIMIT);
        assert!(suggest(&[], &[]).is_empty());
    }
}
