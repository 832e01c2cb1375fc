//! Tokens become one vector: BERT and its kin on the GPU.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daneel_gpu::{
    Activation, Attention, Cursor, Gpu, Heads, Input, KvCache, Mask, Norm, Output, Plan, Pooling, Product,
    Readback, Recorder, RowOf, Tensor,
};

use super::pace::Pace;
use super::upload::{Linear, Stack, Vector, check_head_dim};
use crate::encoder::{self, EncoderConfig};
use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// Tokens of a question or a short passage, which matrix products are tuned for.
const USUAL_TOKENS: usize = 64;

/// An encoder whose forward pass is recorded.
pub(crate) struct GpuEncoder {
    gpu: Arc<Gpu>,
    config: EncoderConfig,
    cursor: Cursor,
    tokens: Tensor, // (max_tokens)
    states: Tensor, // (max_tokens, hidden_size), after the last layer
    pooled: Tensor, // (hidden_size)
    plan: Plan,
    pace: Mutex<Pace>,
    /// What the plan reads.
    weights: Weights,
}

/// A vector under way.
pub(crate) struct Embedding(Readback<f32>);

/// A norm's weight and bias.
#[derive(Clone)]
struct LayerNorm {
    weight: Tensor, // (hidden_size)
    bias: Tensor,   // (hidden_size)
}

struct Weights {
    tables: Tables,
    layers: Vec<Layer>,
}

/// What tokens and positions become before the first layer. A clone shares the GPU's memory.
#[derive(Clone)]
struct Tables {
    tokens: Linear,           // (vocabulary, hidden_size)
    positions: Linear,        // (positions, hidden_size)
    segments: Option<Linear>, // (segments, hidden_size)
    embedding_norm: LayerNorm,
}

struct Layer {
    qkv: Linear,              // (3 hidden_size, hidden_size)
    attention_output: Linear, // (hidden_size, hidden_size)
    attention_norm: LayerNorm,
    up: Linear,   // (feed_forward_size, hidden_size)
    down: Linear, // (hidden_size, feed_forward_size)
    output_norm: LayerNorm,
}

/// What of a file becomes [`Weights`], checked before anything is uploaded.
struct WeightsPlan {
    tokens: Stack,
    positions: Stack,
    segments: Option<Stack>,
    embedding_norm: [Vector; 2],
    layers: Vec<LayerPlan>,
}

struct LayerPlan {
    qkv: Stack,
    attention_output: Stack,
    attention_norm: [Vector; 2],
    up: Stack,
    down: Stack,
    output_norm: [Vector; 2],
}

impl GpuEncoder {
    /// Loads the tensors that `config` asks for.
    ///
    /// # Errors
    /// If a tensor cannot be used, or the GPU's memory is too small.
    pub(crate) async fn load<F: ModelFile>(
        gpu: Arc<Gpu>,
        gguf: &mut Gguf<'_, F>,
        config: EncoderConfig,
    ) -> Result<Self, Error> {
        let weights = WeightsPlan::check(gguf, &config)?.upload(&gpu, gguf).await?;
        Self::record(gpu, config, weights).await
    }

    /// An encoder with the same tables and the layers of `gguf`, which may be adapted.
    ///
    /// # Errors
    /// If a tensor cannot be used, or the GPU's memory is too small.
    pub(crate) async fn with_layers_of<F: ModelFile>(&self, gguf: &mut Gguf<'_, F>) -> Result<Self, Error> {
        let (gpu, config) = (self.gpu.clone(), self.config.clone());
        let layers = LayerPlan::check_all(gguf, &config)?;
        let weights =
            Weights { tables: self.weights.tables.clone(), layers: upload_layers(layers, &gpu, gguf).await? };
        Self::record(gpu, config, weights).await
    }

    /// Records the forward pass.
    async fn record(gpu: Arc<Gpu>, config: EncoderConfig, weights: Weights) -> Result<Self, Error> {
        gpu.settle().await?;
        gpu.tune(&weights.products(USUAL_TOKENS.min(config.max_tokens))).await?;
        let cursor = Cursor::new(&gpu)?;
        let tokens = gpu.tensor("tokens", config.max_tokens)?;
        let pooled = gpu.tensor("pooled", config.hidden_size)?;
        let mut pass = Recorder::new(&gpu, &cursor, config.max_tokens);
        let states = forward(&mut pass, &gpu, &config, &weights, &tokens, &pooled)?;
        let plan = pass.finish();
        gpu.settle().await?;
        let pace = Mutex::new(Pace::new());
        Ok(Self { gpu, config, cursor, tokens, states, pooled, plan, pace, weights })
    }

    /// Sizes.
    pub(crate) fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Sets the GPU to work on a text: at once where that takes a moment, else in pieces, the last of which is done here.
    ///
    /// # Errors
    /// If there are no tokens or too many, or the device is in trouble.
    pub(crate) async fn begin(&self, ids: &[u32]) -> Result<Embedding, Error> {
        Ok(Embedding(self.run(ids, &self.pooled, self.config.hidden_size).await?))
    }

