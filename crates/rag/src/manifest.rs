//! `daneel.json`: what a site folder holds. Written by `daneel build`, read by the page, `serve`, `search` and `ask`.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

/// Version of the site folder's format; another one is refused.
pub const FORMAT_VERSION: u32 = 1;

/// The site folder's table of contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// Title of the chat.
    pub title: String,
    /// What the texts are about, in the author's words; from `daneel.toml` or the settings of the site's generator.
    #[serde(default)]
    pub description: Option<String>,
    /// Languages of the corpus, the most frequent first.
    pub languages: Vec<Language>,
    /// Documents in the corpus.
    pub n_documents: usize,
    /// Passages in the index.
    pub n_chunks: usize,
    /// Who answers, and how.
    pub persona: Persona,
    /// Whether the chat model writes.
    #[serde(default)]
    pub answers: AnswerStyle,
    /// How passages reach the chat model.
    #[serde(default)]
    pub strategy: Strategy,
    /// Questions to begin with.
    pub suggestions: Vec<Suggestion>,
    /// The index artifact: its shards in order.
    pub index: Vec<FileEntry>,
    /// The model that embeds questions.
    pub embedder: ModelEntry,
    /// The adapter that makes the embedder a reader of questions and passages; none leaves that to the search.
    #[serde(default)]
    pub reader: Option<ModelEntry>,
    /// The model that answers; none leaves extractive answers.
    pub chat: Option<ModelEntry>,
    /// The chat model's instructions, read already.
    #[serde(default)]
    pub prompts: Vec<PromptEntry>,
}

/// Instructions that the chat model has read while the site was built: keys and values that readers need not compute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptEntry {
    /// The language that the instructions are in.
    pub language: Language,
    /// The state's shards in order.
    pub shards: Vec<FileEntry>,
}

/// Whether answers are written by the chat model or quoted from the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerStyle {
    /// What measures best: where a reader finds the words that answer, a very small model's own are right less often and
    /// made up more often, so that these are quoted.
    #[default]
    Best,
    /// Written where there is a chat model that speaks the language; what the texts do not support is not shown.
    Written,
    /// Quoted always.
    Quoted,
}

/// How several passages reach the chat model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// As many as fit, in one prompt.
    #[default]
    Pack,
    /// Each in a prompt of its own; of their answers the one that is likeliest over all passages (RAG-Sequence).
    Sequence,
    /// Each in a prompt of its own; every token is drawn from what all of them make likely (RAG-Token).
    Token,
}

/// Who answers, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Persona {
    /// The author's name.
    pub name: Option<String>,
    /// How to speak, in the author's words; goes into the system prompt.
    pub instructions: Option<String>,
}

/// A question to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The question.
    pub text: String,
    /// Its language.
    pub language: Language,
}

/// A file of the site folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path relative to `daneel.json`, with `/`.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// A model cut into shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// Registry name or file stem.
    pub name: String,
    /// Licence, as an SPDX expression or in words.
    pub license: String,
    /// Languages that the model speaks; empty where unknown, which counts as all.
    pub languages: Vec<Language>,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: String,
    /// The GGUF's shards in order.
    pub shards: Vec<FileEntry>,
}
