//! Sentences of an answer become a tree of blocks, with a citation after each sentence that rests on a source. Pure data;
//! [`super::view`] turns it into elements.

use daneel_rag::{Sentence, SentenceKind, Span};

use super::markdown::{Notes, parse};

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// A heading, 1 to 6.
    Heading(u8, Vec<Inline>),
    /// Running text.
    Paragraph(Vec<Inline>),
    /// Code, with its language where it is named.
    Code(Option<String>, String),
    /// A quotation that the model wrote.
    Quote(Vec<Block>),
    /// A list; the number it starts at where it is numbered.
    List(Option<u64>, Vec<Vec<Block>>),
    /// A table: the header's cells, then the rows.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// A horizontal line.
    Rule,
    /// Words as they stand in a source, line breaks included, and the number of that source.
    Quotation(Option<usize>, Vec<Inline>),
    /// A list of documents.
    Documents(Vec<Document>),
}

/// A document of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Document {
    /// The number of its source, which knows title, date and first lines.
    pub source: Option<usize>,
    /// All of it as plain text, where the source is missing.
    pub text: String,
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// The very words that answer.
    Mark(String),
    /// Code.
    Code(String),
    /// Emphasis.
    Emphasis(Vec<Inline>),
    /// Strong emphasis.
    Strong(Vec<Inline>),
    /// Struck through.
    Struck(Vec<Inline>),
    /// A link to a web address or within the site.
    Link(String, Vec<Inline>),
    /// The sentence before rests on this.
    Citation(Span),
    /// A line break.
    Break,
}

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

/// The text without its markup and citations.
pub fn plain_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    blocks.iter().for_each(|block| speak_block(block, &mut text));
    one_line(&text)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn speak_block(block: &Block, text: &mut String) {
    match block {
        Block::Heading(_, inlines) | Block::Paragraph(inlines) | Block::Quotation(_, inlines) => {
            speak(inlines, text);
        }
        Block::Code(_, code) => text.push_str(code),
        Block::Quote(blocks) => blocks.iter().for_each(|block| speak_block(block, text)),
        Block::List(_, items) => items.iter().flatten().for_each(|block| speak_block(block, text)),
        Block::Table(head, rows) => {
            for cell in head.iter().chain(rows.iter().flatten()) {
                speak(cell, text);
                text.push(' ');
            }
        }
        Block::Documents(documents) => documents.iter().for_each(|document| text.push_str(&document.text)),
        Block::Rule => {}
    }
    text.push(' ');
}

fn speak(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(part) | Inline::Mark(part) | Inline::Code(part) => text.push_str(part),
            Inline::Emphasis(parts)
            | Inline::Strong(parts)
            | Inline::Struck(parts)
            | Inline::Link(_, parts) => {
                speak(parts, text);
            }
            Inline::Citation(_) => {}
            Inline::Break => text.push(' '),
        }
    }
}

#[cfg(test)]
mod tests;
