//! A decoder's vocabulary in a GGUF becomes a tokenizer: text to token ids, token ids to bytes.
//!
//! Two kinds, by `tokenizer.ggml.model`: `gpt2` is byte-level BPE (Radford et al. 2019) over words cut by the regular
//! expression that `tokenizer.ggml.pre` names; `llama` is SentencePiece BPE (Kudo & Richardson 2018), whose merges
//! follow from the scores of the pieces and whose unknown characters fall back to bytes.
//!
//! Control tokens (`<|im_start|>` and the like) are no part of the BPE vocabulary, so no text can be merged into one.
//! They are found only where [`Markup::Read`] asks for it: in a prompt's template, never in what a person typed.

mod merges;
mod pre_tokenizer;
mod scored;
mod special;
#[cfg(test)]
mod tests;

use tokenizers::Tokenizer;

use crate::gguf::Gguf;
use crate::{Error, ModelFile};
use scored::ScoredBpe;
use special::SpecialTokens;
pub(crate) use special::defuse;

/// The space of SentencePiece vocabularies.
const META_SPACE: &str = "\u{2581}";

/// Whether the names of control tokens in a text stand for those tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// They do: the text comes from a template.
    Read,
    /// They are letters like any other.
    Inert,
}

/// A tokenizer for a decoder.
pub(crate) struct BpeTokenizer {
    words: Words,
    kind: Kind,
    special: SpecialTokens,
    /// What each token adds to the text, one after the other; token `id` ends at `byte_ends[id]`.
    bytes: Vec<u8>,
    byte_ends: Vec<u32>,
    /// Put in front of every prompt.
    bos: Option<u32>,
    /// Any of these ends an answer.
    end_of_generation: Vec<u32>,
}

/// How a text between control tokens is cut.
enum Words {
    Listed(Box<Tokenizer>),
    Scored(ScoredBpe),
}

/// What differs between the two families of vocabularies once they are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `gpt2`.
    ByteLevel,
    /// `llama`; whether a space goes in front of a text that begins a fragment.
    SentencePiece { space_prefix: bool },
}

/// What a token is, by `tokenizer.ggml.token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenType {
    Normal,
    Control,
    UserDefined,
    Byte,
    /// Never made from text: unknown, unused.
    Other,
}

impl BpeTokenizer {
    /// Builds the tokenizer that the file's metadata describes.
    ///
    /// # Errors
    /// If the metadata contradicts itself or names a kind of tokenizer that is not known.
    pub(crate) fn load<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let types = token_types(gguf, &tokens)?;
        let (words, kind, bos_by_default) = match gguf.string("tokenizer.ggml.model")? {
            "gpt2" => {
                let pre = gguf.optional_string("tokenizer.ggml.pre")?.unwrap_or("default");
                let pre = pre_tokenizer::by_name(pre)?;
                let merges = gguf.strings("tokenizer.ggml.merges")?;
                let bpe = merges::from_list(&tokens, &types, &merges, pre.whole_words_first)?;
                let mut words = Tokenizer::new(bpe);
                words.with_pre_tokenizer(Some(pre.splits));
                (Words::Listed(Box::new(words)), Kind::ByteLevel, pre.adds_bos)
            }
            "llama" => {
                let scores = gguf.optional_f32s("tokenizer.ggml.scores")?;
                let scores = scores.filter(|scores| scores.len() == tokens.len()).ok_or_else(|| {
                    Error::Damaged("its `tokenizer.ggml.scores` are not one for each token".to_owned())
                })?;
                let words = Words::Scored(ScoredBpe::new(&tokens, &types, &scores)?);
                let space_prefix = gguf.optional_bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
                (words, Kind::SentencePiece { space_prefix }, true)
            }
            other => return Err(Error::Unsupported(format!("its tokenizer is of kind `{other}`"))),
        };
        let (bytes, byte_ends) = token_bytes(&tokens, &types, kind)?;
        let bos_id = token_id(gguf, "tokenizer.ggml.bos_token_id", tokens.len())?;
        let adds_bos = gguf.optional_bool("tokenizer.ggml.add_bos_token")?.unwrap_or(bos_by_default);
        Ok(Self {
            words,
            kind,
            special: SpecialTokens::new(&tokens, &types),
            bytes,
            byte_ends,
            bos: bos_id.filter(|_| adds_bos),
            end_of_generation: special::end_of_generation(gguf, &tokens)?,
        })
    }

    /// How many tokens there are.
    pub(crate) fn vocab_size(&self) -> usize {
        self.byte_ends.len()
    }

    /// The tokens of a text, without a beginning-of-sequence token.
    ///
    /// # Errors
    /// If the tokenizer's regular expression gives up on the text.
    pub(crate) fn encode(&self, text: &str, markup: Markup) -> Result<Vec<u32>, Error> {
        let mut ids = Vec::new();
        for fragment in self.special.split(text, markup) {
            match fragment {
                special::Fragment::Token(id) => ids.push(id),
                special::Fragment::Text(text) => self.encode_words(&text, &mut ids)?,
            }
        }
        Ok(ids)
    }

    /// The tokens of a rendered prompt, its beginning-of-sequence token included exactly once if the model wants one.
    ///
    /// # Errors
    /// If the tokenizer's regular expression gives up on the text.
    pub(crate) fn encode_prompt(&self, prompt: &str) -> Result<Vec<u32>, Error> {
        let mut ids = self.encode(prompt, Markup::Read)?;
        if let Some(bos) = self.bos
            && ids.first() != Some(&bos)
        {
            ids.insert(0, bos);
        }
        Ok(ids)
    }

    /// What a token adds to the text; perhaps only a part of a character. Nothing for control tokens.
    pub(crate) fn bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let end = |id: usize| self.byte_ends.get(id).map_or(0, |&end| end as usize);
        let start = if id == 0 { 0 } else { end(id - 1) };
        self.bytes.get(start..end(id)).unwrap_or_default()
    }

    /// Whether a token ends the answer.
    pub(crate) fn ends_generation(&self, id: u32) -> bool {
        self.end_of_generation.contains(&id)
    }

    /// The names of the tokens that end an answer: a model that spells one out has ended it as well.
    pub(crate) fn end_names(&self) -> impl Iterator<Item = &str> {
        self.end_of_generation.iter().filter_map(|&id| self.special.name(id))
    }

    /// The names of control tokens, which a person's text must not be read as.
    pub(crate) fn special(&self) -> &SpecialTokens {
        &self.special
    }

    fn encode_words(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        match &self.words {
            Words::Listed(words) => {
                let encoding = words.encode_fast(text, false).map_err(|error| {
                    Error::Unsupported(format!("its tokenizer cannot read the text: {error}"))
                })?;
                ids.extend_from_slice(encoding.get_ids());
            }
            Words::Scored(words) => {
                let prefix = if self.kind == (Kind::SentencePiece { space_prefix: true }) { " " } else { "" };
                words.encode(&format!("{prefix}{text}").replace(' ', META_SPACE), ids);
            }
        }
        Ok(())
    }
}

