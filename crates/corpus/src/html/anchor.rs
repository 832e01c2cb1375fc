//! A heading becomes the fragment that leads to it.

use super::{Node, attribute, element, text_of};

/// Level of a heading element, 1 to 6.
pub(super) fn heading_level(node: Node<'_>) -> Option<u8> {
    match element(node)?.name().as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

/// The id on the heading, inside it, right before it, or on a section that opens with it.
pub(super) fn anchor(heading: Node<'_>) -> Option<String> {
    id(heading)
        .or_else(|| heading.descendants().skip(1).find_map(id_or_name))
        .or_else(|| empty_anchor_before(heading))
        .or_else(|| section_id(heading))
        .or_else(|| heading.descendants().find_map(own_fragment))
}

/// Whether a link in a heading is only a handle to the heading: `#`, `¶`, an icon.
pub(super) fn is_permalink(node: Node<'_>) -> bool {
    element(node).is_some_and(|element| element.name() == "a")
        && attribute(node, "href").is_some_and(|href| href.contains('#'))
        && !text_of(node).contains(char::is_alphanumeric)
}

fn id(node: Node<'_>) -> Option<String> {
    attribute(node, "id").and_then(fragment)
}

fn id_or_name(node: Node<'_>) -> Option<String> {
    let is_link = element(node).is_some_and(|element| element.name() == "a");
    id(node).or_else(|| attribute(node, "name").filter(|_| is_link).and_then(fragment))
}

/// What can stand after `#`.
fn fragment(id: &str) -> Option<String> {
    let id = id.trim();
    (!id.is_empty() && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}

/// `<a name="part"></a><h2>Part</h2>`
fn empty_anchor_before(heading: Node<'_>) -> Option<String> {
    let before = element_before(heading)?;
    (element(before)?.name() == "a" && text_of(before).trim().is_empty())
        .then(|| id_or_name(before))
        .flatten()
}

/// `<section id="part"><h2>Part</h2>`
fn section_id(heading: Node<'_>) -> Option<String> {
    const MAX_WRAPPERS: usize = 3;
    let mut inner = heading;
    for _ in 0..MAX_WRAPPERS {
        if element_before(inner).is_some() {
            return None;
        }
        inner = inner.parent()?;
        if !matches!(element(inner)?.name(), "section" | "div" | "header" | "hgroup" | "article") {
            return None;
        }
        if let Some(id) = id(inner) {
            return Some(id);
        }
    }
    None
}

/// The nearest element before a node, if no text stands between.
fn element_before(node: Node<'_>) -> Option<Node<'_>> {
    node.prev_siblings().find(|node| node.value().is_element())
}

/// `<h2><a href="#part">Part</a></h2>`
fn own_fragment(node: Node<'_>) -> Option<String> {
    fragment(attribute(node, "href")?.strip_prefix('#')?)
}
