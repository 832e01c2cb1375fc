//! The main content of a page becomes an outline.

use std::collections::HashSet;

use ego_tree::{NodeId, iter::Edge};

use super::{Node, anchor, attribute, element, noise, table};
use crate::{
    lead::Lead,
    outline::{Outline, one_line},
};

/// Elements that begin and end a block of text.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// The headings and blocks under a node; noise and what is in `left_out` are not read. No recursion: pages nest as they
/// like.
pub(super) fn outline(root: Node<'_>, left_out: &HashSet<NodeId>) -> Outline {
    let mut extractor = Extractor::default();
    let mut skipped = None;
    for edge in root.traverse() {
        match edge {
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            _ if skipped.is_some() => {}
            Edge::Open(node) => {
                let is_noise =
                    node.id() != root.id() && (noise::is_noise(node) || left_out.contains(&node.id()));
                let is_handle = extractor.is_in_name() && anchor::is_permalink(node);
                if is_noise || is_handle || extractor.take_table(node) {
                    skipped = Some(node.id());
                } else {
                    extractor.open(node);
                }
            }
            Edge::Close(node) => extractor.close(node),
        }
    }
    extractor.end_block();
    extractor.outline
}

#[derive(Default)]
struct Extractor {
    outline: Outline,
    block: String,
    /// Level and anchor of the heading being read.
    heading: Option<(u8, Option<String>)>,
    /// `pre` elements open at this point.
    n_pre: usize,
    /// What the next block begins with.
    lead: Lead,
    /// Whether a term is being read.
    is_in_term: bool,
}

impl Extractor {
    /// Whether a heading or a term is being read.
    fn is_in_name(&self) -> bool {
        self.heading.is_some() || self.is_in_term
    }

    /// Reads a table of data whole; `false` for anything else.
    fn take_table(&mut self, node: Node<'_>) -> bool {
        let Some(table) = table::read(node) else { return false };
        self.end_block();
        self.outline.block(&table.caption);
        table.rows.iter().for_each(|row| self.outline.row(&row.headers, &row.cells));
        true
    }

    fn open(&mut self, node: Node<'_>) {
        if let Some(text) = node.value().as_text() {
            self.text(text);
            return;
        }
        let Some(element) = element(node) else { return };
        if let Some(level) = anchor::heading_level(node) {
            self.end_block();
            self.heading = Some((level, anchor::anchor(node)));
            return;
        }
        match element.name() {
            "br" => self.block.push('\n'),
            "td" | "th" if !self.block.trim().is_empty() => self.block.push_str(" | "),
            "pre" => {
                self.end_block();
                self.n_pre += 1;
            }
            name if BLOCKS.contains(&name) => {
                self.end_block();
                self.open_lead(name, node);
            }
            _ => {}
        }
    }

    fn open_lead(&mut self, name: &str, node: Node<'_>) {
        let number = |name| attribute(node, name).and_then(|value| value.trim().parse().ok());
        match name {
            "ol" => self.lead.open_list(Some(number("start").unwrap_or(1))),
            "ul" => self.lead.open_list(None),
            "li" => self.lead.open_item(number("value")),
            "dt" => self.is_in_term = true,
            "dd" => self.lead.open_definition(),
            _ => {}
        }
    }

    fn close_lead(&mut self, name: &str) {
        match name {
            "ol" | "ul" => self.lead.close_list(),
            "li" | "dd" => self.lead.close(),
            "dl" => self.lead.close_definitions().iter().for_each(|term| self.outline.block(term)),
            _ => {}
        }
    }

    fn close(&mut self, node: Node<'_>) {
        let Some(element) = element(node) else { return };
        if anchor::heading_level(node).is_some() {
            let text = std::mem::take(&mut self.block);
            if let Some((level, anchor)) = self.heading.take() {
                self.outline.heading(level, &text, anchor);
            }
            return;
        }
        if element.name() == "dt" {
            self.is_in_term = false;
            self.lead.term(&one_line(&std::mem::take(&mut self.block)));
            return;
        }
        if BLOCKS.contains(&element.name()) {
            self.end_block();
            self.close_lead(element.name());
        }
        if element.name() == "pre" {
            self.n_pre = self.n_pre.saturating_sub(1);
        }
    }

    /// Outside `pre` a line break in the source is a space; `br` alone breaks the line.
    fn text(&mut self, text: &str) {
        if self.n_pre > 0 && self.heading.is_none() {
            self.block.push_str(text);
        } else {
            self.block.extend(text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
        }
    }

    fn end_block(&mut self) {
        if self.is_in_name() {
            self.block.push(' ');
            return;
        }
        let block = self.lead.apply(std::mem::take(&mut self.block));
        if self.n_pre > 0 {
            self.outline.code(&block);
        } else {
            self.outline.block(&block);
        }
    }
}
