//! Tokens become logits: the forward pass of the llama family on the CPU.
//!
//! The matrices stay in their blocks ([`Linear`]); everything between them works on plain slices in buffers that are kept
//! from call to call, so that a token costs no allocation worth naming. The KV cache can be cut back to any length,
//! which is what lets the unchanged beginning of a prompt be computed once.

mod attention;
mod config;
mod kv_cache;
mod ops;
mod rope;
#[cfg(test)]
mod tests;
mod weights;

use half::f16;

use crate::gguf::Gguf;
use crate::layer_state::LayerState;
use crate::linear::Linear;
use crate::{Error, ModelFile};
use attention::Attention;
pub(crate) use config::{Activation, DecoderConfig, RopeStyle};
use kv_cache::LayerCache;
use rope::RotaryEmbedding;
pub(crate) use rope::frequencies;
use weights::{Layer, Weights};

/// A decoder with its KV cache.
pub(crate) struct Decoder {
    config: DecoderConfig,
    weights: Weights,
    cache: Vec<LayerCache>, // one for each layer
    /// Tokens in the cache.
    len: usize,
    global_rope: RotaryEmbedding,
    local_rope: Option<RotaryEmbedding>,
    buffers: Buffers,
}

/// Keys and values of a sequence that stands aside.
#[derive(Default)]
pub(crate) struct CpuSequence {
    cache: Vec<LayerCache>, // one for each layer
    len: usize,
}

impl CpuSequence {
    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.cache.iter().map(|cache| (cache.keys.capacity() + cache.values.capacity()) * 4).sum()
    }
}

/// Working memory, resized to the tokens at hand.
#[derive(Default)]
struct Buffers {
    hidden: Vec<f32>,   // (rows, hidden_size), the residual stream
    normed: Vec<f32>,   // (rows, hidden_size)
    queries: Vec<f32>,  // (rows, n_heads, head_dim)
    keys: Vec<f32>,     // (rows, n_kv_heads, head_dim)
    values: Vec<f32>,   // (rows, n_kv_heads, head_dim)
    attended: Vec<f32>, // (rows, n_heads, head_dim)
    block: Vec<f32>,    // (rows, hidden_size), what a block adds to the stream
    gate: Vec<f32>,     // (rows, ffn_size)
    up: Vec<f32>,       // (rows, ffn_size)
    logits: Vec<f32>,   // (vocab_size)
}

impl Decoder {
    /// Loads the tensors that `config` asks for.
    ///
    /// # Errors
    /// If a tensor is missing, of another shape or of an unknown type.
    pub(crate) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        config: DecoderConfig,
    ) -> Result<Self, Error> {
        let weights = Weights::load(gguf, &config).await?;
        let global_rope = RotaryEmbedding::new(&config.rope, weights.frequency_factors.as_deref());
        let local_rope = config.local_rope().map(|rope| RotaryEmbedding::new(&rope, None));
        let cache = (0..config.n_layers).map(|_| LayerCache::default()).collect();
        Ok(Self { config, weights, cache, len: 0, global_rope, local_rope, buffers: Buffers::default() })
    }

    /// Forgets all but the first `len` tokens.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        for cache in &mut self.cache {
            cache.truncate(self.len, self.config.kv_dim());
        }
    }

    /// Keys and values of the first `positions` as f16, layer by layer.
    pub(crate) fn save(&self, positions: usize) -> Vec<LayerState> {
        let len = positions * self.config.kv_dim();
        let halves = |numbers: &[f32]| numbers[..len].iter().map(|&x| f16::from_f32(x).to_bits()).collect();
        self.cache.iter().map(|cache| [halves(&cache.keys), halves(&cache.values)]).collect()
    }

    /// Takes back what [`Self::save`] gave for `positions`, into an empty cache.
    pub(crate) fn restore(&mut self, positions: usize, layers: &[LayerState]) {
        let numbers = |halves: &[u16]| -> Vec<f32> {
            halves.iter().map(|&bits| f16::from_bits(bits).to_f32()).collect()
        };
        for (cache, [keys, values]) in self.cache.iter_mut().zip(layers) {
            cache.append(&numbers(keys), &numbers(values), self.config.kv_dim());
        }
        self.len = positions;
    }

    /// Changes places with a sequence that stands aside.
    pub(crate) fn swap(&mut self, aside: &mut CpuSequence) {
        aside.cache.resize_with(self.cache.len(), LayerCache::default);
        std::mem::swap(&mut self.cache, &mut aside.cache);
        std::mem::swap(&mut self.len, &mut aside.len);
    }

    /// Takes up a sequence's first `len` tokens, in place of what was read; the sequence stays as it is.
    pub(crate) fn copy_up(&mut self, aside: &CpuSequence, len: usize) {
        self.truncate(0);
        let numbers = len * self.config.kv_dim();
        for (cache, aside) in self.cache.iter_mut().zip(&aside.cache) {
            cache.append(&aside.keys[..numbers], &aside.values[..numbers], self.config.kv_dim());
        }
        self.len = len;
    }

    /// Reads more tokens, which go to the end of the cache.
    ///
    /// # Errors
    /// If a token is not in the embedding table. The cache is then as before.
    pub(crate) fn forward(&mut self, tokens: &[u32]) -> Result<(), Error> {
        let result = self.forward_layers(tokens);
        if result.is_ok() {
            self.len += tokens.len();
        } else {
            self.truncate(self.len);
        }
        result
    }

    /// Logits for the token after the last one read: (vocab_size).
    ///
    /// # Errors
    /// If nothing was read yet.
    pub(crate) fn logits(&mut self) -> Result<&mut [f32], Error> {
        let Self { config, weights, buffers, .. } = self;
        let Some(start) = buffers.hidden.len().checked_sub(config.hidden_size) else {
            return Err(Error::Compute(candle_core::Error::Msg("logits before any token".to_owned())));
        };
        let last = &buffers.hidden[start..];
        buffers.normed.resize(config.hidden_size, 0.0);
        ops::rms_norm(last, &weights.output_norm, config.norm_eps, &mut buffers.normed);
        apply(&weights.head, &buffers.normed, 1, &mut buffers.logits);
        if let Some(cap) = config.logit_softcap {
            ops::softcap(&mut buffers.logits, cap);
        }
        Ok(&mut buffers.logits)
    }

    fn forward_layers(&mut self, tokens: &[u32]) -> Result<(), Error> {
        let Self { config, weights, cache, buffers, global_rope, local_rope, .. } = self;
        let rows = tokens.len();
        for rope in std::iter::once(&mut *global_rope).chain(local_rope.as_mut()) {
            rope.set_positions(self.len, rows);
        }
        buffers.hidden.resize(rows * config.hidden_size, 0.0);
        for (&token, hidden) in tokens.iter().zip(buffers.hidden.chunks_exact_mut(config.hidden_size)) {
            weights.embedding.row(token, hidden)?;
        }
        if config.embedding_scale != 1.0 {
            buffers.hidden.iter_mut().for_each(|x| *x *= config.embedding_scale);
        }
        for (layer_idx, (layer, cache)) in weights.layers.iter().zip(cache).enumerate() {
            let window = config.window(layer_idx);
            let rope = match (window, local_rope.as_ref()) {
                (Some(_), Some(local)) => local,
                _ => &*global_rope,
            };
            attention_block(config, layer, rope, window, cache, buffers);
            ffn_block(config, layer, buffers);
        }
        Ok(())
    }
}

