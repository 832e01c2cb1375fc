//! A GGUF's metadata becomes the description of a decoder: one for the whole llama family.
//!
//! | family | paper | what is its own |
//! |---|---|---|
//! | llama, smollm2, mistral | Touvron et al. 2023, [arXiv:2302.13971](https://arxiv.org/abs/2302.13971) | interleaved RoPE; Llama 3 stretches it by a factor for each frequency |
//! | qwen2 | [arXiv:2407.10671](https://arxiv.org/abs/2407.10671) | bias on Q, K, V |
//! | qwen3 | [arXiv:2505.09388](https://arxiv.org/abs/2505.09388) | RMSNorm on each head of Q and K |
//! | gemma3 | [arXiv:2503.19786](https://arxiv.org/abs/2503.19786) | the same, norms after each block, GELU, scaled embeddings, five layers of six see a window only |
//!
//! Everything the engines need to know is here, and nothing here knows an engine.

use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// A decoder-only transformer of the llama family.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecoderConfig {
    pub(crate) n_layers: usize,
    /// Length of the vector that stands for a token between layers.
    pub(crate) hidden_size: usize,
    /// Length of the vector inside the feed-forward block.
    pub(crate) ffn_size: usize,
    /// Heads of the queries.
    pub(crate) n_heads: usize,
    /// Heads of keys and values; each is shared by `n_heads / n_kv_heads` query heads (GQA, Ainslie et al. 2023).
    pub(crate) n_kv_heads: usize,
    /// Length of one head's vector. Not always `hidden_size / n_heads`.
    pub(crate) head_dim: usize,
    /// Rows of the embedding table; at least the number of tokens.
    pub(crate) vocab_size: usize,
    /// Positions the model was trained for.
    pub(crate) context_length: usize,
    /// Added to the mean square in RMSNorm.
    pub(crate) norm_eps: f32,
    /// Positions in layers that see everything.
    pub(crate) rope: Rope,
    /// Layers that see a window only, if the model has any.
    pub(crate) local: Option<LocalAttention>,
    /// Factor on the attention scores before softmax.
    pub(crate) attention_scale: f32,
    /// Factor on the embeddings.
    pub(crate) embedding_scale: f32,
    /// Squeezes attention scores into ±this by tanh.
    pub(crate) attention_softcap: Option<f32>,
    /// Squeezes logits into ±this by tanh.
    pub(crate) logit_softcap: Option<f32>,
    /// The gate of the feed-forward block.
    pub(crate) activation: Activation,
    /// RMSNorm on each head of Q and K.
    pub(crate) qk_norm: bool,
    /// A bias on Q, K and V is part of the model and has to be there.
    pub(crate) attention_bias: bool,
    /// RMSNorm after attention and after the feed-forward block, before the residual is added.
    pub(crate) post_norms: bool,
    /// The output head is the embedding table.
    pub(crate) tied_head: bool,
}

/// Rotary position embedding (Su et al. 2021, [arXiv:2104.09864](https://arxiv.org/abs/2104.09864)).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rope {
    pub(crate) style: RopeStyle,
    /// How many components of a head are turned, from the first.
    pub(crate) dims: usize,
    /// Base of the frequencies.
    pub(crate) base: f32,
    /// Positions are divided by this (Chen et al. 2023, [arXiv:2306.15595](https://arxiv.org/abs/2306.15595)).
    pub(crate) position_divisor: f32,
    /// They are so for slow pairs only.
    pub(crate) yarn: Option<Yarn>,
    /// The file has a tensor of divisors, one for each frequency (Llama 3.1, [arXiv:2407.21783](https://arxiv.org/abs/2407.21783)).
    pub(crate) has_frequency_factors: bool,
}

/// Which pairs a stretched context divides (YaRN, Peng et al. 2023, [arXiv:2309.00071](https://arxiv.org/abs/2309.00071)).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Yarn {
    /// Pairs up to this one turn as they did in training.
    pub(crate) first: f32,
    /// Pairs from this one on are divided; between both the division sets in.
    pub(crate) last: f32,
}

