//! A question becomes tokens: its words in lower case, each with its place.

use std::ops::Range;

/// One word of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// In lower case.
    pub word: String,
    /// Bytes of the question.
    pub range: Range<usize>,
}

/// The words of a text in order. They part at apostrophes, so that `what's` is `what` and `s`, `l'autore` `l` and `autore`.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, character.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                tokens.push(Token { word: text[from..at].to_lowercase(), range: from..at });
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

/// Whether a typed word is a word of a table, accents left out or not: `perche` is `perché`, but `è` is not `e`.
pub(crate) fn is_same(typed: &str, of_table: &str) -> bool {
    typed == of_table
        || (typed.is_ascii()
            && !of_table.is_ascii()
            && of_table.chars().count() > 1
            && fold(of_table) == typed)
}

/// Whether a table has a typed word.
pub(crate) fn has(table: &[&str], typed: &str) -> bool {
    table.iter().any(|word| is_same(typed, word))
}

/// Takes the accents off the Latin letters of the languages that have tables.
fn fold(word: &str) -> String {
    word.chars()
        .map(|character| match character {
            'à' | 'á' | 'â' | 'ã' | 'ä' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_part_at_apostrophes_and_keep_their_place() {
        let words: Vec<_> =
            tokens("Cos’è l'Indice?").into_iter().map(|token| (token.word, token.range)).collect();
        let expected = [("cos", 0..3), ("è", 6..8), ("l", 9..10), ("indice", 11..17)];
        assert_eq!(words, expected.map(|(word, range)| (word.to_owned(), range)));
        assert!(tokens("?! 🙂").is_empty());
    }

    #[test]
    fn accents_may_be_left_out_of_words_but_not_of_letters() {
        assert!(is_same("perche", "perché") && is_same("perché", "perché"));
        assert!(!is_same("è", "e") && !is_same("e", "è"));
    }
}
