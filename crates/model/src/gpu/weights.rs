//! A decoder's tensors on the GPU, by the names that llama.cpp gives them.

use daneel_gpu::{Gpu, Matrix, Product, Tensor};

use super::upload::{Linear, Stack, Vector, check_head_dim};
use crate::decoder::DecoderConfig;
use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// All tensors of a decoder.
pub(super) struct Weights {
    pub(super) embedding: Linear, // (vocab_size, hidden_size)
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Tensor,  // (hidden_size)
    pub(super) head: Option<Linear>, // (vocab_size, hidden_size); the embedding if there is none
    /// Divisors of the RoPE frequencies.
    pub(super) frequency_factors: Option<Vec<f32>>, // (rope.dims / 2)
}

/// One transformer block.
pub(super) struct Layer {
    pub(super) attention_norm: Tensor,              // (hidden_size)
    pub(super) qkv: Linear,                         // (q_dim + 2 kv_dim, hidden_size)
    pub(super) qk_norms: Option<Tensor>,            // (2, head_dim) of Q and of K
    pub(super) attention_output: Linear,            // (hidden_size, q_dim)
    pub(super) post_attention_norm: Option<Tensor>, // (hidden_size)
    pub(super) ffn_norm: Tensor,                    // (hidden_size)
    pub(super) gate_up: GateUp,
    pub(super) down: Linear,                  // (hidden_size, ffn_size)
    pub(super) post_ffn_norm: Option<Tensor>, // (hidden_size)
}

/// The two matrices that a feed-forward block begins with.
pub(super) enum GateUp {
    /// Gate above up: (2 ffn_size, hidden_size).
    Together(Linear),
    /// Of different formats, or too long for one binding: (ffn_size, hidden_size) each.
    Apart(Linear, Linear),
}

/// What of a file becomes [`Weights`], checked before anything is uploaded.
struct Plan {
    embedding: Stack,
    layers: Vec<LayerPlan>,
    output_norm: Vector,
    head: Option<Stack>,
    frequency_factors: Option<Vector>,
}

struct LayerPlan {
    attention_norm: Vector,
    qkv: Stack,
    qk_norms: Option<[Vector; 2]>,
    attention_output: Stack,
    post_attention_norm: Option<Vector>,
    ffn_norm: Vector,
    /// Gate above up where that can be, and each for itself.
    gate_up: (Option<Stack>, [Stack; 2]),
    down: Stack,
    post_ffn_norm: Option<Vector>,
}

impl Weights {
    /// Checks every tensor by the file's header, then uploads them one by one.
    ///
    /// # Errors
    /// If a tensor is missing, of another shape, of a kind that the GPU cannot take, or not of numbers.
    pub(super) async fn load<F: ModelFile>(
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
        config: &DecoderConfig,
    ) -> Result<Self, Error> {
        let plan = Plan::check(gguf, config)?;
        let embedding = plan.embedding.upload(gpu, gguf).await?;
        let mut layers = Vec::with_capacity(plan.layers.len());
        for layer in plan.layers {
            layers.push(layer.upload(gpu, gguf).await?);
        }
        let output_norm = plan.output_norm.upload(gpu, gguf).await?;
        let head = match plan.head {
            Some(head) => Some(head.upload(gpu, gguf).await?),
            None => None,
        };
        let frequency_factors = match plan.frequency_factors {
            Some(factors) => Some(factors.read(gguf).await?),
            None => None,
        };
        Ok(Self { embedding, layers, output_norm, head, frequency_factors })
    }

    /// All matrices that a token is multiplied with, up to so many tokens at once.
    pub(super) fn products(&self, tokens: usize) -> Vec<Product<'_>> {
        let head = self.head.as_ref().unwrap_or(&self.embedding);
        // Of a prompt only the last token goes on to the head.
        let last = Product { matrix: &head.matrix, gated: false, tokens: 1 };
        let matrices = self.layers.iter().flat_map(Layer::matrices);
        matrices.map(|(matrix, gated)| Product { matrix, gated, tokens }).chain([last]).collect()
    }

    /// Whether the matrices that read the stream can add a normed block to it first.
    pub(super) fn can_add_blocks(&self) -> bool {
        self.layers.iter().all(|layer| {
            let has_bias = match &layer.gate_up {
                GateUp::Together(both) => both.bias.is_some(),
                GateUp::Apart(gate, up) => gate.bias.is_some() || up.bias.is_some(),
            };
            layer.post_attention_norm.is_some() && layer.qkv.bias.is_none() && !has_bias
        })
    }

    /// Bytes in the GPU's memory.
    pub(super) fn bytes(&self) -> usize {
        let matrices = self.products(1).iter().map(|product| product.matrix.bytes()).sum::<usize>();
        // A tied embedding is among them as the head.
        matrices + self.head.as_ref().map_or(0, |_| self.embedding.matrix.bytes())
    }
}

impl Layer {
    /// Those marked are gates above ups.
    fn matrices(&self) -> Vec<(&Matrix, bool)> {
        let mut matrices = vec![(&self.qkv.matrix, false), (&self.attention_output.matrix, false)];
        match &self.gate_up {
            GateUp::Together(both) => matrices.push((&both.matrix, true)),
            GateUp::Apart(gate, up) => matrices.extend([(&gate.matrix, false), (&up.matrix, false)]),
        }
        matrices.push((&self.down.matrix, false));
        matrices
    }
}

