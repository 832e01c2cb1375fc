//! Whole models against candle-transformers, by forced decoding: the same tokens go into both, whatever they predict.

use candle_core::quantized::gguf_file::Value;
use futures_lite::future::block_on;

use super::config::RopeStyle;
use super::{Decoder, DecoderConfig};
use crate::candle_reference as candle;
use crate::gguf::Gguf;
use crate::test_models::{
    TinyModel, Tolerance, agreement, assert_agreement, random_tokens, real_model, text_tokens, widened,
};
use crate::{Error, MemoryFile};

/// Weights in 32-bit floats: only the order of sums differs.
const EXACT: Tolerance = Tolerance { top_1: 0.99, nmse: 1e-8 };
/// Four-bit weights: both sides quantise activations to eight bits, but not in the same way. Random logits lie so close
/// together that this changes some of the likeliest tokens.
const QUANTISED: Tolerance = Tolerance { top_1: 0.95, nmse: 4e-3 };

fn load(file: &MemoryFile) -> Result<Decoder, Error> {
    block_on(async {
        let mut ignore = |_, _| {};
        let mut gguf = Gguf::open(file, &mut ignore).await?;
        let config = DecoderConfig::read(&gguf)?;
        Decoder::load(&mut gguf, config).await
    })
}

fn logits_after(decoder: &mut Decoder, tokens: &[u32]) -> Vec<f32> {
    decoder.forward(tokens).expect("tokens can be read");
    decoder.logits().expect("logits").to_vec()
}

/// Reads the tokens one by one, and gives the logits after each.
fn forced(decoder: &mut Decoder, tokens: &[u32]) -> Vec<Vec<f32>> {
    tokens.iter().map(|&token| logits_after(decoder, &[token])).collect()
}

fn check_family(family: &'static str) {
    let model = TinyModel::new(family);
    let tokens = random_tokens(120, model.vocab_size());
    for (model, tolerance) in [(model.clone().unquantised(), EXACT), (model, QUANTISED)] {
        let bytes = model.bytes();
        let theirs = candle::forced(&mut candle::open(&bytes).expect("candle loads it"), &tokens);
        let mut decoder = load(&MemoryFile(bytes)).expect("loads");
        assert_agreement(family, &forced(&mut decoder, &tokens), &theirs, &tolerance);
    }
}

#[test]
fn llama_agrees_with_candle() {
    check_family("llama");
}

#[test]
fn qwen2_agrees_with_candle() {
    check_family("qwen2");
}

#[test]
fn qwen3_agrees_with_candle() {
    check_family("qwen3");
}

#[test]
fn gemma3_agrees_with_candle() {
    check_family("gemma3");
}

#[test]
fn chunks_and_truncation_give_the_same_logits() {
    for family in ["llama", "qwen2", "qwen3", "gemma3"] {
        let model = TinyModel::new(family);
        let file = MemoryFile(model.bytes());
        let tokens = random_tokens(60, model.vocab_size());
        let one_by_one = forced(&mut load(&file).expect("loads"), &tokens);
        let mut decoder = load(&file).expect("loads");
        let in_chunks: Vec<Vec<f32>> =
            tokens.chunks(13).map(|chunk| logits_after(&mut decoder, chunk)).collect();
        let expected = [12, 25, 38, 51].map(|idx| one_by_one[idx].clone());
        assert_agreement("in chunks", &in_chunks[..4], &expected, &QUANTISED);
        // Something else is read after the tenth token, then it is taken back.
        decoder.truncate(10);
        logits_after(&mut decoder, &[1, 2, 3]);
        decoder.truncate(10);
        assert_eq!(decoder.len, 10);
        let again = logits_after(&mut decoder, &tokens[10..]);
        assert_agreement("after truncation", &[again], &one_by_one[59..], &QUANTISED);
    }
}

#[test]
fn a_bad_token_leaves_the_cache_as_it_was() {
    let model = TinyModel::new("llama");
    let mut decoder = load(&MemoryFile(model.bytes())).expect("loads");
    let first = logits_after(&mut decoder, &[5, 6]);
    assert!(decoder.forward(&[7, u32::MAX]).is_err());
    assert_eq!(decoder.len, 2);
    decoder.truncate(1);
    assert_eq!(logits_after(&mut decoder, &[6]), first);
}