/// Which components of a head make a pair that is turned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RopeStyle {
    /// Neighbours, 2i and 2i + 1: llama's weights are stored for this.
    Interleaved,
    /// i and i + dims / 2, as in GPT-NeoX.
    Halves,
}

/// Attention over the last tokens only (Beltagy et al. 2020, [arXiv:2004.05150](https://arxiv.org/abs/2004.05150)).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LocalAttention {
    /// A token sees this many tokens, itself included.
    pub(crate) window: usize,
    /// Every layer is local but each `pattern`-th.
    pub(crate) pattern: usize,
    /// Base of the frequencies in local layers; positions are not stretched there.
    pub(crate) rope_base: f32,
}

/// The function on the gate of the feed-forward block (Shazeer 2020, [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// x · σ(x).
    Silu,
    /// GELU by its tanh approximation.
    Gelu,
}

impl DecoderConfig {
    /// Reads and checks the description.
    ///
    /// # Errors
    /// If the family is unknown, or the numbers are absurd or contradict each other.
    pub(crate) fn read<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        let family = gguf.architecture()?.to_owned();
        let is_gemma = match family.as_str() {
            "llama" | "qwen2" | "qwen3" => false,
            "gemma3" => true,
            other => {
                return Err(Error::Unsupported(format!(
                    "its family is `{other}`; known are llama (also SmolLM2, Mistral), qwen2, qwen3 and gemma3"
                )));
            }
        };
        let key = |name: &str| format!("{family}.{name}");
        if gguf.optional_usize(&key("expert_count"))?.unwrap_or(0) > 0 {
            return Err(Error::Unsupported("it is a mixture of experts".to_owned()));
        }
        let vocab_size = match gguf.shape("token_embd.weight") {
            Some([rows, _]) => *rows,
            Some(shape) => {
                return Err(Error::Damaged(format!("tensor `token_embd.weight` has shape {shape:?}")));
            }
            None => return Err(Error::Damaged("it has no tensor `token_embd.weight`".to_owned())),
        };
        let n_layers = number(gguf, &key("block_count"), 1..=1024)?;
        let hidden_size = number(gguf, &key("embedding_length"), 1..=1 << 16)?;
        let n_heads = number(gguf, &key("attention.head_count"), 1..=1024)?;
        let n_kv_heads = match gguf.has(&key("attention.head_count_kv")) {
            true => number(gguf, &key("attention.head_count_kv"), 1..=n_heads)?,
            false => n_heads,
        };
        if !n_heads.is_multiple_of(n_kv_heads) {
            return Err(Error::Damaged(format!(
                "{n_heads} heads do not share {n_kv_heads} key heads evenly"
            )));
        }
        let head_dim = match gguf.has(&key("attention.key_length")) {
            true => number(gguf, &key("attention.key_length"), 2..=1024)?,
            false if hidden_size.is_multiple_of(n_heads) => hidden_size / n_heads,
            false => {
                return Err(Error::Damaged(format!("{hidden_size} components do not make {n_heads} heads")));
            }
        };
        let value_dim = gguf.optional_usize(&key("attention.value_length"))?.unwrap_or(head_dim);
        if value_dim != head_dim {
            return Err(Error::Unsupported(format!(
                "its values are {value_dim} long and its keys {head_dim}"
            )));
        }
        let default_base = if is_gemma { 1_000_000.0 } else { 10_000.0 };
        let rope = read_rope(gguf, &family, head_dim, default_base)?;
        // Longer contexts want sharper attention: queries and keys grow by this, here in the scores.
        let sharpness = match rope.yarn {
            Some(_) => {
                let own = gguf.optional_f32(&key("rope.scaling.attn_factor"))?.unwrap_or(1.0);
                let own = in_range(&key("rope.scaling.attn_factor"), own, 1e-3, 1e3)?;
                (own * (0.1 * rope.position_divisor.ln() + 1.0)).powi(2)
            }
            None => 1.0,
        };
        let attention_scale = match gguf.optional_f32(&key("attention.scale"))? {
            Some(scale) => in_range(&key("attention.scale"), scale, 1e-6, 1e6)?,
            // Of the Gemmas only the largest, of 62 layers, divides by the share of a head in the hidden size.
            None if is_gemma && n_layers == 62 => (hidden_size as f32 / n_heads as f32).sqrt().recip(),
            None => (head_dim as f32).sqrt().recip(),
        };
        Ok(Self {
            n_layers,
            hidden_size,
            ffn_size: number(gguf, &key("feed_forward_length"), 1..=1 << 20)?,
            n_heads,
            n_kv_heads,
            head_dim,
            vocab_size,
            context_length: number(gguf, &key("context_length"), 1..=1 << 24)?,
            norm_eps: in_range(
                "RMSNorm's epsilon",
                gguf.f32(&key("attention.layer_norm_rms_epsilon"))?,
                0.0,
                1.0,
            )?,
            rope,
            local: if is_gemma { read_local(gguf, &family)? } else { None },
            attention_scale: attention_scale * sharpness,
            embedding_scale: if is_gemma { (hidden_size as f32).sqrt() } else { 1.0 },
            attention_softcap: softcap(gguf, &key("attn_logit_softcapping"))?,
            logit_softcap: softcap(gguf, &key("final_logit_softcapping"))?,
            activation: if is_gemma { Activation::Gelu } else { Activation::Silu },
            qk_norm: is_gemma || family == "qwen3",
            attention_bias: family == "qwen2",
            post_norms: is_gemma,
            tied_head: !gguf.has_tensor("output.weight"),
        })
    }

    /// How local layers turn their heads: positions are not stretched there.
    pub(crate) fn local_rope(&self) -> Option<Rope> {
        let base = self.local.as_ref()?.rope_base;
        Some(Rope {
            base,
            position_divisor: 1.0,
            yarn: None,
            has_frequency_factors: false,
            ..self.rope.clone()
        })
    }

    /// # Errors
    /// If the family adds biases to Q, K and V, and this layer's are not all there.
    pub(crate) fn check_biases<F: ModelFile>(
        &self,
        gguf: &Gguf<'_, F>,
        layer_idx: usize,
    ) -> Result<(), Error> {
        for part in ["attn_q.bias", "attn_k.bias", "attn_v.bias"] {
            let name = format!("blk.{layer_idx}.{part}");
            if self.attention_bias && !gguf.has_tensor(&name) {
                return Err(Error::Damaged(format!("it has no tensor `{name}`")));
            }
        }
        Ok(())
    }

    /// How far back a layer sees, or without end.
    pub(crate) fn window(&self, layer_idx: usize) -> Option<usize> {
        let local = self.local.as_ref()?;
        (!(layer_idx + 1).is_multiple_of(local.pattern)).then_some(local.window)
    }

    /// Length of all query heads together.
    pub(crate) fn q_dim(&self) -> usize {
        self.n_heads * self.head_dim
    }

    /// Length of all key heads together, and of all value heads.
    pub(crate) fn kv_dim(&self) -> usize {
        self.n_kv_heads * self.head_dim
    }
}

