//! An answer and a gold answer become a verdict about their words.
//!
//! Normalisation, exact match and token F1 are those of SQuAD (Rajpurkar et al. 2016, arXiv 1606.05250): lower case, no
//! punctuation, no articles. The articles are those of English and of Italian together, so that an answer can be compared
//! with a gold answer in another language; punctuation parts words, so that `cron(8)` says `cron`.

use std::collections::HashMap;

/// Share of a long gold answer's tokens that is enough where they do not follow each other.
pub const TOKEN_RECALL: f64 = 0.8;
/// A gold answer of fewer tokens has to be said as it is.
const LONG: usize = 4;

const ARTICLES: [&str; 13] = ["a", "an", "the", "il", "lo", "la", "l", "i", "gli", "le", "un", "uno", "una"];
/// Answers that are right only as the first word: `no` stands in many a sentence.
const YES_OR_NO: [&str; 4] = ["yes", "no", "sì", "si"];

/// The words that count. Punctuation parts them, but for the marks inside of a number.
pub fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_digit);
    let mut normal = String::with_capacity(text.len());
    for (at, &character) in characters.iter().enumerate() {
        let is_in_number = is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
        match character {
            '.' | ',' if is_in_number => {}
            _ if character.is_alphanumeric() => normal.push(character),
            _ => normal.push(' '),
        }
    }
    normal.split_whitespace().filter(|word| !ARTICLES.contains(word)).map(str::to_owned).collect()
}

/// Whether an answer says a gold answer: its tokens follow each other, or at least [`TOKEN_RECALL`] of four or more are
/// there; a bare yes or no has to come first.
pub fn says(answer: &[String], gold: &[String]) -> bool {
    match gold {
        [] => false,
        [word] if YES_OR_NO.contains(&word.as_str()) => answer.first() == Some(word),
        _ if answer.windows(gold.len()).any(|window| window == gold) => true,
        _ => gold.len() >= LONG && overlap(answer, gold) as f64 >= TOKEN_RECALL * gold.len() as f64,
    }
}

/// Token F1: harmonic mean of the shares of each that the other has.
pub fn f1(answer: &[String], gold: &[String]) -> f64 {
    let common = overlap(answer, gold) as f64;
    if common == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (common / answer.len() as f64, common / gold.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// Tokens that both have, counted as often as both have them.
fn overlap(answer: &[String], gold: &[String]) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for token in answer {
        *left.entry(token).or_default() += 1;
    }
    let mut common = 0;
    for token in gold {
        if let Some(count) = left.get_mut(token.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_count_is_dropped() {
        assert_eq!(tokens("The `Cargo.toml`, a file's name"), ["cargo", "toml", "file", "s", "name"]);
        assert_eq!(
            tokens("L’àncora dell'articolo, il 2.912 (cron(8))."),
            ["àncora", "dell", "articolo", "2912", "cron", "8"]
        );
        assert!(tokens(" — ").is_empty());
    }

    #[test]
    fn short_answers_are_said_as_they_are() {
        let says = |answer: &str, gold: &str| super::says(&tokens(answer), &tokens(gold));
        assert!(says("It takes 0.16 ms.", "0.16 ms"));
        assert!(!says("It takes 10.16 ms.", "0.16 ms"));
        assert!(says(
            "the frozen weights are all held in four bits",
            "frozen original weights are held in four bits"
        ));
        assert!(!says("weights in bits", "frozen original weights are held in four bits"));
        assert!(says("No. It is not.", "No"));
        assert!(!says("There is no need.", "No"));
        assert!(!says("anything", "the"));
    }

    /// The example of SQuAD's own script.
    #[test]
    fn f1_counts_each_token_as_often_as_both_have_it() {
        assert!((f1(&tokens("a cat sat sat"), &tokens("the cat sat")) - 0.8).abs() < 1e-9);
        assert_eq!(f1(&tokens("dog"), &tokens("cat")), 0.0);
        assert_eq!(f1(&[], &tokens("cat")), 0.0);
    }
}
