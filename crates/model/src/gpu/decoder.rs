//! Tokens become the next token: the forward pass of the llama family on the GPU.
//!
//! Token ids, the position and the KV cache stay on the GPU. A step is one submission whose last kernel draws the next
//! token, so that the step after it is submitted before the host knows what was drawn.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use daneel_gpu::{
    Cursor, Gpu, Input, KvCache, Matrix, Output, Plan, Readback, Recorder, SampleSettings, Stream, Tensor,
};

use super::forward::Forward;
use super::pace::{Pace, TARGET};
use super::weights::Weights;
use crate::clock::{self, Instant};
use crate::decoder::DecoderConfig;
use crate::gguf::Gguf;
use crate::layer_state::LayerState;
use crate::{Error, ModelFile, Sampling, TokenCost};

/// Prompt tokens that are read at a time. A weight that was unpacked serves several of them; a software adapter gains
/// nothing from more.
const CHUNK: usize = 128;
const CHUNK_OF_SOFTWARE: usize = 32;
/// A context shorter than this is of no use: rather no GPU.
const LEAST_CONTEXT: usize = 512;
/// Seconds of work that one submission of steps may hold.
const FLIGHT_SECONDS: f64 = 0.008;
/// Most steps of one submission.
const MOST_STEPS: usize = 8;
/// Room for an answer's tokens in a sequence that is put aside, so that it seldom has to be made anew.
const SPARE_POSITIONS: usize = 128;
/// Submissions under way: one runs, one waits.
const FLIGHTS: usize = 2;

/// A decoder with its KV cache.
pub(crate) struct GpuDecoder {
    gpu: Arc<Gpu>,
    config: DecoderConfig,
    weights: Weights,
    context: usize,
    /// Tokens in the cache, for all that the host knows.
    len: usize,
    cursor: Cursor,
    tokens: Tensor,   // (context), by position
    settings: Tensor, // SampleSettings
    logits: Tensor,   // (rows of the embedding table)
    vocab_size: usize,
    caches: Vec<KvCache>, // one for each layer
    chunk_tokens: usize,
    /// The layers for up to `chunk_tokens` tokens, and for one.
    chunk: Plan,
    step: Plan,
    /// The last row becomes logits, and these the next token.
    head: Plan,
    sample: Plan,
    pace: Pace,
    drawing: Drawing,
}

/// Tokens that are being drawn.
#[derive(Default)]
struct Drawing {
    /// Tokens that may still be submitted.
    left: usize,
    /// Where the next token that is submitted will stand.
    position: usize,
    /// The first token needs no step: the prompt's last row is there.
    begun: bool,
    flights: VecDeque<Readback<u32>>,
    arrived: VecDeque<u32>,
    since: Option<Instant>,
    /// Steps that were submitted, and the seconds that it took to encode them and to hand them to the driver.
    submitted: usize,
    encode_seconds: f64,
    submit_seconds: f64,
    /// Seconds of a step, as far as known.
    step_seconds: Option<f64>,
}

/// Keys and values of a sequence that stands aside.
#[derive(Default)]
pub(crate) struct GpuSequence {
    caches: Vec<KvCache>, // one for each layer
    /// Positions that are as they were read.
    len: usize,
}

impl GpuSequence {
    /// Only the first `len` tokens stay the same.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.caches.iter().map(KvCache::bytes).sum()
    }
}

