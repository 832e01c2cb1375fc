//! A document that is published nowhere becomes a page to read, so that its citations open something real.
//!
//! The page runs no script whatever the text holds: raw HTML is left out, other schemes than those of the web are not
//! linked, and a content security policy says the same to the browser.

use std::collections::{HashMap, HashSet};

use daneel_corpus::Language;
use daneel_corpus::{Document, Section};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

use crate::html::escape;

const STYLE: &str = include_str!("reader.css");

/// Words of the page around the text.
struct Words {
    back: &'static str,
    image: &'static str,
}

/// Turns documents into pages; knows them all, so that they can link to each other.
pub struct Reader<'a> {
    site_title: &'a str,
    /// URL of each document by its source.
    urls: HashMap<&'a str, &'a str>,
}

impl<'a> Reader<'a> {
    /// A reader of these documents.
    pub fn new(site_title: &'a str, documents: &'a [Document]) -> Self {
        let urls =
            documents.iter().map(|document| (document.source.as_str(), document.url.as_str())).collect();
        Self { site_title, urls }
    }

    /// The page of a document; `markdown` is its text where it is Markdown, else its sections are shown.
    pub fn page(&self, document: &Document, markdown: Option<&str>) -> String {
        let words = words(document.language);
        let root = "../".repeat(document.url.matches('/').count());
        let body = match markdown {
            Some(text) => self.render_markdown(document, text, &root),
            None => None,
        };
        let body = body.unwrap_or_else(|| render_sections(&document.title, &document.sections));
        let title = escape(&document.title);
        let anchor =
            title_anchor(document).map_or_else(String::new, |anchor| format!(" id=\"{}\"", escape(anchor)));
        let date = document.date.as_deref().map_or_else(String::new, |date| {
            let date = escape(date);
            format!("<p class=\"date\"><time datetime=\"{date}\">{date}</time></p>\n")
        });
        format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{title} · {site}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<nav><a href=\"{root}index.html\">← {back}</a></nav>\n\
             <main>\n<article>\n<header>\n<h1{anchor}>{title}</h1>\n{date}</header>\n{body}</article>\n</main>\n</body>\n</html>\n",
            language = document.language,
            site = escape(self.site_title),
            back = escape(&words.back.replace("{site}", self.site_title)),
        )
    }

    /// The text of a document without the HTML in it; none where that would lose words, or headings that citations lead to.
    fn render_markdown(&self, document: &Document, text: &str, root: &str) -> Option<String> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_DEFINITION_LIST
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
            | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
        let mut events = Vec::new();
        let mut is_metadata = false;
        // Depth of images being replaced by their alternative text.
        let mut links = Vec::new();
        for event in Parser::new_ext(text, options) {
            match event {
                Event::Start(Tag::MetadataBlock(_)) => is_metadata = true,
                Event::End(TagEnd::MetadataBlock(_)) => is_metadata = false,
                _ if is_metadata => {}
                Event::Html(html) if says_something(&html) => return None,
                Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(Tag::HtmlBlock)
                | Event::End(TagEnd::HtmlBlock) => {}
                // Images are not copied to the site: what they show is said instead.
                Event::Start(Tag::Image { .. }) => {
                    events.push(Event::Text(format!("[{}", words(document.language).image).into()));
                }
                Event::End(TagEnd::Image) => events.push(Event::Text("]".into())),
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let target = self.link(document, &dest_url, root);
                    links.push(target.is_some());
                    if let Some(target) = target {
                        let dest_url = CowStr::from(target);
                        events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                    }
                }
                Event::End(TagEnd::Link) => {
                    if links.pop() == Some(true) {
                        events.push(event);
                    }
                }
                event => events.push(event),
            }
        }
        if !set_anchors(&mut events, document) {
            return None;
        }
        let mut html = String::new();
        push_html(&mut html, events.into_iter());
        Some(html)
    }

    /// Where a link of the text leads from the page, if anywhere.
    fn link(&self, document: &Document, target: &str, root: &str) -> Option<String> {
        let is_web = ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
        if is_web || target.starts_with('#') {
            return Some(target.to_owned());
        }
        let (path, fragment) =
            target.split_once('#').map_or((target, None), |(path, rest)| (path, Some(rest)));
        let source = resolve(&document.source, path)?;
        let candidates = [source.clone(), format!("{source}.md"), format!("{source}/index.md")];
        let url = candidates.iter().find_map(|source| self.urls.get(source.as_str()))?;
        let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
        Some(format!("{root}{url}{fragment}"))
    }
}

