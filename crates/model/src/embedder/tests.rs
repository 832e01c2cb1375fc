//! The default embedder against the program it comes from, and a tiny one with all that can go wrong.

use futures_lite::future::block_on;
use serde::Deserialize;

use super::*;
use crate::candle_reference as candle;
use crate::e5::tests::TinyE5;
use crate::test_models::real_model;
use crate::{MemoryFile, e5_bin_to_gguf};

/// Least cosine between our vector and the program's.
const MIN_COSINE: f64 = 0.995;

#[derive(Deserialize)]
struct Case {
    text: String,
    kind: String,
    query_tokens: usize,
    passage_tokens: usize,
    vector: Vec<f64>,
}

fn golden_cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests/golden/e5.json")).unwrap()
}

fn load(gguf: Vec<u8>) -> Result<Embedder, Error> {
    block_on(Embedder::load(&MemoryFile(gguf), &mut |_, _| {}))
}

fn embed(embedder: &Embedder, texts: &[&str], kind: TextKind) -> Vec<Vec<f32>> {
    block_on(embedder.embed(texts, kind)).unwrap()
}

fn tiny() -> Vec<u8> {
    e5_bin_to_gguf(&TinyE5::new().bytes).unwrap()
}

#[test]
fn tokens_and_vectors_are_the_programs() {
    let Some(gguf) = real_model("multilingual-e5-small-q4_0.gguf") else { return };
    let embedder = load(gguf).unwrap();
    assert_eq!((embedder.dimensions(), embedder.max_tokens()), (384, 512));
    let mut worst = 1.0_f64;
    for Case { text, kind, query_tokens, passage_tokens, vector } in golden_cases() {
        // The program counts the prefix and the two special tokens.
        let count = |prefix: &str| embedder.count_tokens(&format!("{prefix}{text}")) + 2;
        assert_eq!(
            (count("query: "), count("passage: ")),
            (query_tokens, passage_tokens),
            "tokens of {text:?}"
        );
        let kind = if kind == "query" { TextKind::Query } else { TextKind::Passage };
        let got = &embed(&embedder, &[&text], kind)[0];
        let dot: f64 = got.iter().zip(&vector).map(|(&a, b)| f64::from(a) * b).sum();
        let length = got.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let cosine = dot / length / vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "the vector of {text:?} has length {length}");
        assert!(cosine >= MIN_COSINE, "the vector of {text:?} has cosine {cosine} with the program's");
        worst = worst.min(cosine);
    }
    println!("lowest cosine: {worst}");
}

#[test]
fn a_batch_gives_what_its_texts_give_alone() {
    let embedder = load(tiny()).unwrap();
    let texts = ["a", "", "abab a b", "è un'altra…\tcosa", "🙂", "a b a b a b a b a b a b a b a b a b"];
    let together = embed(&embedder, &texts, TextKind::Passage);
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&embed(&embedder, &[text], TextKind::Passage)[0], vector, "{text:?}");
        assert_eq!(vector.len(), embedder.dimensions());
        assert!((vector.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-4, "{text:?}");
    }
    assert_ne!(together[0], embed(&embedder, &["a"], TextKind::Query)[0]);
    assert!(embed(&embedder, &[], TextKind::Query).is_empty());
}

#[test]
fn a_long_text_is_cut() {
    let embedder = load(tiny()).unwrap();
    let long = "ab a ".repeat(40);
    assert!(embedder.count_tokens(&long) > 2 * embedder.max_tokens());
    let vectors = embed(&embedder, &[&long, &format!("{long} b")], TextKind::Passage);
    assert_eq!(vectors[0], vectors[1]);
}

#[test]
fn progress_ends_at_the_files_length() {
    let file = MemoryFile(tiny());
    let mut seen = Vec::new();
    block_on(Embedder::load(&file, &mut |done, all| seen.push((done, all)))).unwrap();
    assert!(seen.is_sorted());
    assert!(seen.iter().all(|&(done, all)| done <= all && all == file.len()));
    assert!(seen.last().unwrap().0 > file.len() - 64, "padding apart, all is read");
}

#[test]
fn a_model_cut_anywhere_is_refused() {
    let gguf = tiny();
    for len in (0..gguf.len() - 32).step_by(11) {
        assert!(matches!(load(gguf[..len].to_vec()), Err(Error::Damaged(_))), "cut at {len}");
    }
}

