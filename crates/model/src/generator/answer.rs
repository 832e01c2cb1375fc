//! Tokens that were drawn become the text of an answer, with its figures.

use std::ops::ControlFlow;

use super::Generator;
use crate::bpe::BpeTokenizer;
use crate::text_stream::TextStream;

/// What happens while an answer is made.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The prompt is being read: tokens done, tokens in all. Tokens whose KV was kept count as done.
    Prefill(usize, usize),
    /// More text of the answer: whole UTF-8 characters, never half of a stop string. Comes with each token, and is empty
    /// while a character or a possible stop string is not complete.
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

impl Generation {
    pub(super) fn new(prompt_tokens: usize) -> Self {
        Self {
            text: String::new(),
            finish: Finish::Cancelled,
            prompt_tokens,
            reused_tokens: 0,
            generated_tokens: 0,
            prefill_seconds: 0.0,
            decode_seconds: 0.0,
        }
    }
}

/// An answer on its way.
pub(super) struct Answer {
    pub(super) generation: Generation,
    stream: TextStream,
}

impl Answer {
    pub(super) fn new(generator: &Generator, generation: Generation) -> Self {
        let stops = generator.tokenizer.end_names().chain(generator.template.stop_text());
        Self { generation, stream: TextStream::new(stops) }
    }

    /// Takes one more token; says why the answer ends with it, where it does.
    pub(super) fn push(
        &mut self,
        tokenizer: &BpeTokenizer,
        token: u32,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Option<Finish> {
        self.generation.generated_tokens += 1;
        if tokenizer.ends_generation(token) {
            return Some(Finish::Stop);
        }
        let shown = self.stream.push(tokenizer.bytes(token));
        self.generation.text.push_str(&shown.text);
        let wish = on_piece(Piece::Text(shown.text));
        match (shown.stopped, wish) {
            (true, _) => Some(Finish::Stop),
            (false, ControlFlow::Break(())) => Some(Finish::Cancelled),
            (false, ControlFlow::Continue(())) => None,
        }
    }

    /// The answer, with what was held back.
    pub(super) fn finish(
        mut self,
        finish: Finish,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Generation {
        self.generation.finish = finish;
        if finish != Finish::Cancelled {
            let rest = self.stream.finish();
            if !rest.is_empty() {
                self.generation.text.push_str(&rest);
                // The answer is over, whatever the caller wishes.
                let _ = on_piece(Piece::Text(rest));
            }
        }
        self.generation
    }
}
