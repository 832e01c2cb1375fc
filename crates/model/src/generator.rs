//! Messages become an answer, token by token: the decoder family (llama, qwen2, qwen3, gemma3) behind one interface.

use std::ops::ControlFlow;

use crate::{Error, Message, ModelFile, Sampling};

/// A decoder with its tokenizer, chat template and KV cache.
pub struct Generator;

/// What happens while an answer is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The prompt is being read: tokens done, tokens in all. Tokens whose KV was kept count as done.
    Prefill(usize, usize),
    /// More text of the answer: whole UTF-8 characters, never half of a stop string.
    Text(String),
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model said that it was done.
    Stop,
    /// `max_tokens`, or the context's end.
    Length,
    /// The caller broke off.
    Cancelled,
}

/// An answer's figures.
#[derive(Clone, Debug)]
pub struct Generation {
    /// The whole text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, tokens whose KV was kept from the turn before.
    pub reused_tokens: usize,
    /// Tokens of the answer.
    pub generated_tokens: usize,
    /// Seconds to read the prompt.
    pub prefill_seconds: f64,
    /// Seconds to write the answer.
    pub decode_seconds: f64,
}

impl Generator {
    /// Loads a decoder with room for at most `max_context` tokens; `progress` is called with (bytes read, bytes in all).
    ///
    /// # Errors
    /// If the file is damaged or of an unknown family.
    pub async fn load(
        _file: &impl ModelFile,
        _max_context: usize,
        _progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        todo!()
    }

    /// Tokens that fit: prompt and answer together.
    pub fn context_length(&self) -> usize {
        todo!()
    }

    /// Tokens of the messages once they stand in the model's chat template, ready for its answer.
    ///
    /// # Errors
    /// If the template cannot be rendered.
    pub fn count_prompt_tokens(&self, _messages: &[Message]) -> Result<usize, Error> {
        todo!()
    }

    /// Tokens of a plain text.
    pub fn count_tokens(&self, _text: &str) -> usize {
        todo!()
    }

    /// Answers. Gives way to the event loop between tokens; `on_piece` breaks it off within one token.
    /// The part of the prompt that is the same as in the call before is not computed again.
    ///
    /// # Errors
    /// If the prompt does not fit, or the engine fails.
    pub async fn generate(
        &mut self,
        _messages: &[Message],
        _sampling: &Sampling,
        _on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Generation, Error> {
        todo!()
    }
}
