//! A question as it was typed becomes one that can be searched for: checked, in a known language, standing by itself.

use daneel_corpus::Language;

use crate::{Error, Turn, phrases, words};

/// Most characters of a question: some 500 tokens, what the embedder reads.
pub const MAX_QUESTION_CHARS: usize = 2_000;
/// A follow-up with fewer content words of its own leans on the question before.
const WORDS_TO_STAND_ALONE: usize = 2;

/// The question without white space around it.
pub(crate) fn checked(question: &str) -> Result<&str, Error> {
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

/// The question's language: told among those that can be answered in, else the corpus's first.
pub(crate) fn language(question: &str, of_corpus: &[Language]) -> Language {
    let mut candidates = of_corpus.to_vec();
    candidates.extend(phrases::languages().filter(|language| !of_corpus.contains(language)));
    Language::detect_among(question, &candidates)
        .or_else(|| of_corpus.first().copied())
        .unwrap_or(Language::ENGLISH)
}

/// A follow-up such as "And why?" is searched together with the question before it.
pub(crate) fn standalone(question: &str, language: Language, history: &[Turn]) -> String {
    let own_words = words::content_words(question, language).len();
    match history.last() {
        Some(turn) if own_words < WORDS_TO_STAND_ALONE => format!("{} {question}", turn.question),
        _ => question.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AnswerKind;

    #[test]
    fn a_question_needs_words_and_an_end() {
        assert!(matches!(checked("  \n"), Err(Error::EmptyQuestion)));
        assert!(matches!(checked("?!"), Err(Error::EmptyQuestion)));
        let long = "è".repeat(100_000);
        assert!(matches!(checked(&long), Err(Error::QuestionTooLong { length: 100_000, .. })));
        assert_eq!(checked(" Perché? ").unwrap(), "Perché?");
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
            assert_eq!(language(question, &corpus).code(), expected, "{question}");
        }
    }

    #[test]
    fn a_follow_up_leans_on_the_question_before() {
        let turn = Turn {
            question: "What is an HNSW graph?".into(),
            standalone: None,
            answer: "A graph.".into(),
            kind: AnswerKind::Generated,
        };
        let asked = |question| standalone(question, Language::ENGLISH, std::slice::from_ref(&turn));
        assert_eq!(asked("And why?"), "What is an HNSW graph? And why?");
        assert_eq!(asked("How large are the model's shards?"), "How large are the model's shards?");
    }
}
