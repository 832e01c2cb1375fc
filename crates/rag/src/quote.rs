//! The extractive answer: the passages that are likeliest to answer, each cut to what stands around the words that do.

use std::collections::HashSet;
use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::{AnswerSpan, Reading};

use crate::ranking::Ranking;
use crate::units::{Unit, UnitKind, ends_sentence, list_marker, units};
use crate::{Sentence, SentenceKind, Source, Span, words};

/// Most passages quoted.
const QUOTES: usize = 2;
/// A passage is quoted after the best one, if it is so likely to answer compared with that one.
const NEAR_BEST: f32 = 0.2;
/// Most bytes quoted of the best passage, and of another one. A single unit may be longer.
const QUOTE_BYTES: (usize, usize) = (700, 450);
/// The answer is taken to be in a unit of at least this probability, which is then quoted with nothing around it.
const SURE: f32 = 0.65;
/// Most bytes of what a quote would break off before: the code, the list that its last line announces.
const ANNOUNCED_BYTES: usize = 400;
/// Share of a reader's evidence in a unit's score; the rest is the words.
const READER_SHARE: f32 = 0.8;
/// A reader's probability that counts as none.
const LEAST_EVIDENCE: f32 = 0.01;
/// A span of at least this probability is highlighted.
const HIGHLIGHT: f32 = 0.05;
/// Share of the words under which a unit stands, title and headings, in its score by words.
const HEADER_SHARE: f32 = 0.4;
/// What a sentence of fewer characters than [`SHORTEST`] loses.
const SHORT_MALUS: f32 = 0.5;
/// What a list loses: where one of its items has the words, that is what is meant.
const LIST_MALUS: f32 = 0.02;
/// Such a sentence says too little to be quoted without need.
const SHORTEST: usize = 30;

/// What is known of the question.
pub(crate) struct Asked<'a> {
    pub question: &'a str,
    pub language: Language,
    /// What was said earlier and is not to be said again.
    pub said: &'a str,
}

/// Quotes the passages that are likeliest to answer, the likeliest first; none where all of them were said.
pub(crate) fn closest(asked: &Asked<'_>, ranking: &Ranking) -> Vec<Sentence> {
    let wanted = words::of_question(asked.question, asked.language);
    let mut said = asked.said.to_owned();
    let mut quotes: Vec<Sentence> = Vec::new();
    let mut least_share = 0.0;
    let mut n_quoted = 0;
    for (position, (source, &share)) in ranking.sources.iter().zip(&ranking.shares).enumerate() {
        if n_quoted == QUOTES || share < least_share {
            break;
        }
        let units = units(&source.text, source.language);
        let reading = ranking.readings.get(position);
        let Some(unit) = best_unit(&wanted, source, reading, &units, &said) else { continue };
        let is_sure = reading.is_some_and(|reading| probability(reading, unit, &source.text) >= SURE);
        let limit = match (n_quoted, is_sure) {
            (_, true) => 0,
            (0, false) => QUOTE_BYTES.0,
            _ => QUOTE_BYTES.1,
        };
        let stretch = stretch(source, &units, unit, limit, &said);
        let mut lead = if n_quoted == 0 { "" } else { "\n\n" };
        let highlight = reading.and_then(|reading| likeliest(reading, &unit.range, &source.text));
        let highlight = highlight.or_else(|| (unit.range != stretch).then(|| words_of(unit, &source.text)));
        if let Some(context) = unit.context.clone().filter(|context| context.end <= stretch.start) {
            let gap = &source.text[context.end..stretch.start];
            quotes.push(quote(lead, source, context, None));
            lead = if gap.trim().is_empty() { "\n" } else { "\n\n" };
        }
        quotes.push(quote(lead, source, stretch.clone(), highlight));
        // Passages of a section overlap.
        said.push_str(&source.text[stretch]);
        n_quoted += 1;
        least_share = least_share.max(share * NEAR_BEST);
    }
    // Nothing but what stands alone badly: the passage speaks for itself.
    if quotes.is_empty() && asked.said.is_empty() {
        let whole = |source: &Source| quote("", source, 0..source.text.len(), None);
        quotes.extend(ranking.sources.first().map(whole));
    }
    quotes
}

