//! Token ids against llama.cpp's, round trips, hostile vocabularies.

use candle_core::quantized::gguf_file::Value;
use futures_lite::future::block_on;

use super::*;
use crate::MemoryFile;
use crate::test_models::{TinyModel, real_model};

fn load(bytes: Vec<u8>) -> Result<BpeTokenizer, Error> {
    let file = MemoryFile(bytes);
    block_on(async { BpeTokenizer::load(&Gguf::open(&file, &mut |_, _| {}).await?) })
}

fn decode(tokenizer: &BpeTokenizer, ids: &[u32]) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|&id| tokenizer.bytes(id).to_vec()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A vocabulary of SentencePiece's kind: bytes, then pieces with scores.
fn sentence_piece(pieces: &[(&str, f32)], add_space_prefix: bool) -> TinyModel {
    let mut model = TinyModel::new("llama");
    let special = [("<unk>", 2), ("<s>", 3), ("</s>", 3)].map(|(token, kind)| (token.to_owned(), kind, 0.0));
    let bytes = (0..256).map(|byte| (format!("<0x{byte:02X}>"), 6, 0.0));
    let pieces = pieces.iter().map(|(piece, score)| ((*piece).to_owned(), 1, *score));
    let all: Vec<(String, i32, f32)> = special.into_iter().chain(bytes).chain(pieces).collect();
    let list = |values: Vec<Value>| Value::Array(values);
    model.set("tokenizer.ggml.model", Value::String("llama".to_owned()));
    model
        .set("tokenizer.ggml.tokens", list(all.iter().map(|token| Value::String(token.0.clone())).collect()));
    model.set("tokenizer.ggml.token_type", list(all.iter().map(|token| Value::I32(token.1)).collect()));
    model.set("tokenizer.ggml.scores", list(all.iter().map(|token| Value::F32(token.2)).collect()));
    model.set("tokenizer.ggml.bos_token_id", Value::U32(1));
    model.set("tokenizer.ggml.add_space_prefix", Value::Bool(add_space_prefix));
    model
}

#[test]
fn merges_go_by_rank_and_bytes_cover_the_rest() -> Result<(), Error> {
    let tokenizer = load(TinyModel::new("llama").bytes())?;
    let check = |text: &str, expected: &[&str]| -> Result<(), Error> {
        let ids = tokenizer.encode(text, Markup::Inert)?;
        let pieces: Vec<String> = ids.iter().map(|&id| decode(&tokenizer, &[id])).collect();
        assert_eq!(pieces, expected);
        Ok(())
    };
    check("the and then", &["the", " and", " the", "n"])?;
    check("th 12", &["th", " ", "1", "2"])?;
    for text in ["è l'ultima città 🤖\n\tfine", "", "\u{0}\u{FFFD}"] {
        assert_eq!(decode(&tokenizer, &tokenizer.encode(text, Markup::Inert)?), text);
    }
    assert_eq!(tokenizer.encode("<|im_start|>the", Markup::Read)?[0], 1);
    assert!(tokenizer.encode("<|im_start|>the", Markup::Inert)?.iter().all(|&id| id >= 4));
    assert_eq!(tokenizer.bytes(1), b"");
    assert_eq!(tokenizer.bytes(u32::MAX), b"");
    Ok(())
}

