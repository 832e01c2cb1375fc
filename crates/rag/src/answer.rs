//! What an answer is made of.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

/// A passage that an answer can cite as `[number]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// 1, 2, 3 … as shown.
    pub number: usize,
    /// Where it leads: URL with fragment.
    pub href: String,
    /// Title of the document.
    pub title: String,
    /// Headings above the passage, outermost first.
    pub headings: Vec<String>,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Language of the document.
    pub language: Language,
    /// The passage.
    pub text: String,
}

/// How an answer came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Written by the chat model.
    Generated,
    /// The best sentences of the corpus, quoted.
    Extractive,
    /// The corpus says nothing of it.
    NotFound,
}

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Markdown with `[n]` citations, each of which names one of `sources`.
    pub text: String,
    /// How it came about.
    pub kind: AnswerKind,
    /// Language of the answer, which is the question's.
    pub language: Language,
    /// The passages that were offered; those the text cites among them.
    pub sources: Vec<Source>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Figures of the generation, where a model wrote it.
    pub figures: Option<Figures>,
}

/// Figures of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, tokens whose KV was kept.
    pub reused_tokens: usize,
    /// Tokens of the answer.
    pub generated_tokens: usize,
    /// Seconds to read the prompt.
    pub prefill_seconds: f64,
    /// Seconds to write the answer.
    pub decode_seconds: f64,
    /// Whether a GPU computed.
    #[serde(default)]
    pub gpu: bool,
}

/// What happens while an answer is made, in order: sources, then prefill and text, and the answer at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum AnswerEvent {
    /// The passages found.
    Sources(Vec<Source>),
    /// Tokens of the prompt read, tokens of the prompt in all.
    Prefill(usize, usize),
    /// More text. Citations may still be added to it: [`Answer::text`] is what counts.
    Text(String),
}

/// One earlier question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What the reader asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
}