#[test]
fn flags_follow_the_metadata() {
    let read = |model: &TinyModel| {
        let file = MemoryFile(model.bytes());
        block_on(async { DecoderConfig::read(&Gguf::open(&file, &mut |_, _| {}).await?) }).expect("a config")
    };
    let llama = read(&TinyModel::new("llama"));
    assert_eq!(llama.rope.style, RopeStyle::Interleaved);
    assert!(llama.tied_head && !llama.attention_bias && !llama.qk_norm && llama.window(0).is_none());
    let qwen2 = read(&TinyModel::new("qwen2"));
    assert!(!qwen2.tied_head && qwen2.attention_bias && qwen2.rope.style == RopeStyle::Halves);
    let gemma = read(&TinyModel::new("gemma3"));
    assert_eq!((gemma.embedding_scale, gemma.head_dim), (8.0, 32));
    let windows: Vec<Option<usize>> = (0..7).map(|layer_idx| gemma.window(layer_idx)).collect();
    assert_eq!(windows, [Some(8), Some(8), Some(8), Some(8), Some(8), None, Some(8)]);

    let mut model = TinyModel::new("gemma3");
    model.set_own("rope.scaling.type", Value::String("linear".to_owned()));
    model.set_own("rope.scaling.factor", Value::F32(8.0));
    model.set_own("final_logit_softcapping", Value::F32(30.0));
    let config = read(&model);
    assert_eq!((config.rope.position_divisor, config.logit_softcap), (8.0, Some(30.0)));

    // As Qwen2.5 is stretched from 32,768 tokens to 131,072; the pairs are those that its own code finds.
    let mut model = TinyModel::new("qwen2");
    model.set_own("rope.scaling.type", Value::String("yarn".to_owned()));
    model.set_own("rope.scaling.factor", Value::F32(4.0));
    model.set_own("rope.scaling.original_context_length", Value::U32(32_768));
    model.set_own("rope.freq_base", Value::F32(1e6));
    let config = read(&model);
    let turns = |turns: f64| 8.0 * (32_768.0 / (turns * std::f64::consts::TAU)).ln() / 1e6_f64.ln();
    let yarn = config.rope.yarn.expect("yarn");
    assert_eq!((f64::from(yarn.first), f64::from(yarn.last)), (turns(32.0).floor(), turns(1.0).ceil()));
    let sharper =
        f64::from(config.attention_scale) / f64::from(read(&TinyModel::new("qwen2")).attention_scale);
    assert!((sharper - (0.1 * 4_f64.ln() + 1.0).powi(2)).abs() < 1e-6, "{sharper}");
}

#[test]
fn llama_3_stretches_frequencies_by_a_tensor() {
    let mut model = TinyModel::new("llama");
    let plain = forced(&mut load(&MemoryFile(model.bytes())).expect("loads"), &[5, 9, 17]);
    model.tensors.insert("rope_freqs.weight".to_owned(), (vec![8], candle_core::quantized::GgmlDType::F32));
    // The noise is drawn tensor by tensor in the order of their names, and this name is the last but the embeddings'.
    let stretched = forced(&mut load(&MemoryFile(model.bytes())).expect("loads"), &[5, 9, 17]);
    assert_ne!(plain, stretched);
    model.tensors.insert("rope_freqs.weight".to_owned(), (vec![7], candle_core::quantized::GgmlDType::F32));
    let error = load(&MemoryFile(model.bytes())).err().map(|error| error.to_string());
    assert!(error.expect("a shape error").contains("rope_freqs.weight"));
}