#[test]
fn sentence_pieces_merge_by_score() -> Result<(), Error> {
    // "ab" wins over "bc", whose score is lower, so "abc" is made of "ab" and "c".
    let pieces = [
        ("a", -9.0),
        ("b", -9.0),
        ("c", -9.0),
        ("▁", -8.0),
        ("ab", -1.0),
        ("bc", -2.0),
        ("abc", -3.0),
        ("▁a", -4.0),
    ];
    let tokenizer = load(sentence_piece(&pieces, false).bytes())?;
    let check = |text: &str, expected: &[u32]| -> Result<(), Error> {
        let ids = tokenizer.encode(text, Markup::Inert)?;
        assert_eq!(ids.iter().map(|id| id.wrapping_sub(259)).collect::<Vec<_>>(), expected, "{text}");
        assert_eq!(decode(&tokenizer, &ids), text);
        Ok(())
    };
    check("abc", &[6])?;
    check("bcab", &[5, 4])?;
    check(" a", &[7])?;
    check(" ab", &[3, 4])?;
    // Characters that are no piece fall back to their bytes; the name of a byte is text.
    let bytes = tokenizer.encode("é", Markup::Inert)?;
    assert_eq!(bytes, [3 + 0xC3, 3 + 0xA9]);
    assert_eq!(decode(&tokenizer, &tokenizer.encode("<0x0A>", Markup::Inert)?), "<0x0A>");
    // A prompt begins with <s>, once.
    assert_eq!(tokenizer.encode_prompt("abc")?, [1, 265]);
    assert_eq!(tokenizer.encode_prompt("<s>abc</s>")?, [1, 265, 2]);
    assert!(tokenizer.ends_generation(2));
    let prefixed = load(sentence_piece(&pieces, true).bytes())?;
    assert_eq!(prefixed.encode("ab", Markup::Inert)?, [262, 263]);
    Ok(())
}

#[test]
fn hostile_vocabularies_are_refused() {
    let check = |key: &str, value: Value, expected: &str| {
        let mut model = TinyModel::new("llama");
        model.set(key, value);
        let error = load(model.bytes()).err().expect("an error").to_string();
        assert!(error.contains(expected), "{key}: {error}");
    };
    let texts =
        |texts: &[&str]| Value::Array(texts.iter().map(|text| Value::String((*text).to_owned())).collect());
    check("tokenizer.ggml.model", Value::String("magic".to_owned()), "magic");
    check("tokenizer.ggml.pre", Value::String("unheard-of".to_owned()), "unheard-of");
    check("tokenizer.ggml.merges", texts(&["t h", "nospace"]), "nospace");
    check("tokenizer.ggml.merges", texts(&["the the"]), "the the");
    check("tokenizer.ggml.merges", texts(&["<|im_ end|>"]), "<|im_ end|>");
    check("tokenizer.ggml.tokens", Value::U32(7), "tokenizer.ggml.tokens");
    check("tokenizer.ggml.tokens", texts(&["a"]), "token_type");
    check("tokenizer.ggml.token_type", Value::Array(vec![Value::I32(1)]), "token_type");
    check("tokenizer.ggml.eos_token_id", Value::U32(266), "eos_token_id");
    check("tokenizer.ggml.model", Value::String("llama".to_owned()), "scores");
}

#[test]
fn turn_markers_are_control_tokens_whatever_the_converter_said() -> Result<(), Error> {
    let mut model = TinyModel::new("llama");
    let types = (0..266).map(|id| Value::I32(if id < 4 { 4 } else { 1 })).collect();
    model.set("tokenizer.ggml.token_type", Value::Array(types));
    let tokenizer = load(model.bytes())?;
    assert!(tokenizer.encode("<|im_end|>", Markup::Inert)?.iter().all(|&id| id >= 4));
    Ok(())
}

/// Ids as llama.cpp gives them for the same file: one line of text in JSON, a tab, the ids.
#[test]
fn smollm2_tokens_are_those_of_llama_cpp() -> Result<(), Error> {
    let Some(bytes) = real_model("smollm2-135m-instruct-q4_1.gguf") else { return Ok(()) };
    let tokenizer = load(bytes)?;
    let mut checked = 0;
    for line in include_str!("smollm2_tokens.tsv").lines() {
        let (text, ids) = line.split_once('\t').expect("two columns");
        let text: String = serde_json::from_str(text).expect("a JSON string");
        let ids: Vec<u32> = ids.split(' ').map(|id| id.parse().expect("an id")).collect();
        assert_eq!(tokenizer.encode(&text, Markup::Inert)?, ids, "{text:?}");
        assert_eq!(decode(&tokenizer, &ids), text);
        checked += 1;
    }
    assert!(checked >= 30);
    Ok(())
}
