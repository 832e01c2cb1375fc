//! Messages become an answer, token by token: the decoder family (llama, qwen2, qwen3, gemma3) behind one interface.

mod answer;
mod decoding;
mod mixture;
mod sequences;
mod state;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use crate::bpe::{BpeTokenizer, Markup};
use crate::chat::ChatTemplate;
use crate::decoder::DecoderConfig;
use crate::gguf::Gguf;
use crate::{Engine, Error, Message, ModelFile, Sampling, TokenCost, clock};
use answer::Answer;
pub use answer::{Finish, Generation, Piece};
use decoding::Decoding;
pub use mixture::{Mixture, PassagePrompt};
use sequences::Sequences;
use state::State;

/// A decoder with its tokenizer, chat template and KV cache.
pub struct Generator {
    tokenizer: BpeTokenizer,
    template: ChatTemplate,
    decoding: Decoding,
    /// The tokens whose keys and values are in the engine's cache.
    cached: Vec<u32>,
    /// Sequences that stand aside.
    aside: Sequences,
    /// The place of the one that was taken up.
    taken: Option<decoding::Sequence>,
    context_length: usize,
    /// Tells models apart, for a saved state.
    identity: u64,
    n_layers: usize,
    /// Keys of one position and layer, and as many values.
    kv_dim: usize,
}

/// What the header of a model file says.
struct Description {
    config: DecoderConfig,
    tokenizer: BpeTokenizer,
    template: ChatTemplate,
}

impl Description {
    fn read<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        let config = DecoderConfig::read(gguf)?;
        let tokenizer = BpeTokenizer::load(gguf)?;
        let template = ChatTemplate::load(gguf)?;
        if tokenizer.vocab_size() > config.vocab_size {
            return Err(Error::Damaged(format!(
                "it has {} tokens but embeddings for {} only",
                tokenizer.vocab_size(),
                config.vocab_size
            )));
        }
        Ok(Self { config, tokenizer, template })
    }
}

impl Generator {
    /// Checks all that can be known of a model without reading its weights.
    ///
    /// # Errors
    /// If the file is damaged, of an unknown family, or lacks what a chat needs.
    pub async fn check(file: &impl ModelFile) -> Result<(), Error> {
        Description::read(&Gguf::open(file, &mut |_, _| {}).await?).map(drop)
    }

    /// Loads a decoder on the CPU with room for at most `max_context` tokens; `progress` is called with (bytes read, bytes
    /// in all).
    ///
    /// # Errors
    /// If the file is damaged or of an unknown family.
    pub async fn load(
        file: &impl ModelFile,
        max_context: usize,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        Self::load_on(&Engine::Cpu, file, max_context, progress).await
    }

    /// Loads a decoder on the CPU or a GPU. Where a GPU's memory is short the context becomes shorter than `max_context`.
    ///
    /// # Errors
    /// If the file is damaged or of an unknown family, or the GPU cannot take it.
    pub async fn load_on(
        engine: &Engine,
        file: &impl ModelFile,
        max_context: usize,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        let mut gguf = Gguf::open(file, progress).await?;
        let Description { config, tokenizer, template } = Description::read(&gguf)?;
        let identity = state::identity(&gguf.vector("output_norm.weight", config.hidden_size).await?);
        let (n_layers, kv_dim) = (config.n_layers, config.kv_dim());
        let vocab_size = tokenizer.vocab_size();
        let (decoding, context_length) =
            Decoding::load(engine, &mut gguf, config, vocab_size, max_context).await?;
        Ok(Self {
            tokenizer,
            template,
            decoding,
            cached: Vec::new(),
            aside: Sequences::default(),
            taken: None,
            context_length,
            identity,
            n_layers,
            kv_dim,
        })
    }

    /// Tokens that fit: prompt and answer together.
    pub fn context_length(&self) -> usize {
        self.context_length
    }

    /// Whether a GPU computes.
    pub fn is_on_gpu(&self) -> bool {
        matches!(self.decoding, Decoding::Gpu(_))
    }

    /// What a token costs with so many before it, where the engine is a GPU.
    pub fn token_cost(&self, position: usize) -> Option<TokenCost> {
        match &self.decoding {
            Decoding::Cpu(_) => None,
            Decoding::Gpu(decoder) => Some(decoder.cost(position)),
        }
    }

    /// Tokens of the messages once they stand in the model's chat template, ready for its answer.
    ///
    /// # Errors
    /// If the template cannot be rendered.
    pub fn count_prompt_tokens(&self, messages: &[Message]) -> Result<usize, Error> {
        Ok(self.prompt(messages)?.len())
    }

    /// Tokens of a plain text.
    pub fn count_tokens(&self, text: &str) -> usize {
        // A text that the tokenizer gives up on is counted by its bytes: no token is shorter.
        self.tokenizer.encode(text, Markup::Inert).map_or(text.len(), |ids| ids.len())
    }

