//! A passage becomes questions by templates: its heading as a question, or the term that a sentence of it defines.

use daneel_corpus::{Chunk, sentences};

use crate::eval::answers::Kind;

/// Words of a term that is worth a question.
const TERM_WORDS: usize = 4;
/// Words of a definition that says enough.
const DEFINITION_WORDS: usize = 4;

/// A question with the words of the text that answer it.
#[derive(Debug, PartialEq)]
pub struct Draft {
    /// As a reader might ask it.
    pub text: String,
    /// What is asked for.
    pub kind: Kind,
    /// A span of the passage.
    pub answer: String,
}

/// How a heading begins, and the question that it then is; `{}` is the rest of the heading.
const HEADINGS: [(&str, &str, Kind); 14] = [
    ("How to ", "How do I {}?", Kind::How),
    ("How ", "How {}?", Kind::How),
    ("Why ", "Why {}?", Kind::Why),
    ("What ", "What {}?", Kind::Lookup),
    ("When ", "When {}?", Kind::Lookup),
    ("Where ", "Where {}?", Kind::Lookup),
    ("Which ", "Which {}?", Kind::Lookup),
    ("Come ", "Come {}?", Kind::How),
    ("Perché ", "Perché {}?", Kind::Why),
    ("Che cosa ", "Che cosa {}?", Kind::Lookup),
    ("Che cos'è ", "Che cos'è {}?", Kind::Definition),
    ("Quando ", "Quando {}?", Kind::Lookup),
    ("Dove ", "Dove {}?", Kind::Lookup),
    ("Quanto ", "Quanto {}?", Kind::Number),
];

/// What stands between a term and its definition, and the question about the term.
const DEFINITIONS: [(&str, &str); 10] = [
    (" is a ", "What is {}?"),
    (" is an ", "What is {}?"),
    (" is the ", "What is {}?"),
    (" are the ", "What are {}?"),
    (" stands for ", "What does {} stand for?"),
    (" è un ", "Che cos'è {}?"),
    (" è una ", "Che cos'è {}?"),
    (" è il ", "Che cos'è {}?"),
    (" è la ", "Che cos'è {}?"),
    (" sta per ", "Che cosa vuol dire {}?"),
];

/// What can be asked about a passage.
pub fn drafts(chunk: &Chunk) -> Vec<Draft> {
    let sentences = sentences(&chunk.text);
    let asked = chunk.headings.last().and_then(|heading| from_heading(heading, sentences.first()?));
    asked.into_iter().chain(sentences.iter().filter_map(|sentence| from_definition(sentence))).collect()
}

fn from_heading(heading: &str, first: &str) -> Option<Draft> {
    let (text, kind) = if heading.ends_with('?') {
        (heading.to_owned(), Kind::Lookup)
    } else {
        HEADINGS.iter().find_map(|&(start, question, kind)| {
            Some((question.replace("{}", heading.strip_prefix(start)?), kind))
        })?
    };
    Some(Draft { text, kind, answer: first.trim().to_owned() })
}

fn from_definition(sentence: &str) -> Option<Draft> {
    DEFINITIONS.iter().find_map(|&(between, question)| {
        let (term, definition) = sentence.trim().split_once(between)?;
        let is_term = (1..=TERM_WORDS).contains(&term.split_whitespace().count())
            && term.starts_with(char::is_uppercase)
            && !is_pronoun(term)
            && term.chars().all(|character| character.is_alphanumeric() || " -_.'’".contains(character));
        let is_enough = definition.split_whitespace().count() >= DEFINITION_WORDS;
        // The verb's article belongs to what is defined; after `stands for` there is none.
        let article = between
            .split_whitespace()
            .nth(1)
            .filter(|_| !between.contains(" for") && !between.contains(" per"));
        let answer =
            format!("{}{definition}", article.map_or_else(String::new, |article| format!("{article} ")));
        (is_term && is_enough).then(|| Draft {
            text: question.replace("{}", without_capital(term).as_str()),
            kind: Kind::Definition,
            answer: answer.trim_end_matches('.').to_owned(),
        })
    })
}

/// Whether the term names nothing by itself.
fn is_pronoun(term: &str) -> bool {
    const PRONOUNS: [&str; 18] = [
        "it", "this", "that", "there", "he", "she", "they", "here", "these", "questo", "questa", "quello",
        "quella", "ciò", "c'è", "non", "which", "what",
    ];
    term.split_whitespace().next().is_some_and(|word| PRONOUNS.contains(&word.to_lowercase().as_str()))
}

/// `The model` inside of a question: an article that began the sentence is small there.
fn without_capital(term: &str) -> String {
    const ARTICLES: [&str; 12] = ["A", "An", "The", "Il", "Lo", "La", "I", "Gli", "Le", "Un", "Uno", "Una"];
    match term.split_once(' ') {
        Some((first, rest)) if ARTICLES.contains(&first) => format!("{} {rest}", first.to_lowercase()),
        _ => term.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_that_ask_or_name_a_task() {
        let text = |heading| from_heading(heading, "So it is.").map(|draft| draft.text);
        assert_eq!(text("How to bake bread").as_deref(), Some("How do I bake bread?"));
        assert_eq!(text("Perché si chiama così").as_deref(), Some("Perché si chiama così?"));
        assert_eq!(text("Does it float?").as_deref(), Some("Does it float?"));
        assert_eq!(text("Bread"), None);
    }

    #[test]
    fn sentences_that_define() {
        let check = |sentence, expected: Option<(&str, &str)>| {
            let draft = from_definition(sentence);
            assert_eq!(draft.as_ref().map(|draft| (draft.text.as_str(), draft.answer.as_str())), expected);
        };
        check(
            "BM25 è una formula che assegna un punteggio.",
            Some(("Che cos'è BM25?", "una formula che assegna un punteggio")),
        );
        check("The index is the list of all crates.", Some(("What is the index?", "the list of all crates")));
        check("nDCG stands for nothing.", None);
        check("It is a list of all the crates.", None);
        check("This, I think, is a list of all the crates.", None);
    }
}
