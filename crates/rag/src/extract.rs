//! The extractive answer: the sentences of the passages that come closest to the question, quoted and cited.

use daneel_corpus::Language;
use daneel_model::{Embedder, TextKind};

use crate::{Error, Source, words};

/// Passages whose sentences are looked at.
const PASSAGES: usize = 4;
/// Sentences that are embedded; the rest is sorted out by their words.
const CANDIDATES: usize = 14;
/// Most sentences in an answer.
const QUOTES: usize = 3;
/// Share of the words in a sentence's score; the rest is the cosine.
const WORD_SHARE: f32 = 0.35;
/// A quote must come this close to the best one's score.
const NEAR_BEST: f32 = 0.9;
/// Quotes of at least this cosine say the same thing.
const SAME: f32 = 0.95;
/// A sentence with fewer characters says too little alone.
const SHORTEST: usize = 30;

struct Candidate {
    /// Position of the source in the list.
    source: usize,
    /// Position of the sentence in the source.
    position: usize,
    text: String,
    score: f32,
    vector: Option<Vec<f32>>,
}

/// Quotes the best sentences as a Markdown quotation, each with its `[n]`.
///
/// Without an embedder the words alone decide. `query` is the question's vector, where there is an embedder.
pub(crate) async fn extract(
    question: &str,
    language: Language,
    query: Option<(&Embedder, &[f32])>,
    sources: &[Source],
) -> Result<String, Error> {
    let mut candidates = candidates(question, language, sources);
    if let Some((embedder, query)) = query {
        let texts: Vec<&str> = candidates.iter().map(|candidate| candidate.text.as_str()).collect();
        let vectors = embedder.embed(&texts, TextKind::Passage).await?;
        let cosines: Vec<f32> = vectors.iter().map(|vector| dot(vector, query)).collect();
        // Encoders crowd cosines into a narrow band: only their order within this question counts.
        let (least, most) = cosines.iter().fold((f32::MAX, f32::MIN), |(a, b), &c| (a.min(c), b.max(c)));
        for ((candidate, vector), cosine) in candidates.iter_mut().zip(vectors).zip(cosines) {
            let spread = if most > least { (cosine - least) / (most - least) } else { 1.0 };
            candidate.score = WORD_SHARE * candidate.score + (1.0 - WORD_SHARE) * spread;
            candidate.vector = Some(vector);
        }
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(quotation(chosen(candidates), sources))
}

/// Sentences worth a look, scored by the question's words they hold; better passages first where equal.
fn candidates(question: &str, language: Language, sources: &[Source]) -> Vec<Candidate> {
    let wanted = words::content_words(question, language);
    let mut all = Vec::new();
    for (source_position, source) in sources.iter().take(PASSAGES).enumerate() {
        let rank_bonus = 0.15 / (1.0 + source_position as f32);
        for (position, sentence) in words::sentences(&source.text).into_iter().enumerate() {
            let text = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            if !stands_alone(&text) {
                continue;
            }
            let offered = words::content_words(&text, source.language);
            let score = words::coverage(&wanted, &offered) + rank_bonus;
            all.push(Candidate { source: source_position, position, text, score, vector: None });
        }
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    all.truncate(CANDIDATES);
    all
}

/// Whether a sentence says something by itself: no question, no lead-in to a list, no line of code or heading.
fn stands_alone(sentence: &str) -> bool {
    let closed = sentence.trim_end_matches(['"', '”', '»', '’', ')']);
    sentence.chars().count() >= SHORTEST && closed.ends_with(['.', '!', '…'])
}

/// The best ones that do not say the same, in reading order.
fn chosen(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let best = candidates.first().map_or(0.0, |candidate| candidate.score);
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let repeats = chosen.iter().any(|other| match (&other.vector, &candidate.vector) {
            (Some(a), Some(b)) => dot(a, b) >= SAME,
            _ => other.text == candidate.text,
        });
        if !repeats && candidate.score >= best * NEAR_BEST && chosen.len() < QUOTES {
            chosen.push(candidate);
        }
    }
    chosen.sort_by_key(|candidate| (candidate.source, candidate.position));
    chosen
}

fn quotation(chosen: Vec<Candidate>, sources: &[Source]) -> String {
    if chosen.is_empty() {
        // Nothing but short lines or code: the passage speaks for itself.
        return sources
            .first()
            .map(|source| format!("> {} [{}]", quoted(&source.title), source.number))
            .unwrap_or_default();
    }
    let quotes: Vec<String> = chosen
        .iter()
        .map(|candidate| format!("> {} [{}]", quoted(&candidate.text), sources[candidate.source].number))
        .collect();
    quotes.join("\n>\n")
}

/// The words as they are: nothing in them is Markdown or a marker.
fn quoted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '#' | '~' | '|') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    fn source(number: usize, text: &str) -> Source {
        Source {
            number,
            href: String::new(),
            title: "Perché in locale".into(),
            headings: vec![],
            date: None,
            language: Language::ITALIAN,
            text: text.into(),
        }
    }

    fn check(question: &str, texts: &[&str], expected: &str) {
        let sources: Vec<_> = texts.iter().enumerate().map(|(i, text)| source(i + 1, text)).collect();
        let answer = block_on(extract(question, Language::ITALIAN, None, &sources)).unwrap();
        assert_eq!(answer, expected);
    }

    #[test]
    fn the_sentence_that_answers_is_quoted_and_cited() {
        check(
            "Dove viene calcolata la risposta?",
            &[
                "Il sole splende spesso anche di sabato mattina. La risposta viene calcolata nel browser di chi legge.",
                "Un indice di parole si costruisce in pochi secondi.",
            ],
            "> La risposta viene calcolata nel browser di chi legge. [1]",
        );
    }

    #[test]
    fn quoted_text_is_never_markup() {
        check(
            "Che cosa fa la funzione quantizza?",
            &["La funzione *quantizza* trasforma <script> i pesi [7] in interi."],
            "> La funzione \\*quantizza\\* trasforma \\<script> i pesi \\[7\\] in interi. [1]",
        );
    }

    #[test]
    fn a_passage_without_sentences_is_cited_by_its_title() {
        check("Quale comando?", &["cargo run"], "> Perché in locale [1]");
    }
}
