//! One file of the author becomes one document: title, URL, date, language and text under headings.

use serde::{Deserialize, Serialize};

use crate::{
    Language, Slugger, address,
    decode::{declared_charset, decode},
    front_matter::{self, FrontMatter},
    html, markdown,
    outline::Outline,
    plain,
};

/// One published text, whatever format it came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Path of the file inside the corpus folder, with `/`.
    pub source: String,
    /// Where a reader finds it, without fragment: absolute, or relative to the site folder.
    pub url: String,
    /// Title in plain text.
    pub title: String,
    /// Date of publication, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Language of the text.
    pub language: Language,
    /// Tags and categories in the author's words.
    pub tags: Vec<String>,
    /// The text, in reading order.
    pub sections: Vec<Section>,
}

/// The text between one heading and the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Headings from the outermost to this one, title of the document not included; empty before the first.
    pub headings: Vec<String>,
    /// Fragment that leads to the heading, without `#`.
    pub anchor: Option<String>,
    /// Plain text; paragraphs, list items, table rows and code blocks stand apart by an empty line. Items begin with
    /// `- ` or their number (`3. `), definitions with their term (`Term: `); cells stand behind their headers
    /// (`Name: a; Size: 1`), or between bars where there are none (`| a | 1 |`).
    pub text: String,
}

/// How a document's URL follows from its path and front matter.
#[derive(Clone, Debug, PartialEq)]
pub enum UrlRule {
    /// The corpus is published under this base URL (`https://example.org/blog/`); an empty base gives relative URLs.
    Published(String),
    /// The corpus is published nowhere: `daneel build` writes a page to read for each document, at
    /// `read/<source without extension>.html` inside the site folder.
    Reader,
}

/// What the corpus as a whole says of its documents.
#[derive(Clone, Debug)]
pub struct ParseConfig {
    /// How URLs are made.
    pub url_rule: UrlRule,
    /// Language of documents that neither say nor show theirs.
    pub default_language: Language,
    /// Which texts count as published.
    pub publishing: Publishing,
}

/// What an author keeps back is left out, unless it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Publishing {
    /// Drafts too: `draft: true`, `published: false`, the folder `_drafts`.
    pub drafts: bool,
    /// Texts with a date in the future too.
    pub future: bool,
    /// `YYYY-MM-DD`; none lets any date pass.
    pub today: Option<String>,
}

/// Why an author's text is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unpublished {
    /// It is a draft.
    Draft,
    /// Its date is in the future.
    Future,
    /// The date until which it should be shown is past.
    Expired,
    /// The generator is told to make no page of it.
    Hidden,
    /// It is kept from search engines.
    Unlisted,
}

/// Why a file could not be read as a document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to be found by: an image, a stylesheet, a redirect, a page its author marks with `data-daneel-ignore`, a list of
    /// other pages. Passed over in silence.
    #[error("not a document")]
    NotADocument,
    /// A text that its author has not published. Passed over, and counted.
    #[error("its author keeps it back")]
    Unpublished(Unpublished),
    /// A document without a word of text.
    #[error("there is no text in it: add some, or remove the file from the corpus")]
    Empty,
    /// Binary, or in an encoding that cannot be told.
    #[error("this is not text: save it as UTF-8, or remove the file from the corpus")]
    NotText,
    /// Front matter that cannot be read.
    #[error(
        "line {line}: the front matter is not valid {format}: {message}; correct it, or remove the block"
    )]
    FrontMatter {
        /// `YAML` or `TOML`.
        format: &'static str,
        /// Line of the file, from 1.
        line: usize,
        /// What the parser of the format says.
        message: String,
    },
    /// Elements inside elements beyond any page that a person wrote.
    #[error(
        "the HTML nests more than {limit} elements in each other: correct the page, or remove it from the corpus"
    )]
    TooDeep {
        /// Most elements that may stand inside each other.
        limit: usize,
    },
}

/// Turns one file into a document.
///
/// # Errors
/// Says what is wrong with the file and what to do; the caller adds the path. [`Error::NotADocument`] is no fault of
/// the file: pass over it in silence.
pub fn parse(source: &str, bytes: &[u8], config: &ParseConfig) -> Result<Document, Error> {
    let name = source.rsplit('/').next().unwrap_or(source);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("html" | "htm") => parse_html(source, bytes, config),
        Some("md" | "markdown" | "mdx") => parse_markdown(source, bytes, config),
        Some("txt") if name != "robots.txt" => {
            let outline = plain::outline(&decode(bytes, None)?);
            document(source, outline, Facts { path: source.to_owned(), ..Facts::default() }, config)
        }
        _ => Err(Error::NotADocument),
    }
}

/// What a format says of a document beside its text.
#[derive(Default)]
struct Facts {
    title: Option<String>,
    date: Option<String>,
    language: Option<Language>,
    tags: Vec<String>,
    /// Under the base of a published corpus.
    path: String,
    /// Overrides `path`.
    canonical: Option<String>,
}

