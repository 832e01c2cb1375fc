//! The rewrite of a tiny packed model made here, and of the real one, against the bytes it came from.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Content;
use futures_lite::future::block_on;
use sha2::{Digest, Sha256};

use super::*;
use crate::MemoryFile;
use crate::gguf::Gguf;
use crate::test_models::{Noise, real_model};

/// A packed model in the making, and its tensors as they should be read.
pub(crate) struct TinyE5 {
    pub(crate) bytes: Vec<u8>,
    tensors: Vec<(String, Vec<f32>)>,
}

/// Sizes: hidden, layers, heads, inner, rows of the embedding table, positions, token types.
const SIZES: [i32; 7] = [64, 2, 2, 96, 12, 16, 2];
const PIECES: [(&str, f32); 10] = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("\u{2581}", -3.0),
    ("a", -2.0),
    ("\u{2581}a", -2.5),
    ("b", -3.5),
    (":", -4.0),
    ("è", -5.0),
];
/// A tab is written as a space, a bell is dropped, an ellipsis is three points.
const CHARACTERS: [(char, &str); 3] = [('\u{7}', ""), ('\t', " "), ('…', "...")];

impl TinyE5 {
    pub(crate) fn new() -> Self {
        let mut bytes = b"E5S1\x01\0\0\0".to_vec();
        let put =
            |bytes: &mut Vec<u8>, numbers: &[i32]| bytes.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        put(&mut bytes, &SIZES);
        bytes.extend(1e-12_f32.to_le_bytes());
        put(&mut bytes, &[32, PIECES.len() as i32, 0, 2, 1, 3]);
        let pieces: String = PIECES.iter().map(|(piece, _)| *piece).collect();
        bytes.extend((pieces.len() as u64).to_le_bytes());
        put(&mut bytes, &[0]);
        let mut end = 0;
        for (piece, _) in PIECES {
            end += piece.len() as i32;
            put(&mut bytes, &[end]);
        }
        bytes.extend(PIECES.iter().flat_map(|(_, score)| score.to_le_bytes()));
        bytes.extend(pieces.as_bytes());
        let mut table = Vec::new();
        for (from, to) in CHARACTERS {
            put(&mut table, &[from as i32]);
            table.push(to.chars().count() as u8);
            to.chars().for_each(|c| put(&mut table, &[c as i32]));
        }
        put(&mut bytes, &[CHARACTERS.len() as i32, table.len() as i32]);
        bytes.extend(table);
        Self::with_tensors(bytes)
    }

