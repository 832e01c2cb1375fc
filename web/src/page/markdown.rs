//! Markdown of an answer becomes a tree of blocks, safe to show: no raw HTML, no images, only web links, and `[n]` as
//! citations. Pure data; [`super::markdown_view`] turns it into views.

#[cfg(test)]
mod tests;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream};

/// Containers inside containers beyond this are shown as plain text: hostile input must not exhaust the stack.
const MAX_DEPTH: usize = 12;

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// A heading, 1 to 6.
    Heading(u8, Vec<Inline>),
    /// Running text.
    Paragraph(Vec<Inline>),
    /// Code, with its language where it is named.
    Code(Option<String>, String),
    /// A quotation.
    Quote(Vec<Block>),
    /// A list; the number it starts at where it is numbered.
    List(Option<u64>, Vec<Vec<Block>>),
    /// A table: the header's cells, then the rows.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// A horizontal line.
    Rule,
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Inline {
    /// Plain text.
    Text(String),
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
    /// `[n]`.
    Citation(usize),
    /// A line break.
    Break,
}

/// Reads Markdown. `[n]` is a citation where `n` is 1 to `n_sources`.
pub fn parse(text: &str, n_sources: usize) -> Vec<Block> {
    let events =
        TextMergeStream::new(Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH));
    let mut reader = Reader { events, n_sources };
    reader.blocks(0)
}

/// The text without its markup and citations, as it is read aloud.
pub fn plain_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    blocks.iter().for_each(|block| speak_block(block, &mut text));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether two texts have the same words, citations apart.
pub fn say_the_same(one: &str, other: &str) -> bool {
    let letters = |text| -> String {
        plain_text(&parse(text, usize::MAX)).chars().filter(|c| c.is_alphanumeric()).collect()
    };
    letters(one) == letters(other)
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

struct Reader<'a, I> {
    events: TextMergeStream<'a, I>,
    n_sources: usize,
}

impl<'a, I: Iterator<Item = Event<'a>>> Reader<'a, I> {
    /// Blocks up to the end of the container, or of the text.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        // Items of a tight list hold running text without a paragraph around it.
        let mut loose = Vec::new();
        while let Some(event) = self.events.next() {
            let block = match event {
                Event::End(_) => break,
                Event::Rule => Some(Block::Rule),
                Event::Start(tag) if is_block(&tag) => Some(self.block(tag, depth + 1)),
                event => {
                    self.inline(event, &mut loose, depth);
                    None
                }
            };
            if let Some(block) = block {
                flush(&mut loose, &mut blocks);
                blocks.push(block);
            }
        }
        flush(&mut loose, &mut blocks);
        blocks
    }

    fn block(&mut self, tag: Tag<'a>, depth: usize) -> Block {
        if depth > MAX_DEPTH {
            return Block::Paragraph(vec![Inline::Text(self.flat_text())]);
        }
        match tag {
            Tag::Heading { level, .. } => Block::Heading(heading_level(level), self.inlines(depth)),
            Tag::BlockQuote(_) => Block::Quote(self.blocks(depth)),
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
                while let Some(Event::Start(_)) = self.events.next() {
                    items.push(self.blocks(depth));
                }
                Block::List(start, items)
            }
            Tag::Table(_) => self.table(depth),
            Tag::HtmlBlock => Block::Paragraph(vec![Inline::Text(self.flat_text())]),
            _ => Block::Paragraph(self.inlines(depth)),
        }
    }

    fn table(&mut self, depth: usize) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some(event) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(depth),
                Event::Start(Tag::TableRow) => rows.push(self.cells(depth)),
                _ => break,
            }
        }
        Block::Table(head, rows)
    }

    fn cells(&mut self, depth: usize) -> Vec<Vec<Inline>> {
        let mut cells = Vec::new();
        while let Some(Event::Start(Tag::TableCell)) = self.events.next() {
            cells.push(self.inlines(depth));
        }
        cells
    }

    /// Running text up to the end of its container.
    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        while let Some(event) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, &mut inlines, depth);
        }
        inlines
    }

    fn inline(&mut self, event: Event<'a>, inlines: &mut Vec<Inline>, depth: usize) {
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
            Event::Text(text) => cite(&text, self.n_sources, inlines),
            Event::Code(code) => inlines.push(Inline::Code(code.into_string())),
            Event::Html(text) | Event::InlineHtml(text) => inlines.push(Inline::Text(text.into_string())),
            Event::SoftBreak => inlines.push(Inline::Text(" ".into())),
            Event::HardBreak => inlines.push(Inline::Break),
            _ => {}
        }
    }

    /// All the text up to the end of the container just entered, whatever stands in it; does not recurse.
    fn flat_text(&mut self) -> String {
        let (mut text, mut open) = (String::new(), 1usize);
        for event in self.events.by_ref() {
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

/// Splits text at its citations: `[2]`, and `[1, 3]` as two.
fn cite(text: &str, n_sources: usize, inlines: &mut Vec<Inline>) {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(open) = rest.find('[') {
        let numbers = rest[open..].find(']').and_then(|length| {
            let inside = &rest[open + 1..open + length];
            let numbers: Option<Vec<usize>> = inside
                .split(',')
                .map(|number| number.trim().parse().ok().filter(|n| (1..=n_sources).contains(n)))
                .collect();
            numbers.map(|numbers| (numbers, open + length + 1))
        });
        match numbers {
            Some((numbers, after)) => {
                plain.push_str(&rest[..open]);
                if !plain.is_empty() {
                    inlines.push(Inline::Text(std::mem::take(&mut plain)));
                }
                inlines.extend(numbers.into_iter().map(Inline::Citation));
                rest = &rest[after..];
            }
            None => {
                plain.push_str(&rest[..=open]);
                rest = &rest[open + 1..];
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        inlines.push(Inline::Text(plain));
    }
}

fn speak_block(block: &Block, text: &mut String) {
    match block {
        Block::Heading(_, inlines) | Block::Paragraph(inlines) => speak(inlines, text),
        Block::Code(_, code) => text.push_str(code),
        Block::Quote(blocks) => blocks.iter().for_each(|block| speak_block(block, text)),
        Block::List(_, items) => items.iter().flatten().for_each(|block| speak_block(block, text)),
        Block::Table(head, rows) => {
            for cell in head.iter().chain(rows.iter().flatten()) {
                speak(cell, text);
                text.push(' ');
            }
        }
        Block::Rule => {}
    }
    text.push(' ');
}

fn speak(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(part) | Inline::Code(part) => text.push_str(part),
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