/// The unit of a passage that answers best and was not said.
fn best_unit<'a>(
    wanted: &HashSet<String>,
    source: &Source,
    reading: Option<&Reading>,
    units: &'a [Unit],
    said: &str,
) -> Option<&'a Unit> {
    let text = source.text.as_str();
    let header = words::of_header(source);
    let score = |unit: &Unit| {
        let words = unit.words(text);
        let malus = match unit.kind {
            UnitKind::List => LIST_MALUS,
            UnitKind::Sentence if words.chars().count() < SHORTEST => SHORT_MALUS,
            _ => 0.0,
        };
        let mut offered = words::content_words(&words, source.language);
        let alone = words::coverage(wanted, &offered);
        offered.extend(header.iter().cloned());
        let under_header = words::coverage(wanted, &offered);
        let by_words = (1.0 - HEADER_SHARE) * alone + HEADER_SHARE * under_header - malus;
        match reading {
            Some(reading) => READER_SHARE * evidence(reading, unit, text) + (1.0 - READER_SHARE) * by_words,
            None => by_words,
        }
    };
    let is_new = |unit: &&Unit| said.is_empty() || !said.contains(&text[unit.range.clone()]);
    // A line only names what follows; it is quoted where there is nothing else.
    let says = |unit: &&Unit| unit.kind != UnitKind::Line;
    let scored = |unit: &'a Unit| (score(unit), unit);
    let best = |all: &mut dyn Iterator<Item = (f32, &'a Unit)>| {
        // Of equal ones the first.
        all.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, unit)| unit)
    };
    best(&mut units.iter().filter(is_new).filter(says).map(scored))
        .or_else(|| best(&mut units.iter().filter(is_new).map(scored)))
}

/// How likely the answer is in a unit, by the reader alone.
fn probability(reading: &Reading, unit: &Unit, text: &str) -> f32 {
    let inside = reading.spans.iter().filter(|span| lies_in(span, &unit.range, text));
    reading.answerable * inside.map(|span| span.probability).sum::<f32>()
}

/// [`probability`] by logarithms: 0 for a hundredth and less, 1 for certainty.
fn evidence(reading: &Reading, unit: &Unit, text: &str) -> f32 {
    let probability = probability(reading, unit, text);
    1.0 - (probability + LEAST_EVIDENCE).min(1.0).ln() / LEAST_EVIDENCE.ln()
}

/// The likeliest answer in a stretch, where it is likely enough to be pointed out.
fn likeliest(reading: &Reading, stretch: &Range<usize>, text: &str) -> Option<Range<usize>> {
    // Given the likeliest first.
    let span = reading.spans.iter().find(|span| lies_in(span, stretch, text))?;
    (span.probability >= HIGHLIGHT).then(|| span.range.clone())
}

fn lies_in(span: &AnswerSpan, range: &Range<usize>, text: &str) -> bool {
    range.start <= span.range.start
        && span.range.end <= range.end
        && text[span.range.clone()].contains(char::is_alphanumeric)
}

/// A unit with what stands around it, in whole units of at most `limit` bytes: what follows explains, what stands before
/// introduces. Its context where there is room, nothing that was said, and nothing after a line that names the next thing.
/// What the last line announces comes too, room or not.
fn stretch(source: &Source, units: &[Unit], unit: &Unit, limit: usize, said: &str) -> Range<usize> {
    let text = source.text.as_str();
    let mut range = unit.range.clone();
    if let Some(context) = &unit.context
        && range.end - context.start <= limit.max(QUOTE_BYTES.1)
    {
        range.start = context.start;
    }
    let is_new = |range: &Range<usize>| said.is_empty() || !said.contains(&text[range.clone()]);
    let joins =
        |before: usize, after: usize| text.get(before..after).is_some_and(|gap| gap.trim().is_empty());
    let ends_open = |range: &Range<usize>| !ends_sentence(&text[range.clone()]);
    for next in units {
        let follows = joins(range.end, next.range.start) && next.kind != UnitKind::Line;
        if !follows || !is_new(&next.range) {
            continue;
        }
        let is_announced = next.kind != UnitKind::Sentence
            && ends_open(&range)
            && next.range.end - range.end <= ANNOUNCED_BYTES;
        if is_announced || next.range.end - range.start <= limit {
            range.end = next.range.end;
        }
    }
    // What it stands under comes with it, and what stands before that is another matter.
    let is_line_at =
        |start: usize| units.iter().any(|unit| unit.kind == UnitKind::Line && unit.range.start == start);
    for before in units.iter().rev() {
        let precedes = joins(before.range.end, range.start) && before.range.start < range.start;
        let has_room = range.end.saturating_sub(before.range.start) <= limit;
        let goes_on = before.kind == UnitKind::Line || !is_line_at(range.start);
        if precedes && has_room && goes_on && is_new(&before.range) {
            range.start = before.range.start;
        }
    }
    range
}

/// A unit without the bullet or number before it.
fn words_of(unit: &Unit, text: &str) -> Range<usize> {
    let marker = list_marker(&text[unit.range.clone()]).map_or(0, str::len);
    unit.range.start + marker..unit.range.end
}

/// The smallest unit that holds a span, or all that it touches.
pub(crate) fn unit_around(source: &Source, span: &Range<usize>) -> Unit {
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
