//! What can go wrong while an index is built or read, and what to do about it.

/// Why an index could not be built or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no index, are cut short or do not add up.
    #[error("the index is damaged: {0}; build the site again with `daneel build`")]
    Damaged(String),

    /// The artifact was written by a Daneel of another format version.
    #[error(
        "the index has format version {found}, this Daneel reads version {expected}; build the site again with `daneel build`"
    )]
    OtherVersion {
        /// Version in the artifact.
        found: u32,
        /// Version this crate reads and writes.
        expected: u32,
    },

    /// The index was made with another embedder: its vectors mean nothing to this one.
    #[error(
        "the index was made with the embedder `{found}`, not with `{expected}`; build the site again, or use the model it was built with"
    )]
    OtherEmbedder {
        /// Name and start of the SHA-256 in the index.
        found: String,
        /// Name and start of the SHA-256 at hand.
        expected: String,
    },

    /// There is not exactly one vector for each chunk.
    #[error("{chunks} chunks came with {vectors} vectors; embed each chunk exactly once")]
    VectorCount {
        /// Number of chunks.
        chunks: usize,
        /// Number of vectors.
        vectors: usize,
    },

    /// A chunk belongs to no document of the table.
    #[error(
        "chunk {position} has no document: none has the URL `{url}` and the chunk's date and language; pass the document of every chunk"
    )]
    NoDocument {
        /// Which chunk.
        position: usize,
        /// Its URL.
        url: String,
    },

    /// A vector is not as long as the recipe says.
    #[error("vector {position} has {found} dimensions, the embedder of the recipe has {expected}")]
    Dimensions {
        /// Which vector.
        position: usize,
        /// Its length.
        found: usize,
        /// The length the recipe promises.
        expected: usize,
    },

    /// A vector holds an infinity or is not a number.
    #[error("vector {position} holds a value that is not finite; the embedder or its model file is broken")]
    NotFinite {
        /// Which vector.
        position: usize,
    },

    /// The share of the vector arm is no share.
    #[error("dense_weight is {0}, but it is a share: choose a value from 0 to 1")]
    DenseWeight(f32),

    /// One part of the index is larger than the format can hold.
    #[error("{0} is too large for one index; split the corpus")]
    TooLarge(&'static str),

    /// The index has no such chunk.
    #[error("chunk {id} does not exist: the index has {len}")]
    NoSuchChunk {
        /// The position asked for.
        id: u32,
        /// Number of chunks.
        len: usize,
    },
}
