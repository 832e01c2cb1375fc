//! Tokens become one vector: BERT (Devlin et al. 2018, arXiv:1810.04805) and its multilingual kin, over quantised weights.

mod attention;
mod elementwise;

use crate::gguf::Gguf;
use crate::linear::{Linear, Weight};
use crate::{Error, ModelFile};
use elementwise::{LayerNorm, add, gelu};

/// How the tokens' vectors become the text's: `bert.pooling_type`.
#[derive(Clone, Copy)]
pub(crate) enum Pooling {
    Mean,
    FirstToken,
}

/// An encoder's sizes, as its file says them: all that the engines need to know.
#[derive(Clone)]
pub(crate) struct EncoderConfig {
    pub(crate) n_layers: usize,
    /// Length of a token's vector, and of the text's.
    pub(crate) hidden_size: usize,
    /// Length of the vector inside the feed-forward block.
    pub(crate) feed_forward_size: usize,
    pub(crate) n_heads: usize,
    /// Rows of the table of tokens; at least the vocabulary's.
    pub(crate) n_tokens: usize,
    /// Rows of the table of positions.
    pub(crate) n_positions: usize,
    /// Rows of the table of segments, of which the first is used; 0 if there is none.
    pub(crate) n_segments: usize,
    /// Most tokens of a text, special tokens included.
    pub(crate) max_tokens: usize,
    /// Added to the variance in LayerNorm.
    pub(crate) epsilon: f32,
    pub(crate) pooling: Pooling,
}

/// The encoder's tensors and sizes.
pub(crate) struct Encoder {
    config: EncoderConfig,
    token_embedding: Weight,   // (vocabulary, hidden_size)
    positions: Weight,         // (max_tokens, hidden_size)
    segment: Option<Vec<f32>>, // (hidden_size) of the first segment, the only one here
    embedding_norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Linear,            // hidden_size to hidden_size
    key: Linear,              // hidden_size to hidden_size
    value: Linear,            // hidden_size to hidden_size
    attention_output: Linear, // hidden_size to hidden_size
    attention_norm: LayerNorm,
    up: Linear,   // hidden_size to feed_forward_size
    down: Linear, // feed_forward_size to hidden_size
    output_norm: LayerNorm,
}

impl EncoderConfig {
    /// Reads and checks the sizes; a token's id is below `vocabulary_size`.
    ///
    /// # Errors
    /// If they are missing or contradict each other.
    pub(crate) fn read<F: ModelFile>(gguf: &Gguf<'_, F>, vocabulary_size: usize) -> Result<Self, Error> {
        let hidden_size = gguf.usize("bert.embedding_length")?;
        let n_heads = gguf.usize("bert.attention.head_count")?;
        let n_layers = gguf.usize("bert.block_count")?;
        let feed_forward_size = gguf.usize("bert.feed_forward_length")?;
        let epsilon = gguf.f32("bert.attention.layer_norm_epsilon")?;
        if n_heads == 0 || hidden_size == 0 || !hidden_size.is_multiple_of(n_heads) {
            return Err(Error::Damaged(format!(
                "its {hidden_size} dimensions are not {n_heads} equal heads"
            )));
        }
        let pooling = match gguf.optional_usize("bert.pooling_type")? {
            None | Some(1) => Pooling::Mean,
            Some(2) => Pooling::FirstToken,
            Some(other) => return Err(Error::Unsupported(format!("its pooling is of type {other}"))),
        };
        let rows = |name| gguf.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        let (n_positions, n_tokens) = (rows("position_embd.weight"), rows("token_embd.weight"));
        if n_tokens < vocabulary_size {
            return Err(Error::Damaged(format!(
                "it has {vocabulary_size} tokens but vectors for {n_tokens}"
            )));
        }
        Ok(Self {
            n_layers,
            hidden_size,
            feed_forward_size,
            n_heads,
            n_tokens,
            n_positions,
            n_segments: rows("token_types.weight"),
            max_tokens: gguf.usize("bert.context_length")?.min(n_positions),
            epsilon,
            pooling,
        })
    }
}

