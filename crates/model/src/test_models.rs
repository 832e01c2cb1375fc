//! Tiny random models as GGUF files, and where the real ones lie.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use daneel_gpu::{Demand, Gpu};
use futures_lite::future::block_on;

use crate::MemoryFile;
use crate::bpe::{BpeTokenizer, Markup};
use crate::gguf::Gguf;
use crate::sampling::argmax;

/// Words that the tiny vocabulary has besides the 256 bytes.
const WORDS: [&str; 6] = ["th", "the", "Ġthe", "an", "and", "Ġand"];
const MERGES: [&str; 6] = ["t h", "th e", "Ġ the", "a n", "an d", "Ġ and"];
pub(crate) const CONTROL: [&str; 4] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|never|>"];

/// A GGUF in the making.
#[derive(Clone)]
pub(crate) struct TinyModel {
    pub(crate) family: &'static str,
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: BTreeMap<String, (Vec<usize>, GgmlDType)>,
    pub(crate) seed: u64,
}

impl TinyModel {
    /// A model of a family: 64 wide, 4 heads that share 2 key heads.
    pub(crate) fn new(family: &'static str) -> Self {
        let gemma = family == "gemma3";
        let (hidden, ffn, n_heads, n_kv_heads) = (64, 128, 4, 2);
        // Qwen3 and Gemma 3 choose the length of a head freely.
        let head_dim = if gemma || family == "qwen3" { 32 } else { hidden / n_heads };
        let n_layers = if gemma { 7 } else { 3 };
        let mut model = Self { family, metadata: BTreeMap::new(), tensors: BTreeMap::new(), seed: 1 };
        model.set("general.architecture", Value::String(family.to_owned()));
        for (name, value) in [
            ("block_count", n_layers),
            ("context_length", 256),
            ("embedding_length", hidden),
            ("feed_forward_length", ffn),
            ("attention.head_count", n_heads),
            ("attention.head_count_kv", n_kv_heads),
            ("attention.key_length", head_dim),
            ("attention.value_length", head_dim),
            ("rope.dimension_count", head_dim),
        ] {
            model.set(&format!("{family}.{name}"), Value::U32(value as u32));
        }
        // candle's qwen3 would compute in 16-bit floats.
        model.set("general.dtype", Value::U32(0));
        model.set(&format!("{family}.attention.layer_norm_rms_epsilon"), Value::F32(1e-5));
        model.set(&format!("{family}.rope.freq_base"), Value::F32(5000.0));
        if gemma {
            model.set("gemma3.attention.sliding_window", Value::U32(8));
        }
        model.add_vocabulary();

        // The embeddings and the head want many levels, the layers get one of the usual four-bit types.
        let vocab = model.vocab_size();
        model.tensors.insert("token_embd.weight".to_owned(), (vec![vocab, hidden], GgmlDType::Q8_0));
        model.tensors.insert("output_norm.weight".to_owned(), (vec![hidden], GgmlDType::F32));
        for layer_idx in 0..n_layers {
            let mut add = |name: &str, shape: &[usize], dtype| {
                model.tensors.insert(format!("blk.{layer_idx}.{name}"), (shape.to_vec(), dtype));
            };
            let (q_dim, kv_dim) = (n_heads * head_dim, n_kv_heads * head_dim);
            add("attn_norm.weight", &[hidden], GgmlDType::F32);
            add("attn_q.weight", &[q_dim, hidden], GgmlDType::Q4_0);
            add("attn_k.weight", &[kv_dim, hidden], GgmlDType::Q4_1);
            add("attn_v.weight", &[kv_dim, hidden], GgmlDType::Q8_0);
            add("attn_output.weight", &[hidden, q_dim], GgmlDType::Q5_0);
            add("ffn_norm.weight", &[hidden], GgmlDType::F32);
            add("ffn_gate.weight", &[ffn, hidden], GgmlDType::Q4_1);
            add("ffn_up.weight", &[ffn, hidden], GgmlDType::F32);
            add("ffn_down.weight", &[hidden, ffn], GgmlDType::Q8_0);
            if family == "qwen2" {
                add("attn_q.bias", &[q_dim], GgmlDType::F32);
                add("attn_k.bias", &[kv_dim], GgmlDType::F32);
                add("attn_v.bias", &[kv_dim], GgmlDType::F32);
            }
            if gemma || family == "qwen3" {
                add("attn_q_norm.weight", &[head_dim], GgmlDType::F32);
                add("attn_k_norm.weight", &[head_dim], GgmlDType::F32);
            }
            if gemma {
                add("post_attention_norm.weight", &[hidden], GgmlDType::F32);
                add("post_ffw_norm.weight", &[hidden], GgmlDType::F32);
            }
        }
        if family == "qwen2" {
            model.tensors.insert("output.weight".to_owned(), (vec![vocab, hidden], GgmlDType::Q8_0));
        }
        model
    }