    /// Puts a directory and random tensors behind the header.
    fn with_tensors(mut bytes: Vec<u8>) -> Self {
        let [hidden, n_layers, _, inner, rows, positions, types] = SIZES.map(|size| size as usize);
        let mut shapes: Vec<(String, usize, bool)> = vec![
            ("emb.word".into(), rows * hidden, true),
            ("emb.pos".into(), positions * hidden, false),
            ("emb.type".into(), types * hidden, false),
            ("emb.ln.w".into(), hidden, false),
            ("emb.ln.b".into(), hidden, false),
        ];
        for layer in 0..n_layers {
            for (part, out, columns) in [
                ("q", hidden, hidden),
                ("k", hidden, hidden),
                ("v", hidden, hidden),
                ("ao", hidden, hidden),
                ("fi", inner, hidden),
                ("fo", hidden, inner),
            ] {
                shapes.push((format!("l{layer}.{part}.w"), out * columns, true));
                shapes.push((format!("l{layer}.{part}.b"), out, false));
            }
            for part in ["aln.w", "aln.b", "oln.w", "oln.b"] {
                shapes.push((format!("l{layer}.{part}"), hidden, false));
            }
        }
        bytes.extend((shapes.len() as i32).to_le_bytes());
        let directory_len: usize = shapes.iter().map(|(name, ..)| name.len() + 23).sum();
        let mut offset = (bytes.len() + directory_len) as u64;
        let mut noise = Noise(5);
        let mut data = Vec::new();
        let mut tensors = Vec::new();
        for (name, len, is_quantized) in shapes {
            let (block, elements) =
                if is_quantized { q4_0(len, &mut noise) } else { floats(len, &mut noise) };
            bytes.extend((name.len() as u16).to_le_bytes());
            bytes.extend(name.as_bytes());
            bytes.push(is_quantized.into());
            bytes.extend((len as u32).to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.extend((block.len() as u64).to_le_bytes());
            offset += block.len() as u64;
            data.extend(block);
            tensors.push((name, elements));
        }
        bytes.extend(data);
        Self { bytes, tensors }
    }
}

fn floats(len: usize, noise: &mut Noise) -> (Vec<u8>, Vec<f32>) {
    let elements: Vec<f32> = (0..len).map(|_| noise.next()).collect();
    (elements.iter().flat_map(|x| x.to_le_bytes()).collect(), elements)
}

/// Random blocks of a 16-bit scale and 32 nibbles, low ones first, that stand for -8 to 7.
fn q4_0(len: usize, noise: &mut Noise) -> (Vec<u8>, Vec<f32>) {
    let (mut bytes, mut elements) = (Vec::new(), Vec::new());
    for _ in 0..len / BLOCK {
        let scale = half::f16::from_f32(0.05 * noise.next());
        let nibbles: Vec<u8> = (0..BLOCK).map(|_| noise.below(16) as u8).collect();
        bytes.extend(scale.to_le_bytes());
        bytes.extend((0..16).map(|i| nibbles[i] | nibbles[i + 16] << 4));
        elements.extend(nibbles.iter().map(|&nibble| (f32::from(nibble) - 8.0) * scale.to_f32()));
    }
    (bytes, elements)
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

#[test]
fn dequantised_tensors_are_the_same_in_both_files() {
    let packed = TinyE5::new();
    let gguf = e5_bin_to_gguf(&packed.bytes).unwrap();
    let mut reader = Cursor::new(&gguf);
    let content = Content::read(&mut reader).unwrap();
    assert_eq!(content.tensor_infos.len(), packed.tensors.len());
    let expected: HashMap<_, _> = packed.tensors.into_iter().collect();
    for name in content.tensor_infos.keys() {
        let tensor =
            content.tensor(&mut reader, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        assert_eq!(
            tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap(),
            expected[&packed_name(name)],
            "{name}"
        );
    }
}

#[test]
fn the_real_models_tensors_are_the_wheels_bit_for_bit() {
    let Some(bytes) = real_model("multilingual-e5-small-q4_0.gguf") else { return };
    let wheel: HashMap<String, String> =
        serde_json::from_str(include_str!("../../tests/golden/e5_tensors.json")).unwrap();
    let names: Vec<String> =
        Content::read(&mut Cursor::new(&bytes)).unwrap().tensor_infos.into_keys().collect();
    assert_eq!(names.len(), wheel.len());
    let file = MemoryFile(bytes);
    let mut progress = |_, _| {};
    let mut gguf = block_on(Gguf::open(&file, &mut progress)).unwrap();
    for name in names {
        let tensor = block_on(gguf.bytes(&name)).unwrap();
        let digest: String = Sha256::digest(&tensor.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, wheel[&packed_name(&name)], "{name}");
    }
}

#[test]
fn a_packed_model_cut_anywhere_is_refused() {
    let packed = TinyE5::new().bytes;
    for len in (0..packed.len()).step_by(7).chain([packed.len() - 1]) {
        assert!(matches!(e5_bin_to_gguf(&packed[..len]), Err(Error::Damaged(_))), "cut at {len}");
    }
}

#[test]
fn a_packed_model_with_any_byte_changed_is_no_panic() {
    let packed = TinyE5::new().bytes;
    let header_len = packed.windows(8).position(|window| window == b"emb.word").unwrap() + 2000;
    for at in 0..header_len {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = packed.clone();
            damaged[at] ^= flip;
            let _ = e5_bin_to_gguf(&damaged);
        }
    }
}