impl Encoder {
    /// Loads all tensors.
    ///
    /// # Errors
    /// If tensors are missing or of another shape.
    pub(crate) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        config: EncoderConfig,
    ) -> Result<Self, Error> {
        let EncoderConfig { hidden_size, feed_forward_size, epsilon, .. } = config;
        let segment = match config.n_segments {
            0 => None,
            n_segments => {
                let segments = Weight::load(gguf, "token_types.weight", n_segments, hidden_size).await?;
                let mut segment = vec![0.0; hidden_size];
                segments.row(0, &mut segment)?;
                Some(segment)
            }
        };
        let token_embedding = Weight::load(gguf, "token_embd.weight", config.n_tokens, hidden_size).await?;
        let positions = Weight::load(gguf, "position_embd.weight", config.n_positions, hidden_size).await?;
        let embedding_norm = LayerNorm::load(gguf, "token_embd_norm", hidden_size, epsilon).await?;
        let mut layers = Vec::new();
        for layer_idx in 0..config.n_layers {
            layers.push(Layer::load(gguf, layer_idx, hidden_size, feed_forward_size, epsilon).await?);
        }
        Ok(Self { config, token_embedding, positions, segment, embedding_norm, layers })
    }

    /// An encoder with the same tables and the layers of `gguf`, which may be adapted.
    ///
    /// # Errors
    /// If tensors are missing or of another shape.
    pub(crate) async fn with_layers_of<F: ModelFile>(&self, gguf: &mut Gguf<'_, F>) -> Result<Self, Error> {
        let EncoderConfig { n_layers, hidden_size, feed_forward_size, epsilon, .. } = self.config;
        let mut layers = Vec::new();
        for layer_idx in 0..n_layers {
            layers.push(Layer::load(gguf, layer_idx, hidden_size, feed_forward_size, epsilon).await?);
        }
        Ok(Self {
            config: self.config.clone(),
            token_embedding: self.token_embedding.clone(),
            positions: self.positions.clone(),
            segment: self.segment.clone(),
            embedding_norm: self.embedding_norm.clone(),
            layers,
        })
    }

    /// Sizes.
    pub(crate) fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The text's vector, of length 1.
    ///
    /// # Errors
    /// If a token has no vector, or there are none or too many.
    pub(crate) fn embed(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        Ok(self.pool(&self.hidden_states(ids)?))
    }

    /// What the last layer says of each token: (tokens, hidden_size).
    ///
    /// # Errors
    /// If a token has no vector, or there are none or too many.
    pub(crate) fn hidden_states(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        let EncoderConfig { hidden_size, n_heads, max_tokens, .. } = self.config;
        if ids.is_empty() || ids.len() > max_tokens {
            return Err(Error::TooLong { needed: ids.len(), available: max_tokens });
        }
        let mut x = vec![0.0; ids.len() * hidden_size]; // (tokens, hidden_size)
        let mut position = vec![0.0; hidden_size];
        for ((index, &id), x) in (0..).zip(ids).zip(x.chunks_exact_mut(hidden_size)) {
            self.token_embedding.row(id, x)?;
            self.positions.row(index, &mut position)?;
            add(x, &position);
            if let Some(segment) = &self.segment {
                add(x, segment);
            }
        }
        self.embedding_norm.apply(&mut x);
        for layer in &self.layers {
            layer.forward(&mut x, hidden_size, n_heads);
        }
        Ok(x)
    }

    /// (tokens, hidden_size) to (hidden_size), of length 1.
    fn pool(&self, x: &[f32]) -> Vec<f32> {
        let mut vector = x[..self.config.hidden_size].to_vec();
        if let Pooling::Mean = self.config.pooling {
            // The length is made 1 below, so that the sum will do for the mean.
            x.chunks_exact(self.config.hidden_size).skip(1).for_each(|row| add(&mut vector, row));
        }
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        vector.iter_mut().for_each(|v| *v /= length);
        vector
    }
}

impl Layer {
    async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        layer_idx: usize,
        hidden: usize,
        inner: usize,
        epsilon: f32,
    ) -> Result<Self, Error> {
        let name = |part: &str| format!("blk.{layer_idx}.{part}");
        Ok(Self {
            query: Linear::load(gguf, &name("attn_q"), hidden, hidden).await?,
            key: Linear::load(gguf, &name("attn_k"), hidden, hidden).await?,
            value: Linear::load(gguf, &name("attn_v"), hidden, hidden).await?,
            attention_output: Linear::load(gguf, &name("attn_output"), hidden, hidden).await?,
            attention_norm: LayerNorm::load(gguf, &name("attn_output_norm"), hidden, epsilon).await?,
            up: Linear::load(gguf, &name("ffn_up"), inner, hidden).await?,
            down: Linear::load(gguf, &name("ffn_down"), hidden, inner).await?,
            output_norm: LayerNorm::load(gguf, &name("layer_output_norm"), hidden, epsilon).await?,
        })
    }

    /// x = norm(x + attention(x)); x = norm(x + feed-forward(x)), in place on (tokens, hidden).
    fn forward(&self, x: &mut [f32], hidden: usize, n_heads: usize) {
        let n_tokens = x.len() / hidden;
        let multiply = |linear: &Linear, x: &[f32]| {
            let mut y = vec![0.0; n_tokens * linear.weight().out_features()];
            linear.apply(x, &mut y);
            y // (tokens, out_features)
        };
        let [q, k, v] = [&self.query, &self.key, &self.value].map(|linear| multiply(linear, x));
        let attended = attention::attend(&q, &k, &v, hidden, n_heads);
        add(x, &multiply(&self.attention_output, &attended));
        self.attention_norm.apply(x);
        let mut inner = multiply(&self.up, x); // (tokens, feed_forward_size)
        gelu(&mut inner);
        add(x, &multiply(&self.down, &inner));
        self.output_norm.apply(x);
    }
}
