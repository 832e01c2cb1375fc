//! An adapter made here, on the default embedder.

use std::collections::BTreeMap;

use candle_core::quantized::gguf_file::Value;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use futures_lite::future::block_on;

use super::*;
use crate::test_models::{Noise, gguf_of, gpu, real_model};
use crate::{Engine, GpuDevice, MemoryFile};

const BASE: &str = "multilingual-e5-small-q4_0.gguf";
const HIDDEN: usize = 384;

/// A reader that changes the queries of two layers and has random heads.
fn file(version: u32, hidden: usize) -> Vec<u8> {
    let mut noise = Noise(7);
    let mut tensor = |name: String, shape: (usize, usize), scale: f32, dtype| {
        let values: Vec<f32> = (0..shape.0 * shape.1).map(|_| scale * noise.next()).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        (name, QTensor::quantize(&tensor, dtype).unwrap())
    };
    let mut tensors = Vec::new();
    for layer in [0, 5] {
        let name = format!("blk.{layer}.attn_q.weight");
        tensors.push(tensor(format!("{name}.lora_a"), (4, hidden), 0.3, GgmlDType::Q8_0));
        tensors.push(tensor(format!("{name}.lora_b"), (hidden, 4), 0.3, GgmlDType::F16));
    }
    for head in ["start", "end", "answerable"] {
        tensors.push(tensor(format!("reader.{head}"), (1, hidden), 1.0, GgmlDType::F32));
    }
    tensors.push(tensor("reader.answerable_bias".to_owned(), (1, 1), 1.0, GgmlDType::F32));
    let metadata = BTreeMap::from([
        ("general.architecture", Value::String("bert".to_owned())),
        ("adapter.lora.alpha", Value::F32(8.0)),
        ("daneel.reader.version", Value::U32(version)),
        ("daneel.reader.base_sha256", Value::String("ab".to_owned())),
    ]);
    gguf_of(&metadata, &tensors)
}

fn load(engine: &Engine, base: &MemoryFile, file: Vec<u8>) -> Result<(Embedder, Reader), Error> {
    block_on(async {
        let embedder = Embedder::load_on(engine, base, &mut |_, _| {}).await?;
        let reader = Reader::load(&embedder, base, &MemoryFile(file), &mut |_, _| {}).await?;
        Ok((embedder, reader))
    })
}

const PASSAGES: [PassageText<'_>; 2] = [
    PassageText { title: "La torre", text: "La torre fu costruita nel 1889 e ha tre piani.\nÈ alta." },
    PassageText { title: "", text: "Bread is made of flour, water and salt." },
];

fn read(embedder: &Embedder, reader: &Reader) -> Vec<Reading> {
    block_on(reader.read(embedder, "Quando fu costruita la torre?", &PASSAGES, 2, 60.0)).unwrap()
}

#[test]
fn a_span_is_words_of_the_text() {
    let Some(base) = real_model(BASE) else { return };
    let (embedder, reader) = load(&Engine::Cpu, &MemoryFile(base), file(1, HIDDEN)).unwrap();
    assert_eq!(reader.info().base_sha256, "ab");
    for (reading, passage) in read(&embedder, &reader).iter().zip(PASSAGES) {
        assert!((0.0..=1.0).contains(&reading.answerable) && !reading.spans.is_empty());
        for AnswerSpan { range, probability } in &reading.spans {
            let span = &passage.text[range.clone()];
            assert!(!span.is_empty() && span.trim() == span, "{span:?}");
            assert!((0.0..=1.0).contains(probability));
        }
    }
    let empty = [PassageText { title: "", text: "" }];
    let readings = block_on(reader.read(&embedder, "?", &empty, 1, 60.0)).unwrap();
    assert!(readings[0].spans.iter().all(|span| span.range.is_empty()));
    // Out of time, only the least is read.
    let readings = block_on(reader.read(&embedder, "Quando?", &PASSAGES, 1, 0.0)).unwrap();
    assert_eq!(readings.len(), 1);
}

#[test]
fn the_gpu_reads_alike() {
    let Some(base) = real_model(BASE) else { return };
    let Some(device) = gpu() else { return };
    let base = MemoryFile(base);
    let (embedder, reader) = load(&Engine::Cpu, &base, file(1, HIDDEN)).unwrap();
    let on_cpu = read(&embedder, &reader);
    let (embedder, reader) = load(&Engine::Gpu(GpuDevice(device)), &base, file(1, HIDDEN)).unwrap();
    for (cpu, gpu) in on_cpu.iter().zip(read(&embedder, &reader)) {
        // The CPU rounds activations to eight bits.
        assert!((cpu.answerable - gpu.answerable).abs() < 0.1, "{cpu:?} {gpu:?}");
        assert!((cpu.spans[0].probability - gpu.spans[0].probability).abs() < 0.1, "{cpu:?} {gpu:?}");
    }
}

#[test]
fn what_is_no_reader_of_this_embedder_is_refused() {
    let Some(base) = real_model(BASE) else { return };
    let base = MemoryFile(base);
    let message = |file: Vec<u8>| load(&Engine::Cpu, &base, file).err().map(|error| error.to_string());
    assert!(message(file(2, HIDDEN)).unwrap().contains("version 2"));
    assert!(message(file(1, 64)).unwrap().contains("has 64 weights, not 384"));
    let embedder = std::mem::take(&mut real_model(BASE).unwrap());
    assert!(message(embedder).unwrap().contains("no reader"));
    let whole = file(1, HIDDEN);
    for at in [0, 100, whole.len() / 2, whole.len() - 64] {
        assert!(message(whole[..at].to_vec()).is_some(), "cut at {at}");
    }
}