    /// What the last layer says of each token: (tokens, hidden_size).
    ///
    /// # Errors
    /// If there are no tokens or too many, or the device is in trouble.
    pub(crate) async fn hidden_states(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        let states = self.run(ids, &self.states, ids.len() * self.config.hidden_size).await?;
        Ok(states.finish(&self.gpu).await?)
    }

    /// Runs the plan over a text, and asks for `len` numbers of `result`.
    async fn run(&self, ids: &[u32], result: &Tensor, len: usize) -> Result<Readback<f32>, Error> {
        if ids.is_empty() || ids.len() > self.config.max_tokens {
            return Err(Error::TooLong { needed: ids.len(), available: self.config.max_tokens });
        }
        self.gpu.write(&self.tokens, 0, ids)?;
        self.cursor.set(&self.gpu, 0, ids.len())?;
        let mut pace = *lock(&self.pace);
        if pace.fits(&self.plan, ids.len()) {
            return Ok(self.gpu.submit_and_read(&[(&self.plan, ids.len())], result, 0, len)?);
        }
        let _ = pace.run(&self.gpu, &self.plan, ids.len(), &mut || ControlFlow::Continue(())).await?;
        *lock(&self.pace) = pace;
        Ok(self.gpu.begin_read(result, 0, len)?)
    }

    /// The text's vector, of length 1.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub(crate) async fn finish(&self, embedding: Embedding) -> Result<Vec<f32>, Error> {
        Ok(embedding.0.finish(&self.gpu).await?)
    }
}

fn lock(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From token ids to the text's vector; gives where the last layer's states will be.
fn forward(
    pass: &mut Recorder<'_>,
    gpu: &Gpu,
    config: &EncoderConfig,
    weights: &Weights,
    tokens: &Tensor,
    pooled: &Tensor,
) -> Result<Tensor, Error> {
    let EncoderConfig { hidden_size, n_heads, max_tokens, .. } = *config;
    let head_dim = hidden_size / n_heads;
    let heads = Heads { n_heads, n_kv_heads: n_heads, head_dim };
    let room = |label: &str, dim: usize| gpu.tensor(label, max_tokens * dim);
    let x = room("x", hidden_size)?; // (tokens, hidden_size), as all but the last two
    let normed = room("normed", hidden_size)?;
    let attended = room("attended", hidden_size)?;
    let qkv = room("qkv", 3 * hidden_size)?; // (tokens, 3 hidden_size)
    let inner = room("inner", config.feed_forward_size)?; // (tokens, feed_forward_size)
    let cache = KvCache::new(gpu, n_heads, head_dim, max_tokens)?;
    let attention =
        Attention { heads, scale: (head_dim as f32).sqrt().recip(), softcap: None, mask: Mask::Full };

    let tables = &weights.tables;
    pass.gather(&tables.tokens.matrix, RowOf::Token(tokens), &x)?;
    pass.gather_add(&tables.positions.matrix, RowOf::Position(0), &x)?;
    if let Some(segments) = &tables.segments {
        pass.gather_add(&segments.matrix, RowOf::First, &x)?;
    }
    let (mut x, mut normed) = (&x, &normed);
    pass.norm(tables.embedding_norm.of(config), x, normed)?;
    for layer in &weights.layers {
        // What was normalised is now the stream, and the block's result is added to it before the next norm.
        (x, normed) = (normed, x);
        let linear = |pass: &mut Recorder<'_>, linear: &Linear, input: &Tensor, output: Output<'_>| {
            pass.linear(&linear.matrix, Input::Plain(input), linear.bias.as_ref(), output)
        };
        linear(pass, &layer.qkv, x, Output::Store(&qkv))?;
        pass.append_and_attend(attention, &qkv, None, None, &cache, &attended)?;
        linear(pass, &layer.attention_output, &attended, Output::Add(x))?;
        pass.norm(layer.attention_norm.of(config), x, normed)?;
        (x, normed) = (normed, x);
        linear(pass, &layer.up, x, Output::Activated(Activation::Gelu, &inner))?;
        linear(pass, &layer.down, &inner, Output::Add(x))?;
        pass.norm(layer.output_norm.of(config), x, normed)?;
    }
    let pooling = match config.pooling {
        encoder::Pooling::Mean => Pooling::Mean,
        encoder::Pooling::FirstToken => Pooling::First,
    };
    pass.pool(pooling, normed, hidden_size, pooled)?;
    Ok(normed.clone())
}

async fn upload_layers<F: ModelFile>(
    layers: Vec<LayerPlan>,
    gpu: &Gpu,
    gguf: &mut Gguf<'_, F>,
) -> Result<Vec<Layer>, Error> {
    let mut uploaded = Vec::with_capacity(layers.len());
    for layer in layers {
        uploaded.push(layer.upload(gpu, gguf).await?);
    }
    Ok(uploaded)
}

impl LayerNorm {
    fn of(&self, config: &EncoderConfig) -> Norm<'_> {
        Norm { dim: config.hidden_size, weight: &self.weight, bias: Some(&self.bias), eps: config.epsilon }
    }

    async fn upload<F: ModelFile>(
        [weight, bias]: [Vector; 2],
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
    ) -> Result<Self, Error> {
        Ok(Self { weight: weight.upload(gpu, gguf).await?, bias: bias.upload(gpu, gguf).await? })
    }
}

