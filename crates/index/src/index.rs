//! The index as its users see it: `build` -> `to_bytes` -> `from_bytes` -> `search`.

use std::borrow::Cow;

use daneel_corpus::{Chunk, ChunkConfig, DocumentInfo};
use serde::{Deserialize, Serialize};

use crate::bm25::Bm25;
use crate::documents::Documents;
use crate::flat::MAX_DIMENSIONS;
use crate::search::search;
use crate::texts::Texts;
use crate::vectors::Vectors;
use crate::{ChunkId, DocumentId, Error, Hit, Query};

/// Which model made the vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Embedder {
    /// Registry name, such as `multilingual-e5-small`.
    pub name: String,
    /// SHA-256 of the model file, lower-case hexadecimal.
    pub sha256: String,
    /// Length of a vector.
    pub dimensions: usize,
}

/// What an index was made with; kept in the artifact and compared on loading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The model of the vectors.
    pub embedder: Embedder,
    /// The size of the chunks.
    pub chunk: ChunkConfig,
    /// Share of the vector arm in the fused score, 0 to 1; tuned on a development set.
    pub dense_weight: f32,
}

/// A searchable index.
pub struct Index {
    pub(crate) recipe: Recipe,
    pub(crate) n_chunks: usize,
    pub(crate) documents: Documents,
    pub(crate) bm25: Bm25,
    pub(crate) vectors: Vectors,
    pub(crate) texts: Texts,
}

/// Builds an index over documents, their chunks, and the vectors of these: one for each chunk, each of length 1.
///
/// A chunk belongs to the document that has its URL, and has that document's date and language. Documents may be in any
/// order, and be without chunks.
///
/// `progress` is called with (done, total) as chunks are counted. A graph over the vectors is built only from 100,000
/// chunks on, in one step before the last call: below that, a scan of all vectors answers sooner.
///
/// # Errors
/// If the number or length of the vectors does not fit, a chunk has no document, or a part is too large for the format.
pub fn build(
    documents: Vec<DocumentInfo>,
    chunks: Vec<Chunk>,
    vectors: Vec<Vec<f32>>,
    recipe: Recipe,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Index, Error> {
    check(&chunks, &vectors, &recipe)?;
    let total = chunks.len();
    let counted = chunks.iter().enumerate().map(|(done, chunk)| {
        progress(done, total);
        (chunk.language, Cow::Owned(chunk.embedding_text()))
    });
    let bm25 = Bm25::build(counted)?;
    let documents = Documents::build(documents, &chunks)?;
    let of_chunks = (0..).map(ChunkId).map_while(|id| documents.of(id));
    let texts = Texts::build(&chunks.iter().zip(of_chunks).collect::<Vec<_>>())?;
    let vectors = Vectors::build(&vectors, recipe.embedder.dimensions);
    progress(total, total);
    Ok(Index { recipe, n_chunks: total, documents, bm25, vectors, texts })
}

impl Index {
    /// What the index was made with.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Makes sure that questions will be embedded by the model that embedded the chunks.
    ///
    /// # Errors
    /// If the index was made with another one.
    pub fn check_embedder(&self, embedder: &Embedder) -> Result<(), Error> {
        let found = &self.recipe.embedder;
        if found.sha256 == embedder.sha256 && found.dimensions == embedder.dimensions {
            return Ok(());
        }
        let describe = |embedder: &Embedder| {
            let hash: String = embedder.sha256.chars().take(8).collect();
            format!("{} ({hash})", embedder.name)
        };
        Err(Error::OtherEmbedder { found: describe(found), expected: describe(embedder) })
    }

    /// Number of chunks.
    pub fn len(&self) -> usize {
        self.n_chunks
    }

    /// Whether there is no chunk at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The document table, in the order in which the documents were given.
    pub fn documents(&self) -> &[DocumentInfo] {
        self.documents.rows()
    }

    /// The document of a chunk: a position in [`Index::documents`]. `None` where there is no such chunk.
    pub fn document_of(&self, id: ChunkId) -> Option<DocumentId> {
        self.documents.id(id)
    }

    /// One chunk, decompressed, with what its document says of it.
    ///
    /// # Errors
    /// If there is no such chunk, or its block is damaged.
    pub fn chunk(&self, id: ChunkId) -> Result<Chunk, Error> {
        let missing = || Error::NoSuchChunk { id: id.0, len: self.n_chunks };
        self.texts.chunk(id, self.documents.of(id).ok_or_else(missing)?)
    }

    /// One chunk's vector, dequantised: near-duplicates are told by it. Empty where there is no such chunk.
    pub fn vector(&self, id: ChunkId) -> Vec<f32> {
        match self.vectors.row(id) {
            Some((row, scale)) => row.iter().map(|&value| f32::from(value) * scale).collect(),
            None => Vec::new(),
        }
    }

    /// The best chunks for a query, best first. Without a vector it is a keyword search.
    pub fn search(&self, query: &Query<'_>) -> Vec<Hit> {
        let vector = query.vector.filter(|vector| vector.len() == self.recipe.embedder.dimensions);
        search(
            &self.documents,
            &self.bm25,
            &self.vectors,
            self.recipe.dense_weight,
            &Query { vector, ..*query },
        )
    }
}

/// Refuses what would make an index that lies.
fn check(chunks: &[Chunk], vectors: &[Vec<f32>], recipe: &Recipe) -> Result<(), Error> {
    if chunks.len() != vectors.len() {
        return Err(Error::VectorCount { chunks: chunks.len(), vectors: vectors.len() });
    }
    if chunks.len() >= u32::MAX as usize {
        return Err(Error::TooLarge("the number of chunks"));
    }
    if recipe.embedder.dimensions > MAX_DIMENSIONS {
        return Err(Error::TooLarge("a vector"));
    }
    if !(0.0..=1.0).contains(&recipe.dense_weight) {
        return Err(Error::DenseWeight(recipe.dense_weight));
    }
    for (position, vector) in vectors.iter().enumerate() {
        if vector.len() != recipe.embedder.dimensions {
            let expected = recipe.embedder.dimensions;
            return Err(Error::Dimensions { position, found: vector.len(), expected });
        }
        if !vector.iter().all(|value| value.is_finite()) {
            return Err(Error::NotFinite { position });
        }
    }
    Ok(())
}
