//! A question becomes an answer whose every sentence rests on the texts: plan, retrieve, decide, write or quote, verify.

mod about;
mod answer;
mod assistant;
mod claims;
mod exemplars;
mod facts;
mod gate;
mod generate;
mod listing;
mod look_up;
mod manifest;
mod markers;
mod message;
mod part;
mod phrases;
mod plan;
mod prompt;
mod question;
mod quote;
mod ranking;
mod read_search;
mod reading;
mod relevance;
mod reply;
mod retrieval;
mod shards;
mod source;
mod tokens;
mod units;
mod verify;
mod words;

pub use answer::{Answer, AnswerEvent, AnswerKind, Figures, Sentence, SentenceKind, Turn};
pub use assistant::{Assistant, SearchResults, SearchTier, SourceHit};
pub use daneel_model::{EngineReason, EngineWish};
pub use manifest::{
    AnswerStyle, FORMAT_VERSION, FileEntry, Manifest, ModelEntry, Persona, PromptEntry, Strategy, Suggestion,
};
pub use message::{Command, EngineReport, Event, Stage};
pub use part::{DEFAULT_CONTEXT, Part, PartFiles};
pub use question::{MAX_QUESTION_CHARS, check_question};
pub use read_search::{GATE_SIGNALS, Observed, RANKING_SIGNALS, ReadSearch};
pub use shards::{ShardStore, ShardedFile, sha256_hex, verify};
pub use source::{Source, Span};

/// Why a question could not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The question has no words.
    #[error("the question is empty; type what you want to know")]
    EmptyQuestion,
    /// The question is longer than any model can read.
    #[error("the question has {length} characters; the most is {limit}")]
    QuestionTooLong {
        /// Characters of the question.
        length: usize,
        /// Most characters.
        limit: usize,
    },
    /// Something is needed that has not been loaded yet.
    #[error("{0} is not loaded yet")]
    NotReady(&'static str),
    /// Parts of a site that do not belong together.
    #[error("the site does not fit together: {0}; build it again with `daneel build`")]
    Mismatch(String),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] daneel_index::Error),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] daneel_model::Error),
}
