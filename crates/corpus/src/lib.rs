//! An author's files become documents, documents become chunks: `bytes + path -> Document -> Chunk`. No I/O.

mod chunk;
mod document;
mod language;

pub use chunk::{Chunk, ChunkConfig, chunk};
pub use document::{Document, Error, ParseConfig, Section, UrlRule, parse};
pub use language::Language;
