//! A GGUF in memory becomes answers and their speed.

use std::ops::ControlFlow;

use daneel_model::{Generator, MemoryFile, Message, Sampling};
use serde::Serialize;
use wasm_bindgen::prelude::*;

const CONTEXT: usize = 2048;

/// The product's generator.
#[wasm_bindgen]
pub struct Engine(Generator);

#[derive(Serialize)]
struct Speed {
    text: String,
    prompt_tokens: usize,
    /// Tokens a second; tokens whose KV was kept do not count.
    prefill: f64,
    generated_tokens: usize,
    /// Tokens a second.
    decode: f64,
}

#[wasm_bindgen]
impl Engine {
    /// Loads a decoder.
    ///
    /// # Errors
    /// If the file is damaged or of an unknown family.
    pub async fn load(gguf: Vec<u8>) -> Result<Engine, JsError> {
        Ok(Self(Generator::load(&MemoryFile(gguf), CONTEXT, &mut |_, _| {}).await?))
    }

    /// Answers chat messages with the likeliest tokens.
    ///
    /// # Errors
    /// If the messages are none, or the engine fails.
    pub async fn answer(&mut self, messages: JsValue, max_tokens: usize) -> Result<JsValue, JsError> {
        let messages: Vec<Message> = serde_wasm_bindgen::from_value(messages)?;
        let sampling = Sampling { temperature: 0.0, repeat_penalty: 1.0, max_tokens, ..Sampling::default() };
        let made = self.0.generate(&messages, &sampling, &mut |_| ControlFlow::Continue(())).await?;
        let speed = Speed {
            prompt_tokens: made.prompt_tokens,
            prefill: (made.prompt_tokens - made.reused_tokens) as f64 / made.prefill_seconds,
            generated_tokens: made.generated_tokens,
            decode: made.generated_tokens as f64 / made.decode_seconds,
            text: made.text,
        };
        Ok(serde_wasm_bindgen::to_value(&speed)?)
    }
}
