//! An author's files become documents, documents become chunks: `bytes + path -> Document -> Chunk`. No I/O.

mod address;
mod chunk;
mod date_line;
mod decode;
mod document;
mod document_info;
mod front_matter;
mod html;
mod language;
mod lead;
mod markdown;
mod outline;
mod plain;
mod sentence;
mod site_info;
mod slug;

pub use address::reader_path;
pub use chunk::{Chunk, ChunkConfig, chunk};
pub use document::{Document, Error, ParseConfig, Publishing, Section, Unpublished, UrlRule, parse};
pub use document_info::{DocumentInfo, MAX_SUMMARY_CHARS};
pub use html::page_anchors;
pub use language::Language;
pub use sentence::sentences;
pub use site_info::{SETTINGS_FILES, SiteInfo};
pub use slug::Slugger;