fn read_rope<F: ModelFile>(
    gguf: &Gguf<'_, F>,
    family: &str,
    head_dim: usize,
    base: f32,
) -> Result<Rope, Error> {
    let key = |name: &str| format!("{family}.rope.{name}");
    let dims = match gguf.has(&key("dimension_count")) {
        true => number(gguf, &key("dimension_count"), 2..=head_dim)?,
        false => head_dim,
    };
    if !dims.is_multiple_of(2) {
        return Err(Error::Damaged(format!("{dims} rotated components do not make pairs")));
    }
    let position_divisor = match gguf.optional_string(&key("scaling.type"))? {
        // The oldest files have a linear factor without a type.
        None => gguf.optional_f32(&key("scaling.factor"))?.or(gguf.optional_f32(&key("scale_linear"))?),
        Some("none") => None,
        Some("linear") => gguf.optional_f32(&key("scaling.factor"))?,
        // The scores' factor is of all components of a head, and of all layers.
        Some("yarn") if dims == head_dim && family != "gemma3" => {
            gguf.optional_f32(&key("scaling.factor"))?
        }
        Some(other) => return Err(Error::Unsupported(format!("it stretches positions by `{other}`"))),
    };
    let base = in_range(&key("freq_base"), gguf.optional_f32(&key("freq_base"))?.unwrap_or(base), 1.0, 1e12)?;
    let yarn = match gguf.optional_string(&key("scaling.type"))? {
        Some("yarn") => Some(read_yarn(gguf, &key, dims, base)?),
        _ => None,
    };
    Ok(Rope {
        style: if family == "llama" { RopeStyle::Interleaved } else { RopeStyle::Halves },
        dims,
        base,
        position_divisor: in_range(&key("scaling.factor"), position_divisor.unwrap_or(1.0), 1e-3, 1e4)?,
        yarn,
        has_frequency_factors: gguf.has_tensor("rope_freqs.weight"),
    })
}

