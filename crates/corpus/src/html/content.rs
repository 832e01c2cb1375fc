//! The element of a page that holds the author's text, and what is written near it.

use std::collections::{HashMap, HashSet};

use ego_tree::{NodeId, iter::Edge};
use scraper::{Html, node::Element};

use super::{Node, anchor, attribute, element, elements, noise, text_of};
use crate::{Language, front_matter::iso_date, outline::one_line};

/// Classes and ids that themes give to the text of a page, the narrowest first.
const CONTENT_NAMES: &[&str] = &[
    "entry-content",
    "post-content",
    "article-content",
    "post-body",
    "article-body",
    "markdown-body",
    "theme-doc-markdown",
    "md-content",
    "rst-content",
    "page-content",
    "main-content",
    "content",
    "post",
    "document",
    "main",
    "primary",
];

/// How much text stands under a node, noise left out, in bytes.
#[derive(Clone, Copy, Default)]
struct Amount {
    text: usize,
    /// Of that, inside links.
    linked: usize,
}

impl Amount {
    fn own(self) -> usize {
        self.text - self.linked
    }
}

/// The element with the main content; `None` for a page that only leads to others.
///
/// A page that says it with `main` or `article` is believed as long as a fair part of its text stands there; then known
/// names count, then the innermost element with most of the text.
pub(super) fn root<'a>(html: &'a Html, teasers: &HashSet<NodeId>) -> Option<Node<'a>> {
    let body = elements(html, "body").next().unwrap_or_else(|| html.tree.root());
    let amounts = amounts(body, teasers);
    let amount = |node: Node<'_>| amounts.get(&node.id()).copied().unwrap_or_default();
    let whole = amount(body);
    if whole.text > 0 && whole.own() * MIN_OWN_SHARE < whole.text {
        return None;
    }
    let has_enough = |node: &Node<'_>| amount(*node).own() > 0 && amount(*node).own() * 4 >= whole.own();
    let is_main = |node: &Node<'_>| element(*node).is_some_and(is_main);
    let is_article = |node: &Node<'_>| element(*node).is_some_and(|element| element.name() == "article");

    let main = body.descendants().filter(is_main).find(has_enough);
    let within = main.unwrap_or(body);
    let has_most = |node: &Node<'_>| has_enough(node) && amount(*node).own() * 2 >= amount(within).own();
    let article = within.descendants().filter(is_article).find(has_most);
    let root = article
        .or(main)
        .or_else(|| CONTENT_NAMES.iter().find_map(|name| named(body, name).find(has_most)))
        .unwrap_or_else(|| innermost(body, &|node| amount(node).own()));
    Some(root)
}

/// Of the text of a page, one part in so many at least stands outside links, or it is a list of links.
const MIN_OWN_SHARE: usize = 5;

/// Articles that only announce others: short, under a heading that links elsewhere, and not alone.
pub(super) fn teasers(html: &Html) -> HashSet<NodeId> {
    const MAX_TEASER_BYTES: usize = 800;
    let is_teaser = |node: &Node<'_>| {
        let bytes: usize =
            node.descendants().filter_map(|node| node.value().as_text()).map(|text| text.len()).sum();
        bytes <= MAX_TEASER_BYTES && node.descendants().any(is_linked_heading)
    };
    let teasers: HashSet<_> = elements(html, "article").filter(is_teaser).map(|node| node.id()).collect();
    if teasers.len() < 2 { HashSet::new() } else { teasers }
}

/// `<h2><a href="other.html">…`, or the link around the heading.
fn is_linked_heading(node: Node<'_>) -> bool {
    let leads_elsewhere = |node: Node<'_>| attribute(node, "href").is_some_and(|href| !href.starts_with('#'));
    anchor::heading_level(node).is_some()
        && (node.descendants().any(leads_elsewhere) || node.parent().is_some_and(leads_elsewhere))
}

