//! The extractive answer: the sentences of the passages that come closest to the question, quoted and cited.

use daneel_corpus::Language;
use daneel_model::{Embedder, TextKind};

use crate::{Error, Sentence, SentenceKind, Source, Span, words};

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
    /// Where it stands in the source's text.
    span: Span,
    text: String,
    score: f32,
    vector: Option<Vec<f32>>,
}

/// Quotes the best sentences, each with its span.
///
/// Without an embedder the words alone decide. `query` is the question's vector, where there is an embedder.
pub(crate) async fn extract(
    question: &str,
    language: Language,
    query: Option<(&Embedder, &[f32])>,
    sources: &[Source],
) -> Result<Vec<Sentence>, Error> {
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
        let mut end = 0;
        for sentence in words::sentences(&source.text) {
            let start = end + sentence.len() - sentence.trim_start().len();
            let span = Span { source: source.number, start, end: end + sentence.trim_end().len() };
            end += sentence.len();
            let text = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            if !stands_alone(&text) {
                continue;
            }
            let offered = words::content_words(&text, source.language);
            let score = words::coverage(&wanted, &offered) + rank_bonus;
            all.push(Candidate { source: source_position, span, text, score, vector: None });
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
    chosen.sort_by_key(|candidate| (candidate.source, candidate.span.start));
    chosen
}

fn quotation(chosen: Vec<Candidate>, sources: &[Source]) -> Vec<Sentence> {
    let quoted = |lead: &str, text: String, span| Sentence {
        lead: lead.into(),
        text,
        kind: SentenceKind::Quoted,
        support: vec![span],
        highlight: None,
    };
    if chosen.is_empty() {
        // Nothing but short lines or code: the passage speaks for itself.
        return sources
            .iter()
            .take(1)
            .map(|source| quoted("", source.text.clone(), source.whole()))
            .collect();
    }
    let leads = std::iter::once("").chain(std::iter::repeat("\n\n"));
    chosen
        .into_iter()
        .zip(leads)
        .map(|(candidate, lead)| quoted(lead, candidate.text, candidate.span))
        .collect()
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
        let texts: Vec<_> = answer.iter().map(|sentence| sentence.text.as_str()).collect();
        assert_eq!(texts, [expected]);
    }

    #[test]
    fn the_sentence_that_answers_is_quoted_and_cited() {
        check(
            "Dove viene calcolata la risposta?",
            &[
                "Il sole splende spesso anche di sabato mattina. La risposta viene calcolata nel browser di chi legge.",
                "Un indice di parole si costruisce in pochi secondi.",
            ],
            "La risposta viene calcolata nel browser di chi legge.",
        );
    }

    #[test]
    fn quoted_text_is_as_it_stands() {
        check(
            "Che cosa fa la funzione quantizza?",
            &["La funzione *quantizza* trasforma <script> i pesi [7] in interi."],
            "La funzione *quantizza* trasforma <script> i pesi [7] in interi.",
        );
    }

    #[test]
    fn a_passage_without_sentences_is_quoted_whole() {
        check("Quale comando?", &["cargo run"], "cargo run");
    }
}
