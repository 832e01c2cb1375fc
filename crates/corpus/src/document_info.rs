//! What lists of documents show, one entry a document: the row of the document table.

use serde::{Deserialize, Serialize};

use crate::Language;

/// A document without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentInfo {
    /// Where it is, without fragment.
    pub url: String,
    /// Its title.
    pub title: String,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Tags and categories, as the author wrote them.
    pub tags: Vec<String>,
    /// Its language.
    pub language: Language,
    /// The first paragraph, cut at a sentence; at most [`MAX_SUMMARY_CHARS`].
    pub summary: String,
}

/// Most characters of [`DocumentInfo::summary`].
pub const MAX_SUMMARY_CHARS: usize = 300;