    /// The same model with every tensor in 32-bit floats, so that nothing is rounded on the way.
    pub(crate) fn unquantised(mut self) -> Self {
        self.tensors.values_mut().for_each(|(_, dtype)| *dtype = GgmlDType::F32);
        self
    }

    /// What the browser's tests load: weights in 16-bit floats, with which both engines draw the same tokens.
    pub(crate) fn for_browsers() -> Self {
        let mut model = Self::new("llama");
        model.set_own("context_length", Value::U32(4096));
        model.tensors.iter_mut().filter(|(_, (shape, _))| shape.len() > 1).for_each(|(_, (_, dtype))| {
            *dtype = GgmlDType::F16;
        });
        model
    }

    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.metadata.insert(key.to_owned(), value);
    }

    /// Sets a key of the family's own.
    pub(crate) fn set_own(&mut self, key: &str, value: Value) {
        self.set(&format!("{}.{key}", self.family), value);
    }

    pub(crate) fn vocab_size(&self) -> usize {
        CONTROL.len() + 256 + WORDS.len()
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut noise = Noise(self.seed);
        let tensors: Vec<(&str, QTensor)> = self
            .tensors
            .iter()
            .map(|(name, (shape, dtype))| {
                let len = shape.iter().product();
                let values: Vec<f32> = if name.ends_with("norm.weight") {
                    (0..len).map(|_| 1.0 + 0.2 * noise.next()).collect()
                } else if name.ends_with("bias") || name.starts_with("rope_freqs") {
                    (0..len).map(|_| 1.0 + 0.5 * noise.next()).collect()
                } else {
                    let scale = 1.7 / (shape[shape.len() - 1] as f32).sqrt();
                    (0..len).map(|_| scale * noise.next()).collect()
                };
                let tensor = Tensor::from_vec(values, shape.as_slice(), &Device::Cpu).expect("a tensor");
                (name.as_str(), QTensor::quantize(&tensor, *dtype).expect("a quantised tensor"))
            })
            .collect();
        gguf_of(self.metadata.iter(), &tensors)
    }

    fn add_vocabulary(&mut self) {
        let bytes = crate::bpe::byte_level_alphabet().map(String::from);
        let tokens = CONTROL.map(String::from).into_iter().chain(bytes).chain(WORDS.map(String::from));
        let tokens: Vec<Value> = tokens.map(Value::String).collect();
        let types = (0..tokens.len()).map(|id| Value::I32(if id < CONTROL.len() { 3 } else { 1 })).collect();
        self.set("tokenizer.ggml.model", Value::String("gpt2".to_owned()));
        self.set("tokenizer.ggml.pre", Value::String("smollm".to_owned()));
        self.set("tokenizer.ggml.tokens", Value::Array(tokens));
        self.set("tokenizer.ggml.token_type", Value::Array(types));
        let merges = MERGES.map(|merge| Value::String(merge.to_owned())).to_vec();
        self.set("tokenizer.ggml.merges", Value::Array(merges));
        self.set("tokenizer.ggml.bos_token_id", Value::U32(0));
        self.set("tokenizer.ggml.eos_token_id", Value::U32(2));
    }
}

/// Numbers between -1 and 1 that look random: xorshift (Marsaglia 2003).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> u32 {
        ((self.next() + 1.0) / 2.0 * end as f32) as u32 % end as u32
    }
}

/// A real model's bytes, from `DANEEL_TEST_MODELS` or the cache of `daneel models pull`. Where it is missing the test is
/// skipped and says so; with `REQUIRE_MODELS=1` it fails.
pub(crate) fn real_model(file_name: &str) -> Option<Vec<u8>> {
    let cache = || -> Option<PathBuf> {
        let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(base.join("daneel/models"))
    };
    let folder = std::env::var_os("DANEEL_TEST_MODELS").map(PathBuf::from).or_else(cache)?;
    if let Some(path) = find(&folder, file_name) {
        return Some(std::fs::read(path).expect("the model can be read"));
    }
    assert!(std::env::var_os("REQUIRE_MODELS").is_none(), "{file_name} is not below {}", folder.display());
    println!("SKIP: {file_name} is not below {}; `daneel models pull` fetches it", folder.display());
    None
}