/// Gives headings the anchors that citations lead to; drops the heading that repeats the title. Whether each anchor has found its
/// heading.
fn set_anchors(events: &mut Vec<Event<'_>>, document: &Document) -> bool {
    let mut sections = document.sections.iter();
    let mut position = 0;
    let mut is_first = true;
    while position < events.len() {
        if !matches!(events[position], Event::Start(Tag::Heading { .. })) {
            position += 1;
            continue;
        }
        let end = events[position..]
            .iter()
            .position(|event| matches!(event, Event::End(TagEnd::Heading(_))))
            .map_or(events.len() - 1, |length| position + length);
        let text: String = events[position..end].iter().map(plain_text).collect();
        let text = one_line(&text);
        let is_top = matches!(events[position], Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }));
        let is_title = (is_top || is_first) && text == one_line(&document.title);
        is_first = false;
        if is_title {
            events.drain(position..=end);
            continue;
        }
        let mut ahead = sections.clone();
        let found = ahead.find(|section| section.headings.last().is_some_and(|last| one_line(last) == text));
        if let Event::Start(Tag::Heading { id, classes, attrs, .. }) = &mut events[position] {
            // `{onclick=…}` may stand in a text too.
            classes.clear();
            attrs.clear();
            if let Some(section) = found {
                sections = ahead;
                *id = section.anchor.clone().map(CowStr::from);
            }
        }
        position = end + 1;
    }
    let ids: HashSet<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Start(Tag::Heading { id, .. }) => id.as_deref(),
            _ => None,
        })
        .chain(title_anchor(document))
        .collect();
    document
        .sections
        .iter()
        .filter_map(|section| section.anchor.as_deref())
        .all(|anchor| ids.contains(anchor))
}

/// The anchor of a first heading that repeats the title, which stands for it.
fn title_anchor(document: &Document) -> Option<&str> {
    let first = document.sections.first()?;
    let repeats = first.headings.last().is_some_and(|heading| one_line(heading) == one_line(&document.title));
    first.anchor.as_deref().filter(|_| repeats)
}

/// Whether HTML has words outside of its tags and comments.
fn says_something(html: &str) -> bool {
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        if before.contains(char::is_alphanumeric) {
            return true;
        }
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        rest = tag.split_once(end).map_or("", |(_, after)| after);
    }
    rest.contains(char::is_alphanumeric)
}

