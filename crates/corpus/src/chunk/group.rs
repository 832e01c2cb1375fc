//! Sections become groups that are chunked as one: a short section joins its neighbour.

use super::{ChunkConfig, Group, header, split::Splitter};
use crate::{Document, Section};

/// A section is short below this share of a chunk: too little to be found by.
const SHORT_SECTION_DIVISOR: usize = 4;

/// Groups in reading order.
pub(super) fn groups(document: &Document, config: &ChunkConfig, splitter: &Splitter<'_>) -> Vec<Group> {
    let short = config.max_tokens / SHORT_SECTION_DIVISOR;
    let mut groups: Vec<Group> = Vec::new();
    let mut members: Vec<&Section> = Vec::new();
    for section in document.sections.iter().filter(|section| !section.text.trim().is_empty()) {
        let n_tokens = splitter.count_long(&section.text);
        if let Some(group) = groups.last_mut()
            && (group.n_tokens < short || n_tokens < short)
            && group.n_tokens + n_tokens < config.max_tokens
        {
            members.push(section);
            let merged = merge(document, &members, splitter);
            let header_tokens = splitter.count(&header(&merged.title, &merged.headings));
            if merged.n_tokens + header_tokens <= config.max_tokens {
                *group = merged;
                continue;
            }
        }
        members = vec![section];
        let (title, headings) = fit_header(document, &section.headings, config, splitter);
        let text = section.text.trim().to_owned();
        groups.push(Group { title, headings, anchor: section.anchor.clone(), text, n_tokens });
    }
    groups
}

/// Several short sections as one group under the headings they share.
fn merge(document: &Document, members: &[&Section], splitter: &Splitter<'_>) -> Group {
    let mut shared = members[0].headings.as_slice();
    for section in members {
        let n_equal = shared.iter().zip(&section.headings).take_while(|(a, b)| a == b).count();
        shared = &shared[..n_equal];
    }
    let mut text = String::new();
    let mut above: &[String] = shared;
    for section in members {
        let n_known = above.iter().zip(&section.headings).take_while(|(a, b)| a == b).count();
        for block in section.headings[n_known..].iter().map(String::as_str).chain([section.text.trim()]) {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(block);
        }
        above = &section.headings;
    }
    Group {
        title: document.title.clone(),
        headings: shared.to_vec(),
        anchor: members[0].anchor.clone(),
        n_tokens: splitter.count(&text),
        text,
    }
}

/// Title and headings of which the header takes at most half a chunk: the outermost headings go first, then the end
/// of what is too long.
fn fit_header(
    document: &Document,
    headings: &[String],
    config: &ChunkConfig,
    splitter: &Splitter<'_>,
) -> (String, Vec<String>) {
    let mut max_bytes = config.max_tokens.saturating_mul(4);
    let mut title = shorten(&document.title, max_bytes);
    let mut headings: Vec<String> = headings.iter().map(|heading| shorten(heading, max_bytes)).collect();
    while splitter.count(&header(&title, &headings)) > config.max_tokens / 2 && max_bytes > 0 {
        if headings.len() > 1 {
            headings.remove(0);
        } else {
            max_bytes /= 2;
            title = shorten(&title, max_bytes);
            headings = headings.iter().map(|heading| shorten(heading, max_bytes)).collect();
        }
    }
    (title, headings)
}

/// At most `max_bytes` of a line, cut after a word where there is one.
fn shorten(line: &str, max_bytes: usize) -> String {
    if line.len() <= max_bytes {
        return line.to_owned();
    }
    let cut = &line[..line.floor_char_boundary(max_bytes)];
    cut.rfind(char::is_whitespace).map_or(cut, |end| &cut[..end]).trim_end().to_owned()
}
