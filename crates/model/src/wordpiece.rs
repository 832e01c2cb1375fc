//! Text becomes the longest pieces that a BERT vocabulary has (Wu et al. 2016, arXiv:1609.08144).

use tokenizers::models::bpe::Vocab;
use tokenizers::models::wordpiece::WordPiece as Pieces;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// What GGUF writes in front of a piece that begins a word; the others, bare there, have `##` in front in BERT.
const WORD_START: char = '\u{2581}';

/// A WordPiece vocabulary, lower-cased and without accents, as all that llama.cpp converts.
pub(crate) struct WordPiece(Tokenizer);

impl WordPiece {
    /// Takes the vocabulary from a file's metadata.
    ///
    /// # Errors
    /// If there is none, or it has no token for unknown words.
    pub(crate) fn load<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        Self::new(
            &gguf.strings("tokenizer.ggml.tokens")?,
            gguf.optional_usize("tokenizer.ggml.unknown_token_id")?,
        )
    }

    fn new(tokens: &[&str], unknown_id: Option<usize>) -> Result<Self, Error> {
        let name = |token: &str| match token.strip_prefix(WORD_START) {
            Some(word) => word.to_owned(),
            None if token.starts_with('[') && token.ends_with(']') => token.to_owned(),
            None => format!("##{token}"),
        };
        let unknown = match unknown_id {
            None => Some("[UNK]".to_owned()),
            Some(id) => tokens.get(id).copied().map(name),
        };
        let unknown = unknown
            .filter(|unknown| tokens.iter().any(|token| name(token) == *unknown))
            .ok_or_else(|| Error::Damaged("its vocabulary has no token for unknown words".to_owned()))?;
        let vocabulary: Vocab = (0..).zip(tokens).map(|(id, token)| (name(token), id)).collect();
        let damaged = |error| Error::Damaged(format!("its vocabulary: {error}"));
        let pieces = Pieces::builder().vocab(vocabulary).unk_token(unknown).build().map_err(damaged)?;
        let mut tokenizer = Tokenizer::new(pieces);
        let normalizer = BertNormalizer::new(true, true, Some(true), true);
        tokenizer
            .with_normalizer(Some(NormalizerWrapper::BertNormalizer(normalizer)))
            .map_err(damaged)?
            .with_pre_tokenizer(Some(PreTokenizerWrapper::BertPreTokenizer(BertPreTokenizer)));
        Ok(Self(tokenizer))
    }

    /// The tokens of a text, without special tokens.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.0.encode_fast(text, false);
        let encoding = encoding.map_err(|error| Error::Damaged(format!("its tokenizer: {error}")))?;
        Ok(encoding.get_ids().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_longest_pieces() {
        let tokens = ["[PAD]", "[UNK]", "▁perche", "▁citta", "▁un", "break", "able", "▁,", "▁e"];
        let tokenizer = WordPiece::new(&tokens, None).unwrap();
        assert_eq!(tokenizer.encode("Perché, città È unbreakable").unwrap(), [2, 7, 3, 8, 4, 5, 6]);
        assert_eq!(tokenizer.encode("xyz").unwrap(), [1]);
        assert!(tokenizer.encode("").unwrap().is_empty());
    }

    #[test]
    fn a_vocabulary_without_unknown_token_is_refused() {
        assert!(matches!(WordPiece::new(&["▁a"], None), Err(Error::Damaged(_))));
        assert!(matches!(WordPiece::new(&["▁a"], Some(7)), Err(Error::Damaged(_))));
    }
}
