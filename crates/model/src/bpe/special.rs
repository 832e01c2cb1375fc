//! The names of special tokens: found in a prompt's template, made harmless in what a person typed.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Markup, TokenType, token_id};
use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// A noncharacter of Unicode, meant for such private use: it breaks up a control token's name and is dropped again
/// when the prompt is cut into tokens.
const BREAK: char = '\u{FDD0}';

/// Tokens that end an answer, whatever the metadata calls them.
const END_OF_GENERATION: [&str; 12] = [
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end▁of▁sentence|>",
    "<EOT>",
    "<|eot|>",
    "</s>",
    "<eos>",
];

/// Special tokens by name.
pub(crate) struct SpecialTokens {
    by_name: HashMap<Box<str>, Special>,
    /// Lengths of names in bytes, longest first.
    lengths: Vec<usize>,
    first_bytes: [bool; 256],
}

#[derive(Clone, Copy)]
struct Special {
    id: u32,
    is_control: bool,
}

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Fragment<'a> {
    /// A special token.
    Token(u32),
    /// Words.
    Text(Cow<'a, str>),
}

impl SpecialTokens {
    pub(super) fn new(tokens: &[&str], types: &[TokenType]) -> Self {
        let mut by_name = HashMap::new();
        let mut lengths = Vec::new();
        let mut first_bytes = [false; 256];
        for ((id, token), token_type) in (0_u32..).zip(tokens).zip(types) {
            let is_control = *token_type == TokenType::Control;
            let Some(&first) = token.as_bytes().first() else { continue };
            if is_control || *token_type == TokenType::UserDefined {
                by_name.insert(Box::from(*token), Special { id, is_control });
                lengths.push(token.len());
                first_bytes[first as usize] = true;
            }
        }
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Self { by_name, lengths, first_bytes }
    }

    /// The name of token `id`, if it is a special one.
    pub(super) fn name(&self, id: u32) -> Option<&str> {
        self.by_name.iter().find(|(_, special)| special.id == id).map(|(name, _)| &**name)
    }

    /// Cuts a text at its special tokens, the longest name first; control tokens count only if `markup` is read.
    pub(super) fn split<'a>(&self, text: &'a str, markup: Markup) -> Vec<Fragment<'a>> {
        let mut fragments = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < text.len() {
            let found =
                self.at(text, at).filter(|(special, _)| !special.is_control || markup == Markup::Read);
            if let Some((special, len)) = found {
                push_text(&mut fragments, &text[start..at]);
                fragments.push(Fragment::Token(special.id));
                at += len;
                start = at;
            } else {
                at += 1;
            }
        }
        push_text(&mut fragments, &text[start..]);
        fragments
    }

    /// The special token whose name begins at byte `at`, and the name's length.
    fn at(&self, text: &str, at: usize) -> Option<(Special, usize)> {
        if !self.first_bytes[text.as_bytes()[at] as usize] {
            return None;
        }
        self.lengths.iter().find_map(|&len| {
            let special = self.by_name.get(text.get(at..at + len)?)?;
            Some((*special, len))
        })
    }
}

/// A text in which no control token's name can be found any more. Nothing else about it changes: it can go through a
/// template that trims, splits or compares it.
pub(crate) fn defuse(text: &str, tokens: &SpecialTokens) -> String {
    // First of all, or else a break that was typed would hide a name here and give it back when breaks are dropped.
    let text = text.replace(BREAK, "");
    let mut defused = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        defused.push(character);
        if tokens.at(&text, at).is_some_and(|(special, _)| special.is_control) {
            defused.push(BREAK);
        }
    }
    defused
}

/// Whether a token that is called user-defined is a turn marker all the same.
pub(super) fn looks_like_control(token: &str) -> bool {
    (token.starts_with("<|") && token.ends_with("|>"))
        || END_OF_GENERATION.contains(&token)
        || matches!(token, "<start_of_turn>" | "<bos>" | "<s>" | "[INST]" | "[/INST]")
}

/// The ids that end an answer: those the metadata names, and those known by their name.
pub(super) fn end_of_generation<F: ModelFile>(
    gguf: &Gguf<'_, F>,
    tokens: &[&str],
) -> Result<Vec<u32>, Error> {
    let mut ids = Vec::new();
    for key in ["eos", "eot", "eom"] {
        ids.extend(token_id(gguf, &format!("tokenizer.ggml.{key}_token_id"), tokens.len())?);
    }
    let named = (0_u32..).zip(tokens).filter(|(_, token)| END_OF_GENERATION.contains(token));
    ids.extend(named.map(|(id, _)| id));
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn push_text<'a>(fragments: &mut Vec<Fragment<'a>>, text: &'a str) {
    if text.contains(BREAK) {
        let text = text.replace(BREAK, "");
        if !text.is_empty() {
            fragments.push(Fragment::Text(Cow::Owned(text)));
        }
    } else if !text.is_empty() {
        fragments.push(Fragment::Text(Cow::Borrowed(text)));
    }
}
