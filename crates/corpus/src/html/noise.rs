//! What is on a page but not of its text: navigation, banners, buttons, scripts.

use scraper::node::Element;

use super::{Node, element};

/// Elements that never hold text of the author.
const ELEMENTS: &[&str] = &[
    "annotation",
    "audio",
    "button",
    "canvas",
    "dialog",
    "head",
    "iframe",
    "input",
    "label",
    "link",
    "meta",
    "nav",
    "noscript",
    "object",
    "option",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
];

const ROLES: &[&str] = &[
    "alertdialog",
    "banner",
    "complementary",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
];

/// Words of `class` or `id` that themes give to what surrounds a text, and the beginnings of such words.
const NAMES: &[&str] = &[
    "advertisement",
    "banner",
    "blogroll",
    "boring",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "comment-respond",
    "comments",
    "comments-area",
    "copy-button",
    "disqus_thread",
    "edit-page",
    "edit-this-page",
    "entry-footer",
    "entry-meta",
    "footnote-backref",
    "gutter",
    "header-anchor",
    "jp-relatedposts",
    "lineno",
    "linenodiv",
    "linenos",
    "ln",
    "lnt",
    "md-source-file",
    "menu",
    "modal",
    "nav-chapters",
    "nav-links",
    "nav-wrapper",
    "navbar",
    "navigation",
    "pager",
    "pagination",
    "popup",
    "post-meta",
    "post-nav",
    "post-navigation",
    "post-tags",
    "prev-next",
    "reading-time",
    "reversefootnote",
    "rouge-gutter",
    "screen-reader-text",
    "share",
    "sharedaddy",
    "sharing",
    "sidebar",
    "site-footer",
    "site-header",
    "skip-link",
    "skip-to-content",
    "sr-only",
    "subscribe",
    "table-of-contents",
    "tags-links",
    "theme-doc-footer",
    "toc",
    "visually-hidden",
    "widget",
];
const NAME_STARTS: &[&str] =
    &["cookie", "consent", "gdpr", "newsletter", "related-", "share-", "social-", "wp-block-comment"];

/// Classes of an `aside` that belongs to the text.
const ADMONITIONS: &[&str] =
    &["admonition", "alert", "callout", "caution", "danger", "hint", "info", "note", "tip", "warning"];

/// Whether a node and all below it is left out.
pub(super) fn is_noise(node: Node<'_>) -> bool {
    let Some(element) = element(node) else { return false };
    let name = element.name();
    if matches!(name, "html" | "body" | "main" | "article") {
        return is_ignored(element);
    }
    if ELEMENTS.contains(&name) || is_ignored(element) || is_hidden(element) {
        return true;
    }
    let is_around = match name {
        "header" => !has_ancestor(node, &["article", "main"]),
        "footer" | "form" => true,
        "aside" => !is_admonition(element),
        _ => element.attr("role").is_some_and(|role| ROLES.contains(&role)) || has_noise_name(element),
    };
    is_around && !wraps_content(node)
}

/// Whether the author marked an element to be left out.
pub(super) fn is_ignored(element: &Element) -> bool {
    element.attr("data-daneel-ignore").is_some_and(|value| value != "false")
}

fn is_hidden(element: &Element) -> bool {
    element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
        || element.attr("style").is_some_and(|style| {
            let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

fn is_admonition(element: &Element) -> bool {
    let is_admonition =
        |word: &str| ADMONITIONS.iter().any(|name| word.split(['-', '_']).any(|part| part == *name));
    element.attr("role") == Some("note") || names(element).any(is_admonition)
}

fn has_noise_name(element: &Element) -> bool {
    names(element).any(|word| {
        let word = word.to_ascii_lowercase();
        NAMES.contains(&word.as_str()) || NAME_STARTS.iter().any(|start| word.starts_with(start))
    })
}

fn names(element: &Element) -> impl Iterator<Item = &str> {
    let words = element.attr("class").unwrap_or_default().split_whitespace();
    words.chain(element.attr("id"))
}

fn has_ancestor(node: Node<'_>, names: &[&str]) -> bool {
    node.ancestors().filter_map(element).any(|element| names.contains(&element.name()))
}

/// A layout may put the whole page into a form or a "sidebar" wrapper: what holds the text is no noise.
fn wraps_content(node: Node<'_>) -> bool {
    node.descendants()
        .skip(1)
        .filter_map(element)
        .any(|element| matches!(element.name(), "main" | "article") || element.attr("role") == Some("main"))
}
