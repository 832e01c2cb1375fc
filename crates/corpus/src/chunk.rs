//! A document becomes chunks that fit the embedder: cut at headings, then at sentences, with overlap.

mod group;
mod split;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Document, Language};

/// A passage to be found and cited, with all that a citation shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Stable across builds while URL and text stay the same.
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
    /// Most tokens of the embedder in one chunk's [`Chunk::embedding_text`]; 64 to 510. Larger chunks hold more
    /// context each, but fewer of them fit the prompt of a small model, and each is found less exactly.
    pub max_tokens: usize,
    /// Tokens of whole sentences repeated from the chunk before; 0 for none, and never more than a quarter of a chunk.
    pub overlap_tokens: usize,
}

/// Neighbouring sections whose text is chunked as one.
struct Group {
    /// Title of the document, shortened if absurd.
    title: String,
    /// Headings that all sections of the group stand under.
    headings: Vec<String>,
    /// Anchor of the first section.
    anchor: Option<String>,
    /// Text of the sections; where there are several, under their own headings as lines.
    text: String,
    /// Tokens of the text, about.
    n_tokens: usize,
}

impl Default for ChunkConfig {
    /// A paragraph or two: three such passages and the question still fit a small model's prompt.
    fn default() -> Self {
        Self { max_tokens: 192, overlap_tokens: 24 }
    }
}

impl Chunk {
    /// What is embedded and searched: title and heading path in front of the text.
    pub fn embedding_text(&self) -> String {
        format!("{}{}", header(&self.title, &self.headings), self.text)
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
///
/// It is called about once a sentence and twice a chunk. Every chunk's [`Chunk::embedding_text`] has at most
/// [`ChunkConfig::max_tokens`] tokens; a title or heading that alone takes more than half of that is shortened.
pub fn chunk(document: &Document, config: &ChunkConfig, count_tokens: &dyn Fn(&str) -> usize) -> Vec<Chunk> {
    let splitter = split::Splitter::new(config, count_tokens);
    let mut ids = HashSet::new();
    let mut chunks = Vec::new();
    for group in group::groups(document, config, &splitter) {
        for text in splitter.split(&group) {
            let id = chunk_id(&document.url, &text);
            if !ids.insert(id.clone()) {
                continue;
            }
            chunks.push(Chunk {
                id,
                url: document.url.clone(),
                anchor: group.anchor.clone(),
                title: group.title.clone(),
                headings: group.headings.clone(),
                date: document.date.clone(),
                language: document.language,
                text,
            });
        }
    }
    chunks
}

/// `Title — Heading > Heading` and a line break; a heading that repeats what stands before it is left out.
fn header(title: &str, headings: &[String]) -> String {
    let mut header = title.to_owned();
    let mut last = title;
    let mut separator = " — ";
    for heading in headings.iter().filter(|heading| !heading.is_empty()) {
        if heading == last {
            continue;
        }
        if !header.is_empty() {
            header.push_str(separator);
        }
        header.push_str(heading);
        separator = " > ";
        last = heading;
    }
    if !header.is_empty() {
        header.push('\n');
    }
    header
}

/// Sixteen hex digits of SHA-256 over URL and text.
fn chunk_id(url: &str, text: &str) -> String {
    let digest = Sha256::new().chain_update(url).chain_update([0]).chain_update(text).finalize();
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