#[test]
fn hostile_metadata_is_refused() {
    let check = |key: &str, value: Value, expected: &str| {
        let mut model = TinyModel::new("llama");
        model.set(key, value);
        let error = load(&MemoryFile(model.bytes())).err().expect("an error").to_string();
        assert!(error.contains(expected), "{key}: {error}");
    };
    check("general.architecture", Value::String("mamba".to_owned()), "mamba");
    check("llama.attention.head_count", Value::U32(0), "llama.attention.head_count");
    check("llama.attention.head_count", Value::U32(3), "heads");
    check("llama.attention.head_count_kv", Value::U32(3), "evenly");
    check("llama.attention.key_length", Value::U32(1 << 30), "key_length");
    check("llama.attention.value_length", Value::U32(8), "values are 8 long");
    check("llama.block_count", Value::U32(u32::MAX), "block_count");
    check("llama.block_count", Value::U32(4), "blk.3.attn_norm.weight");
    check("llama.embedding_length", Value::U32(32), "token_embd.weight");
    check("llama.feed_forward_length", Value::I32(-5), "feed_forward_length");
    check("llama.context_length", Value::U64(u64::MAX), "context_length");
    check("llama.rope.freq_base", Value::F32(f32::NAN), "freq_base");
    check("llama.rope.dimension_count", Value::U32(7), "pairs");
    check("llama.rope.scaling.type", Value::String("longrope".to_owned()), "longrope");
    check("llama.rope.scaling.type", Value::String("yarn".to_owned()), "original_context_length");
    check("llama.attention.layer_norm_rms_epsilon", Value::F32(-1.0), "epsilon");
    check("llama.attention.head_count_kv", Value::Array(vec![Value::U32(2); 3]), "head_count_kv");
    check("llama.expert_count", Value::U32(8), "mixture of experts");
}

#[test]
fn missing_and_misshapen_tensors_are_named() {
    let check = |family, change: &dyn Fn(&mut TinyModel), expected: &str| {
        let mut model = TinyModel::new(family);
        change(&mut model);
        let error = load(&MemoryFile(model.bytes())).err().expect("an error").to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("llama", &|model| drop(model.tensors.remove("blk.1.ffn_up.weight")), "blk.1.ffn_up.weight");
    check("qwen2", &|model| drop(model.tensors.remove("blk.2.attn_k.bias")), "blk.2.attn_k.bias");
    check(
        "qwen3",
        &|model| drop(model.tensors.remove("blk.0.attn_q_norm.weight")),
        "blk.0.attn_q_norm.weight",
    );
    check("gemma3", &|model| drop(model.tensors.remove("token_embd.weight")), "token_embd.weight");
    let reshape = |model: &mut TinyModel| {
        model.tensors.entry("blk.0.attn_v.weight".to_owned()).and_modify(|(shape, _)| shape[0] = 16);
    };
    check("llama", &reshape, "blk.0.attn_v.weight");
}

/// 512 positions of real text. With weights in floats the engines have to agree. With quantised ones both round
/// activations to eight bits, each in its own way: ours must not be further from the floats than candle's is.
fn check_real_model(file_name: &str) {
    let Some(bytes) = real_model(file_name) else { return };
    let quantised = MemoryFile(bytes);
    let tokens = text_tokens(&quantised, 512);
    let theirs =
        |file: &MemoryFile| candle::forced(&mut candle::open(&file.0).expect("candle loads it"), &tokens);
    let ours = |file: &MemoryFile| forced(&mut load(file).expect("loads"), &tokens);

    let floats = MemoryFile(widened(&quantised.0));
    let truth = theirs(&floats);
    assert_agreement(&format!("{file_name} in floats"), &ours(&floats), &truth, &EXACT);
    let candle = agreement(&theirs(&quantised), &truth);
    println!("{file_name} by candle: top-1 {:.4}, worst NMSE {:.1e}", candle.top_1, candle.nmse);
    let as_near = Tolerance { top_1: candle.top_1 - 0.01, nmse: candle.nmse };
    assert_agreement(file_name, &ours(&quantised), &truth, &as_near);
}

#[test]
#[ignore = "minutes; cargo xtask test --long"]
fn smollm2_agrees_with_candle_at_length() {
    check_real_model("smollm2-135m-instruct-q4_1.gguf");
}

#[test]
#[ignore = "minutes; cargo xtask test --long"]
fn qwen2_agrees_with_candle_at_length() {
    check_real_model("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");
}
