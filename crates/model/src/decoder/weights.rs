//! A decoder's tensors, by the names that llama.cpp gives them.

use super::config::DecoderConfig;
use crate::gguf::Gguf;
use crate::linear::{Linear, Weight};
use crate::{Error, ModelFile};

/// All tensors of a decoder.
pub(super) struct Weights {
    pub(super) embedding: Weight, // (vocab_size, hidden_size)
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Vec<f32>, // (hidden_size)
    pub(super) head: Linear,          // hidden_size to vocab_size
    /// Divisors of the RoPE frequencies.
    pub(super) frequency_factors: Option<Vec<f32>>, // (rope.dims / 2)
}

/// One transformer block.
pub(super) struct Layer {
    pub(super) attention_norm: Vec<f32>,              // (hidden_size)
    pub(super) q: Linear,                             // hidden_size to q_dim
    pub(super) k: Linear,                             // hidden_size to kv_dim
    pub(super) v: Linear,                             // hidden_size to kv_dim
    pub(super) q_norm: Option<Vec<f32>>,              // (head_dim)
    pub(super) k_norm: Option<Vec<f32>>,              // (head_dim)
    pub(super) attention_output: Linear,              // q_dim to hidden_size
    pub(super) post_attention_norm: Option<Vec<f32>>, // (hidden_size)
    pub(super) ffn_norm: Vec<f32>,                    // (hidden_size)
    pub(super) gate: Linear,                          // hidden_size to ffn_size
    pub(super) up: Linear,                            // hidden_size to ffn_size
    pub(super) down: Linear,                          // ffn_size to hidden_size
    pub(super) post_ffn_norm: Option<Vec<f32>>,       // (hidden_size)
}

impl Weights {
    pub(super) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        config: &DecoderConfig,
    ) -> Result<Self, Error> {
        let (hidden, vocab) = (config.hidden_size, config.vocab_size);
        let embedding = Weight::load(gguf, "token_embd.weight", vocab, hidden).await?;
        let mut layers = Vec::new();
        for layer_idx in 0..config.n_layers {
            layers.push(Layer::load(gguf, config, layer_idx).await?);
        }
        let output_norm = gguf.vector("output_norm.weight", hidden).await?;
        let head = if config.tied_head {
            Linear::new(embedding.clone(), None)?
        } else {
            Linear::load(gguf, "output", vocab, hidden).await?
        };
        let frequency_factors = if config.rope.has_frequency_factors {
            Some(gguf.vector("rope_freqs.weight", config.rope.dims / 2).await?)
        } else {
            None
        };
        Ok(Self { embedding, layers, output_norm, head, frequency_factors })
    }
}

impl Layer {
    async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        config: &DecoderConfig,
        layer_idx: usize,
    ) -> Result<Self, Error> {
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let (q_dim, kv_dim) = (config.q_dim(), config.kv_dim());
        let name = |part: &str| format!("blk.{layer_idx}.{part}");
        config.check_biases(gguf, layer_idx)?;
        Ok(Self {
            attention_norm: gguf.vector(&name("attn_norm.weight"), hidden).await?,
            q: Linear::load(gguf, &name("attn_q"), q_dim, hidden).await?,
            k: Linear::load(gguf, &name("attn_k"), kv_dim, hidden).await?,
            v: Linear::load(gguf, &name("attn_v"), kv_dim, hidden).await?,
            q_norm: vector_if(config.qk_norm, gguf, &name("attn_q_norm.weight"), config.head_dim).await?,
            k_norm: vector_if(config.qk_norm, gguf, &name("attn_k_norm.weight"), config.head_dim).await?,
            attention_output: Linear::load(gguf, &name("attn_output"), hidden, q_dim).await?,
            post_attention_norm: vector_if(
                config.post_norms,
                gguf,
                &name("post_attention_norm.weight"),
                hidden,
            )
            .await?,
            ffn_norm: gguf.vector(&name("ffn_norm.weight"), hidden).await?,
            gate: Linear::load(gguf, &name("ffn_gate"), ffn, hidden).await?,
            up: Linear::load(gguf, &name("ffn_up"), ffn, hidden).await?,
            down: Linear::load(gguf, &name("ffn_down"), hidden, ffn).await?,
            post_ffn_norm: vector_if(config.post_norms, gguf, &name("post_ffw_norm.weight"), hidden).await?,
        })
    }
}

async fn vector_if<F: ModelFile>(
    wanted: bool,
    gguf: &mut Gguf<'_, F>,
    name: &str,
    len: usize,
) -> Result<Option<Vec<f32>>, Error> {
    if wanted { gguf.vector(name, len).await.map(Some) } else { Ok(None) }
}
