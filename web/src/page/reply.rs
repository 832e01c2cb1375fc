//! What the engine has sent so far becomes the reply that views show.

use daneel_rag::{Answer, SearchResults, SearchTier, Source};
use leptos::prelude::*;

/// How far an answer has got.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The engine has not begun.
    Waiting,
    /// The model reads the prompt; share read, 0 to 100.
    Reading(usize),
    /// Text arrives.
    Writing,
    /// It is finished.
    Done(Box<Answer>),
    /// It failed, and why.
    Failed(String),
}

/// The engine's reply to one question, as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// How far it has got.
    pub phase: Phase,
    /// The text so far.
    pub text: String,
    /// The passages so far.
    pub sources: Vec<Source>,
    /// How the passages were found, until the engine names those it reads.
    pub tier: Option<SearchTier>,
}

impl Reply {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { phase: Phase::Waiting, text: String::new(), sources: Vec::new(), tier: None }
    }

    /// A reply that was finished in an earlier visit.
    pub fn finished(answer: Answer) -> Self {
        Self {
            text: answer.text.clone(),
            sources: answer.sources.clone(),
            tier: None,
            phase: Phase::Done(Box::new(answer)),
        }
    }

    /// Whether more will come.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Reading(_) | Phase::Writing)
    }
}

/// A question on the page, with its reply.
#[derive(Clone)]
pub struct Entry {
    /// Distinguishes it from others on the page; the engine's id of its answer.
    pub id: u32,
    /// What the reader asked.
    pub question: String,
    /// The reply.
    pub reply: ArcRwSignal<Reply>,
}

/// What was found for the draft.
#[derive(Clone, Debug, PartialEq)]
pub struct QuickResults {
    /// The words.
    pub query: String,
    /// The passages.
    pub results: SearchResults,
}
