//! One file of the author becomes one document: title, URL, date, language and text under headings.

use serde::{Deserialize, Serialize};

use crate::Language;

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
    /// Tags in the author's words.
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
    /// Plain text; paragraphs, list items and code blocks stand apart by an empty line.
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
}

/// Why a file could not be read as a document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a format of the corpus (an image, a stylesheet): passed over in silence.
    #[error("not a document")]
    NotADocument,
}

/// Turns one file into a document.
///
/// # Errors
/// Says what is wrong with the file and what to do; the caller adds the path.
pub fn parse(_source: &str, _bytes: &[u8], _config: &ParseConfig) -> Result<Document, Error> {
    todo!()
}