fn token_types<F: ModelFile>(gguf: &Gguf<'_, F>, tokens: &[&str]) -> Result<Vec<TokenType>, Error> {
    if tokens.is_empty() || u32::try_from(tokens.len()).is_err() {
        return Err(Error::Damaged(format!("a vocabulary of {} tokens", tokens.len())));
    }
    let Some(types) = gguf.optional_i64s("tokenizer.ggml.token_type")? else {
        return Ok(vec![TokenType::Normal; tokens.len()]);
    };
    if types.len() != tokens.len() {
        return Err(Error::Damaged("its `tokenizer.ggml.token_type` is not one for each token".to_owned()));
    }
    let token_type = |(code, token): (i64, &&str)| match code {
        1 => TokenType::Normal,
        3 => TokenType::Control,
        // Converters have called turn markers user-defined, which would let a reader type them.
        4 if special::looks_like_control(token) => TokenType::Control,
        4 => TokenType::UserDefined,
        6 => TokenType::Byte,
        _ => TokenType::Other,
    };
    Ok(types.into_iter().zip(tokens).map(token_type).collect())
}

fn token_id<F: ModelFile>(gguf: &Gguf<'_, F>, key: &str, vocab_size: usize) -> Result<Option<u32>, Error> {
    match gguf.optional_usize(key)? {
        // Converters write -1 as the largest number for "none".
        Some(id) if id >= u32::MAX as usize => Ok(None),
        Some(id) if id >= vocab_size => {
            Err(Error::Damaged(format!("its `{key}` is {id}, but there are only {vocab_size} tokens")))
        }
        id => Ok(id.map(|id| id as u32)),
    }
}

/// The bytes of all tokens in a row, and where each ends.
fn token_bytes(tokens: &[&str], types: &[TokenType], kind: Kind) -> Result<(Vec<u8>, Vec<u32>), Error> {
    let byte_of_char = byte_level_alphabet();
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(tokens.len());
    for (token, token_type) in tokens.iter().zip(types) {
        match (token_type, kind) {
            (TokenType::Control | TokenType::Other, _) => {}
            (TokenType::Byte, _) => bytes.extend(byte_token(token)),
            (TokenType::UserDefined, Kind::ByteLevel) => bytes.extend(token.bytes()),
            (TokenType::Normal, Kind::ByteLevel) => {
                for character in token.chars() {
                    match byte_of_char.iter().position(|&c| c == character) {
                        Some(byte) => bytes.push(byte as u8),
                        None => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                    }
                }
            }
            (_, Kind::SentencePiece { .. }) => bytes.extend(token.replace(META_SPACE, " ").bytes()),
        }
        let end = u32::try_from(bytes.len())
            .map_err(|_| Error::Damaged("a vocabulary of over 4 GiB".to_owned()))?;
        ends.push(end);
    }
    Ok((bytes, ends))
}

/// The character that stands for each byte in GPT-2's vocabularies: itself where it is printable, else one from 256 on.
pub(crate) fn byte_level_alphabet() -> [char; 256] {
    let mut alphabet = ['\0'; 256];
    let mut shifted = 256_u32;
    for (byte, character) in (0_u8..=255).zip(&mut alphabet) {
        *character = match byte {
            b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte),
            _ => {
                shifted += 1;
                char::from_u32(shifted - 1).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
        };
    }
    alphabet
}

/// The byte that a token such as `<0x0A>` stands for.
fn byte_token(token: &str) -> Option<u8> {
    u8::from_str_radix(token.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::Damaged(format!("its tokenizer: {error}"))
}
