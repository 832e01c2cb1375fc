//! Sentences of an answer become blocks, with a citation after each sentence that rests on a source.

use daneel_rag::{Sentence, SentenceKind, Span};

use super::block::{Block, Document, Inline, one_line, plain_text};
use super::markdown::{Notes, parse};

/// The blocks of sentences in order.
pub fn blocks(sentences: &[Sentence]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for run in sentences.chunk_by(|one, next| one.kind == next.kind) {
        match run[0].kind {
            SentenceKind::Written => blocks.extend(written(run)),
            SentenceKind::Quoted => blocks.extend(quoted(run)),
            SentenceKind::Listed => blocks.push(Block::Documents(run.iter().map(document).collect())),
            SentenceKind::Said => blocks.extend(said(run)),
        }
    }
    blocks
}

/// A sentence without markup and citations, as it is read aloud.
pub fn spoken(sentence: &Sentence) -> String {
    match sentence.kind {
        SentenceKind::Written => plain_text(&parse(&sentence.text, Notes::default())),
        SentenceKind::Quoted | SentenceKind::Listed | SentenceKind::Said => one_line(&sentence.text),
    }
}

/// The spans that a sentence cites: the best one of each source, in the sources' order.
pub fn citations(sentence: &Sentence) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for span in &sentence.support {
        if spans.iter().all(|other| other.source != span.source) {
            spans.push(*span);
        }
    }
    spans.sort_by_key(|span| span.source);
    spans
}

/// Sentences of the model are read as one Markdown text, since a list or emphasis may go on from one to the next.
fn written(run: &[Sentence]) -> Vec<Block> {
    let mut text = String::new();
    let mut notes = Notes::default();
    for sentence in run {
        let is_first = text.is_empty();
        text.push_str(if is_first { sentence.lead.trim_start_matches('\n') } else { &sentence.lead });
        let start = text.len();
        text.push_str(&sentence.text);
        let shifted = |(from, to): (usize, usize)| start.saturating_add(from)..start.saturating_add(to);
        notes.highlights.extend(sentence.highlight.map(shifted));
        notes.citations.extend(citations(sentence).into_iter().map(|span| (text.len(), span)));
    }
    parse(&text, notes)
}

/// Quotes that follow one another in their source are one quotation.
fn quoted(run: &[Sentence]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for sentence in run {
        let source = sentence.support.first().map(|span| span.source);
        let pieces = cited_pieces(sentence);
        match blocks.last_mut() {
            Some(Block::Quotation(of, before)) if *of == source && !sentence.lead.contains("\n\n") => {
                before.push(Inline::Text(sentence.lead.clone()));
                before.extend(pieces);
            }
            _ => blocks.push(Block::Quotation(source, pieces)),
        }
    }
    blocks
}

/// Daneel's own sentences: a lead with a line break begins a paragraph, one with a bullet an item.
fn said(run: &[Sentence]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for sentence in run {
        let words = cited_pieces(sentence);
        let is_item = sentence.lead.trim_start().starts_with(['-', '*', '•']);
        match blocks.last_mut() {
            Some(Block::List(None, items)) if is_item => items.push(vec![Block::Paragraph(words)]),
            _ if is_item => blocks.push(Block::List(None, vec![vec![Block::Paragraph(words)]])),
            Some(Block::Paragraph(before)) if !sentence.lead.contains('\n') => {
                before.push(Inline::Text(sentence.lead.clone()));
                before.extend(words);
            }
            _ => blocks.push(Block::Paragraph(words)),
        }
    }
    blocks
}

fn document(sentence: &Sentence) -> Document {
    Document { source: sentence.support.first().map(|span| span.source), text: sentence.text.clone() }
}

/// Plain text with its highlight marked, and what it cites after it.
fn cited_pieces(sentence: &Sentence) -> Vec<Inline> {
    let mut pieces = marked_pieces(&sentence.text, sentence.highlight);
    pieces.extend(citations(sentence).into_iter().map(Inline::Citation));
    pieces
}

/// Plain text with a stretch of it marked; nothing is marked where that is no stretch of the text.
fn marked_pieces(text: &str, highlight: Option<(usize, usize)>) -> Vec<Inline> {
    let parts = highlight
        .filter(|(start, end)| start < end)
        .and_then(|(start, end)| Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?)));
    let Some((before, marked, after)) = parts else { return vec![Inline::Text(text.to_owned())] };
    let mut pieces =
        vec![Inline::Text(before.into()), Inline::Mark(marked.into()), Inline::Text(after.into())];
    pieces.retain(|piece| *piece != Inline::Text(String::new()));
    pieces
}

#[cfg(test)]
mod tests;