#[test]
fn a_model_with_any_byte_changed_is_no_panic() {
    let gguf = tiny();
    let header_len = gguf.len() - TinyE5::new().bytes.len() + 4000;
    for at in 0..header_len.min(gguf.len()) {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = gguf.clone();
            damaged[at] ^= flip;
            if let Ok(embedder) = load(damaged) {
                let _ = block_on(embedder.embed(&["a b, è così…"], TextKind::Query));
            }
        }
    }
}

/// Least cosine between the GPU's vector and the CPU's with the same weights in 32-bit floats, which rounds nothing.
const MIN_GPU_COSINE: f64 = 0.9995;

fn load_on_gpu(gguf: Vec<u8>) -> Option<Embedder> {
    let engine = Engine::Gpu(crate::GpuDevice(crate::test_models::gpu()?));
    Some(block_on(Embedder::load_on(&engine, &MemoryFile(gguf), &mut |_, _| {})).unwrap())
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let product =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum() };
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

fn check_on_gpu(gguf: Vec<u8>, texts: &[&str]) {
    let exact = load(crate::test_models::widened(&gguf)).unwrap();
    let Some(on_gpu) = load_on_gpu(gguf) else { return };
    assert_eq!((on_gpu.dimensions(), on_gpu.max_tokens()), (exact.dimensions(), exact.max_tokens()));
    let mut worst = 1.0_f64;
    for kind in [TextKind::Query, TextKind::Passage] {
        let pairs = embed(&on_gpu, texts, kind).into_iter().zip(embed(&exact, texts, kind));
        for (text, (got, want)) in texts.iter().zip(pairs) {
            assert!((got.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5, "{text:?}");
            let cosine = cosine(&got, &want);
            assert!(cosine >= MIN_GPU_COSINE, "the vector of {text:?} has cosine {cosine}");
            worst = worst.min(cosine);
        }
    }
    println!("lowest cosine on the GPU: {worst}");
}

#[test]
fn the_gpu_gives_the_same_vectors() {
    check_on_gpu(tiny(), &["a", "", "abab a b", "è un'altra…\tcosa", "a b a b a b a b a b a b a b a b a b"]);
}

#[test]
fn the_gpu_gives_the_default_embedders_vectors() {
    let Some(gguf) = real_model("multilingual-e5-small-q4_0.gguf") else { return };
    let cases = golden_cases();
    let texts: Vec<&str> =
        cases.iter().map(|case| case.text.as_str()).filter(|text| text.len() < 400).collect();
    check_on_gpu(gguf, &texts[..texts.len().min(6)]);
}

/// all-MiniLM-L6-v2, a BERT with its own tokenizer: ours against `tokenizers` and candle-transformers with the model's own files.
#[test]
#[ignore = "not a default model; cargo xtask test --long"]
fn minilm_agrees_with_candle_at_length() {
    let file = |name| real_model(&format!("all-minilm-l6-v2/{name}"));
    let (Some(tokenizer), Some(weights)) = (file("tokenizer.json"), file("model.safetensors")) else {
        return;
    };
    let mut theirs = tokenizers::Tokenizer::from_bytes(tokenizer).unwrap();
    theirs.with_padding(None);
    theirs.with_truncation(None).unwrap();
    let bert = candle::Bert::open(&weights, &file("config.json").unwrap()).unwrap();
    let cases = golden_cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    for first_token in [false, true] {
        let gguf = bert.to_gguf(&theirs, first_token);
        let embedders = [Some(load(gguf.clone()).unwrap()), load_on_gpu(gguf)];
        for embedder in embedders.into_iter().flatten() {
            let mut worst = 1.0_f64;
            for (text, got) in texts.iter().zip(embed(&embedder, &texts, TextKind::Query)) {
                let mut ids = theirs.encode(*text, true).unwrap().get_ids().to_vec();
                assert_eq!(embedder.count_tokens(text) + 2, ids.len(), "tokens of {text:?}");
                if ids.len() > embedder.max_tokens() {
                    let end = ids.pop().unwrap();
                    ids.truncate(embedder.max_tokens() - 1);
                    ids.push(end);
                }
                assert_eq!(embedder.ids(text, TextKind::Query).unwrap(), ids, "tokens of {text:?}");
                let cosine = cosine(&got, &bert.embed(&ids, first_token).unwrap());
                assert!(cosine >= MIN_GPU_COSINE, "the vector of {text:?} has cosine {cosine}");
                worst = worst.min(cosine);
            }
            println!("first token {first_token}: lowest cosine {worst}");
        }
    }
}
