//! A passage becomes what can be quoted of it: sentences, list items, table rows, code, each with what it needs to make
//! sense alone.

mod blocks;

use std::ops::Range;

use daneel_corpus::Language;

use self::blocks::{Block, BlockKind, blocks};
pub(crate) use self::blocks::{ends_sentence, list_marker};
use crate::words;

/// Most bytes of a lead-in with its list: a longer list is cut after an item.
const MAX_LIST_BYTES: usize = 800;
/// Most lines of code quoted together.
const MAX_CODE_LINES: usize = 14;
/// Most bytes that are shown before a sentence so that it makes sense.
const MAX_CONTEXT_BYTES: usize = 400;
/// A reply of fewer words than this to a question that the text itself asks is quoted with the question.
const SHORT_REPLY_WORDS: usize = 8;

/// What kind of thing a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    /// A sentence that says something by itself.
    Sentence,
    /// A lead-in together with its list or code.
    List,
    /// One item of a list.
    Item,
    /// One row of a table.
    Row,
    /// Lines of code.
    Code,
    /// A short line without a full stop, such as a heading: it names rather than says.
    Line,
}

/// A stretch of a passage that can be quoted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    /// Bytes of the passage.
    pub range: Range<usize>,
    /// What has to be shown before it: the term that it defines, the lead-in of its list, the head of its table, the
    /// sentence that it goes on from.
    pub context: Option<Range<usize>>,
    /// What it is.
    pub kind: UnitKind,
}

impl Unit {
    /// The words of the unit with its context, in one line.
    pub(crate) fn words(&self, text: &str) -> String {
        let context = self.context.clone().map_or("", |range| &text[range]);
        let all = context.split_whitespace().chain(text[self.range.clone()].split_whitespace());
        all.collect::<Vec<_>>().join(" ")
    }
}

/// The units of a passage in reading order. A lead-in's list overlaps with its items.
pub(crate) fn units(text: &str, language: Language) -> Vec<Unit> {
    let blocks = blocks(text);
    let mut units = Vec::new();
    let mut at = 0;
    while at < blocks.len() {
        let block = &blocks[at];
        let end = run_end(&blocks, at);
        match block.kind {
            BlockKind::Row { .. } => rows(&blocks[at..end], &mut units),
            BlockKind::Record => records(&blocks[at..end], lead_in(text, &blocks, at), &mut units),
            BlockKind::Code => code(text, block, lead_in(text, &blocks, at), &mut units),
            BlockKind::Item => items(&blocks[at..end], lead_in(text, &blocks, at), &mut units),
            BlockKind::Line => {
                units.push(Unit { range: block.range.clone(), context: None, kind: UnitKind::Line });
            }
            BlockKind::Prose => prose(text, language, &blocks, at, &mut units),
        }
        at = end.max(at + 1);
    }
    units
}

/// The end of the run of items, or of rows of one table, that begins at `at`.
fn run_end(blocks: &[Block], at: usize) -> usize {
    let same = |block: &&Block| match (block.kind, blocks[at].kind) {
        (BlockKind::Item, BlockKind::Item) | (BlockKind::Record, BlockKind::Record) => true,
        (BlockKind::Row { n_cells: a }, BlockKind::Row { n_cells: b }) => a == b,
        _ => false,
    };
    at + blocks[at..].iter().take_while(same).count()
}

/// The last sentence before a list, a table or code, where it announces what follows.
fn lead_in(text: &str, blocks: &[Block], at: usize) -> Option<Range<usize>> {
    let before = blocks.get(at.checked_sub(1)?)?;
    match before.kind {
        BlockKind::Line => Some(before.range.clone()),
        BlockKind::Prose => {
            let last = sentence_ranges(text, &before.range).pop()?;
            announces(&text[last.clone()]).then_some(last)
        }
        _ => None,
    }
}

fn rows(rows: &[Block], units: &mut Vec<Unit>) {
    // The first row of several names the columns; a single one stands for itself.
    let (head, body) = match rows {
        [head, body @ ..] if !body.is_empty() => (Some(head.range.clone()), body),
        all => (None, all),
    };
    for row in body {
        units.push(Unit { range: row.range.clone(), context: head.clone(), kind: UnitKind::Row });
    }
}

fn records(rows: &[Block], lead_in: Option<Range<usize>>, units: &mut Vec<Unit>) {
    for row in rows {
        units.push(Unit { range: row.range.clone(), context: lead_in.clone(), kind: UnitKind::Row });
    }
}

