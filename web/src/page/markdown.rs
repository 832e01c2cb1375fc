//! Markdown that a model wrote becomes blocks, safe to show: no raw HTML, no images, only web links. Citations and marked
//! words are no part of the text: they are given by their places in it.

#[cfg(test)]
mod tests;

use std::iter::Peekable;
use std::ops::Range;
use std::vec;

use daneel_rag::Span;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Options, Parser, Tag, TagEnd};

use super::block::{Block, Inline};

/// Containers inside containers beyond this are shown as plain text: hostile input must not exhaust the stack.
const MAX_DEPTH: usize = 12;

/// What a text has beside its words.
#[derive(Debug, Default)]
pub struct Notes {
    /// What is cited, and the bytes of the text before it; in order.
    pub citations: Vec<(usize, Span)>,
    /// Bytes of the text that are marked.
    pub highlights: Vec<Range<usize>>,
}

/// Reads Markdown.
pub fn parse(text: &str, notes: Notes) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut reader = Reader {
        events: Parser::new_ext(text, options).into_offset_iter(),
        citations: notes.citations.into_iter().peekable(),
        highlights: notes.highlights,
    };
    reader.blocks(text.len(), 0)
}

/// The link, if a reader may follow it: `http`, `https` or relative.
pub fn safe_link(href: &str) -> Option<String> {
    // Browsers ignore these inside a scheme, so `java\tscript:` would be one.
    let href: String = href.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let scheme =
        href.find([':', '/', '?', '#']).filter(|&at| href.as_bytes()[at] == b':').map(|at| &href[..at]);
    let safe =
        scheme.is_none_or(|scheme| ["http", "https"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe)));
    (safe && !href.is_empty()).then_some(href)
}

