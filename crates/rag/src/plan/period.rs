//! Years and months of a question.

use crate::phrases::Grammar;
use crate::tokens::{Token, is_same};

/// A year, a month of any year, or a month of one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: Option<u8>,
}

impl Period {
    /// Whether a date `YYYY-MM-DD` is of this period.
    pub(crate) fn contains(&self, date: &str) -> bool {
        let mut parts = date.split('-');
        let year = parts.next().and_then(|year| year.parse::<u16>().ok());
        let month = parts.next().and_then(|month| month.parse::<u8>().ok());
        self.year.is_none_or(|wanted| year == Some(wanted))
            && self.month.is_none_or(|wanted| month == Some(wanted))
    }

    /// As it is written in a language: `March 2024`.
    pub(crate) fn name(&self, grammar: &Grammar) -> String {
        let month = self.month.and_then(|month| grammar.months.get(usize::from(month).checked_sub(1)?));
        let year = self.year.map(|year| year.to_string());
        month.map(|month| (*month).to_owned()).into_iter().chain(year).collect::<Vec<_>>().join(" ")
    }
}

/// The period that tokens begin with, and how many it takes.
pub(super) fn read(tokens: &[Token], grammar: &Grammar) -> Option<(usize, Period)> {
    let year = |at: usize| tokens.get(at).and_then(|token| year(&token.word));
    let first = tokens.first()?;
    if let Some(year) = year(0) {
        return Some((1, Period { year: Some(year), month: None }));
    }
    let position = grammar.months.iter().position(|name| is_same(&first.word, &name.to_lowercase()))?;
    let month = u8::try_from(position + 1).ok();
    // "March 2024", and "março de 2024".
    let is_of = tokens.get(1).is_some_and(|token| matches!(token.word.as_str(), "de" | "del" | "of" | "di"));
    let at = if is_of { 2 } else { 1 };
    match year(at) {
        Some(year) => Some((at + 1, Period { year: Some(year), month })),
        None => Some((1, Period { year: None, month })),
    }
}

fn year(word: &str) -> Option<u16> {
    let is_year = word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    is_year.then(|| word.parse().ok()).flatten()
}

/// A small number, in digits or as a word.
pub(super) fn number(word: &str, grammar: &Grammar) -> Option<u32> {
    let named = grammar.numbers.iter().find(|(name, _)| is_same(word, name)).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok()).filter(|number| (1..=100).contains(number))
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;

    use super::*;
    use crate::phrases::phrases;
    use crate::tokens::tokens;

    #[track_caller]
    fn check(language: Language, text: &str, expected: Option<(usize, Option<u16>, Option<u8>)>) {
        let found = read(&tokens(text), &phrases(language).grammar);
        assert_eq!(found.map(|(length, period)| (length, period.year, period.month)), expected, "{text}");
    }

    #[test]
    fn years_and_months() {
        check(Language::ENGLISH, "2024", Some((1, Some(2024), None)));
        check(Language::ENGLISH, "March 2024 or so", Some((2, Some(2024), Some(3))));
        check(Language::ITALIAN, "dicembre", Some((1, None, Some(12))));
        check(Language::ITALIAN, "dicembre del 2023", Some((3, Some(2023), Some(12))));
        check(Language::ENGLISH, "1024", None);
        check(Language::ENGLISH, "soon", None);
    }

    #[test]
    fn dates_of_a_period() {
        let march = Period { year: Some(2024), month: Some(3) };
        assert!(
            march.contains("2024-03-31") && !march.contains("2024-04-01") && !march.contains("2023-03-01")
        );
        assert!(Period { year: None, month: Some(3) }.contains("2019-03-01") && !march.contains("no date"));
        assert_eq!(march.name(&phrases(Language::ITALIAN).grammar), "marzo 2024");
    }
}