impl GpuDecoder {
    /// Loads the tensors that `config` asks for, with room for at most `most_context` tokens; of the embedding table's rows
    /// `vocab_size` are tokens.
    ///
    /// # Errors
    /// If a tensor cannot be used, or the GPU's memory is too small.
    pub(crate) async fn load<F: ModelFile>(
        gpu: Arc<Gpu>,
        gguf: &mut Gguf<'_, F>,
        config: DecoderConfig,
        vocab_size: usize,
        most_context: usize,
    ) -> Result<Self, Error> {
        let weights = Weights::load(&gpu, gguf, &config).await?;
        gpu.settle().await?;
        let chunk_tokens = if gpu.facts().software { CHUNK_OF_SOFTWARE } else { CHUNK };
        gpu.tune(&weights.products(chunk_tokens)).await?;
        let (context, caches) = allocate(&gpu, &config, most_context).await?;
        let cursor = Cursor::new(&gpu)?;
        let tokens = gpu.tensor("tokens", context)?;
        let settings = gpu.tensor("settings", SampleSettings::WORDS)?;
        let logits = gpu.tensor("logits", config.vocab_size)?;
        let last = Stream::new(&gpu, 1, config.hidden_size)?;

        let forward = Forward::new(&gpu, &config, &weights, &caches, &tokens)?;
        let mut pass = Recorder::new(&gpu, &cursor, chunk_tokens);
        let stream = Stream::new(&gpu, chunk_tokens, config.hidden_size)?;
        forward.layers(&mut pass, &stream, chunk_tokens)?;
        pass.keep_last_row(&stream, &last)?;
        let chunk = pass.finish();
        let mut pass = Recorder::new(&gpu, &cursor, 1);
        forward.layers(&mut pass, &last, 1)?;
        let step = pass.finish();
        let mut pass = Recorder::new(&gpu, &cursor, 1);
        let head = weights.head.as_ref().unwrap_or(&weights.embedding);
        let normed = Input::Normed(&last, config.norm_eps);
        pass.linear(&head.matrix, normed, head.bias.as_ref(), Output::Store(&logits))?;
        if let Some(cap) = config.logit_softcap {
            pass.softcap(&logits, cap)?;
        }
        let head = pass.finish();
        let mut pass = Recorder::new(&gpu, &cursor, 1);
        pass.sample(&logits, vocab_size, &settings, &tokens)?;
        let sample = pass.finish();
        gpu.settle().await?;
        Ok(Self {
            gpu,
            config,
            weights,
            context,
            len: 0,
            cursor,
            tokens,
            settings,
            logits,
            vocab_size,
            caches,
            chunk_tokens,
            chunk,
            step,
            head,
            sample,
            pace: Pace::new(),
            drawing: Drawing::default(),
        })
    }

    /// Tokens there is room for: fewer than were asked for where memory is short.
    pub(crate) fn context(&self) -> usize {
        self.context
    }

    /// What a token costs with so many before it.
    pub(crate) fn cost(&self, position: usize) -> TokenCost {
        let layers = self.step.n_dispatches() - 1;
        let seen = |layer_idx| self.config.window(layer_idx).map_or(position, |window| window.min(position));
        // Keys and values of two bytes.
        let kv_bytes = (0..self.config.n_layers).map(|idx| seen(idx) * self.config.kv_dim() * 4);
        let products = self.weights.products(1);
        let sum =
            |bytes: fn(&Matrix) -> usize| products.iter().map(|product| bytes(product.matrix) as u64).sum();
        let per_step = |seconds: f64| seconds / self.drawing.submitted.max(1) as f64;
        TokenCost {
            dispatches: self.step.n_dispatches() + self.head.n_dispatches() + self.sample.n_dispatches(),
            dispatches_per_layer: layers as f64 / self.config.n_layers as f64,
            weight_bytes_read: sum(|matrix| matrix.bytes()),
            weight_bytes_in_file: sum(|matrix| matrix.file_bytes()),
            kv_bytes_read: kv_bytes.sum::<usize>() as u64,
            weight_bytes: self.weights.bytes() as u64,
            encode_seconds: per_step(self.drawing.encode_seconds),
            submit_seconds: per_step(self.drawing.submit_seconds),
        }
    }

    /// How many tokens [`Self::read`] should be given at once: fewer where the device is slow.
    pub(crate) fn chunk_tokens(&self) -> usize {
        self.pace.tokens(self.chunk_tokens)
    }

