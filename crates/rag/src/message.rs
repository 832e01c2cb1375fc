//! The messages between page and worker.

use daneel_model::{EngineReason, EngineWish};
use serde::{Deserialize, Serialize};

use crate::{Answer, AnswerEvent, Manifest, SearchResults, Turn};

/// What the page tells the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Load the site whose `daneel.json` lies at this URL. The first message.
    Open {
        /// Absolute URL of `daneel.json`.
        manifest_url: String,
        /// What should compute.
        engine: EngineWish,
        /// The latest [`Event::Tuned`], of any visit.
        tuning: Option<String>,
    },
    /// Search.
    Search {
        /// Comes back with the results.
        id: u32,
        /// The words.
        query: String,
        /// Most hits.
        limit: usize,
    },
    /// Answer. One at a time: a second one waits for the first.
    Ask {
        /// Comes back with every event.
        id: u32,
        /// The question.
        question: String,
        /// The conversation so far, oldest first.
        history: Vec<Turn>,
        /// Another seed gives another answer.
        seed: u64,
    },
    /// Break off an answer.
    Stop {
        /// Which one.
        id: u32,
    },
    /// Delete the stored models.
    Forget,
    /// Measure the chat model of the site whose `daneel.json` lies at this URL. Takes the place of [`Self::Open`].
    Bench {
        /// Absolute URL of `daneel.json`.
        manifest_url: String,
        /// What should compute.
        engine: EngineWish,
        /// Tokens to read.
        prompt_tokens: usize,
        /// Tokens to write.
        generate_tokens: usize,
    },
}

/// What computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineReport {
    /// The GPU; none where the CPU computes.
    pub gpu: Option<String>,
    /// Why.
    pub reason: EngineReason,
}

/// A part that loads by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The index: then keyword search works.
    Index,
    /// The embedder: then semantic search and extractive answers work.
    Embedder,
    /// The chat model: then generated answers work.
    Chat,
}

/// What the worker tells the page.
#[allow(clippy::large_enum_variant, reason = "the large one is sent once, and none is kept in numbers")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The site's table of contents.
    Opened {
        /// The site.
        manifest: Manifest,
    },
    /// What computes from here on. Comes again when a GPU fails.
    Engine {
        /// What it is.
        report: EngineReport,
    },
    /// What was found out about the GPU, for the next visit.
    Tuned {
        /// JSON that only the engine reads.
        tuning: String,
    },
    /// A part is on its way.
    Progress {
        /// Which part.
        stage: Stage,
        /// Bytes that are here.
        done: u64,
        /// Bytes in all.
        total: u64,
        /// Whether they come from the network (else from the browser's storage).
        network: bool,
    },
    /// A part works.
    Ready {
        /// Which part.
        stage: Stage,
    },
    /// What a search found.
    Found {
        /// The search.
        id: u32,
        /// The results.
        results: SearchResults,
    },
    /// An answer is being made.
    Answering {
        /// The answer.
        id: u32,
        /// What happened.
        event: AnswerEvent,
    },
    /// An answer is finished.
    Answered {
        /// The answer.
        id: u32,
        /// All of it.
        answer: Answer,
    },
    /// Something failed.
    Failed {
        /// The search or answer that failed; none for loading.
        id: Option<u32>,
        /// The part that failed to load; none otherwise.
        stage: Option<Stage>,
        /// What happened and what to do, in English.
        message: String,
    },
}
