//! The assistant: an index, an embedder and a generator, each of which may still be on its way.

use std::ops::ControlFlow;

use daneel_index::Index;
use daneel_model::{Embedder, Generator, Sampling};
use serde::{Deserialize, Serialize};

use crate::{Answer, AnswerEvent, Error, Manifest, Source, Turn};

/// How far the search has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchTier {
    /// By words alone: the embedder is not there yet.
    Keyword,
    /// By words and meaning.
    Semantic,
}

/// One passage found, with the scores of each arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceHit {
    /// The passage.
    pub source: Source,
    /// Fused score.
    pub score: f32,
    /// BM25 score, where the keyword arm found it.
    pub bm25: Option<f32>,
    /// Cosine, where the vector arm found it.
    pub cosine: Option<f32>,
}

/// What a search found, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// How it was searched.
    pub tier: SearchTier,
    /// The passages.
    pub hits: Vec<SourceHit>,
}

/// Answers questions from one site. Parts are set as they arrive.
pub struct Assistant;

impl Assistant {
    /// An assistant that knows the site but has nothing loaded.
    ///
    /// # Errors
    /// If the manifest is of another format version.
    pub fn new(_manifest: Manifest) -> Result<Self, Error> {
        todo!()
    }

    /// The site.
    pub fn manifest(&self) -> &Manifest {
        todo!()
    }

    /// Sets the index: keyword search works from here on.
    ///
    /// # Errors
    /// If the index was built with another embedder than the manifest names.
    pub fn set_index(&mut self, _index: Index) -> Result<(), Error> {
        todo!()
    }

    /// Sets the embedder: semantic search and extractive answers work from here on.
    ///
    /// # Errors
    /// If its vectors are of another length than the index's.
    pub fn set_embedder(&mut self, _embedder: Embedder) -> Result<(), Error> {
        todo!()
    }

    /// Sets the chat model: generated answers work from here on.
    pub fn set_generator(&mut self, _generator: Generator) {
        todo!()
    }

    /// Searches with what is there.
    ///
    /// # Errors
    /// If the index is missing or the query empty.
    pub async fn search(&self, _query: &str, _limit: usize) -> Result<SearchResults, Error> {
        todo!()
    }

    /// Answers a question that follows `history`; `on_event` breaks it off within one token.
    ///
    /// # Errors
    /// If the question is empty or too long, or an engine fails.
    pub async fn ask(
        &mut self,
        _question: &str,
        _history: &[Turn],
        _sampling: &Sampling,
        _on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, Error> {
        todo!()
    }
}