impl Weights {
    /// All matrices that tokens are multiplied with, so many at once.
    fn products(&self, tokens: usize) -> Vec<Product<'_>> {
        let linears = self
            .layers
            .iter()
            .flat_map(|layer| [&layer.qkv, &layer.attention_output, &layer.up, &layer.down]);
        linears.map(|linear| Product { matrix: &linear.matrix, gated: false, tokens }).collect()
    }
}

impl WeightsPlan {
    fn check<F: ModelFile>(gguf: &Gguf<'_, F>, config: &EncoderConfig) -> Result<Self, Error> {
        check_head_dim(config.hidden_size / config.n_heads)?;
        let table =
            |name: &str, rows: usize| Stack::check(gguf, &[(name.to_owned(), rows)], config.hidden_size);
        Ok(Self {
            tokens: table("token_embd", config.n_tokens)?,
            positions: table("position_embd", config.n_positions)?,
            segments: match config.n_segments {
                0 => None,
                n_segments => Some(table("token_types", n_segments)?),
            },
            embedding_norm: norm(gguf, "token_embd_norm", config.hidden_size)?,
            layers: LayerPlan::check_all(gguf, config)?,
        })
    }

    async fn upload<F: ModelFile>(self, gpu: &Gpu, gguf: &mut Gguf<'_, F>) -> Result<Weights, Error> {
        let tokens = self.tokens.upload(gpu, gguf).await?;
        let positions = self.positions.upload(gpu, gguf).await?;
        let segments = match self.segments {
            Some(segments) => Some(segments.upload(gpu, gguf).await?),
            None => None,
        };
        let embedding_norm = LayerNorm::upload(self.embedding_norm, gpu, gguf).await?;
        let tables = Tables { tokens, positions, segments, embedding_norm };
        Ok(Weights { tables, layers: upload_layers(self.layers, gpu, gguf).await? })
    }
}

impl LayerPlan {
    fn check_all<F: ModelFile>(gguf: &Gguf<'_, F>, config: &EncoderConfig) -> Result<Vec<Self>, Error> {
        (0..config.n_layers).map(|layer_idx| Self::check(gguf, config, layer_idx)).collect()
    }

    fn check<F: ModelFile>(
        gguf: &Gguf<'_, F>,
        config: &EncoderConfig,
        layer_idx: usize,
    ) -> Result<Self, Error> {
        let (hidden, inner) = (config.hidden_size, config.feed_forward_size);
        let name = |part: &str| format!("blk.{layer_idx}.{part}");
        let stack = |parts: &[&str], rows: usize, cols: usize| {
            let members: Vec<_> = parts.iter().map(|part| (name(part), rows)).collect();
            Stack::check(gguf, &members, cols)
        };
        Ok(Self {
            qkv: stack(&["attn_q", "attn_k", "attn_v"], hidden, hidden)?,
            attention_output: stack(&["attn_output"], hidden, hidden)?,
            attention_norm: norm(gguf, &name("attn_output_norm"), hidden)?,
            up: stack(&["ffn_up"], inner, hidden)?,
            down: stack(&["ffn_down"], hidden, inner)?,
            output_norm: norm(gguf, &name("layer_output_norm"), hidden)?,
        })
    }

    async fn upload<F: ModelFile>(self, gpu: &Gpu, gguf: &mut Gguf<'_, F>) -> Result<Layer, Error> {
        Ok(Layer {
            qkv: self.qkv.upload(gpu, gguf).await?,
            attention_output: self.attention_output.upload(gpu, gguf).await?,
            attention_norm: LayerNorm::upload(self.attention_norm, gpu, gguf).await?,
            up: self.up.upload(gpu, gguf).await?,
            down: self.down.upload(gpu, gguf).await?,
            output_norm: LayerNorm::upload(self.output_norm, gpu, gguf).await?,
        })
    }
}

fn norm<F: ModelFile>(gguf: &Gguf<'_, F>, name: &str, dim: usize) -> Result<[Vector; 2], Error> {
    let vector = |part: &str| Vector::check(gguf, format!("{name}.{part}"), dim);
    Ok([vector("weight")?, vector("bias")?])
}
