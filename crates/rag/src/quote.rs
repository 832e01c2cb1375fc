//! The extractive answer: what the passages say that comes closest to the question, word by word.

use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::{Embedder, TextKind};

use crate::units::{Unit, UnitKind, units};
use crate::{Error, Sentence, SentenceKind, Source, Span, words};

/// Passages whose units are looked at.
const PASSAGES: usize = 5;
/// Units that are embedded; the rest is sorted out by their words.
const CANDIDATES: usize = 16;
/// Most units in an answer.
const QUOTES: usize = 3;
/// Share of the words in a unit's score; the rest is the cosine.
const WORD_SHARE: f32 = 0.35;
/// What a better passage adds to its units' words.
const RANK_BONUS: f32 = 0.15;
/// A quote must come this close to the best one's score.
const NEAR_BEST: f32 = 0.9;
/// Quotes of at least this cosine say the same thing.
const SAME: f32 = 0.95;
/// What a line that only names something loses.
const LINE_MALUS: f32 = 0.5;
/// What a list loses: where one of its items has the words, that is what is meant.
const LIST_MALUS: f32 = 0.02;
/// A sentence of fewer characters says too little to be quoted without need.
const SHORTEST: usize = 30;

struct Candidate {
    /// Position of the source in the list.
    source: usize,
    unit: Unit,
    /// The unit with its context, in one line.
    words: String,
    score: f32,
    vector: Option<Vec<f32>>,
}

/// What is known of the question.
pub(crate) struct Asked<'a> {
    pub question: &'a str,
    pub language: Language,
    /// The embedder and the question's vector, where there are any. Without them the words alone decide.
    pub meaning: Option<(&'a Embedder, &'a [f32])>,
    /// What was said earlier and is not to be said again.
    pub said: &'a str,
}

