//! The way from a question to its passages in the order in which an answer takes them, without an answer: for measurements.

use daneel_corpus::Language;
use daneel_index::{ChunkId, Index};
use daneel_model::{Embedder, Reader};

use crate::plan::LookUp;
use crate::retrieval::Retriever;
use crate::{Error, Source, gate, ranking, reading};

/// What passages are put in order by.
pub const RANKING_SIGNALS: [&str; 8] = ranking::Signals::NAMES;
/// What tells whether a question is answered.
pub const GATE_SIGNALS: [&str; 4] = gate::Signals::NAMES;

/// A search whose first passages a reader puts in order.
pub struct ReadSearch<'a> {
    /// What is searched.
    pub index: &'a Index,
    /// Embedder of the index.
    pub embedder: &'a Embedder,
    /// Reader on that embedder.
    pub reader: &'a Reader,
}

/// Passages that were found and read for a question, the likeliest to answer first.
pub struct Observed {
    /// What they say.
    pub sources: Vec<Source>,
    /// Where they are in the index.
    pub chunks: Vec<ChunkId>,
    /// [`RANKING_SIGNALS`] of each.
    pub signals: Vec<[f32; 8]>,
    /// [`GATE_SIGNALS`] of all; none where nothing was found.
    pub gate: Option<[f32; 4]>,
}

impl ReadSearch<'_> {
    /// At most `limit` passages, all of them read.
    ///
    /// # Errors
    /// If the index is damaged or the engine fails.
    pub async fn passages(
        &self,
        question: &str,
        language: Language,
        limit: usize,
    ) -> Result<Observed, Error> {
        let retriever = Retriever { index: self.index, embedder: Some(self.embedder) };
        let found = retriever.passages(&LookUp::new(question, language), 1, limit).await?;
        let readings =
            reading::read(self.reader, self.embedder, question, &found.sources, limit, f64::MAX).await?;
        let vector = found.vector.clone().unwrap_or_default();
        let asked =
            ranking::Question { text: question, language, meaning: Some((self.embedder, vector.as_slice())) };
        let ranking = ranking::rank(&asked, found, readings, limit).await?;
        Ok(Observed {
            signals: ranking.signals.iter().map(ranking::Signals::values).collect(),
            gate: ranking.gate.map(|signals| signals.values()),
            sources: ranking.sources,
            chunks: ranking.chunks,
        })
    }
}
