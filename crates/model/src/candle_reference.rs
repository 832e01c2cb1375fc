//! candle-transformers' models, which ours are compared with; decoders by forced decoding: the same tokens go into both,
//! whatever they predict.

use std::collections::HashMap;
use std::io::Cursor;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Result, Tensor, safetensors};
use candle_nn::{Activation, VarBuilder};
use candle_transformers::models::{bert, gemma3, quantized_llama, quantized_qwen2, quantized_qwen3};
use tokenizers::Tokenizer;

use crate::test_models::gguf_of;

/// A model of candle's: (tokens, position of the first) to logits.
pub(crate) type Forward = Box<dyn FnMut(&Tensor, usize) -> Result<Tensor>>;

/// The model of a GGUF.
pub(crate) fn open(bytes: &[u8]) -> Result<Forward> {
    let mut reader = Cursor::new(bytes);
    let content = Content::read(&mut reader)?;
    let device = Device::Cpu;
    Ok(match content.metadata["general.architecture"].to_string()?.as_str() {
        "llama" => {
            let mut model = quantized_llama::ModelWeights::from_gguf(content, &mut reader, &device)?;
            Box::new(move |x, position| model.forward(x, position))
        }
        "qwen2" => {
            let mut model = quantized_qwen2::ModelWeights::from_gguf(content, &mut reader, &device)?;
            Box::new(move |x, position| model.forward(x, position))
        }
        "qwen3" => {
            let mut model = quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, &device)?;
            Box::new(move |x, position| model.forward(x, position))
        }
        "gemma3" => {
            let mut model = gemma3(&content, &mut reader)?;
            Box::new(move |x, position| model.forward(x, position))
        }
        other => candle_core::bail!("no reference for `{other}`"),
    })
}

/// Reads the tokens one by one, and gives the logits after each.
pub(crate) fn forced(forward: &mut Forward, tokens: &[u32]) -> Vec<Vec<f32>> {
    let step = |(position, token): (usize, &u32)| {
        let input = Tensor::new(&[[*token]], &Device::Cpu)?;
        forward(&input, position)?.flatten_all()?.to_vec1()
    };
    tokens.iter().enumerate().map(step).collect::<Result<_>>().expect("the reference runs")
}

/// candle's model for floats: the one for GGUF has another activation and another window than Gemma's own code.
fn gemma3(content: &Content, reader: &mut Cursor<&[u8]>) -> Result<gemma3::Model> {
    let number = |key: &str| content.metadata[&format!("gemma3.{key}")].to_u32().map(|value| value as usize);
    let float = |key: &str| content.metadata[&format!("gemma3.{key}")].to_f32().map(f64::from);
    let mut tensors = HashMap::new();
    for name in content.tensor_infos.keys() {
        let tensor = content.tensor(reader, name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
        // The converter to GGUF adds the 1 that Gemma's norms have.
        let tensor = if name.ends_with("norm.weight") { (tensor - 1.0)? } else { tensor };
        tensors.insert(gemma3_name(name), tensor);
    }
    let config = gemma3::Config {
        attention_bias: false,
        head_dim: number("attention.key_length")?,
        hidden_activation: Activation::GeluPytorchTanh,
        hidden_size: number("embedding_length")?,
        intermediate_size: number("feed_forward_length")?,
        num_attention_heads: number("attention.head_count")?,
        num_hidden_layers: number("block_count")?,
        num_key_value_heads: number("attention.head_count_kv")?,
        rms_norm_eps: float("attention.layer_norm_rms_epsilon")?,
        rope_theta: float("rope.freq_base")?,
        rope_local_base_freq: 10_000.0,
        vocab_size: tensors["model.embed_tokens.weight"].dim(0)?,
        final_logit_softcapping: None,
        attn_logit_softcapping: None,
        query_pre_attn_scalar: number("attention.key_length")?,
        sliding_window: number("attention.sliding_window")?,
        sliding_window_pattern: 6,
        max_position_embeddings: 1024,
    };
    gemma3::Model::new(false, &config, VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu))
}

