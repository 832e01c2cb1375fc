//! The way from a question to its passages in the order in which an answer takes them, without an answer: for measurements.

use daneel_corpus::Language;
use daneel_index::{ChunkId, Index};
use daneel_model::{Embedder, PassageText, Reader};

use crate::plan::LookUp;
use crate::retrieval::Retriever;
use crate::{Error, Source, ranking};

/// A search whose first passages a reader puts in order.
pub struct ReadSearch<'a> {
    /// What is searched.
    pub index: &'a Index,
    /// Embedder of the index.
    pub embedder: &'a Embedder,
    /// Reader on that embedder.
    pub reader: &'a Reader,
}

impl ReadSearch<'_> {
    /// At most `limit` passages, all of them read, the likeliest to answer first.
    ///
    /// # Errors
    /// If the index is damaged or the engine fails.
    pub async fn passages(
        &self,
        question: &str,
        language: Language,
        limit: usize,
    ) -> Result<Vec<ChunkId>, Error> {
        let retriever = Retriever { index: self.index, embedder: Some(self.embedder) };
        let found = retriever.passages(&LookUp::new(question, language), 1, limit).await?;
        let titles: Vec<String> = found.sources.iter().map(Source::path).collect();
        let texts = found.sources.iter().zip(&titles);
        let passages: Vec<_> =
            texts.map(|(source, title)| PassageText { title, text: &source.text }).collect();
        let readings = self.reader.read(self.embedder, question, &passages, limit, f64::MAX).await?;
        let vector = found.vector.clone().unwrap_or_default();
        let asked =
            ranking::Question { text: question, language, meaning: Some((self.embedder, vector.as_slice())) };
        Ok(ranking::rank(&asked, found, readings, limit).await?.chunks)
    }
}
