//! A table of data becomes rows of cells; tables that lay out a page are read like any other element.

use ego_tree::iter::Edge;

use super::{Node, anchor, element, noise};
use crate::outline::one_line;

/// A table of data.
#[derive(Debug)]
pub(super) struct Table {
    /// Empty where there is none.
    pub caption: String,
    /// Without the header row, unless that is all there is.
    pub rows: Vec<Row>,
}

/// A row with the headers of its columns, if the table has any.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub headers: Vec<String>,
    pub cells: Vec<String>,
}

/// What a cell of data does not hold: with it a table is a layout, or its cells are texts of their own.
const TEXTS: &[&str] =
    &["article", "blockquote", "dl", "figure", "form", "ol", "pre", "section", "table", "ul"];
/// Bytes of a cell that is still a value, not a text.
const MAX_CELL_BYTES: usize = 600;

/// Reads a table of data; `None` for other elements and tables.
pub(super) fn read(table: Node<'_>) -> Option<Table> {
    let is_table = element(table).is_some_and(|element| element.name() == "table");
    let is_text = |node: Node<'_>| {
        anchor::heading_level(node).is_some()
            || element(node).is_some_and(|element| TEXTS.contains(&element.name()))
    };
    if !is_table || table.descendants().skip(1).any(is_text) {
        return None;
    }
    let mut headers = Vec::new();
    let mut rows = Vec::new();
    for row in table.descendants().filter(|node| is_named(*node, &["tr"])) {
        let cells = || row.children().filter(|node| is_named(*node, &["td", "th"]));
        let texts: Vec<String> = cells().map(cell_text).collect();
        if texts.iter().any(|text| text.len() > MAX_CELL_BYTES) {
            return None;
        }
        let is_header = texts.len() > 1 && cells().all(|cell| is_named(cell, &["th"]));
        if is_header && rows.is_empty() {
            headers = texts;
        } else {
            rows.push(Row { headers: headers.clone(), cells: texts });
        }
    }
    if rows.is_empty() && !headers.is_empty() {
        rows.push(Row { headers: Vec::new(), cells: headers });
    }
    // One column is a layout or a list.
    if rows.iter().all(|row| row.cells.len() < 2) {
        return None;
    }
    let caption = table.descendants().find(|node| is_named(*node, &["caption"])).map(cell_text);
    Some(Table { caption: caption.unwrap_or_default(), rows })
}

fn is_named(node: Node<'_>, names: &[&str]) -> bool {
    element(node).is_some_and(|element| names.contains(&element.name()))
}

/// Text of a cell on one line, without buttons and the like.
fn cell_text(cell: Node<'_>) -> String {
    let mut text = String::new();
    let mut skipped = None;
    for edge in cell.traverse() {
        match edge {
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            _ if skipped.is_some() => {}
            Edge::Open(node) if node.id() != cell.id() && noise::is_noise(node) => skipped = Some(node.id()),
            Edge::Open(node) => match node.value().as_text() {
                Some(part) => text.push_str(part),
                None if is_named(node, &["br", "p", "div"]) => text.push(' '),
                None => {}
            },
            Edge::Close(node) if is_named(node, &["p", "div"]) => text.push(' '),
            Edge::Close(_) => {}
        }
    }
    one_line(&text)
}