    /// Forgets all but the first `len` tokens, and what is still being drawn.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.drawing = Drawing { step_seconds: self.drawing.step_seconds, ..Drawing::default() };
    }

    /// Reads more tokens, which go to the end of the cache. `on_piece` is asked now and then whether to go on; if not,
    /// the cache is as before.
    ///
    /// # Errors
    /// If there are too many tokens, or the device is in trouble.
    pub(crate) async fn read(
        &mut self,
        tokens: &[u32],
        on_piece: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let end = self.len + tokens.len();
        if end > self.context || tokens.len() > self.chunk_tokens {
            return Err(Error::TooLong { needed: end, available: self.context });
        }
        self.truncate(self.len);
        self.gpu.write(&self.tokens, self.len, tokens)?;
        self.cursor.set(&self.gpu, self.len, tokens.len())?;
        let plan = if tokens.len() == 1 { &self.step } else { &self.chunk };
        let wish = self.pace.run(&self.gpu, plan, tokens.len(), on_piece).await?;
        if wish.is_continue() {
            self.len = end;
        }
        Ok(wish)
    }

    /// Prepares to draw up to `most` tokens after those read.
    ///
    /// # Errors
    /// If nothing was read yet.
    pub(crate) fn begin(&mut self, sampling: &Sampling, most: usize) -> Result<(), Error> {
        if self.len == 0 {
            return Err(Error::Compute(candle_core::Error::Msg("drawing before any token".to_owned())));
        }
        self.truncate(self.len);
        self.gpu.write(&self.settings, 0, &[settings(sampling, self.vocab_size)])?;
        // The drawn tokens stand behind those read, and the last of them is not read.
        self.drawing.left = most.min(self.context - self.len);
        self.drawing.position = self.len;
        Ok(())
    }

    /// The next token. The one before it has then been read.
    ///
    /// # Errors
    /// If no more were asked for, the logits are not numbers, or the device is in trouble.
    pub(crate) async fn draw(&mut self) -> Result<u32, Error> {
        // Where a step takes long, what a page draws waits for one, not two.
        let flights =
            if self.drawing.step_seconds.is_some_and(|seconds| seconds > TARGET) { 1 } else { FLIGHTS };
        while self.drawing.flights.len() < flights && self.drawing.left > 0 {
            self.launch()?;
        }
        if self.drawing.arrived.is_empty() {
            let Some(flight) = self.drawing.flights.pop_front() else {
                return Err(Error::TooLong { needed: self.len + 1, available: self.context });
            };
            let tokens = flight.finish(&self.gpu).await?;
            let drawing = &mut self.drawing;
            // The first flight waited for nothing but itself; those after it say how long a step is.
            if let Some(since) = drawing.since.replace(clock::now()) {
                drawing.step_seconds = Some(since.elapsed().as_secs_f64() / tokens.len() as f64);
            }
            drawing.arrived.extend(tokens);
        }
        match self.drawing.arrived.pop_front() {
            Some(token) if (token as usize) < self.vocab_size => {
                self.len += usize::from(self.drawing.begun);
                self.drawing.begun = true;
                Ok(token)
            }
            _ => Err(Error::Compute(candle_core::Error::Msg("its logits are not numbers".to_owned()))),
        }
    }

    /// Keys and values of the first `positions`, layer by layer.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub(crate) async fn save(&self, positions: usize) -> Result<Vec<LayerState>, Error> {
        let mut layers = Vec::with_capacity(self.caches.len());
        for cache in &self.caches {
            layers.push(cache.read(&self.gpu, positions).await?);
        }
        Ok(layers)
    }

    /// Takes back what [`Self::save`] gave for these tokens.
    ///
    /// # Errors
    /// If it does not fit.
    pub(crate) fn restore(&mut self, tokens: &[u32], layers: &[LayerState]) -> Result<(), Error> {
        self.truncate(0);
        self.gpu.write(&self.tokens, 0, tokens)?;
        for (cache, [keys, values]) in self.caches.iter().zip(layers) {
            cache.write(&self.gpu, [keys, values])?;
        }
        self.len = tokens.len();
        Ok(())
    }

    /// Logits for the token after the last one read, of every row of the table.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub(crate) async fn logits(&self) -> Result<Vec<f32>, Error> {
        self.gpu.submit(&[(&self.head, 1)])?;
        Ok(self.gpu.read(&self.logits, 0, self.logits.len()).await?)
    }

    /// Puts what was read aside; nothing is then read.
    ///
    /// # Errors
    /// If memory is short.
    pub(crate) fn put_aside(&mut self, aside: &mut GpuSequence) -> Result<(), Error> {
        let room = aside.caches.first().map_or(0, KvCache::context);
        if room < self.len {
            let context = (self.len + SPARE_POSITIONS).min(self.context);
            let cache = |_| KvCache::new(&self.gpu, self.config.n_kv_heads, self.config.head_dim, context);
            let caches = (0..self.config.n_layers).map(cache).collect::<Result<_, _>>()?;
            *aside = GpuSequence { caches, len: 0 };
        }
        // What was taken up is there still.
        let known = aside.len.min(self.len);
        let pairs: Vec<_> = self.caches.iter().zip(&aside.caches).collect();
        KvCache::copy(&self.gpu, &pairs, known..self.len)?;
        aside.len = self.len;
        self.truncate(0);
        Ok(())
    }

    /// Takes up a sequence's first tokens, which are these, in place of what was read. It keeps them, so that only what is read
    /// after them is copied when it is put aside again.
    ///
    /// # Errors
    /// If it has not so many.
    pub(crate) fn take_up(&mut self, aside: &mut GpuSequence, tokens: &[u32]) -> Result<(), Error> {
        self.copy_up(aside, tokens)?;
        aside.len = tokens.len();
        Ok(())
    }

    /// The same for a sequence that stays as it is.
    ///
    /// # Errors
    /// If it has not so many.
    pub(crate) fn copy_up(&mut self, aside: &GpuSequence, tokens: &[u32]) -> Result<(), Error> {
        self.truncate(0);
        self.gpu.write(&self.tokens, 0, tokens)?;
        let pairs: Vec<_> = aside.caches.iter().zip(&self.caches).collect();
        KvCache::copy(&self.gpu, &pairs, 0..tokens.len())?;
        self.len = tokens.len();
        Ok(())
    }

    /// Submits the next step, or several short ones.
    fn launch(&mut self) -> Result<(), Error> {
        let Self { gpu, drawing, .. } = self;
        let started = clock::now();
        let first = drawing.position == self.len && !drawing.begun;
        let fitting = drawing.step_seconds.map_or(1, |seconds| (FLIGHT_SECONDS / seconds) as usize);
        let steps = if first { 1 } else { fitting.clamp(1, MOST_STEPS).min(drawing.left) };
        let one = [(&self.step, 1), (&self.head, 1), (&self.sample, 1)];
        let plans = if first { one[1..].to_vec() } else { one.repeat(steps) };
        let flight = gpu.submit_and_read(&plans, &self.tokens, drawing.position, steps)?;
        drawing.submit_seconds += flight.submit_seconds();
        drawing.encode_seconds += started.elapsed().as_secs_f64() - flight.submit_seconds();
        drawing.flights.push_back(flight);
        drawing.position += steps;
        drawing.left -= steps;
        drawing.submitted += steps;
        Ok(())
    }
}

