//! The GPU engine against the CPU engine, and with real models against candle-transformers, by forced decoding: the same tokens
//! go into both, whatever they predict.

use std::ops::ControlFlow::Continue;
use std::sync::Arc;

use daneel_gpu::{Demand, Gpu, Tuning};
use futures_lite::future::block_on;

use super::{GpuDecoder, GpuSequence};
use crate::candle_reference as candle;
use crate::decoder::{Decoder, DecoderConfig};
use crate::gguf::Gguf;
use crate::test_models::{
    TinyModel, Tolerance, assert_agreement, gpu, gpu_with, random_tokens, real_model, text_tokens, widened,
};
use crate::{Error, MemoryFile};

/// Weights in 32-bit floats: the GPU keeps keys and values in 16-bit floats, the rest is the order of sums.
const EXACT: Tolerance = Tolerance { top_1: 0.99, nmse: 1e-5 };
/// Four-bit weights: the CPU rounds activations to eight bits, the GPU does not.
const QUANTISED: Tolerance = Tolerance { top_1: 0.93, nmse: 4e-3 };
/// Four-bit weights of a real model.
const REAL: Tolerance = Tolerance { top_1: 0.99, nmse: 1e-3 };

const FAMILIES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

fn on_cpu(file: &MemoryFile) -> Result<Decoder, Error> {
    block_on(async {
        let mut ignore = |_, _| {};
        let mut gguf = Gguf::open(file, &mut ignore).await?;
        let config = DecoderConfig::read(&gguf)?;
        Decoder::load(&mut gguf, config).await
    })
}

fn on_gpu(gpu: &Arc<Gpu>, file: &MemoryFile, most_context: usize) -> Result<GpuDecoder, Error> {
    block_on(async {
        let mut ignore = |_, _| {};
        let mut gguf = Gguf::open(file, &mut ignore).await?;
        let config = DecoderConfig::read(&gguf)?;
        let vocab_size = config.vocab_size;
        GpuDecoder::load(Arc::clone(gpu), &mut gguf, config, vocab_size, most_context).await
    })
}

fn read(decoder: &mut GpuDecoder, tokens: &[u32]) -> Vec<f32> {
    for chunk in tokens.chunks(decoder.chunk_tokens()) {
        assert!(block_on(decoder.read(chunk, &mut || Continue(()))).expect("it runs").is_continue());
    }
    block_on(decoder.logits()).expect("logits")
}

#[test]
fn every_family_agrees_with_the_cpu_token_by_token_and_in_chunks() {
    let (Some(gpu), Some(least)) = (gpu(), gpu_with(Demand::Least)) else { return };
    least.set_tuning(Tuning::HARDWARE).expect("sizes that every adapter allows");
    for (family, gpu) in FAMILIES.into_iter().flat_map(|family| [(family, &gpu), (family, &least)]) {
        let model = TinyModel::new(family);
        let tokens = random_tokens(150, model.vocab_size());
        for (model, tolerance) in [(model.clone().unquantised(), EXACT), (model, QUANTISED)] {
            let file = MemoryFile(model.bytes());
            let mut cpu = on_cpu(&file).expect("loads");
            let theirs: Vec<Vec<f32>> = tokens
                .iter()
                .map(|&token| {
                    cpu.forward(&[token]).expect("runs");
                    cpu.logits().expect("logits").to_vec()
                })
                .collect();
            let mut decoder = on_gpu(gpu, &file, 256).expect("loads");
            let ours: Vec<Vec<f32>> = tokens.iter().map(|&token| read(&mut decoder, &[token])).collect();
            assert_agreement(family, &ours, &theirs, &tolerance);
            decoder.truncate(0);
            let chunks: Vec<Vec<f32>> = tokens.chunks(13).map(|chunk| read(&mut decoder, chunk)).collect();
            let ends = [12, 25, 38, 51, 64, 77, 90, 103, 116, 129, 142, 149];
            let expected = ends.map(|idx| ours[idx].clone());
            assert_agreement("in chunks", &chunks, &expected, &EXACT);
        }
    }
}

#[test]
fn a_sequence_that_stood_aside_goes_on_as_if_it_had_not() {
    let Some(gpu) = gpu() else { return };
    for family in FAMILIES {
        let model = TinyModel::new(family);
        let tokens = random_tokens(150, model.vocab_size());
        let file = MemoryFile(model.bytes());
        let mut whole = on_gpu(&gpu, &file, 256).expect("loads");
        let expected: Vec<Vec<f32>> = tokens.iter().map(|&token| read(&mut whole, &[token])).collect();
        let mut decoder = on_gpu(&gpu, &file, 256).expect("loads");
        let (mut first, mut second) = (GpuSequence::default(), GpuSequence::default());
        let mut ours = Vec::new();
        ours.push(read(&mut decoder, &tokens[..21]));
        decoder.put_aside(&mut first).expect("room");
        // Another one begins alike.
        decoder.copy_up(&first, &tokens[..10]).expect("as many");
        read(&mut decoder, &[1, 2, 3]);
        decoder.put_aside(&mut second).expect("room");
        decoder.take_up(&mut first, &tokens[..21]).expect("as many");
        ours.push(read(&mut decoder, &tokens[21..30]));
        decoder.put_aside(&mut first).expect("room");
        decoder.take_up(&mut first, &tokens[..26]).expect("as many");
        ours.push(read(&mut decoder, &tokens[26..]));
        let expected = [20, 29, 149].map(|idx| expected[idx].clone());
        assert_agreement(family, &ours, &expected, &EXACT);
        let long = vec![0; 200];
        assert!(decoder.take_up(&mut second, &long).is_err());
    }
}

/// 512 positions of a real text: the GPU with the file as it is, candle with the same weights in floats, so that it does not
/// round activations.
fn check_real_model(file_name: &str, positions: usize) {
    let (Some(gpu), Some(bytes)) = (gpu(), real_model(file_name)) else { return };
    let file = MemoryFile(bytes);
    let tokens = text_tokens(&file, positions);
    let mut candle = candle::open(&widened(&file.0)).expect("candle loads it");
    let theirs = candle::forced(&mut candle, &tokens);
    drop(candle);
    let mut decoder = on_gpu(&gpu, &file, 1024).expect("loads");
    let cost = decoder.cost(positions);
    println!("{cost:?}");
    assert!(cost.dispatches_per_layer <= 7.0, "{} dispatches a layer", cost.dispatches_per_layer);
    assert!(cost.weight_bytes_read as f64 <= 1.05 * cost.weight_bytes_in_file as f64);
    let ours: Vec<_> = tokens.iter().map(|&token| read(&mut decoder, &[token])).collect();
    assert_agreement(file_name, &ours, &theirs, &REAL);
    decoder.truncate(0);
    let at_once = read(&mut decoder, &tokens);
    assert_agreement("as one prompt", &[at_once], &ours[positions - 1..], &EXACT);
}

#[test]
fn smollm2_agrees_with_candle() {
    check_real_model("smollm2-135m-instruct-q4_1.gguf", 40);
}

#[test]
#[ignore = "a minute on a software adapter; cargo xtask test --long"]
fn smollm2_agrees_with_candle_at_length() {
    check_real_model("smollm2-135m-instruct-q4_1.gguf", 512);
}

#[test]
#[ignore = "minutes on a software adapter; cargo xtask test --long"]
fn qwen2_agrees_with_candle_at_length() {
    check_real_model("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 512);
}

#[test]
#[ignore = "minutes on a software adapter; cargo xtask test --long"]
fn gemma3_agrees_with_candle_at_length() {
    check_real_model("gemma-3-270m-q4_k_m.gguf", 512);
}
