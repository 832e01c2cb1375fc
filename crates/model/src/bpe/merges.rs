//! A vocabulary and its listed merges become a BPE model.

use tokenizers::models::bpe::{BPE, Vocab};

use super::{TokenType, damaged};
use crate::Error;

/// A BPE model whose merges are listed, best first, as `left right`.
///
/// # Errors
/// If a merge is made of or makes something that is not in the vocabulary.
pub(super) fn from_list(
    tokens: &[&str],
    types: &[TokenType],
    merges: &[&str],
    whole_words_first: bool,
) -> Result<BPE, Error> {
    let vocabulary = mergeable(tokens, types);
    let mut pairs = Vec::with_capacity(merges.len());
    let mut merged = String::new();
    for merge in merges {
        let pair = merge.split_once(' ').filter(|(left, right)| {
            merged.clear();
            merged.push_str(left);
            merged.push_str(right);
            [*left, *right, &merged].iter().all(|piece| vocabulary.contains_key(*piece))
        });
        let (left, right) = pair.ok_or_else(|| {
            Error::Damaged(format!("its tokenizer's merge `{merge}` is not in the vocabulary"))
        })?;
        pairs.push((left.to_owned(), right.to_owned()));
    }
    let builder = BPE::builder().vocab_and_merges(vocabulary, pairs).ignore_merges(whole_words_first);
    builder.build().map_err(|error| damaged(&error))
}

/// The tokens that text may become.
fn mergeable(tokens: &[&str], types: &[TokenType]) -> Vocab {
    let mut vocabulary = Vocab::with_capacity(tokens.len());
    for ((id, token), token_type) in (0_u32..).zip(tokens).zip(types) {
        if matches!(token_type, TokenType::Normal | TokenType::UserDefined | TokenType::Byte) {
            vocabulary.entry((*token).to_owned()).or_insert(id);
        }
    }
    vocabulary
}
