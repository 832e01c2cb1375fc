//! Tokens become one vector: BERT (Devlin et al. 2018, arXiv:1810.04805) and its multilingual kin, over quantised weights.

mod attention;
mod elementwise;

use crate::gguf::Gguf;
use crate::linear::{Linear, Weight};
use crate::{Error, ModelFile};
use elementwise::{LayerNorm, add, gelu};

/// How the tokens' vectors become the text's: `bert.pooling_type`.
#[derive(Clone, Copy)]
enum Pooling {
    Mean,
    FirstToken,
}

/// The encoder's tensors and sizes.
pub(crate) struct Encoder {
    hidden_size: usize,
    n_heads: usize,
    max_tokens: usize,
    pooling: Pooling,
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

impl Encoder {
    /// Loads all tensors; a token's id is then below `vocabulary_size`.
    ///
    /// # Errors
    /// If sizes or tensors are missing or contradict each other.
    pub(crate) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        vocabulary_size: usize,
    ) -> Result<Self, Error> {
        let hidden_size = gguf.usize("bert.embedding_length")?;
        let n_heads = gguf.usize("bert.attention.head_count")?;
        let n_layers = gguf.usize("bert.block_count")?;
        let feed_forward_size = gguf.usize("bert.feed_forward_length")?;
        let epsilon = gguf.f32("bert.attention.layer_norm_epsilon")?;
        if n_heads == 0 || !hidden_size.is_multiple_of(n_heads) {
            return Err(Error::Damaged(format!(
                "its {hidden_size} dimensions are not {n_heads} equal heads"
            )));
        }
        let pooling = match gguf.optional_usize("bert.pooling_type")? {
            None | Some(1) => Pooling::Mean,
            Some(2) => Pooling::FirstToken,
            Some(other) => return Err(Error::Unsupported(format!("its pooling is of type {other}"))),
        };
        let rows =
            |gguf: &Gguf<'_, F>, name| gguf.shape(name).and_then(|shape| shape.first().copied()).unwrap_or(0);
        let n_positions = rows(gguf, "position_embd.weight");
        let n_tokens = rows(gguf, "token_embd.weight");
        if n_tokens < vocabulary_size {
            return Err(Error::Damaged(format!(
                "it has {vocabulary_size} tokens but vectors for {n_tokens}"
            )));
        }
        let segment = match rows(gguf, "token_types.weight") {
            0 => None,
            n_segments => {
                let segments = Weight::load(gguf, "token_types.weight", n_segments, hidden_size).await?;
                let mut segment = vec![0.0; hidden_size];
                segments.row(0, &mut segment)?;
                Some(segment)
            }
        };
        let token_embedding = Weight::load(gguf, "token_embd.weight", n_tokens, hidden_size).await?;
        let positions = Weight::load(gguf, "position_embd.weight", n_positions, hidden_size).await?;
        let embedding_norm = LayerNorm::load(gguf, "token_embd_norm", hidden_size, epsilon).await?;
        let mut layers = Vec::new();
        for layer_idx in 0..n_layers {
            layers.push(Layer::load(gguf, layer_idx, hidden_size, feed_forward_size, epsilon).await?);
        }
        Ok(Self {
            hidden_size,
            n_heads,
            max_tokens: gguf.usize("bert.context_length")?.min(n_positions),
            pooling,
            token_embedding,
            positions,
            segment,
            embedding_norm,
            layers,
        })
    }

    /// Length of a vector.
    pub(crate) fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    /// Most tokens of a text, special tokens included.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The text's vector, of length 1.
    ///
    /// # Errors
    /// If a token has no vector, or there are none or more than [`Self::max_tokens`].
    pub(crate) fn embed(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        if ids.is_empty() || ids.len() > self.max_tokens {
            return Err(Error::TooLong { needed: ids.len(), available: self.max_tokens });
        }
        let mut x = vec![0.0; ids.len() * self.hidden_size]; // (tokens, hidden_size)
        let mut position = vec![0.0; self.hidden_size];
        for ((index, &id), x) in (0..).zip(ids).zip(x.chunks_exact_mut(self.hidden_size)) {
            self.token_embedding.row(id, x)?;
            self.positions.row(index, &mut position)?;
            add(x, &position);
            if let Some(segment) = &self.segment {
                add(x, segment);
            }
        }
        self.embedding_norm.apply(&mut x);
        for layer in &self.layers {
            layer.forward(&mut x, self.hidden_size, self.n_heads);
        }
        Ok(self.pool(&x))
    }

    /// (tokens, hidden_size) to (hidden_size), of length 1.
    fn pool(&self, x: &[f32]) -> Vec<f32> {
        let mut vector = x[..self.hidden_size].to_vec();
        if let Pooling::Mean = self.pooling {
            // The length is made 1 below, so that the sum will do for the mean.
            x.chunks_exact(self.hidden_size).skip(1).for_each(|row| add(&mut vector, row));
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