fn parse_html(source: &str, bytes: &[u8], config: &ParseConfig) -> Result<Document, Error> {
    let page = html::parse(source, &decode(bytes, declared_charset(bytes))?)?;
    let canonical = match (&config.url_rule, &page.canonical) {
        (UrlRule::Published(base), Some(canonical)) => address::canonical(base, canonical),
        _ => None,
    };
    let mut outline = page.outline;
    if config.url_rule == UrlRule::Reader {
        outline.fill_anchors(&mut Slugger::new());
    }
    let facts = Facts {
        title: page.title,
        date: page.date,
        language: page.language,
        tags: page.tags,
        path: address::html_path(source),
        canonical,
    };
    document(source, outline, facts, config)
}

fn parse_markdown(source: &str, bytes: &[u8], config: &ParseConfig) -> Result<Document, Error> {
    let is_machinery = |part: &str| matches!(part, "_includes" | "_layouts" | "_site" | "node_modules");
    if source.split('/').any(is_machinery) {
        return Err(Error::NotADocument);
    }
    let is_draft = source.split('/').any(|part| part == "_drafts");
    let text = decode(bytes, None)?;
    let (front_matter, body) = front_matter::split(&text)?;
    if let Some(why) = unpublished(source, &front_matter, is_draft, &config.publishing) {
        return Err(Error::Unpublished(why));
    }
    let mut outline = markdown::outline(body, source.ends_with(".mdx"))?;
    outline.fill_anchors(&mut slugger(source, &front_matter, config));
    if outline.has_no_text() && front_matter.format.is_some() {
        // A section or a special page that the generator fills.
        return Err(Error::NotADocument);
    }
    let facts = Facts {
        title: front_matter.text("title").map(|title| crate::outline::one_line(&title)),
        date: front_matter.date(),
        language: front_matter.language(),
        tags: front_matter.tags(),
        path: address::markdown_path(source, &front_matter, config.default_language),
        canonical: None,
    };
    document(source, outline, facts, config)
}

fn unpublished(
    source: &str,
    front_matter: &FrontMatter,
    is_draft: bool,
    publishing: &Publishing,
) -> Option<Unpublished> {
    if (is_draft || front_matter.is_draft()) && !publishing.drafts {
        return Some(Unpublished::Draft);
    }
    if front_matter.is_hidden() {
        return Some(Unpublished::Hidden);
    }
    let today = publishing.today.as_deref()?;
    if front_matter.expiry().is_some_and(|date| date.as_str() <= today) {
        return Some(Unpublished::Expired);
    }
    let named = address::date_in_name(source);
    let mut dates = [front_matter.date(), front_matter.publish_date(), named].into_iter().flatten();
    (!publishing.future && dates.any(|date| date.as_str() > today)).then_some(Unpublished::Future)
}

/// Anchors as the page that will be cited has them.
fn slugger(source: &str, front_matter: &FrontMatter, config: &ParseConfig) -> Slugger {
    let is_zola = config.url_rule != UrlRule::Reader && address::is_zola(source, front_matter);
    if is_zola { Slugger::ascii() } else { Slugger::new() }
}

fn document(source: &str, outline: Outline, facts: Facts, config: &ParseConfig) -> Result<Document, Error> {
    let title =
        facts.title.or_else(|| outline.title().map(str::to_owned)).unwrap_or_else(|| title_of_path(source));
    let sections = outline.into_sections(&title);
    if sections.is_empty() {
        return Err(Error::Empty);
    }
    let language = facts
        .language
        .or_else(|| address::language_in_path(source))
        .or_else(|| detect_language(&sections))
        .unwrap_or(config.default_language);
    Ok(Document {
        source: source.to_owned(),
        url: facts.canonical.unwrap_or_else(|| address::url(&config.url_rule, source, &facts.path)),
        title,
        date: facts.date.or_else(|| address::date_in_name(source)),
        language,
        tags: facts.tags,
        sections,
    })
}

/// Looks at the start of each section, so that a code block or a quotation does not decide alone.
fn detect_language(sections: &[Section]) -> Option<Language> {
    const BYTES_OF_A_SECTION: usize = 600;
    let mut sample = String::new();
    for section in sections.iter().take(16) {
        sample.push_str(&section.text[..section.text.floor_char_boundary(BYTES_OF_A_SECTION)]);
        sample.push('\n');
    }
    Language::detect(&sample)
}

/// `posts/2024-03-01-my-first_post.md` is "my first post".
fn title_of_path(source: &str) -> String {
    let path = address::without_extension(source);
    let path = path.strip_suffix("/index").or_else(|| path.strip_suffix("/_index")).unwrap_or(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = if address::date_in_name(path).is_some() { &name[10..] } else { name };
    let title = crate::outline::one_line(&name.replace(['-', '_'], " "));
    if title.is_empty() { source.to_owned() } else { title }
}

#[cfg(test)]
mod tests;