fn items(items: &[Block], lead_in: Option<Range<usize>>, units: &mut Vec<Unit>) {
    for item in items {
        units.push(Unit { range: item.range.clone(), context: lead_in.clone(), kind: UnitKind::Item });
    }
}

fn code(text: &str, block: &Block, lead_in: Option<Range<usize>>, units: &mut Vec<Unit>) {
    let lines = line_ranges(text, &block.range);
    for lines in lines.chunks(MAX_CODE_LINES) {
        if let (Some(first), Some(last)) = (lines.first(), lines.last()) {
            let range = first.start..last.end;
            units.push(Unit { range, context: lead_in.clone(), kind: UnitKind::Code });
        }
    }
}

fn prose(text: &str, language: Language, blocks: &[Block], at: usize, units: &mut Vec<Unit>) {
    let sentences = sentence_ranges(text, &blocks[at].range);
    let above = at.checked_sub(1).and_then(|before| blocks.get(before));
    for (position, range) in sentences.iter().enumerate() {
        let sentence = &text[range.clone()];
        let is_last = position + 1 == sentences.len();
        if is_last && announces(sentence) {
            let context = context_of(text, language, &sentences, position, above);
            units.push(Unit { range: range.start..list_end(blocks, at), context, kind: UnitKind::List });
        } else if !asks(sentence) {
            let context = context_of(text, language, &sentences, position, above);
            units.push(Unit { range: range.clone(), context, kind: UnitKind::Sentence });
        }
    }
}

/// Where the list, table or code after the lead-in that ends block `at` ends.
fn list_end(blocks: &[Block], at: usize) -> usize {
    let start = blocks[at].range.start;
    let mut end = blocks[at].range.end;
    let follows = |block: &&Block| match block.kind {
        BlockKind::Item | BlockKind::Record | BlockKind::Row { .. } | BlockKind::Code => {
            block.range.end - start <= MAX_LIST_BYTES
        }
        BlockKind::Line | BlockKind::Prose => false,
    };
    if let Some(last) = blocks[at + 1..].iter().take_while(follows).last() {
        end = last.range.end;
    }
    end
}

/// What a sentence leans on: the sentences before it while they are referred back to, and for the first one the term that
/// it stands under.
fn context_of(
    text: &str,
    language: Language,
    sentences: &[Range<usize>],
    position: usize,
    above: Option<&Block>,
) -> Option<Range<usize>> {
    let end = sentences[position].start;
    let mut first = position;
    while first > 0
        && leans_back(text, language, sentences, first)
        && end - sentences[first - 1].start <= MAX_CONTEXT_BYTES
    {
        first -= 1;
    }
    let begins_block = || words::refers_back(&text[sentences[0].clone()], language);
    let start = match above {
        Some(term) if first == 0 && term.kind == BlockKind::Line => term.range.start,
        Some(prose) if first == 0 && prose.kind == BlockKind::Prose && begins_block() => {
            sentence_ranges(text, &prose.range).pop()?.start
        }
        _ if first == position => return None,
        _ => sentences[first].start,
    };
    Some(start..text[..end].trim_end().len())
}

/// Whether a sentence makes sense only after the one before it.
fn leans_back(text: &str, language: Language, sentences: &[Range<usize>], position: usize) -> bool {
    let sentence = &text[sentences[position].clone()];
    let before = &text[sentences[position - 1].clone()];
    let is_reply = asks(before) && sentence.split_whitespace().count() < SHORT_REPLY_WORDS;
    is_reply || words::refers_back(sentence, language)
}

/// Sentences of a block, without the white space around them.
fn sentence_ranges(text: &str, block: &Range<usize>) -> Vec<Range<usize>> {
    let mut start = block.start;
    let mut ranges = Vec::new();
    for sentence in words::sentences(&text[block.clone()]) {
        ranges.push(trimmed(text, start..start + sentence.len()));
        start += sentence.len();
    }
    ranges.retain(|range| !range.is_empty());
    ranges
}

fn line_ranges(text: &str, block: &Range<usize>) -> Vec<Range<usize>> {
    let mut start = block.start;
    let mut ranges = Vec::new();
    for line in text[block.clone()].split_inclusive('\n') {
        ranges.push(start..start + line.trim_end().len());
        start += line.len();
    }
    ranges
}

/// A range without the white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..(range.start + slice.trim_end().len()).max(start)
}

fn announces(sentence: &str) -> bool {
    sentence.ends_with([':', '：'])
}

fn asks(sentence: &str) -> bool {
    sentence.trim_end_matches(['"', '”', '»', '’', ')']).ends_with(['?', '？', '؟'])
}

#[cfg(test)]
mod tests;
