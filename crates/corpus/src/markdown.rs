//! Markdown becomes an outline; raw HTML in it gives its text, templates and scripts give nothing.

mod template;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::{Error, html, lead::Lead, outline::Outline};

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
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST;
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
    /// What the next block begins with.
    lead: Lead,
    /// Header of the table being read, and the row.
    headers: Vec<String>,
    cells: Vec<String>,
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
            Event::TaskListMarker(is_done) => self.block.push_str(if is_done { "[x] " } else { "[ ] " }),
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
            Tag::List(first) => {
                self.end_block();
                self.lead.open_list(first);
            }
            Tag::Item => {
                self.end_block();
                self.lead.open_item(None);
            }
            Tag::DefinitionListDefinition => {
                self.end_block();
                self.lead.open_definition();
            }
            Tag::Image { .. } => self.n_images += 1,
            Tag::Paragraph
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::DefinitionListTitle
            | Tag::FootnoteDefinition(_)
            | Tag::Table(_) => self.end_block(),
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
            TagEnd::CodeBlock => {
                let code = self.lead.apply(std::mem::take(&mut self.block));
                self.outline.code(&code);
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lead.close_list();
            }
            TagEnd::Item | TagEnd::DefinitionListDefinition => {
                self.end_block();
                self.lead.close();
            }
            TagEnd::DefinitionListTitle => self.lead.term(&std::mem::take(&mut self.block)),
            TagEnd::DefinitionList => {
                self.lead.close_definitions().iter().for_each(|term| self.outline.block(term))
            }
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.block)),
            TagEnd::TableHead => self.headers = std::mem::take(&mut self.cells),
            TagEnd::TableRow => self.outline.row(&self.headers, &std::mem::take(&mut self.cells)),
            TagEnd::Table => self.headers.clear(),
            TagEnd::Paragraph | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => self.end_block(),
            _ => {}
        }
        Ok(())
    }

    fn end_block(&mut self) {
        let block = self.lead.apply(std::mem::take(&mut self.block));
        self.outline.block(&block);
    }
}

fn is_line_break(tag: &str) -> bool {
    tag.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("<br"))
}

#[cfg(test)]
mod tests;
