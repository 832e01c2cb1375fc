//! A model's text becomes a text whose citations hold: markers that name no passage are dropped, and a sentence without
//! a marker is cited by the passage that supports it, or left uncited.

use std::collections::HashSet;
use std::ops::Range;

use daneel_corpus::Language;

use crate::{Sentence, SentenceKind, Source, words};

/// Share of a sentence's content words that a passage must hold to be cited for it by match.
const SUPPORT_TO_CITE: f32 = 0.6;
/// Share below which a marker that the model wrote itself is not believed.
const SUPPORT_TO_KEEP: f32 = 0.25;
/// A sentence with fewer content words ("Yes, it does.") is not matched: it would fit anything.
const WORDS_TO_MATCH: usize = 3;

/// The content words of each passage, ready to be compared with sentences.
pub(crate) struct Citer<'a> {
    sources: &'a [Source],
    /// Stems of title, headings and text, for each source in order.
    words: Vec<HashSet<String>>,
}

impl<'a> Citer<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        Self { sources, words: sources.iter().map(words::of_source).collect() }
    }

    /// The text with checked citations. Running it on its own result changes nothing.
    pub(crate) fn cite(&self, text: &str, language: Language) -> Cited {
        let mut cited = Cited::default();
        let mut in_code = false;
        for line in text.split_inclusive('\n') {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            if in_code || is_fence || line.trim_start().starts_with('#') {
                cited.push(line, Vec::new());
            } else {
                let body = line.trim_end();
                for sentence in words::sentences(&with_markers_inside(body)) {
                    self.cite_sentence(sentence, language, &mut cited);
                }
                cited.lead.push_str(&line[body.len()..]);
            }
        }
        cited
    }

    fn cite_sentence(&self, sentence: &str, language: Language, cited: &mut Cited) {
        let bare = without_markers(sentence);
        let trimmed = bare.trim_end();
        let claim = words::content_words(trimmed, language);
        let mut numbers: Vec<usize> = markers(sentence)
            .into_iter()
            .flat_map(|marker| marker.numbers)
            .filter(|&number| self.support(&claim, number).is_some_and(|support| support >= SUPPORT_TO_KEEP))
            .collect();
        if numbers.is_empty() && claim.len() >= WORDS_TO_MATCH {
            numbers.extend(self.best_match(&claim));
        }
        numbers.sort_unstable();
        numbers.dedup();
        cited.claims += usize::from(claim.len() >= WORDS_TO_MATCH);
        cited.supported += usize::from(claim.len() >= WORDS_TO_MATCH && !numbers.is_empty());
        let support = self.sources.iter().filter(|source| numbers.contains(&source.number));
        cited.push(trimmed, support.map(Source::whole).collect());
        cited.lead.push_str(&sentence[sentence.trim_end().len()..]);
    }

    /// Share of the claim's words found in a source; none where no source has the number.
    fn support(&self, claim: &HashSet<String>, number: usize) -> Option<f32> {
        let position = self.sources.iter().position(|source| source.number == number)?;
        Some(words::coverage(claim, &self.words[position]))
    }

    fn best_match(&self, claim: &HashSet<String>) -> Option<usize> {
        let mut best: Option<(usize, f32)> = None;
        for source in self.sources {
            let support = self.support(claim, source.number).unwrap_or(0.0);
            if support >= SUPPORT_TO_CITE && best.is_none_or(|(_, most)| support > most) {
                best = Some((source.number, support));
            }
        }
        best.map(|(number, _)| number)
    }
}

/// A text with its citations, and how well it is founded.
#[derive(Default)]
pub(crate) struct Cited {
    pub sentences: Vec<Sentence>,
    /// What stands before the next sentence.
    lead: String,
    /// Sentences that say something.
    pub claims: usize,
    /// Of these, sentences that a passage supports.
    pub supported: usize,
}

impl Cited {
    fn push(&mut self, text: &str, support: Vec<crate::Span>) {
        let bare = text.trim_end();
        let lead = std::mem::take(&mut self.lead);
        let sentence =
            Sentence { lead, text: bare.into(), kind: SentenceKind::Written, support, highlight: None };
        self.sentences.push(sentence);
        self.lead.push_str(&text[bare.len()..]);
    }

    /// Whether at least half of what is said is in the passages.
    pub(crate) fn is_grounded(&self) -> bool {
        self.supported > 0 && 2 * self.supported >= self.claims
    }
}

struct Marker {
    range: Range<usize>,
    numbers: Vec<usize>,
}

