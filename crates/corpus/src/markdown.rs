//! Markdown becomes an outline; raw HTML in it gives its text, templates and scripts give nothing.

mod template;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::{Error, html, outline::Outline};

/// The headings and blocks of a Markdown body, front matter removed. Headings have the anchors the author wrote
/// (`## Title {#anchor}`), and no others.
///
/// # Errors
/// Those of [`html::fragment`].
pub(crate) fn outline(body: &str, is_mdx: bool) -> Result<Outline, Error> {
    let body = if is_mdx { template::without_imports(body) } else { body.to_owned() };
    let body = template::without_tags(&body);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut builder = Builder::default();
    for event in TextMergeStream::new(Parser::new_ext(&body, options)) {
        builder.take(event)?;
    }
    builder.end_block();
    Ok(builder.outline)
}

#[derive(Default)]
struct Builder {
    outline: Outline,
    /// Text of the block being read.
    block: String,
    /// Raw HTML being read.
    html: String,
    /// Anchor of the heading being read.
    anchor: Option<String>,
    /// Images open at this point: their text describes them, it is not read.
    n_images: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), Error> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag)?,
            Event::Text(text) | Event::Code(text) if self.n_images == 0 => self.block.push_str(&text),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(tag) if is_line_break(&tag) => self.block.push('\n'),
            Event::SoftBreak => self.block.push(' '),
            Event::HardBreak => self.block.push('\n'),
            Event::Rule => self.end_block(),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { id, .. } => {
                self.end_block();
                self.anchor = id.map(|id| id.to_string());
            }
            Tag::TableCell if !self.block.is_empty() => self.block.push_str(" | "),
            Tag::Image { .. } => self.n_images += 1,
            Tag::Paragraph
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::List(_)
            | Tag::Item
            | Tag::FootnoteDefinition(_)
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow => self.end_block(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), Error> {
        match tag {
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.block);
                self.outline.heading(level as u8, &text, self.anchor.take());
            }
            TagEnd::Image => self.n_images = self.n_images.saturating_sub(1),
            TagEnd::HtmlBlock => self.outline.append(html::fragment(&std::mem::take(&mut self.html))?),
            TagEnd::CodeBlock => self.outline.code(&std::mem::take(&mut self.block)),
            TagEnd::Paragraph
            | TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow => self.end_block(),
            _ => {}
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.outline.block(&std::mem::take(&mut self.block));
    }
}

fn is_line_break(tag: &str) -> bool {
    tag.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("<br"))
}

#[cfg(test)]
mod tests;
