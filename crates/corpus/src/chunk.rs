//! A document becomes chunks that fit the embedder: cut at headings, then at sentences, with overlap.

use serde::{Deserialize, Serialize};

use crate::{Document, Language};

/// A passage to be found and cited, with all that a citation shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Stable across builds while document and text stay the same.
    pub id: String,
    /// URL of the document, without fragment.
    pub url: String,
    /// Fragment of the nearest heading, without `#`.
    pub anchor: Option<String>,
    /// Title of the document.
    pub title: String,
    /// Headings above the passage, outermost first.
    pub headings: Vec<String>,
    /// Date of the document, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Language of the document.
    pub language: Language,
    /// The passage itself.
    pub text: String,
}

/// How large chunks are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChunkConfig {
    /// Most tokens of the embedder in one chunk's [`Chunk::embedding_text`]; 64 to 510.
    pub max_tokens: usize,
    /// Tokens of whole sentences repeated from the chunk before; 0 for none.
    pub overlap_tokens: usize,
}

impl Default for ChunkConfig {
    fn default() -> Self {
        Self { max_tokens: 256, overlap_tokens: 32 }
    }
}

impl Chunk {
    /// What is embedded and searched: title and heading path in front of the text.
    pub fn embedding_text(&self) -> String {
        todo!()
    }

    /// URL with fragment: where a citation leads.
    pub fn href(&self) -> String {
        match &self.anchor {
            Some(anchor) => format!("{}#{anchor}", self.url),
            None => self.url.clone(),
        }
    }
}

/// Cuts a document into chunks; `count_tokens` is the embedder's own tokenizer.
pub fn chunk(
    _document: &Document,
    _config: &ChunkConfig,
    _count_tokens: &dyn Fn(&str) -> usize,
) -> Vec<Chunk> {
    todo!()
}