/// Finds `[1]`, `[1, 2]`, `[1][2]`, but neither links `[1](…)` nor `[note]`.
fn markers(text: &str) -> Vec<Marker> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        from = open + 1;
        let Some(close) = text[open..].find(']').map(|at| open + at) else { break };
        let inside = &text[open + 1..close];
        let numbers: Option<Vec<usize>> = inside.split([',', ';']).map(|part| number(part.trim())).collect();
        if let Some(numbers) = numbers.filter(|_| !text[close + 1..].starts_with('(')) {
            found.push(Marker { range: open..close + 1, numbers });
            from = close + 1;
        }
    }
    found
}

/// Digits as a number; more digits than any number has name nothing, like 0.
fn number(digits: &str) -> Option<usize> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(0))
}

/// Moves a marker that follows a sentence's end to before it, so that it is cut off with its own sentence.
fn with_markers_inside(line: &str) -> String {
    let mut moved = String::with_capacity(line.len());
    let mut from = 0;
    for marker in markers(line) {
        moved.push_str(&line[from..marker.range.start]);
        let end = moved.trim_end().trim_end_matches(['.', '!', '?', '…']).len();
        let closing = moved[end..].trim().to_owned();
        if !closing.is_empty() {
            moved.truncate(end);
        }
        moved.push_str(&line[marker.range.clone()]);
        moved.push_str(&closing);
        from = marker.range.end;
    }
    moved.push_str(&line[from..]);
    moved
}

fn without_markers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for marker in markers(text) {
        let before = &text[from..marker.range.start];
        let after = text[marker.range.end..].chars().next();
        // "grows [1]." becomes "grows." and "the [1] index" becomes "the index".
        let closes = after.is_none_or(|next| next.is_whitespace() || next.is_ascii_punctuation());
        kept.push_str(if closes { before.trim_end() } else { before });
        from = marker.range.end;
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: usize, text: &str) -> Source {
        Source {
            number,
            href: format!("post-{number}.html"),
            title: String::new(),
            headings: vec![],
            date: None,
            language: Language::ENGLISH,
            text: text.into(),
        }
    }

    fn check(text: &str, expected: &str) {
        let sources = [
            source(1, "HNSW is a graph of small worlds. Each node keeps links to its nearest neighbours."),
            source(
                2,
                "Quantization stores each weight in four bits, so the model takes a quarter of the memory.",
            ),
        ];
        let citer = Citer::new(&sources);
        let mut shown = String::new();
        for sentence in citer.cite(text, Language::ENGLISH).sentences {
            shown += &sentence.lead;
            shown += &sentence.text;
            for span in sentence.support {
                shown += &format!(" [{}]", span.source);
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_marker_that_names_a_supporting_passage_stays() {
        check(
            "The graph links each node to its neighbours [1].",
            "The graph links each node to its neighbours. [1]",
        );
    }

    #[test]
    fn a_marker_after_the_full_stop_belongs_to_the_sentence_before() {
        check(
            "The graph links each node to its neighbours. [1] Weights take four bits. [2]",
            "The graph links each node to its neighbours. [1] Weights take four bits. [2]",
        );
    }

    #[test]
    fn a_marker_that_names_no_passage_goes() {
        check("I like pizza with cheese and basil [7].", "I like pizza with cheese and basil.");
        check(
            "I like pizza with cheese and basil [99999999999999999999999].",
            "I like pizza with cheese and basil.",
        );
    }

    #[test]
    fn a_marker_of_the_wrong_passage_is_mended() {
        check(
            "Quantization stores each weight in four bits [1].",
            "Quantization stores each weight in four bits. [2]",
        );
    }

    #[test]
    fn a_sentence_without_marker_is_matched_or_left() {
        check(
            "Weights are stored in four bits. Paris is the capital of France, of course.",
            "Weights are stored in four bits. [2] Paris is the capital of France, of course.",
        );
        check("Yes. It is.", "Yes. It is.");
    }

    #[test]
    fn an_answer_is_grounded_if_half_of_it_is() {
        let sources = [source(1, "HNSW is a graph of small worlds whose nodes keep links to neighbours.")];
        let is_grounded = |text| Citer::new(&sources).cite(text, Language::ENGLISH).is_grounded();
        assert!(is_grounded("HNSW is a graph of small worlds. Paris is the capital of France."));
        assert!(!is_grounded(
            "HNSW is a graph of small worlds. Paris is the capital of France. Rome is the capital of Italy."
        ));
        assert!(!is_grounded("Yes."));
    }

    #[test]
    fn lists_code_and_links_keep_their_shape() {
        check(
            "- Each node keeps links to neighbours\n- nothing\n\n```\nlet x = [1];\n```\n[1](https://example.org)\n",
            "- Each node keeps links to neighbours [1]\n- nothing\n\n```\nlet x = [1];\n```\n[1](https://example.org)\n",
        );
    }
}