/// Quotes the units that come closest to the question, in reading order; none where all of them were said.
pub(crate) async fn closest(asked: &Asked<'_>, sources: &[Source]) -> Result<Vec<Sentence>, Error> {
    let mut candidates = candidates(asked, sources);
    if let Some((embedder, query)) = asked.meaning {
        let texts: Vec<&str> = candidates.iter().map(|candidate| candidate.words.as_str()).collect();
        let vectors = embedder.embed(&texts, TextKind::Passage).await?;
        let cosines: Vec<f32> = vectors.iter().map(|vector| words::dot(vector, query)).collect();
        // Encoders crowd cosines into a narrow band: only their order within this question counts.
        let (least, most) = cosines.iter().fold((f32::MAX, f32::MIN), |(a, b), &c| (a.min(c), b.max(c)));
        for ((candidate, vector), cosine) in candidates.iter_mut().zip(vectors).zip(cosines) {
            let spread = if most > least { (cosine - least) / (most - least) } else { 1.0 };
            candidate.score = WORD_SHARE * candidate.score + (1.0 - WORD_SHARE) * spread;
            candidate.vector = Some(vector);
        }
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let chosen = chosen(candidates);
    let parts = chosen.iter().map(|candidate| (candidate.source, &candidate.unit, None)).collect();
    let quoted = quotation(parts, sources);
    // Nothing but what stands alone badly: the passage speaks for itself.
    let whole =
        || sources.iter().take(1).map(|source| quote("", source, 0..source.text.len(), None)).collect();
    Ok(if quoted.is_empty() && asked.said.is_empty() { whole() } else { quoted })
}

/// Quotes what holds the spans, each given with the position of its source, and highlights them.
pub(crate) fn around(spans: &[(usize, Range<usize>)], sources: &[Source]) -> Vec<Sentence> {
    let mut owned: Vec<(usize, Unit, Range<usize>)> = Vec::new();
    for (position, span) in spans {
        let Some(source) = sources.get(*position) else { continue };
        owned.push((*position, unit_around(source, span), span.clone()));
    }
    quotation(owned.iter().map(|(position, unit, span)| (*position, unit, Some(span))).collect(), sources)
}

/// The smallest unit that holds a span, or all that it touches.
fn unit_around(source: &Source, span: &Range<usize>) -> Unit {
    let units = units(&source.text, source.language);
    let holds = |unit: &&Unit| unit.range.start <= span.start && span.end <= unit.range.end;
    if let Some(unit) = units.iter().filter(holds).min_by_key(|unit| unit.range.len()) {
        return unit.clone();
    }
    let touches = |unit: &&Unit| {
        unit.range.start < span.end && span.start < unit.range.end && unit.kind != UnitKind::List
    };
    let touched: Vec<&Unit> = units.iter().filter(touches).collect();
    let start = touched.iter().map(|unit| unit.range.start).min().unwrap_or(span.start).min(span.start);
    let end = touched.iter().map(|unit| unit.range.end).max().unwrap_or(span.end).max(span.end);
    let context =
        touched.first().and_then(|unit| unit.context.clone()).filter(|context| context.end <= start);
    Unit { range: start..end, context, kind: UnitKind::Sentence }
}

/// Units worth a look, scored by the question's words they hold; better passages first where equal.
fn candidates(asked: &Asked<'_>, sources: &[Source]) -> Vec<Candidate> {
    let wanted = words::of_question(asked.question, asked.language);
    let mut all = Vec::new();
    for (position, source) in sources.iter().take(PASSAGES).enumerate() {
        let rank_bonus = RANK_BONUS / (1.0 + position as f32);
        for unit in units(&source.text, source.language) {
            let words = unit.words(&source.text);
            let quote = &source.text[unit.range.clone()];
            let is_short = unit.kind == UnitKind::Sentence && words.chars().count() < SHORTEST;
            if is_short || (!asked.said.is_empty() && asked.said.contains(quote)) {
                continue;
            }
            let malus = match unit.kind {
                UnitKind::Line => LINE_MALUS,
                UnitKind::List => LIST_MALUS,
                _ => 0.0,
            };
            let offered = words::content_words(&words, source.language);
            let score = words::coverage(&wanted, &offered) + rank_bonus - malus;
            all.push(Candidate { source: position, unit, words, score, vector: None });
        }
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    all.truncate(CANDIDATES);
    all
}

/// The best ones that do not say the same.
fn chosen(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let best = candidates.first().map_or(0.0, |candidate| candidate.score);
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let repeats = chosen.iter().any(|other| {
            let (a, b) = (&other.unit.range, &candidate.unit.range);
            let overlaps = other.source == candidate.source && a.start < b.end && b.start < a.end;
            let says_the_same = match (&other.vector, &candidate.vector) {
                (Some(a), Some(b)) => words::dot(a, b) >= SAME,
                _ => other.words == candidate.words,
            };
            overlaps || says_the_same
        });
        if !repeats && candidate.score >= best * NEAR_BEST && chosen.len() < QUOTES {
            chosen.push(candidate);
        }
    }
    chosen
}

/// A stretch of a source to quote, and the span in it to highlight.
struct Stretch {
    source: usize,
    range: Range<usize>,
    highlight: Option<Range<usize>>,
}

/// The units with their contexts as sentences: nothing twice, in reading order within a source, sources in the order given.
fn quotation(parts: Vec<(usize, &Unit, Option<&Range<usize>>)>, sources: &[Source]) -> Vec<Sentence> {
    let mut order: Vec<usize> = Vec::new();
    for (source, _, _) in &parts {
        if !order.contains(source) {
            order.push(*source);
        }
    }
    let mut sentences = Vec::new();
    for position in order {
        let source = &sources[position];
        let mut stretches: Vec<Stretch> = Vec::new();
        for (_, unit, span) in parts.iter().filter(|(source, _, _)| *source == position) {
            // A context right before its unit is one stretch with it.
            let context = unit.context.clone().filter(|context| !context.is_empty());
            let joins = |context: &Range<usize>| source.text[context.end..unit.range.start].trim().is_empty();
            let highlight = span.map(|span| (*span).clone());
            match context {
                Some(context) if joins(&context) => {
                    stretches.push(Stretch {
                        source: position,
                        range: context.start..unit.range.end,
                        highlight,
                    });
                }
                context => {
                    let alone = context.map(|range| Stretch { source: position, range, highlight: None });
                    stretches.extend(alone);
                    stretches.push(Stretch { source: position, range: unit.range.clone(), highlight });
                }
            }
        }
        for stretch in merged(stretches) {
            let lead = lead_of(sentences.last(), source, &stretch.range);
            let source = &sources[stretch.source];
            sentences.push(quote(lead, source, stretch.range, stretch.highlight));
        }
    }
    sentences
}

/// In order, those that overlap as one.
fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by_key(|stretch| stretch.range.start);
    let mut merged: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match merged.last_mut() {
            Some(last) if stretch.range.start < last.range.end => {
                last.range.end = last.range.end.max(stretch.range.end);
                last.highlight = last.highlight.take().or(stretch.highlight);
            }
            _ => merged.push(stretch),
        }
    }
    merged
}

/// What stands between the quote before and one at `range`: what does so in the source, if they are neighbours.
fn lead_of(before: Option<&Sentence>, source: &Source, range: &Range<usize>) -> &'static str {
    let Some(span) = before.and_then(|sentence| sentence.support.first()) else { return "" };
    let between = (span.source == source.number).then(|| source.text.get(span.end..range.start)).flatten();
    match between {
        Some(gap) if gap.trim().is_empty() && !gap.contains('\n') => " ",
        Some(gap) if gap.trim().is_empty() => "\n",
        _ => "\n\n",
    }
}

fn quote(lead: &str, source: &Source, range: Range<usize>, highlight: Option<Range<usize>>) -> Sentence {
    let within = |span: Range<usize>| {
        (range.start <= span.start && span.end <= range.end)
            .then(|| (span.start - range.start, span.end - range.start))
    };
    Sentence {
        lead: lead.to_owned(),
        text: source.text[range.clone()].to_owned(),
        kind: SentenceKind::Quoted,
        support: vec![Span { source: source.number, start: range.start, end: range.end }],
        highlight: highlight.and_then(within),
    }
}

#[cfg(test)]
mod tests;
