//! The text of a group becomes passages of whole sentences, even in size, each within the limit.

use super::{ChunkConfig, Group, header};
use crate::sentences;

/// Cuts by the embedder's own count of tokens.
pub(super) struct Splitter<'a> {
    config: &'a ChunkConfig,
    count_tokens: &'a dyn Fn(&str) -> usize,
    /// What the tokenizer adds around every text.
    n_special_tokens: usize,
}

/// A sentence, or a part of one that is too long: bytes `start..end` of the text.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    n_tokens: usize,
}

/// A text of more bytes a token than this is not worth counting: it does not fit.
const MAX_BYTES_PER_TOKEN: usize = 16;
/// Bytes a token, about, where an overlong sentence is cut before it is counted.
const USUAL_BYTES_PER_TOKEN: usize = 4;

impl<'a> Splitter<'a> {
    pub fn new(config: &'a ChunkConfig, count_tokens: &'a dyn Fn(&str) -> usize) -> Self {
        Self { config, count_tokens, n_special_tokens: count_tokens("") }
    }

    /// Tokens of a text without those the tokenizer adds around it.
    pub fn count(&self, text: &str) -> usize {
        (self.count_tokens)(text).saturating_sub(self.n_special_tokens)
    }

    /// The same, but a text that is plainly too long for one chunk is not counted.
    pub fn count_long(&self, text: &str) -> usize {
        if self.is_too_long(text) { self.config.max_tokens.saturating_add(1) } else { self.count(text) }
    }

    /// The passages of a group, in reading order.
    pub fn split(&self, group: &Group) -> Vec<String> {
        let header = header(&group.title, &group.headings);
        let fits = |text: &str| (self.count_tokens)(&format!("{header}{text}")) <= self.config.max_tokens;
        if !self.is_too_long(&group.text) && group.n_tokens < self.config.max_tokens && fits(&group.text) {
            return vec![group.text.clone()];
        }
        let taken = self.n_special_tokens + self.count(&header);
        let budget = self.config.max_tokens.saturating_sub(taken).max(1);
        self.fill(&group.text, budget, &fits)
    }

    /// Gathers sentences into passages of about the same size, none over `budget` tokens.
    fn fill(&self, text: &str, budget: usize, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut pieces = self.pieces(text, budget);
        let overlap = self.config.overlap_tokens.min(budget / 4);
        let total: usize = pieces.iter().map(|piece| piece.n_tokens).sum();
        let n_passages = total.saturating_sub(overlap).div_ceil(budget - overlap).max(1);
        let target = (total / n_passages + overlap).min(budget);

        let mut passages = Vec::new();
        let mut first = 0;
        while first < pieces.len() {
            let mut end = passage_end(text, &pieces, first, target, budget);
            let passage = |end: usize| trim(&text[pieces[first].start..pieces[end - 1].end]);
            while end > first + 1 && !fits(passage(end)) {
                end -= 1;
            }
            end = before_lead_in(text, &pieces, first, end);
            if end == first + 1 && !fits(passage(end)) && halve(text, &mut pieces, first) {
                continue;
            }
            let passage = trim(&text[pieces[first].start..pieces[end - 1].end]);
            if !passage.is_empty() {
                passages.push(passage.to_owned());
            }
            first = if end == pieces.len() { end } else { overlap_start(&pieces, first, end, overlap) };
        }
        passages
    }

    /// Sentences, and parts of sentences that are over `budget` tokens.
    fn pieces(&self, text: &str, budget: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for sentence in sentences(text) {
            let end = start + sentence.len();
            let n_tokens = self.count_long(sentence);
            if n_tokens <= budget {
                pieces.push(Piece { start, end, n_tokens });
            } else {
                self.cut(text, start, end, budget, &mut pieces);
            }
            start = end;
        }
        pieces
    }