/// The caches, for as many tokens as the adapter's limits and memory allow.
async fn allocate(
    gpu: &Gpu,
    config: &DecoderConfig,
    most_context: usize,
) -> Result<(usize, Vec<KvCache>), Error> {
    // Bytes for each position, of the longest tensors.
    let longest = (2 * config.kv_dim()).max(4 * config.rope.dims) as u64;
    let reachable = usize::try_from(gpu.facts().max_binding_bytes / longest).unwrap_or(usize::MAX);
    let mut context = most_context.min(config.context_length).min(reachable);
    loop {
        let cache = |_| KvCache::new(gpu, config.n_kv_heads, config.head_dim, context);
        let caches = (0..config.n_layers).map(cache).collect::<Result<Vec<_>, _>>();
        let made = match caches {
            // Errors of memory come late.
            Ok(caches) => gpu.settle().await.map(|()| caches),
            Err(error) => Err(error),
        };
        match made {
            Ok(caches) => return Ok((context, caches)),
            Err(daneel_gpu::Error::OutOfMemory(_)) if context > LEAST_CONTEXT => {
                context = (context / 2).max(LEAST_CONTEXT);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// As the CPU's sampler understands odd values: what is not a number does not restrict.
fn settings(sampling: &Sampling, vocab_size: usize) -> SampleSettings {
    let or = |value: f32, fallback: f32| if value.is_nan() { fallback } else { value };
    let penalty = sampling.repeat_penalty;
    SampleSettings {
        vocab_size: vocab_size as u32,
        top_k: u32::try_from(sampling.top_k).unwrap_or(0),
        seed: (sampling.seed ^ sampling.seed >> 32) as u32,
        repeat_last_n: u32::try_from(sampling.repeat_last_n).unwrap_or(u32::MAX),
        repeat_penalty: if penalty.is_finite() && penalty > 0.0 { penalty } else { 1.0 },
        temperature: or(sampling.temperature, 0.0).max(0.0),
        top_p: if sampling.top_p > 0.0 && sampling.top_p < 1.0 { sampling.top_p } else { 1.0 },
        min_p: or(sampling.min_p, 0.0).max(0.0),
    }
}
