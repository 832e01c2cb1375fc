//! Built HTML becomes an outline of its main content, and what its head says of it.

mod anchor;
mod content;
mod extract;
mod head;
mod noise;
mod table;
mod tree;

use std::collections::HashSet;

use scraper::{Html, node::Element};

pub(crate) use head::title_end;

use crate::{Error, Language, Unpublished, outline::Outline};

/// A page as its site generator built it.
#[derive(Debug)]
pub(crate) struct Page {
    pub outline: Outline,
    pub title: Option<String>,
    pub date: Option<String>,
    pub language: Option<Language>,
    pub tags: Vec<String>,
    pub canonical: Option<String>,
}

/// A node of the tree.
type Node<'a> = ego_tree::NodeRef<'a, scraper::Node>;

/// Reads a page.
///
/// # Errors
/// [`Error::NotADocument`] for redirects, templates, error pages, lists of other pages and pages that want no reader
/// from elsewhere; [`Error::Unpublished`] for pages that are kept from search engines; [`Error::TooDeep`] for hostile nesting.
pub(crate) fn parse(source: &str, text: &str) -> Result<Page, Error> {
    if is_template(source, text) {
        return Err(Error::NotADocument);
    }
    let html = tree::parse(text)?;
    let head = head::read(&html);
    if head.is_closed || source.rsplit('/').next() == Some("404.html") {
        return Err(Error::NotADocument);
    }
    let teasers = content::teasers(&html);
    let root = content::root(&html, &teasers).ok_or(Error::NotADocument)?;
    let outline = extract::outline(root, &teasers);
    if outline.has_no_text() && elements(&html, "a").next().is_some() {
        return Err(Error::NotADocument);
    }
    if head.is_unlisted {
        return Err(Error::Unpublished(Unpublished::Unlisted));
    }
    Ok(Page {
        title: head.title(outline.title(), &content::page_headings(&html)),
        date: head.date.clone().or_else(|| content::date(&html, root)),
        language: content::language(root),
        tags: if head.tags.is_empty() { content::tags(&html) } else { head.tags },
        canonical: head.canonical,
        outline,
    })
}

/// What the head of a page says of its site.
#[derive(Debug)]
pub(crate) struct SiteNames {
    /// The whole title of the page, which may end with the site's.
    pub title: Option<String>,
    pub site_name: Option<String>,
}

/// Reads the head of a page.
///
/// # Errors
/// [`Error::TooDeep`] for hostile nesting; [`Error::NotADocument`] for a redirect or a page kept from search engines.
pub(crate) fn site_names(text: &str) -> Result<SiteNames, Error> {
    let head = head::read(&tree::parse(text)?);
    if head.is_closed || head.is_unlisted {
        return Err(Error::NotADocument);
    }
    Ok(SiteNames { title: head.title, site_name: head.site_name })
}

/// The text of raw HTML inside Markdown.
///
/// # Errors
/// [`Error::TooDeep`] for hostile nesting.
pub(crate) fn fragment(text: &str) -> Result<Outline, Error> {
    let html = tree::parse(text)?;
    Ok(extract::outline(html.tree.root(), &HashSet::new()))
}

/// What fragments of a page's address can lead to: every id, and the names of old anchors.
///
/// # Errors
/// [`Error::TooDeep`] for hostile nesting.
pub fn page_anchors(text: &str) -> Result<HashSet<String>, Error> {
    let html = tree::parse(text)?;
    let of_node = |node: Node<'_>| {
        let is_link = element(node).is_some_and(|element| element.name() == "a");
        let name = attribute(node, "name").filter(|_| is_link);
        [attribute(node, "id"), name].map(|anchor| anchor.map(str::to_owned))
    };
    Ok(html.tree.root().descendants().flat_map(of_node).flatten().collect())
}

/// Layouts and includes of a generator: HTML yet to be filled in.
fn is_template(source: &str, text: &str) -> bool {
    let is_private = |folder: &str| folder.starts_with('_') || folder == "node_modules";
    let in_private_folder = source.split('/').rev().skip(1).any(is_private);
    let text = text.trim_start();
    in_private_folder
        || ["---\n", "{{", "{%"].iter().any(|mark| text.starts_with(mark))
        || ["<title", "<html"].iter().any(|tag| has_placeholder_after(text, tag))
}

/// Whether a placeholder stands between the first `tag` and the next one.
fn has_placeholder_after(text: &str, tag: &str) -> bool {
    let after = text.split_once(tag).map_or("", |(_, after)| after);
    after.split('<').next().is_some_and(|own| own.contains("{{"))
}

fn element<'a>(node: Node<'a>) -> Option<&'a Element> {
    node.value().as_element()
}

fn attribute<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    element(node)?.attr(name)
}

/// Text of a node and all below it, as it stands.
fn text_of(node: Node<'_>) -> String {
    node.descendants().filter_map(|node| node.value().as_text().map(|text| &**text)).collect()
}

fn elements<'a>(html: &'a Html, name: &'a str) -> impl Iterator<Item = Node<'a>> + 'a {
    html.tree.root().descendants().filter(move |node| element(*node).is_some_and(|e| e.name() == name))
}

#[cfg(test)]
mod tests;