/// The same model with its very weights in 32-bit floats: engines that round activations to eight bits where weights are
/// quantised do not do so here.
pub(crate) fn widened(bytes: &[u8]) -> Vec<u8> {
    let mut reader = Cursor::new(bytes);
    let content = gguf_file::Content::read(&mut reader).expect("a GGUF");
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort();
    let tensors: Vec<(&str, QTensor)> = names
        .into_iter()
        .map(|name| {
            let tensor = content.tensor(&mut reader, name, &Device::Cpu).expect("a tensor");
            let tensor = tensor.dequantize(&Device::Cpu).expect("numbers");
            (name.as_str(), QTensor::quantize(&tensor, GgmlDType::F32).expect("numbers"))
        })
        .collect();
    gguf_of(content.metadata.iter(), &tensors)
}

/// The file that has these.
pub(crate) fn gguf_of<'a>(
    metadata: impl IntoIterator<Item = (&'a (impl AsRef<str> + ?Sized + 'a), &'a Value)>,
    tensors: &[(impl AsRef<str>, QTensor)],
) -> Vec<u8> {
    let metadata: Vec<_> = metadata.into_iter().map(|(key, value)| (key.as_ref(), value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_ref(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).expect("a file");
    file.into_inner()
}

/// A GPU, or None where there is none; with `REQUIRE_GPU=1` that is a failure.
pub(crate) fn gpu() -> Option<Arc<Gpu>> {
    gpu_with(Demand::All)
}

/// The same with all that the adapter offers, or with no more than WebGPU promises.
pub(crate) fn gpu_with(demand: Demand) -> Option<Arc<Gpu>> {
    match block_on(Gpu::request_with(demand)) {
        Ok(gpu) => Some(Arc::new(gpu)),
        Err(error) => {
            assert!(std::env::var_os("REQUIRE_GPU").is_none_or(|value| value != "1"), "{error}");
            println!("SKIP: {error}");
            None
        }
    }
}

/// The file of that name in the folder or below.
fn find(folder: &Path, file_name: &str) -> Option<PathBuf> {
    let path = folder.join(file_name);
    if path.is_file() {
        return Some(path);
    }
    let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir()).find_map(|folder| find(&folder, file_name))
}

/// Tokens of a text in plain English, by a real model's own tokenizer.
pub(crate) fn text_tokens(file: &MemoryFile, len: usize) -> Vec<u32> {
    let text = include_str!("../../../LICENSE-APACHE");
    let tokens = block_on(async {
        let mut ignore = |_, _| {};
        let gguf = Gguf::open(file, &mut ignore).await?;
        BpeTokenizer::load(&gguf)?.encode(text, Markup::Inert)
    });
    tokens.expect("a tokenizer")[..len].to_vec()
}

pub(crate) fn random_tokens(len: usize, vocab_size: usize) -> Vec<u32> {
    let mut noise = Noise(99);
    (0..len).map(|_| noise.below(vocab_size)).collect()
}

/// How far a model's logits may be from the reference, or are.
pub(crate) struct Tolerance {
    /// The least share of positions where both find the same token likeliest.
    pub(crate) top_1: f64,
    /// The largest squared error of a position's logits, relative to their square.
    pub(crate) nmse: f64,
}

/// How far `ours` is from `theirs`, position by position.
pub(crate) fn agreement(ours: &[Vec<f32>], theirs: &[Vec<f32>]) -> Tolerance {
    assert_eq!(ours.len(), theirs.len());
    let mut same = 0;
    let mut worst: f64 = 0.0;
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.len(), theirs.len());
        same += usize::from(argmax(ours).expect("finite") == argmax(theirs).expect("finite"));
        let square = |x: f32| f64::from(x) * f64::from(x);
        let error: f64 = ours.iter().zip(theirs).map(|(a, b)| square(a - b)).sum();
        worst = worst.max(error / theirs.iter().map(|&b| square(b)).sum::<f64>());
    }
    Tolerance { top_1: same as f64 / ours.len() as f64, nmse: worst }
}

pub(crate) fn assert_agreement(name: &str, ours: &[Vec<f32>], theirs: &[Vec<f32>], tolerance: &Tolerance) {
    let Tolerance { top_1, nmse } = agreement(ours, theirs);
    println!("{name}: top-1 {top_1:.4} of {} positions, worst NMSE {nmse:.1e}", ours.len());
    assert!(top_1 >= tolerance.top_1, "{name}: top-1 agreement is {top_1}");
    assert!(nmse <= tolerance.nmse, "{name}: NMSE is {nmse}");
}