/// Text under every element of the body.
fn amounts(body: Node<'_>, teasers: &HashSet<NodeId>) -> HashMap<NodeId, Amount> {
    let mut amounts = HashMap::new();
    let mut open = vec![Amount::default()];
    let mut n_links: usize = 0;
    let mut skipped = None;
    for edge in body.traverse() {
        match edge {
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            _ if skipped.is_some() => {}
            Edge::Open(node) => {
                if let Some(text) = node.value().as_text()
                    && let Some(amount) = open.last_mut()
                {
                    let len = text.trim().len();
                    amount.text += len;
                    amount.linked += if n_links > 0 { len } else { 0 };
                }
                if node.id() != body.id() && (noise::is_noise(node) || teasers.contains(&node.id())) {
                    skipped = Some(node.id());
                } else if element(node).is_some() {
                    n_links += usize::from(is_link(node));
                    open.push(Amount::default());
                }
            }
            Edge::Close(node) => {
                if element(node).is_some()
                    && let Some(amount) = open.pop()
                {
                    n_links -= usize::from(is_link(node));
                    amounts.insert(node.id(), amount);
                    if let Some(parent) = open.last_mut() {
                        parent.text += amount.text;
                        parent.linked += amount.linked;
                    }
                }
            }
        }
    }
    amounts
}

fn is_link(node: Node<'_>) -> bool {
    attribute(node, "href").is_some_and(|href| !href.starts_with('#'))
}

fn is_main(element: &Element) -> bool {
    element.name() == "main" || element.attr("role") == Some("main")
}

/// Elements with a class or id.
fn named<'a>(body: Node<'a>, name: &'a str) -> impl Iterator<Item = Node<'a>> + 'a {
    body.descendants().filter(move |node| {
        let has_class = attribute(*node, "class")
            .is_some_and(|classes| classes.split_whitespace().any(|class| class == name));
        has_class || attribute(*node, "id") == Some(name)
    })
}

/// Goes down from the body as long as one child holds nearly all the text.
fn innermost<'a>(body: Node<'a>, own_text: &dyn Fn(Node<'_>) -> usize) -> Node<'a> {
    let mut node = body;
    while let Some(child) = node.children().find(|child| own_text(*child) * 5 >= own_text(node) * 4) {
        if own_text(child) == 0
            || !matches!(
                element(child).map(Element::name),
                Some("div" | "section" | "td" | "table" | "tbody" | "tr" | "center")
            )
        {
            break;
        }
        node = child;
    }
    node
}

/// Headings of level 1 anywhere outside navigation: of the page, or of the whole site.
pub(super) fn page_headings(html: &Html) -> Vec<String> {
    elements(html, "h1")
        .filter(|node| !node.ancestors().any(noise::is_noise))
        .map(|node| one_line(&text_of(node)))
        .filter(|text| !text.is_empty())
        .collect()
}

/// The `time` in the text, else the only one on the page.
pub(super) fn date(html: &Html, root: Node<'_>) -> Option<String> {
    let time = |node: Node<'_>| iso_date(attribute(node, "datetime")?);
    let is_time = |node: &Node<'_>| element(*node).is_some_and(|element| element.name() == "time");
    let around =
        root.ancestors().find(|node| element(*node).is_some_and(|e| is_main(e) || e.name() == "article"));
    let within = |node: Node<'_>| node.descendants().filter(is_time).find_map(time);
    within(root).or_else(|| within(around?)).or_else(|| {
        let mut dates = elements(html, "time").filter_map(time);
        let first = dates.next()?;
        dates.all(|date| date == first).then_some(first)
    })
}

/// The language stated nearest around the text.
pub(super) fn language(root: Node<'_>) -> Option<Language> {
    std::iter::once(root).chain(root.ancestors()).find_map(|node| {
        attribute(node, "lang").or_else(|| attribute(node, "xml:lang")).and_then(Language::from_tag)
    })
}

/// Links that say `rel="tag"`.
pub(super) fn tags(html: &Html) -> Vec<String> {
    let is_tag = |node: &Node<'_>| {
        attribute(*node, "rel")
            .is_some_and(|rel| rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("tag")))
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in elements(html, "a").filter(is_tag).map(|node| one_line(&text_of(node))) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}
