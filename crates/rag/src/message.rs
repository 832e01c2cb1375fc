//! The messages between page and worker.

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
}

/// What should compute, as far as the reader has a wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineWish {
    /// The GPU where it is faster.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even where it is a program on the CPU.
    Gpu,
}

/// What computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EngineReport {
    /// The GPU; none where the CPU computes.
    pub gpu: Option<String>,
    /// Why the CPU computes.
    pub reason: Option<CpuReason>,
}

/// Why the CPU computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum CpuReason {
    /// The reader wants it.
    Wanted,
    /// No GPU can be had; what the browser or driver says.
    NoGpu(String),
    /// The only GPU is a program on the CPU.
    Software,
    /// The GPU was measured and is slower.
    Slower,
    /// The GPU failed, and how.
    Failed(String),
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
