//! The lines of a passage, told apart by their shape: prose, list items, table rows, code, and lines that only name.

use std::ops::Range;

/// Most characters and words of a line that names what follows it.
const MAX_LINE: (usize, usize) = (80, 10);
/// Most characters of a line that counts as a list item without a bullet, right after a lead-in.
const MAX_BARE_ITEM: usize = 240;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// Sentences.
    Prose,
    /// An item of a list.
    Item,
    /// A row of a table that needs no head.
    Record,
    /// A row of a table.
    Row { n_cells: usize },
    /// Lines of code.
    Code,
    /// A short line without a full stop.
    Line,
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    pub range: Range<usize>,
    pub kind: BlockKind,
}

/// The blocks of a passage in order. Code is one block for each stretch of it, all else one for each line.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for paragraph in paragraphs(text) {
        let lines = lines(text, &paragraph);
        if is_code(text, &lines) {
            blocks.push(Block { range: paragraph, kind: BlockKind::Code });
            continue;
        }
        for range in lines {
            let line = text[range.clone()].trim();
            let range = range.end - text[range.clone()].trim_start().len()..range.end;
            let kind = match kind_of(line) {
                // What stands right after a lead-in, or goes on such a list, is a list even without bullets.
                kind @ (BlockKind::Line | BlockKind::Prose) if is_bare_item(text, line, blocks.last()) => {
                    if is_one_sentence(line) {
                        BlockKind::Item
                    } else {
                        kind
                    }
                }
                kind => kind,
            };
            blocks.push(Block { range, kind });
        }
    }
    blocks
}

fn kind_of(line: &str) -> BlockKind {
    if is_record(line) || line.starts_with("| ") {
        return BlockKind::Record;
    }
    let n_cells = line.split(" | ").count();
    if n_cells > 1 {
        return BlockKind::Row { n_cells };
    }
    if list_marker(line).is_some() || is_pair(line) {
        return BlockKind::Item;
    }
    let is_short = line.chars().count() <= MAX_LINE.0 && line.split_whitespace().count() <= MAX_LINE.1;
    if is_short && !ends_sentence(line) && !line.ends_with([':', '：']) {
        return BlockKind::Line;
    }
    BlockKind::Prose
}

/// A row that says its columns: `Name: a; Size: 1`.
fn is_record(line: &str) -> bool {
    line.contains("; ") && line.split("; ").all(|cell| cell.contains(": "))
}

/// A short line that says what its value is the value of: `Licence: MIT`.
fn is_pair(line: &str) -> bool {
    let pair = line.split_once(": ").filter(|(name, _)| name.split_whitespace().count() <= 4);
    pair.is_some_and(|(name, value)| !name.is_empty() && !value.trim().is_empty()) && !ends_sentence(line)
}

/// The bullet or number before a list item, with the blanks after it.
pub(crate) fn list_marker(line: &str) -> Option<&str> {
    let (marker, rest) = line.split_once(' ')?;
    let name = marker.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = (1..=3).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = marker.ends_with(')') && name.len() == 1 && name.bytes().all(|b| b.is_ascii_lowercase());
    let is_bullet = matches!(marker, "-" | "*" | "+" | "•" | "–" | "·");
    (is_bullet || is_number || is_letter).then(|| &line[..line.len() - rest.trim_start().len()])
}

fn is_bare_item(text: &str, line: &str, before: Option<&Block>) -> bool {
    let Some(before) = before.filter(|_| line.chars().count() <= MAX_BARE_ITEM) else { return false };
    let before_text = &text[before.range.clone()];
    match before.kind {
        BlockKind::Prose => before_text.ends_with([':', '：']) && !line.ends_with([':', '：']),
        // A list with bullets ends where the bullets end.
        BlockKind::Item => list_marker(before_text.trim_start()).is_none() && !line.ends_with([':', '：']),
        _ => false,
    }
}

fn is_one_sentence(line: &str) -> bool {
    crate::words::sentences(line).len() == 1
}

/// Whether a line closes with a mark that ends sentences in some script, quotes and brackets aside.
pub(crate) fn ends_sentence(line: &str) -> bool {
    let closed = line.trim_end_matches(['"', '”', '»', '’', ')', '」', '』', '）']);
    closed.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔', '։'])
}

/// At least half of the lines look like code.
fn is_code(text: &str, lines: &[Range<usize>]) -> bool {
    let n_code = lines.iter().filter(|range| is_code_line(&text[(*range).clone()])).count();
    n_code > 0 && 2 * n_code >= lines.len()
}

fn is_code_line(line: &str) -> bool {
    const OPENINGS: [&str; 7] = ["$ ", "//", "#!", "#[", "@", "<?", "</"];
    const MARKS: [&str; 9] = ["::", "=>", "->", "()", " = ", "==", "</", " --", ");"];
    let trimmed = line.trim();
    if ends_sentence(trimmed) || trimmed.contains(" | ") || list_marker(trimmed).is_some() {
        return false;
    }
    let is_indented = line.starts_with("  ") || line.starts_with('\t');
    is_indented
        || trimmed.ends_with(['{', '}', ';'])
        || OPENINGS.iter().any(|opening| trimmed.starts_with(opening))
        || MARKS.iter().any(|mark| trimmed.contains(mark))
}

/// Stretches between empty lines.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut paragraphs: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut is_open = false;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        if line.trim().is_empty() {
            is_open = false;
        } else if let (true, Some(last)) = (is_open, paragraphs.last_mut()) {
            last.end = end;
        } else {
            paragraphs.push(start..end);
            is_open = true;
        }
        start += line.len();
    }
    paragraphs
}

fn lines(text: &str, paragraph: &Range<usize>) -> Vec<Range<usize>> {
    let mut start = paragraph.start;
    let mut ranges = Vec::new();
    for line in text[paragraph.clone()].split_inclusive('\n') {
        ranges.push(start..start + line.trim_end().len());
        start += line.len();
    }
    ranges
}
