//! Text becomes sentences, by the rules of Unicode and the abbreviations those do not know.

use unicode_segmentation::UnicodeSegmentation;

/// Sentences in order, each with the white space after it: together they are the text. A line break ends a sentence.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut end = 0;
    let mut pieces = text.split_sentence_bounds().peekable();
    while let Some(piece) = pieces.next() {
        end += piece.len();
        let is_gap_ahead = pieces.peek().is_some_and(|next| next.trim().is_empty());
        if !is_gap_ahead && !continues(&text[start..end], &text[end..]) {
            // Where no space stands between, Unicode's rules leave the quotation mark of the next sentence here.
            let own = text[start..end].trim_end_matches(OPENING).len();
            let end = if own > 0 { start + own } else { end };
            sentences.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        sentences.push(&text[start..]);
    }
    sentences
}

/// Marks that open a quotation or a bracket in scripts without spaces.
const OPENING: &[char] = &['「', '『', '（', '《', '〈', '【'];

/// Abbreviations that are followed by more of the same sentence: Italian, then English. Those that end sentences as
/// often (`ecc.`, `etc.`) and those that are also words (`art.`, `on.`) are left out.
const BEFORE_ANYTHING: &[&str] = &[
    "sig", "sigg", "sig.ra", "sig.na", "dott", "dott.ssa", "prof", "prof.ssa", "ing", "avv", "geom", "gen",
    "cfr", "es", "p.es", "mr", "mrs", "ms", "dr", "st", "jr", "vs", "e.g", "i.e", "cf", "approx", "resp",
];

/// Abbreviations that go on only where a number follows: `art. 5`, `fig. 2`, `no. 7`.
const BEFORE_NUMBER: &[&str] = &[
    "art", "artt", "pag", "pagg", "fig", "figs", "tab", "vol", "cap", "n", "nn", "no", "nos", "p", "pp", "s",
    "ss", "sec", "ch", "eq",
];

/// Whether a stretch that Unicode's rules end here goes on with `rest`: after an abbreviation or a name's initial.
fn continues(stretch: &str, rest: &str) -> bool {
    let trimmed = stretch.trim_end();
    let gap = &stretch[trimmed.len()..];
    let Some(body) = trimmed.strip_suffix('.') else { return false };
    // The number of a list item.
    if !gap.is_empty() && !body.is_empty() && body.trim_start().bytes().all(|byte| byte.is_ascii_digit()) {
        return !gap.contains('\n');
    }
    if gap.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return false;
    }
    let word =
        body.rsplit(|c: char| c.is_whitespace() || "([{«\"“‘'’".contains(c)).next().unwrap_or_default();
    let mut letters = word.chars();
    let is_initial = matches!((letters.next(), letters.next()), (Some(c), None) if c.is_uppercase());
    let word = word.to_lowercase();
    is_initial
        || BEFORE_ANYTHING.contains(&word.as_str())
        || (rest.starts_with(|c: char| c.is_numeric()) && BEFORE_NUMBER.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let sentences = sentences(text);
        assert_eq!(sentences.concat(), text);
        let trimmed: Vec<_> = sentences.iter().map(|s| s.trim()).collect();
        assert_eq!(trimmed, expected);
    }

    #[test]
    fn abbreviations_initials_and_numbers_do_not_end_sentences() {
        check(
            "Il sig. Rossi e la sig.ra Bianchi pagano 3.5 euro. Poi escono.",
            &["Il sig. Rossi e la sig.ra Bianchi pagano 3.5 euro.", "Poi escono."],
        );
        check(
            "Small models, e.g. SmolLM2, are fast. Dr. Calvin agrees. So does R. Daneel Olivaw!",
            &["Small models, e.g. SmolLM2, are fast.", "Dr. Calvin agrees.", "So does R. Daneel Olivaw!"],
        );
        check("Davvero? Sì! Anche «così.» E poi", &["Davvero?", "Sì!", "Anche «così.»", "E poi"]);
        check("Pane, latte, ecc. Poi il resto.", &["Pane, latte, ecc.", "Poi il resto."]);
    }

    #[test]
    fn some_abbreviations_are_words_too() {
        check(
            "See fig. 2 and art. 5. It is the state of the art. No. 7 too.",
            &["See fig. 2 and art. 5.", "It is the state of the art.", "No. 7 too."],
        );
        check("Questo è il RAG. Funziona.", &["Questo è il RAG.", "Funziona."]);
    }

    #[test]
    fn other_scripts_end_sentences_in_their_own_way() {
        check(
            "机器人在等。它为什么等？没人知道！「走吧。」",
            &["机器人在等。", "它为什么等？", "没人知道！", "「走吧。」"],
        );
        check("यह एक वाक्य है। यह दूसरा है।", &["यह एक वाक्य है।", "यह दूसरा है।"]);
    }

    #[test]
    fn a_number_opens_its_item() {
        check("3. Press the button. It glows.\n4. Wait.", &["3. Press the button.", "It glows.", "4. Wait."]);
    }

    #[test]
    fn lines_end_sentences() {
        check("first line\nsecond line", &["first line", "second line"]);
        check("ends with Dr.\n\n  New line\n", &["ends with Dr.", "New line"]);
    }

    #[test]
    fn no_text_has_no_sentences() {
        check("", &[]);
    }
}
