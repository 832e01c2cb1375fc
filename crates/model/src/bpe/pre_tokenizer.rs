//! The name of a pre-tokenizer becomes the rules that cut text into words before any merge.
//!
//! The names are those of llama.cpp's converter; the expressions are those the models were trained with.

use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;

use super::damaged;
use crate::Error;

/// GPT-2: contractions, words, numbers and punctuation, each with the space before it.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// Every digit is a word.
const DIGIT: &str = r"\p{N}";
/// Llama 3: numbers of up to three digits.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2 and 3: as Llama 3, but every digit is a word.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Mistral's Tekken: words also end where capitals begin.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How a vocabulary wants its text cut.
pub(super) struct PreTokenizer {
    /// Cuts the text, then writes bytes as characters.
    pub(super) splits: PreTokenizerWrapper,
    /// A word that is in the vocabulary is taken whole, whatever the merges would make of it.
    pub(super) whole_words_first: bool,
    /// Whether prompts begin with a token of their own, where the file does not say.
    pub(super) adds_bos: bool,
}

/// The rules of that name.
///
/// # Errors
/// If the name is not known: guessing would quietly make the model worse.
pub(super) fn by_name(name: &str) -> Result<PreTokenizer, Error> {
    let (patterns, whole_words_first, adds_bos): (&[&str], bool, bool) = match name {
        "llama-bpe" | "llama3" | "llama-v3" => (&[LLAMA3], true, true),
        "smollm" => (&[DIGIT, GPT2], false, false),
        "qwen2" | "qwen35" | "deepseek-r1-qwen" => (&[QWEN2], false, false),
        "tekken" => (&[TEKKEN], true, true),
        "gpt-2" | "default" => (&[GPT2], false, false),
        other => return Err(Error::Unsupported(format!("its pre-tokenizer is `{other}`"))),
    };
    let mut splits = Vec::new();
    for pattern in patterns {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        let split =
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|error| damaged(&error))?;
        splits.push(PreTokenizerWrapper::Split(split));
    }
    splits.push(PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, true, false)));
    Ok(PreTokenizer {
        splits: PreTokenizerWrapper::Sequence(Sequence::new(splits)),
        whole_words_first,
        adds_bos,
    })
}