    /// Answers. Gives way to the event loop between tokens; `on_piece` breaks it off within one token.
    /// The part of the prompt that is the same as in the call before is not computed again.
    ///
    /// # Errors
    /// If the prompt does not fit, or the engine fails.
    pub async fn generate(
        &mut self,
        messages: &[Message],
        sampling: &Sampling,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Generation, Error> {
        let prompt = self.prompt(messages)?;
        let mut generation = Generation::new(prompt.len());
        if self.prefill(&prompt, &mut generation, on_piece).await?.is_break() {
            return Ok(generation);
        }
        let started = clock::now();
        let mut answer = Answer::new(self, generation);
        // The last token: it is read only when another is wanted.
        let mut unread = None;
        // Prompt and answer together have to fit.
        let most = sampling.max_tokens.min(self.context_length - self.cached.len());
        self.decoding.begin(sampling, most)?;
        let finish = loop {
            if answer.generation.generated_tokens >= most {
                break Finish::Length;
            }
            let token = self.draw(&mut unread).await?;
            if let Some(finish) = answer.push(&self.tokenizer, token, on_piece) {
                break finish;
            }
        };
        let mut generation = answer.finish(finish, on_piece);
        generation.decode_seconds = started.elapsed().as_secs_f64();
        Ok(generation)
    }

    /// Reads a prompt of that many tokens and generates exactly so many more, for timing; gives these too, which mean nothing.
    ///
    /// # Errors
    /// If both together do not fit the context, or the engine fails.
    pub async fn bench(
        &mut self,
        prompt_tokens: usize,
        generate_tokens: usize,
    ) -> Result<(Generation, Vec<u32>), Error> {
        let vocab_size = self.tokenizer.vocab_size();
        self.forget_from(0);
        // Spread over the vocabulary, so that the embedding table is not read from the processor's cache.
        let prompt: Vec<u32> =
            (1..=prompt_tokens.max(1)).map(|idx| (idx * 7919 % vocab_size) as u32).collect();
        if prompt.len() + generate_tokens > self.context_length {
            let needed = prompt.len() + generate_tokens;
            return Err(Error::TooLong { needed, available: self.context_length });
        }
        let mut generation = Generation::new(prompt.len());
        let _ = self.prefill(&prompt, &mut generation, &mut |_| ControlFlow::Continue(())).await?;
        let started = clock::now();
        let greedy = Sampling { temperature: 0.0, repeat_penalty: 1.0, ..Sampling::default() };
        self.decoding.begin(&greedy, generate_tokens)?;
        let mut unread = None;
        let mut tokens = Vec::with_capacity(generate_tokens);
        for _ in 0..generate_tokens {
            tokens.push(self.draw(&mut unread).await?);
        }
        generation.generated_tokens = generate_tokens;
        generation.finish = Finish::Length;
        generation.decode_seconds = started.elapsed().as_secs_f64();
        Ok((generation, tokens))
    }

    /// All tokens read so far with their keys and values, as bytes that [`Self::restore_state`] takes: a prompt that begins with
    /// them is then not computed again. Any engine reads what any other wrote.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn save_state(&self) -> Result<Vec<u8>, Error> {
        let layers = match self.cached.len() {
            0 => vec![[Vec::new(), Vec::new()]; self.n_layers],
            positions => self.decoding.save(positions).await?,
        };
        let state = State { identity: self.identity, tokens: self.cached.clone(), layers };
        Ok(state.to_bytes(self.kv_dim))
    }

    /// Takes back what [`Self::save_state`] gave, in place of all that was read.
    ///
    /// # Errors
    /// If it is damaged, of another model, or does not fit the context. The generator is then as if nothing was read.
    pub fn restore_state(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.forget_from(0);
        let state = State::from_bytes(bytes, self.identity, self.n_layers, self.kv_dim)?;
        let needed = state.tokens.len();
        if needed > self.context_length {
            return Err(Error::TooLong { needed, available: self.context_length });
        }
        if state.tokens.iter().any(|&token| token as usize >= self.tokenizer.vocab_size()) {
            return Err(Error::State("it has tokens that the model has not".to_owned()));
        }
        if needed > 0 {
            self.decoding.restore(&state.tokens, &state.layers)?;
            self.cached = state.tokens;
        }
        Ok(())
    }

    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, Error> {
        self.tokenizer.encode_prompt(&self.template.render(messages, &self.tokenizer)?)
    }

    /// Reads what of the prompt is not in the cache; breaks where `on_piece` wants to stop.
    async fn prefill(
        &mut self,
        prompt: &[u32],
        generation: &mut Generation,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let started = clock::now();
        // An answer has at least one token.
        if prompt.len() >= self.context_length {
            return Err(Error::TooLong { needed: prompt.len() + 1, available: self.context_length });
        }
        let Some(last) = prompt.len().checked_sub(1) else {
            return Err(Error::Unsupported("its chat template makes an empty prompt".to_owned()));
        };
        self.take_up(&prompt[..last])?;
        // The last token is read again in any case, for its logits.
        self.forget_from(sequences::common(&self.cached, &prompt[..last]));
        generation.reused_tokens = self.cached.len();
        let mut wish = on_piece(Piece::Prefill(self.cached.len(), prompt.len()));
        while wish.is_continue() && self.cached.len() < prompt.len() {
            let done = self.cached.len();
            let chunk = &prompt[done..prompt.len().min(done + self.decoding.chunk_tokens())];
            wish = self.read(chunk, &mut || on_piece(Piece::Prefill(done, prompt.len()))).await?;
            if wish.is_continue() {
                wish = on_piece(Piece::Prefill(self.cached.len(), prompt.len()));
            }
        }
        generation.prefill_seconds = started.elapsed().as_secs_f64();
        Ok(wish)
    }

    async fn read(
        &mut self,
        tokens: &[u32],
        on_piece: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let wish = self.decoding.read(tokens, on_piece).await?;
        if wish.is_continue() {
            self.cached.extend_from_slice(tokens);
        }
        Ok(wish)
    }

    /// The next token; `unread` is the one before, which is read first.
    async fn draw(&mut self, unread: &mut Option<u32>) -> Result<u32, Error> {
        self.cached.extend(*unread);
        let token = self.decoding.draw(*unread, &self.cached).await.inspect_err(|_| self.cached.clear())?;
        *unread = Some(token);
        Ok(token)
    }

    fn forget_from(&mut self, len: usize) {
        self.decoding.truncate(len);
        self.cached.truncate(len);
        if let Some(taken) = &mut self.taken {
            taken.truncate(len);
        }
    }
}
