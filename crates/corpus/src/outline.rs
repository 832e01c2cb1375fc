//! Headings and blocks in reading order become sections.

use crate::{Section, Slugger};

/// What a parser found, in reading order.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Heading { level: u8, text: String, anchor: Option<String> },
    Block(String),
}

impl Outline {
    /// Adds a heading of level 1 to 6.
    pub fn heading(&mut self, level: u8, text: &str, anchor: Option<String>) {
        let text = one_line(text);
        if !text.is_empty() {
            self.parts.push(Part::Heading { level, text, anchor });
        }
    }

    /// Adds a paragraph, a list item or a table row; white space in its lines becomes single spaces.
    pub fn block(&mut self, text: &str) {
        self.lines(text.lines().map(one_line));
    }

    /// Adds a block of code, indented as it is; its empty lines go, as they would end the block.
    pub fn code(&mut self, text: &str) {
        self.lines(text.lines().map(|line| line.trim_end().to_owned()));
    }

    /// Adds a row of a table as one line that says by itself what its cells are: `Name: a; Size: 1` under the headers
    /// `Name` and `Size`, else `| a | 1 |`.
    pub fn row(&mut self, headers: &[String], cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|cell| one_line(cell)).collect();
        if cells.iter().all(String::is_empty) {
            return;
        }
        if headers.len() != cells.len() || headers.iter().all(|header| header.trim().is_empty()) {
            return self.block(&format!("| {} |", cells.join(" | ")));
        }
        let named = headers.iter().map(|header| one_line(header)).zip(cells);
        let named =
            named.filter(|(_, cell)| !cell.is_empty()).map(|(header, cell)| match header.is_empty() {
                true => cell,
                false => format!("{}: {cell}", header.trim_end_matches(':')),
            });
        self.block(&named.collect::<Vec<_>>().join("; "));
    }

    fn lines(&mut self, lines: impl Iterator<Item = String>) {
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            self.parts.push(Part::Block(lines.join("\n")));
        }
    }

    /// Gives an anchor to every heading that has none.
    pub fn fill_anchors(&mut self, slugger: &mut Slugger) {
        for part in &mut self.parts {
            if let Part::Heading { text, anchor, .. } = part {
                match anchor {
                    Some(anchor) => slugger.reserve(anchor),
                    None => *anchor = Some(slugger.anchor(text)),
                }
            }
        }
    }

    /// Adds what another outline holds.
    pub fn append(&mut self, mut other: Outline) {
        self.parts.append(&mut other.parts);
    }

    /// Whether there are headings at most.
    pub fn has_no_text(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Block(_)))
    }

    /// The heading that is the document's title: the first one, if it alone is of its level and none is above it. One
    /// below level 1 must open the document.
    pub fn title(&self) -> Option<&str> {
        let mut headings = self.parts.iter().filter_map(|part| match part {
            Part::Heading { level, text, .. } => Some((*level, text.as_str())),
            Part::Block(_) => None,
        });
        let (title_level, title) = headings.next()?;
        let opens = matches!(self.parts.first(), Some(Part::Heading { .. }));
        ((title_level == 1 || opens) && headings.all(|(level, _)| level > title_level)).then_some(title)
    }

    /// Sections that have text. A first heading that repeats `title` is no heading of theirs.
    pub fn into_sections(self, title: &str) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        let mut current = Section::default();
        let mut open: Vec<(u8, String, Option<String>)> = Vec::new();
        let mut is_first = true;
        for part in self.parts {
            match part {
                Part::Block(block) => {
                    if !current.text.is_empty() {
                        current.text.push_str("\n\n");
                    }
                    current.text.push_str(&block);
                }
                Part::Heading { level, text, anchor } => {
                    open.retain(|(open_level, ..)| *open_level < level);
                    let is_title = std::mem::take(&mut is_first) && text.eq_ignore_ascii_case(title);
                    if !is_title {
                        open.push((level, text, anchor));
                    }
                    let next = Section {
                        headings: open.iter().map(|(_, text, _)| text.clone()).collect(),
                        anchor: open.iter().rev().find_map(|(.., anchor)| anchor.clone()),
                        text: String::new(),
                    };
                    sections.push(std::mem::replace(&mut current, next));
                }
            }
        }
        sections.push(current);
        sections.retain(|section| !section.text.is_empty());
        sections
    }
}

/// White space of any kind becomes single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