struct Reader<'a> {
    events: OffsetIter<'a>,
    citations: Peekable<vec::IntoIter<(usize, Span)>>,
    highlights: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    /// Blocks up to the end of the container, which is `end` in the text.
    fn blocks(&mut self, end: usize, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        // Items of a tight list hold running text without a paragraph around it.
        let mut loose = Vec::new();
        while let Some((event, range)) = self.events.next() {
            let block = match event {
                Event::End(_) => break,
                Event::Rule => {
                    self.cite(range.start, &mut loose);
                    Some(Block::Rule)
                }
                Event::Start(tag) if is_block(&tag) => {
                    self.cite(range.start, &mut loose);
                    Some(self.block(tag, range.end, depth + 1))
                }
                event => {
                    self.inline(event, range, &mut loose, depth);
                    None
                }
            };
            if let Some(block) = block {
                flush(&mut loose, &mut blocks);
                blocks.push(block);
            }
        }
        self.cite(end, &mut loose);
        flush(&mut loose, &mut blocks);
        blocks
    }

    fn block(&mut self, tag: Tag<'a>, end: usize, depth: usize) -> Block {
        if depth > MAX_DEPTH {
            return Block::Paragraph(vec![Inline::Text(self.flat_text())]);
        }
        match tag {
            Tag::Heading { level, .. } => Block::Heading(heading_level(level), self.running_text(end, depth)),
            Tag::BlockQuote(_) => Block::Quote(self.blocks(end, depth)),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split_whitespace().next().map(str::to_owned),
                    CodeBlockKind::Indented => None,
                };
                let code = self.flat_text();
                Block::Code(language, code.strip_suffix('\n').map(str::to_owned).unwrap_or(code))
            }
            Tag::List(start) => {
                let mut items = Vec::new();
                while let Some((Event::Start(_), range)) = self.events.next() {
                    items.push(self.blocks(range.end, depth));
                }
                Block::List(start, items)
            }
            Tag::Table(_) => self.table(depth),
            Tag::HtmlBlock => Block::Paragraph(vec![Inline::Text(self.flat_text())]),
            _ => Block::Paragraph(self.running_text(end, depth)),
        }
    }

    fn table(&mut self, depth: usize) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(range.end, depth),
                Event::Start(Tag::TableRow) => rows.push(self.cells(range.end, depth)),
                _ => break,
            }
        }
        Block::Table(head, rows)
    }

    /// The cells of a row; what the row cites stands in the last one.
    fn cells(&mut self, end: usize, depth: usize) -> Vec<Vec<Inline>> {
        let mut cells = Vec::new();
        while let Some((Event::Start(Tag::TableCell), _)) = self.events.next() {
            cells.push(self.inlines(depth));
        }
        if let Some(last) = cells.last_mut() {
            self.cite(end, last);
        }
        cells
    }

    /// The text of a block with all that it cites.
    fn running_text(&mut self, end: usize, depth: usize) -> Vec<Inline> {
        let mut inlines = self.inlines(depth);
        self.cite(end, &mut inlines);
        inlines
    }

    /// Running text up to the end of its container.
    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        while let Some((event, range)) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, range, &mut inlines, depth);
        }
        inlines
    }

    fn inline(&mut self, event: Event<'a>, range: Range<usize>, inlines: &mut Vec<Inline>, depth: usize) {
        self.cite(range.start, inlines);
        match event {
            Event::Start(_) if depth > MAX_DEPTH => inlines.push(Inline::Text(self.flat_text())),
            Event::Start(Tag::Emphasis) => inlines.push(Inline::Emphasis(self.inlines(depth + 1))),
            Event::Start(Tag::Strong) => inlines.push(Inline::Strong(self.inlines(depth + 1))),
            Event::Start(Tag::Strikethrough) => inlines.push(Inline::Struck(self.inlines(depth + 1))),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let children = self.inlines(depth + 1);
                match safe_link(&dest_url) {
                    Some(href) => inlines.push(Inline::Link(href, children)),
                    None => inlines.extend(children),
                }
            }
            // An image would tell its host who reads: its description stands for it.
            Event::Start(_) => inlines.extend(self.inlines(depth + 1)),
            Event::Text(text) => self.text(&text, range, inlines),
            Event::Code(code) => inlines.push(Inline::Code(code.into_string())),
            Event::Html(text) | Event::InlineHtml(text) => push_text(&text, false, inlines),
            Event::SoftBreak => push_text(" ", false, inlines),
            Event::HardBreak => inlines.push(Inline::Break),
            _ => {}
        }
    }

    /// Plain text, with citations and marks in their places.
    fn text(&mut self, text: &str, range: Range<usize>, inlines: &mut Vec<Inline>) {
        let mut from = 0;
        while from < text.len() {
            let at = range.start + from;
            self.cite(at, inlines);
            // An entity is longer than the character that it stands for, and is not cut.
            let stop = self.next_stop(at).filter(|_| range.len() == text.len());
            let to = stop.map_or(text.len(), |stop| (stop - range.start).min(text.len()));
            let (piece, end) = text
                .get(from..to)
                .map_or((text.get(from..).unwrap_or_default(), text.len()), |piece| (piece, to));
            push_text(piece, self.highlights.iter().any(|highlight| highlight.contains(&at)), inlines);
            from = end;
        }
    }

    /// The next place after `at` where a citation stands, or a mark begins or ends.
    fn next_stop(&mut self, at: usize) -> Option<usize> {
        let cited = self.citations.peek().map(|(place, _)| *place);
        let marks = self.highlights.iter().flat_map(|highlight| [highlight.start, highlight.end]);
        marks.chain(cited).filter(|&stop| stop > at).min()
    }

    /// The citations up to a place in the text.
    fn cite(&mut self, place: usize, inlines: &mut Vec<Inline>) {
        while let Some((_, span)) = self.citations.next_if(|(at, _)| *at <= place) {
            inlines.push(Inline::Citation(span));
        }
    }

    /// All the text up to the end of the container just entered, whatever stands in it; does not recurse.
    fn flat_text(&mut self) -> String {
        let (mut text, mut open) = (String::new(), 1usize);
        for (event, _) in self.events.by_ref() {
            match event {
                Event::Start(_) => open += 1,
                Event::End(end) => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                    if matches!(end, TagEnd::Paragraph | TagEnd::Item) {
                        text.push(' ');
                    }
                }
                Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => {
                    text.push_str(&part);
                }
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        text
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Table(_)
    )
}

fn heading_level(level: HeadingLevel) -> u8 {
    level as u8
}

fn flush(loose: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    if !loose.is_empty() {
        blocks.push(Block::Paragraph(std::mem::take(loose)));
    }
}

/// Adds to the text before, where there is any of its kind.
fn push_text(text: &str, is_marked: bool, inlines: &mut Vec<Inline>) {
    match inlines.last_mut() {
        Some(Inline::Mark(before)) if is_marked => before.push_str(text),
        Some(Inline::Text(before)) if !is_marked => before.push_str(text),
        _ if is_marked => inlines.push(Inline::Mark(text.to_owned())),
        _ => inlines.push(Inline::Text(text.to_owned())),
    }
}
