//! The head of a page: title, canonical URL, date, tags, and whether the page wants to be found.

use scraper::Html;

use super::{attribute, element, elements, noise, text_of};
use crate::{front_matter::iso_date, outline::one_line};

/// What the head says.
#[derive(Debug, Default)]
pub(super) struct Head {
    og_title: Option<String>,
    pub title: Option<String>,
    pub site_name: Option<String>,
    pub canonical: Option<String>,
    pub date: Option<String>,
    pub tags: Vec<String>,
    /// A redirect, or a page that its author keeps from Daneel.
    pub is_closed: bool,
    /// It is kept from search engines.
    pub is_unlisted: bool,
}

/// Separators between the title of a page and the name of its site that titles themselves seldom hold.
const SURE_SEPARATORS: &[&str] = &[" | ", " · ", " » ", " :: ", " • "];
/// Those that titles hold too.
const UNSURE_SEPARATORS: &[&str] = &[" - ", " – ", " — "];

/// Reads `meta`, `link` and `title`, wherever in the page a careless generator put them.
pub(super) fn read(html: &Html) -> Head {
    let mut head = Head::default();
    let mut keywords = Vec::new();
    for node in elements(html, "meta") {
        let value = |name| attribute(node, name).unwrap_or_default();
        let content = one_line(value("content"));
        let key =
            [value("property"), value("name"), value("itemprop")].into_iter().find(|key| !key.is_empty());
        match key.unwrap_or_default().to_ascii_lowercase().as_str() {
            "og:title" => set(&mut head.og_title, &content),
            "og:site_name" => set(&mut head.site_name, &content),
            "article:published_time" | "datepublished" | "date" | "dc.date" | "dcterms.created" => {
                head.date = head.date.take().or_else(|| iso_date(&content));
            }
            "article:tag" => head.tags.push(content.clone()),
            "keywords" => keywords.extend(content.split(',').map(one_line).filter(|word| !word.is_empty())),
            "robots" => {
                let hides = |word: &str| matches!(word.trim(), "noindex" | "none");
                head.is_unlisted |= content.to_ascii_lowercase().split(',').any(hides);
            }
            _ => {}
        }
        let is_refresh = value("http-equiv").eq_ignore_ascii_case("refresh");
        head.is_closed |= is_refresh && content.to_ascii_lowercase().contains("url");
    }
    if head.tags.is_empty() {
        head.tags = keywords;
    }
    head.canonical = elements(html, "link")
        .find(|node| attribute(*node, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")))
        .and_then(|node| attribute(node, "href").map(str::to_owned));
    if let Some(node) = elements(html, "title").next() {
        set(&mut head.title, &one_line(&text_of(node)));
    }
    let root_elements = elements(html, "html").chain(elements(html, "body"));
    head.is_closed |= root_elements.filter_map(element).any(noise::is_ignored);
    head
}

impl Head {
    /// The title of the page, without the name of its site. `heading` is the one that looks like the title of the text;
    /// `page_headings` are all of level 1, of which some may be the name of the site.
    pub fn title(&self, heading: Option<&str>, page_headings: &[String]) -> Option<String> {
        let stated = self.og_title.as_deref().or(self.title.as_deref());
        let begins_title = |heading: &&str| stated.is_none_or(|title| title.starts_with(*heading));
        let heading = heading.or_else(|| page_headings.iter().map(String::as_str).find(begins_title));
        let title = self.og_title.as_deref().or(heading).or(stated)?;
        if heading == Some(title) {
            return Some(title.to_owned());
        }
        let is_site_name = |name: &str| {
            self.site_name.as_deref() == Some(name) || page_headings.iter().any(|heading| heading == name)
        };
        for separator in SURE_SEPARATORS.iter().chain(UNSURE_SEPARATORS) {
            let Some((page, site)) = title.rsplit_once(separator) else { continue };
            let is_sure = SURE_SEPARATORS.contains(separator) || is_site_name(site) || heading == Some(page);
            if is_sure && !page.trim().is_empty() {
                return Some(page.trim().to_owned());
            }
        }
        Some(title.to_owned())
    }
}

/// What stands behind the last separator of a title: on most pages of a site, its name. The whole of a title that has
/// none, since a front page is named like its site.
pub(crate) fn title_end(title: &str) -> Option<&str> {
    let ends =
        SURE_SEPARATORS.iter().chain(UNSURE_SEPARATORS).filter_map(|separator| title.rsplit_once(separator));
    let end = ends.map(|(_, end)| end).min_by_key(|end| end.len()).unwrap_or(title).trim();
    (!end.is_empty()).then_some(end)
}

/// The first that says something counts.
fn set(field: &mut Option<String>, text: &str) {
    if field.is_none() && !text.is_empty() {
        *field = Some(text.to_owned());
    }
}