impl Plan {
    fn check<F: ModelFile>(gguf: &Gguf<'_, F>, config: &DecoderConfig) -> Result<Self, Error> {
        let (hidden, vocab) = (config.hidden_size, config.vocab_size);
        check_head_dim(config.head_dim)?;
        let table = |name: &str| Stack::check(gguf, &[(name.to_owned(), vocab)], hidden);
        let layers = (0..config.n_layers).map(|layer_idx| LayerPlan::check(gguf, config, layer_idx));
        let n_factors = config.rope.dims / 2;
        Ok(Self {
            embedding: table("token_embd")?,
            layers: layers.collect::<Result<_, Error>>()?,
            output_norm: Vector::check(gguf, "output_norm.weight".to_owned(), hidden)?,
            head: if config.tied_head { None } else { Some(table("output")?) },
            frequency_factors: match config.rope.has_frequency_factors {
                true => Some(Vector::check(gguf, "rope_freqs.weight".to_owned(), n_factors)?),
                false => None,
            },
        })
    }
}

impl LayerPlan {
    fn check<F: ModelFile>(
        gguf: &Gguf<'_, F>,
        config: &DecoderConfig,
        layer_idx: usize,
    ) -> Result<Self, Error> {
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let (q_dim, kv_dim) = (config.q_dim(), config.kv_dim());
        let name = |part: &str| format!("blk.{layer_idx}.{part}");
        let vector = |part: &str, len: usize| Vector::check(gguf, name(part), len);
        let vector_if = |wanted: bool, part: &str| wanted.then(|| vector(part, hidden)).transpose();
        let stack = |parts: &[(&str, usize)], cols: usize| {
            let members: Vec<_> = parts.iter().map(|&(part, rows)| (name(part), rows)).collect();
            Stack::check(gguf, &members, cols)
        };
        config.check_biases(gguf, layer_idx)?;
        let apart = [stack(&[("ffn_gate", ffn)], hidden)?, stack(&[("ffn_up", ffn)], hidden)?];
        let together = stack(&[("ffn_gate", ffn), ("ffn_up", ffn)], hidden).ok();
        Ok(Self {
            attention_norm: vector("attn_norm.weight", hidden)?,
            qkv: stack(&[("attn_q", q_dim), ("attn_k", kv_dim), ("attn_v", kv_dim)], hidden)?,
            qk_norms: match config.qk_norm {
                true => Some([
                    vector("attn_q_norm.weight", config.head_dim)?,
                    vector("attn_k_norm.weight", config.head_dim)?,
                ]),
                false => None,
            },
            attention_output: stack(&[("attn_output", hidden)], q_dim)?,
            post_attention_norm: vector_if(config.post_norms, "post_attention_norm.weight")?,
            ffn_norm: vector("ffn_norm.weight", hidden)?,
            gate_up: (together.filter(|both| both.is_uniform(gguf)), apart),
            down: stack(&[("ffn_down", hidden)], ffn)?,
            post_ffn_norm: vector_if(config.post_norms, "post_ffw_norm.weight")?,
        })
    }

    async fn upload<F: ModelFile>(self, gpu: &Gpu, gguf: &mut Gguf<'_, F>) -> Result<Layer, Error> {
        let attention_norm = self.attention_norm.upload(gpu, gguf).await?;
        let qkv = self.qkv.upload(gpu, gguf).await?;
        let qk_norms = match self.qk_norms {
            Some([q, k]) => {
                let both = [q.read(gguf).await?, k.read(gguf).await?].concat();
                Some(gpu.upload("norms of Q and K", &both)?)
            }
            None => None,
        };
        let attention_output = self.attention_output.upload(gpu, gguf).await?;
        let post_attention_norm = upload_if(self.post_attention_norm, gpu, gguf).await?;
        let ffn_norm = self.ffn_norm.upload(gpu, gguf).await?;
        let (together, [gate, up]) = self.gate_up;
        // Room is made before it is known whether one binding holds it.
        let room = together.map(|both| both.allocate(gpu).map(|matrix| (both, matrix))).transpose()?;
        let gate_up = match room.filter(|(_, matrix)| matrix.can_be_gated()) {
            Some((both, matrix)) => GateUp::Together(both.upload_into(matrix, gpu, gguf).await?),
            None => GateUp::Apart(gate.upload(gpu, gguf).await?, up.upload(gpu, gguf).await?),
        };
        let down = self.down.upload(gpu, gguf).await?;
        let post_ffn_norm = upload_if(self.post_ffn_norm, gpu, gguf).await?;
        Ok(Layer {
            attention_norm,
            qkv,
            qk_norms,
            attention_output,
            post_attention_norm,
            ffn_norm,
            gate_up,
            down,
            post_ffn_norm,
        })
    }
}

async fn upload_if<F: ModelFile>(
    vector: Option<Vector>,
    gpu: &Gpu,
    gguf: &mut Gguf<'_, F>,
) -> Result<Option<Tensor>, Error> {
    match vector {
        Some(vector) => vector.upload(gpu, gguf).await.map(Some),
        None => Ok(None),
    }
}