    /// Cuts `start..end` at words, or inside words that are too long themselves.
    fn cut(&self, text: &str, mut start: usize, end: usize, budget: usize, pieces: &mut Vec<Piece>) {
        while start < end {
            let mut cut = if end - start > budget * USUAL_BYTES_PER_TOKEN {
                word_boundary(text, start, start + budget * USUAL_BYTES_PER_TOKEN)
            } else {
                end
            };
            let mut n_tokens = self.count(&text[start..cut]);
            while n_tokens > budget {
                let half = word_boundary(text, start, start + (cut - start) / 2);
                if half >= cut {
                    break;
                }
                cut = half;
                n_tokens = self.count(&text[start..cut]);
            }
            pieces.push(Piece { start, end: cut, n_tokens });
            start = cut;
        }
    }

    fn is_too_long(&self, text: &str) -> bool {
        text.len() / MAX_BYTES_PER_TOKEN > self.config.max_tokens
    }
}

/// The space around a passage goes, but not the indentation of its first line: it may be code.
fn trim(passage: &str) -> &str {
    let passage = passage.trim_end();
    let first_line = passage.len() - passage.trim_start().len();
    &passage[passage[..first_line].rfind('\n').map_or(0, |line_break| line_break + 1)..]
}

/// The piece after the last of a passage that begins at `first`: where `target` is reached, or a paragraph ends shortly
/// before it.
fn passage_end(text: &str, pieces: &[Piece], first: usize, target: usize, budget: usize) -> usize {
    let mut n_tokens = 0;
    for (idx, piece) in pieces.iter().enumerate().skip(first) {
        if idx > first && n_tokens + piece.n_tokens > budget {
            return idx;
        }
        n_tokens += piece.n_tokens;
        let ends_paragraph = text[piece.start..piece.end].ends_with("\n\n");
        if n_tokens >= target || (ends_paragraph && n_tokens >= target - target / 5) {
            return idx + 1;
        }
    }
    pieces.len()
}

/// Leaves a line that leads into what follows it, such as a list, to the next passage; not where the passage would be
/// nothing else.
fn before_lead_in(text: &str, pieces: &[Piece], first: usize, end: usize) -> usize {
    let is_lead_in = |piece: &Piece| text[piece.start..piece.end].trim_end().ends_with([':', '：']);
    let n_lead_ins = pieces[first..end].iter().rev().take_while(|piece| is_lead_in(piece)).count();
    if end == pieces.len() || n_lead_ins == end - first { end } else { end - n_lead_ins }
}

/// Where the passage after `first..end` begins: some whole pieces before `end`, but after `first`.
fn overlap_start(pieces: &[Piece], first: usize, end: usize, overlap: usize) -> usize {
    let mut start = end;
    let mut n_tokens = 0;
    while start > first + 1 && n_tokens + pieces[start - 1].n_tokens <= overlap {
        start -= 1;
        n_tokens += pieces[start].n_tokens;
    }
    start
}

/// Replaces a piece by its halves; `false` for a single character. Seldom needed: only where a tokenizer finds more
/// tokens in a text than in its parts.
fn halve(text: &str, pieces: &mut Vec<Piece>, idx: usize) -> bool {
    let Piece { start, end, n_tokens } = pieces[idx];
    let middle = word_boundary(text, start, start + (end - start) / 2);
    if middle >= end {
        return false;
    }
    let n_tokens = n_tokens.div_ceil(2);
    pieces
        .splice(idx..=idx, [Piece { start, end: middle, n_tokens }, Piece { start: middle, end, n_tokens }]);
    true
}

/// The end of the last whole word in `start..limit`, with the space after it; inside a word where there is none. Always
/// after `start`, never inside a character.
fn word_boundary(text: &str, start: usize, limit: usize) -> usize {
    let limit = text.floor_char_boundary(limit);
    if let Some((idx, space)) = text[start..limit.max(start)].char_indices().rfind(|(_, c)| c.is_whitespace())
        && idx > 0
    {
        return start + idx + space.len_utf8();
    }
    if limit > start { limit } else { text.ceil_char_boundary(start + 1) }
}
