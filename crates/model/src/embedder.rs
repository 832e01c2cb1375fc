//! Texts become vectors: the encoder family (BERT, XLM-R) behind one interface.

use crate::{Error, ModelFile};

/// What a text is to the search: E5 models put `query: ` or `passage: ` in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// A question.
    Query,
    /// A passage of the corpus.
    Passage,
}

/// An encoder with its tokenizer.
pub struct Embedder;

impl Embedder {
    /// Loads an encoder; `progress` is called with (bytes read, bytes in all).
    ///
    /// # Errors
    /// If the file is damaged or not an encoder.
    pub async fn load(_file: &impl ModelFile, _progress: &mut dyn FnMut(u64, u64)) -> Result<Self, Error> {
        todo!()
    }

    /// Length of a vector.
    pub fn dimensions(&self) -> usize {
        todo!()
    }

    /// Most tokens of one text, special tokens and prefix included.
    pub fn max_tokens(&self) -> usize {
        todo!()
    }

    /// Tokens of a text, without special tokens and prefix.
    pub fn count_tokens(&self, _text: &str) -> usize {
        todo!()
    }

    /// One vector of length 1 for each text; a longer text than [`Self::max_tokens`] is cut.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn embed(&self, _texts: &[&str], _kind: TextKind) -> Result<Vec<Vec<f32>>, Error> {
        todo!()
    }
}
