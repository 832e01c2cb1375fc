//! A vocabulary and its merges, listed or implied by scores, become a BPE model.

use std::collections::HashMap;

use tokenizers::models::bpe::BPE;

use super::{TokenType, byte_token, damaged};
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
            [*left, *right, &merged].iter().all(|piece| vocabulary.contains_key(piece))
        });
        let (left, right) = pair.ok_or_else(|| {
            Error::Damaged(format!("its tokenizer's merge `{merge}` is not in the vocabulary"))
        })?;
        pairs.push((left.to_owned(), right.to_owned()));
    }
    build(vocabulary, pairs, |builder| builder.ignore_merges(whole_words_first))
}

/// A SentencePiece BPE model: of all neighbours, those merge first whose union has the highest score.
///
/// # Errors
/// If the model cannot be built.
pub(super) fn from_scores(tokens: &[&str], types: &[TokenType], scores: &[f32]) -> Result<BPE, Error> {
    let vocabulary = mergeable(tokens, types);
    let mut merges = Vec::new(); // (score, token, where its left half ends)
    for ((id, token), (token_type, score)) in (0_u32..).zip(tokens).zip(types.iter().zip(scores)) {
        if !matches!(token_type, TokenType::Normal | TokenType::UserDefined) {
            continue;
        }
        for (middle, _) in token.char_indices().skip(1) {
            let (left, right) = token.split_at(middle);
            if is_piece(&vocabulary, left) && is_piece(&vocabulary, right) {
                merges.push((*score, id, middle as u32));
            }
        }
    }
    // Stable, so that of equal scores the earlier token goes first.
    merges.sort_by(|a, b| b.0.total_cmp(&a.0));
    let halves = |(_, id, middle): (f32, u32, u32)| tokens[id as usize].split_at(middle as usize);
    let pairs = merges.into_iter().map(halves);
    let pairs = pairs.map(|(left, right)| (left.to_owned(), right.to_owned())).collect();
    let unknown = tokens.iter().zip(types).find(|(token, _)| matches!(**token, "<unk>" | "[UNK]"));
    let unknown = unknown.map(|(token, _)| (*token).to_owned());
    build(vocabulary, pairs, |builder| match unknown {
        Some(token) => builder.byte_fallback(true).fuse_unk(true).unk_token(token),
        None => builder.byte_fallback(true),
    })
}

/// The tokens that text may become.
fn mergeable<'a>(tokens: &[&'a str], types: &[TokenType]) -> HashMap<&'a str, u32> {
    let mut vocabulary = HashMap::with_capacity(tokens.len());
    for ((id, token), token_type) in (0_u32..).zip(tokens).zip(types) {
        let is_unknown = *token_type == TokenType::Other && matches!(*token, "<unk>" | "[UNK]");
        if is_unknown || matches!(token_type, TokenType::Normal | TokenType::UserDefined | TokenType::Byte) {
            vocabulary.entry(*token).or_insert(id);
        }
    }
    vocabulary
}

/// A token that may be half of a merge: `<0x0A>` stands for a byte and is never spelled out.
fn is_piece(vocabulary: &HashMap<&str, u32>, token: &str) -> bool {
    vocabulary.contains_key(token) && byte_token(token).is_none()
}

fn build(
    vocabulary: HashMap<&str, u32>,
    merges: Vec<(String, String)>,
    options: impl FnOnce(tokenizers::models::bpe::BpeBuilder) -> tokenizers::models::bpe::BpeBuilder,
) -> Result<BPE, Error> {
    let vocabulary: tokenizers::models::bpe::Vocab =
        vocabulary.into_iter().map(|(token, id)| (token.to_owned(), id)).collect();
    options(BPE::builder().vocab_and_merges(vocabulary, merges)).build().map_err(|error| damaged(&error))
}