/// The pairs that make so many turns in the context that the model was trained with bound the stretch.
fn read_yarn<F: ModelFile>(
    gguf: &Gguf<'_, F>,
    key: &impl Fn(&str) -> String,
    dims: usize,
    base: f32,
) -> Result<Yarn, Error> {
    let context = number(gguf, &key("scaling.original_context_length"), 1..=1 << 24)? as f32;
    let pair_of = |name: &str, default: f32| {
        let turns = gguf.optional_f32(&key(name))?.unwrap_or(default);
        let turns = in_range(&key(name), turns, 1e-3, 1e6)?;
        Ok::<_, Error>(dims as f32 * (context / (turns * std::f32::consts::TAU)).ln() / (2.0 * base.ln()))
    };
    let first = pair_of("scaling.yarn_beta_fast", 32.0)?.floor().max(0.0);
    let last = pair_of("scaling.yarn_beta_slow", 1.0)?.ceil().min(dims as f32 - 1.0);
    Ok(Yarn { first, last })
}

fn read_local<F: ModelFile>(gguf: &Gguf<'_, F>, family: &str) -> Result<Option<LocalAttention>, Error> {
    let key = |name: &str| format!("{family}.{name}");
    if gguf.optional_usize(&key("attention.sliding_window"))?.unwrap_or(0) == 0 {
        return Ok(None);
    }
    let pattern = match gguf.has(&key("attention.sliding_window_pattern")) {
        true => number(gguf, &key("attention.sliding_window_pattern"), 1..=1024)?,
        false => 6,
    };
    let base = gguf.optional_f32(&key("rope.local_freq_base"))?;
    let base = base.or(gguf.optional_f32(&key("rope.freq_base_swa"))?).unwrap_or(10_000.0);
    Ok(Some(LocalAttention {
        window: number(gguf, &key("attention.sliding_window"), 1..=1 << 24)?,
        pattern,
        rope_base: in_range("the local layers' RoPE base", base, 1.0, 1e12)?,
    }))
}

fn softcap<F: ModelFile>(gguf: &Gguf<'_, F>, key: &str) -> Result<Option<f32>, Error> {
    let cap = gguf.optional_f32(key)?.filter(|&cap| cap != 0.0);
    cap.map(|cap| in_range(key, cap, 1e-3, 1e6)).transpose()
}

fn number<F: ModelFile>(
    gguf: &Gguf<'_, F>,
    key: &str,
    range: std::ops::RangeInclusive<usize>,
) -> Result<usize, Error> {
    let value = gguf.usize(key)?;
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Error::Damaged(format!("its `{key}` is {value}, not between {} and {}", range.start(), range.end())))
}

fn in_range(name: &str, value: f32, low: f32, high: f32) -> Result<f32, Error> {
    // Also false for NaN.
    if value >= low && value <= high {
        return Ok(value);
    }
    Err(Error::Damaged(format!("its `{name}` is {value}, not between {low} and {high}")))
}
