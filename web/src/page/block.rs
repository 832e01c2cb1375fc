//! What an answer is shown as: a tree of blocks. Pure data; [`super::view`] turns it into elements.

use daneel_rag::Span;

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

/// The text without its markup and citations.
pub fn plain_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    blocks.iter().for_each(|block| speak_block(block, &mut text));
    one_line(&text)
}

/// The text with every stretch of white space as one blank.
pub fn one_line(text: &str) -> String {
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