/// hidden += W_o · attention(rope(W_q · norm(hidden)), rope(W_k · norm(hidden)), W_v · norm(hidden)).
fn attention_block(
    config: &DecoderConfig,
    layer: &Layer,
    rope: &RotaryEmbedding,
    window: Option<usize>,
    cache: &mut LayerCache,
    buffers: &mut Buffers,
) {
    let DecoderConfig { n_heads, n_kv_heads, head_dim, norm_eps, .. } = *config;
    let Buffers { hidden, normed, queries, keys, values, attended, block, .. } = buffers;
    let rows = hidden.len() / config.hidden_size;
    normed.resize(hidden.len(), 0.0);
    ops::rms_norm(hidden, &layer.attention_norm, norm_eps, normed);
    apply(&layer.q, normed, rows, queries);
    apply(&layer.k, normed, rows, keys);
    apply(&layer.v, normed, rows, values);
    if let (Some(q_norm), Some(k_norm)) = (&layer.q_norm, &layer.k_norm) {
        ops::rms_norm_in_place(queries, q_norm, norm_eps);
        ops::rms_norm_in_place(keys, k_norm, norm_eps);
    }
    rope.rotate(queries, n_heads, head_dim);
    rope.rotate(keys, n_kv_heads, head_dim);
    cache.append(keys, values, config.kv_dim());
    let attention = Attention {
        n_heads,
        n_kv_heads,
        head_dim,
        scale: config.attention_scale,
        softcap: config.attention_softcap,
        window,
    };
    attended.resize(queries.len(), 0.0);
    attention.attend(queries, &cache.keys, &cache.values, attended);
    apply(&layer.attention_output, attended, rows, block);
    if let Some(norm) = &layer.post_attention_norm {
        ops::rms_norm_in_place(block, norm, norm_eps);
    }
    ops::add(hidden, block);
}

/// hidden += W_down · (activation(W_gate · norm(hidden)) · (W_up · norm(hidden))).
fn ffn_block(config: &DecoderConfig, layer: &Layer, buffers: &mut Buffers) {
    let Buffers { hidden, normed, block, gate, up, .. } = buffers;
    let rows = hidden.len() / config.hidden_size;
    ops::rms_norm(hidden, &layer.ffn_norm, config.norm_eps, normed);
    apply(&layer.gate, normed, rows, gate);
    apply(&layer.up, normed, rows, up);
    match config.activation {
        Activation::Silu => ops::silu_mul(gate, up),
        Activation::Gelu => ops::gelu_mul(gate, up),
    }
    apply(&layer.down, gate, rows, block);
    if let Some(norm) = &layer.post_ffn_norm {
        ops::rms_norm_in_place(block, norm, config.norm_eps);
    }
    ops::add(hidden, block);
}

/// `x` (rows, in_features) through a layer into `out` (rows, out_features).
fn apply(linear: &Linear, x: &[f32], rows: usize, out: &mut Vec<f32>) {
    out.resize(rows * linear.weight().out_features(), 0.0);
    linear.apply(x, out);
}