/// A tensor's name in Gemma's own files.
fn gemma3_name(name: &str) -> String {
    let replaced = [
        ("token_embd", "embed_tokens"),
        ("output_norm", "norm"),
        ("blk.", "layers."),
        ("post_attention_norm", "post_attention_layernorm"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_norm", "input_layernorm"),
        ("attn_q.", "self_attn.q_proj."),
        ("attn_k.", "self_attn.k_proj."),
        ("attn_v.", "self_attn.v_proj."),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_norm", "pre_feedforward_layernorm"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
    ];
    format!("model.{}", renamed(name, &replaced))
}

/// A BERT in its own files: safetensors and `config.json`.
pub(crate) struct Bert {
    model: bert::BertModel,
    config: bert::Config,
    tensors: HashMap<String, Tensor>,
}

impl Bert {
    pub(crate) fn open(weights: &[u8], config: &[u8]) -> Result<Self> {
        let config: bert::Config = serde_json::from_slice(config).map_err(candle_core::Error::wrap)?;
        let tensors = safetensors::load_buffer(weights, &Device::Cpu)?;
        let builder = VarBuilder::from_tensors(tensors.clone(), DType::F32, &Device::Cpu);
        Ok(Self { model: bert::BertModel::load(builder, &config)?, config, tensors })
    }

    /// The mean of the tokens' vectors, or the first: (hidden_size).
    pub(crate) fn embed(&self, ids: &[u32], first_token: bool) -> Result<Vec<f32>> {
        let input = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let hidden = self.model.forward(&input, &input.zeros_like()?, None)?.squeeze(0)?;
        if first_token { hidden.get(0)?.to_vec1() } else { hidden.mean(0)?.to_vec1() }
    }

    /// The same model as llama.cpp converts it.
    pub(crate) fn to_gguf(&self, tokenizer: &Tokenizer, first_token: bool) -> Vec<u8> {
        let bert::Config { vocab_size, hidden_size, num_hidden_layers, num_attention_heads, .. } =
            self.config;
        let piece = |id: usize| {
            let token = tokenizer.id_to_token(id as u32).expect("a token for each row");
            match token.strip_prefix("##") {
                Some(rest) => rest.to_owned(),
                None if token.starts_with('[') && token.ends_with(']') => token,
                None => format!("\u{2581}{token}"),
            }
        };
        let special = |token| Value::U32(tokenizer.token_to_id(token).expect("every BERT has it"));
        let number = |value: usize| Value::U32(value as u32);
        let metadata = [
            ("general.architecture", Value::String("bert".to_owned())),
            ("bert.embedding_length", number(hidden_size)),
            ("bert.block_count", number(num_hidden_layers)),
            ("bert.attention.head_count", number(num_attention_heads)),
            ("bert.feed_forward_length", number(self.config.intermediate_size)),
            ("bert.context_length", number(self.config.max_position_embeddings)),
            ("bert.attention.layer_norm_epsilon", Value::F32(self.config.layer_norm_eps as f32)),
            ("bert.pooling_type", Value::U32(if first_token { 2 } else { 1 })),
            ("tokenizer.ggml.model", Value::String("bert".to_owned())),
            (
                "tokenizer.ggml.tokens",
                Value::Array((0..vocab_size).map(|id| Value::String(piece(id))).collect()),
            ),
            ("tokenizer.ggml.cls_token_id", special("[CLS]")),
            ("tokenizer.ggml.seperator_token_id", special("[SEP]")), // spelt so in the format
            ("tokenizer.ggml.unknown_token_id", special("[UNK]")),
        ];
        let used = |name: &&String| name.ends_with(".weight") || name.ends_with(".bias");
        let named = self.tensors.keys().filter(used).filter(|name| !name.starts_with("pooler"));
        let tensors: Vec<_> = named
            .map(|name| {
                (bert_name(name), QTensor::quantize(&self.tensors[name], GgmlDType::F32).expect("numbers"))
            })
            .collect();
        gguf_of(metadata.iter().map(|(key, value)| (*key, value)), &tensors)
    }
}

/// A tensor's name in GGUF.
fn bert_name(name: &str) -> String {
    let replaced = [
        ("embeddings.word_embeddings", "token_embd"),
        ("embeddings.position_embeddings", "position_embd"),
        ("embeddings.token_type_embeddings", "token_types"),
        ("embeddings.LayerNorm", "token_embd_norm"),
        ("encoder.layer.", "blk."),
        ("attention.self.query", "attn_q"),
        ("attention.self.key", "attn_k"),
        ("attention.self.value", "attn_v"),
        ("attention.output.dense", "attn_output"),
        ("attention.output.LayerNorm", "attn_output_norm"),
        ("intermediate.dense", "ffn_up"),
        ("output.dense", "ffn_down"),
        ("output.LayerNorm", "layer_output_norm"),
    ];
    renamed(name, &replaced)
}

/// Each pair is a part of the name and what stands in its place.
fn renamed(name: &str, replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(name.to_owned(), |name, (from, to)| name.replacen(from, to, 1))
}
