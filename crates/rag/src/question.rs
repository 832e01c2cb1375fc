//! A question as it was typed becomes one that can be searched for: checked, and in a known language.

use daneel_corpus::Language;

use crate::{Error, Turn, phrases};

/// Most characters of a question: some 500 tokens, what the embedder reads.
pub const MAX_QUESTION_CHARS: usize = 2_000;

/// The question without white space around it, if it is one: to be asked before anything is loaded for it.
///
/// # Errors
/// If it has no letter or digit, or is too long.
pub fn check_question(question: &str) -> Result<&str, Error> {
    let question = question.trim();
    if !question.chars().any(char::is_alphanumeric) {
        return Err(Error::EmptyQuestion);
    }
    let length = question.chars().count();
    if length > MAX_QUESTION_CHARS {
        return Err(Error::QuestionTooLong { length, limit: MAX_QUESTION_CHARS });
    }
    Ok(question)
}

/// The question's language: told among those that can be answered in, else that of the conversation so far, else the
/// corpus's first.
pub(crate) fn language(question: &str, history: &[Turn], of_corpus: &[Language]) -> Language {
    let mut candidates = of_corpus.to_vec();
    candidates.extend(phrases::languages().filter(|language| !of_corpus.contains(language)));
    std::iter::once(question)
        .chain(history.iter().rev().map(|turn| turn.question.as_str()))
        .find_map(|question| Language::detect_among(question, &candidates))
        .or_else(|| of_corpus.first().copied())
        .unwrap_or(Language::ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AnswerKind;

    #[test]
    fn a_question_needs_words_and_an_end() {
        assert!(matches!(check_question("  \n"), Err(Error::EmptyQuestion)));
        assert!(matches!(check_question("?!"), Err(Error::EmptyQuestion)));
        let long = "è".repeat(100_000);
        assert!(matches!(check_question(&long), Err(Error::QuestionTooLong { length: 100_000, .. })));
        assert_eq!(check_question(" Perché? ").unwrap(), "Perché?");
    }

    #[test]
    fn the_language_is_told_even_if_the_corpus_has_another() {
        let corpus = [Language::ITALIAN, Language::ENGLISH];
        for (question, expected) in [
            ("Come funziona la ricerca?", "it"),
            ("How does the search work?", "en"),
            ("Pourquoi les modèles sont-ils si petits ?", "fr"),
            ("Warum läuft das Modell im Browser?", "de"),
            ("HNSW?", "it"),
        ] {
            assert_eq!(language(question, &[], &corpus).code(), expected, "{question}");
        }
    }

    #[test]
    fn a_word_is_in_the_language_of_the_conversation() {
        let corpus = [Language::ITALIAN, Language::ENGLISH];
        let turn = Turn {
            question: "How does the search work?".into(),
            standalone: None,
            answer: String::new(),
            kind: AnswerKind::NotFound,
        };
        assert_eq!(language("HNSW?", &[turn], &corpus), Language::ENGLISH);
    }
}