fn plain_text<'e>(event: &'e Event<'_>) -> &'e str {
    match event {
        Event::Text(text) | Event::Code(text) => text,
        Event::SoftBreak | Event::HardBreak => " ",
        _ => "",
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Sections as headings and paragraphs, for what is not Markdown; without a first heading that repeats the title.
fn render_sections(title: &str, sections: &[Section]) -> String {
    let mut html = String::new();
    for (position, section) in sections.iter().enumerate() {
        let heading = section.headings.last();
        if let Some(heading) = heading.filter(|text| position > 0 || one_line(text) != one_line(title)) {
            let level = (section.headings.len() + 1).min(6);
            let id = section
                .anchor
                .as_deref()
                .map_or_else(String::new, |anchor| format!(" id=\"{}\"", escape(anchor)));
            html += &format!("<h{level}{id}>{}</h{level}>\n", escape(heading));
        }
        for paragraph in section.text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            html += &format!("<p>{}</p>\n", escape(paragraph.trim()));
        }
    }
    html
}

/// `../notes/a.md` as seen from `posts/b.md` is `notes/a.md`.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn words(language: Language) -> Words {
    match language {
        Language::ITALIAN => Words { back: "Chiedi a {site}", image: "Immagine: " },
        _ => Words { back: "Ask {site}", image: "Image: " },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(source: &str, sections: Vec<Section>) -> Document {
        Document {
            source: source.into(),
            url: format!("read/{}.html", source.trim_end_matches(".md")),
            title: "Perché <qui>".into(),
            date: Some("2024-05-01".into()),
            language: Language::ITALIAN,
            tags: Vec::new(),
            sections,
        }
    }

    fn section(heading: &str, anchor: &str, text: &str) -> Section {
        Section { headings: vec![heading.into()], anchor: Some(anchor.into()), text: text.into() }
    }

    #[test]
    fn headings_carry_the_anchors_of_citations() {
        let documents = [document(
            "posts/a.md",
            vec![section("Uno *due*", "uno-due", "x"), section("Uno *due*", "uno-due-1", "y")],
        )];
        let text = "---\ntitle: x\n---\n# Perché \\<qui>\n\n## Uno \\*due\\*\n\nx\n\n## Uno \\*due\\*\n\ny\n";
        let page = Reader::new("Sito", &documents).page(&documents[0], Some(text));
        assert!(page.contains("<h2 id=\"uno-due\">"), "{page}");
        assert!(page.contains("<h2 id=\"uno-due-1\">"), "{page}");
        assert_eq!(page.matches("<h1").count(), 1, "{page}");
        assert!(page.contains("lang=\"it\"") && page.contains("← Chiedi a Sito"), "{page}");
        assert!(page.contains("href=\"../../index.html\""), "{page}");
        assert!(!page.contains("title: x"), "{page}");
    }

    #[test]
    fn no_script_passes() {
        let documents = [document("a.md", Vec::new())];
        let text = "<script>alert(1)</script>\n\nx <b onclick=alert(1)>b</b> [l](javascript:alert(1)) \
                    [d](data:text/html,x) ![i](javascript:alert(1)) [r][]\n\n# H {#h .c onclick=alert(1)}\n\n[r]: JaVaScript:alert(1)\n";
        let page = Reader::new("<script>", &documents).page(&documents[0], Some(text));
        for wrong in ["<script", "onclick", "javascript:", "JaVaScript:", "data:"] {
            assert!(!page.contains(wrong), "{wrong} in {page}");
        }
    }

    #[test]
    fn words_in_html_are_shown_and_headings_in_html_found() {
        let text = "## Uno\n\nx\n\n<h3>Due</h3>\n<p>y <b>z</b></p>\n";
        let sections = || vec![section("Uno", "uno", "x"), section("Due", "due", "y z")];
        let documents = [document("a.md", sections())];
        let page = Reader::new("Sito", &documents).page(&documents[0], Some(text));
        assert!(page.contains("<h2 id=\"due\">Due</h2>\n<p>y z</p>"), "{page}");
        for silent in ["<!-- more -->\n", "<br>\n", "<div class=\"a\">\n", "<img src=a\n", "</p>"] {
            assert!(!says_something(silent), "{silent}");
        }
        assert!(says_something("<p>a") && says_something("b</p>"));
    }

    #[test]
    fn plain_text_is_escaped() {
        let documents = [document("a.txt", vec![section("A & B", "a--b", "1 < 2\n\n\"x\"")])];
        let page = Reader::new("Sito", &documents).page(&documents[0], None);
        assert!(
            page.contains("<h2 id=\"a--b\">A &amp; B</h2>\n<p>1 &lt; 2</p>\n<p>&quot;x&quot;</p>"),
            "{page}"
        );
    }

    #[test]
    fn the_title_is_there_once() {
        let documents =
            [document("a.md", vec![section("Perché <qui>", "qui", "x"), section("Due", "due", "y")])];
        let reader = Reader::new("Sito", &documents);
        for text in [None, Some("## Perché \\<qui>\n\nx\n\n## Due\n\ny\n")] {
            let page = reader.page(&documents[0], text);
            assert_eq!(page.matches("Perché &lt;qui&gt;</h").count(), 1, "{page}");
            assert!(page.contains("<h2 id=\"due\">"), "{page}");
        }
    }

    #[test]
    fn texts_link_to_each_other() {
        let documents = [document("posts/a.md", Vec::new()), document("notes/b.md", Vec::new())];
        let reader = Reader::new("Sito", &documents);
        let link = |target: &str| reader.link(&documents[0], target, "../../");
        assert_eq!(link("../notes/b.md#x").as_deref(), Some("../../read/notes/b.html#x"));
        assert_eq!(link("/notes/b").as_deref(), Some("../../read/notes/b.html"));
        assert_eq!(link("https://example.org/").as_deref(), Some("https://example.org/"));
        assert_eq!(link("../../../etc/passwd"), None);
        assert_eq!(link("picture.png"), None);
    }
}
