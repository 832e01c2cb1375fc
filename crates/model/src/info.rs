//! A GGUF's header becomes a description of the model; no tensor is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// What a GGUF says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// `general.architecture`: `llama`, `qwen2`, `bert` …
    pub architecture: String,
    /// Numbers in all tensors.
    pub parameters: u64,
    /// Share of the parameters in each tensor type, the largest first; the shares add up to 1.
    pub tensor_types: Vec<(String, f64)>,
    /// Most tokens that the model was trained to read.
    pub context_length: Option<u64>,
    /// Tokens in the vocabulary.
    pub vocabulary_size: Option<u64>,
    /// Languages, as `general.languages` gives them; empty where it is missing.
    pub languages: Vec<String>,
    /// Licence, as `general.license` gives it.
    pub license: Option<String>,
    /// Whether the file tells how a conversation becomes a prompt.
    pub has_chat_template: bool,
}

/// Reads and checks the header of a GGUF.
///
/// # Errors
/// If the file is not a GGUF, is cut short, or states sizes that do not fit it.
pub async fn inspect(file: &impl ModelFile) -> Result<ModelInfo, Error> {
    let mut ignore_progress = |_, _| {};
    let gguf = Gguf::open(file, &mut ignore_progress).await?;
    let architecture = gguf.architecture()?.to_owned();
    let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
    for (dtype, n_elements) in gguf.tensors() {
        *by_type.entry(format!("{dtype:?}")).or_default() += n_elements;
    }
    let parameters: u64 = by_type.values().sum();
    let mut tensor_types: Vec<(String, f64)> =
        by_type.into_iter().map(|(name, n)| (name, n as f64 / parameters.max(1) as f64)).collect();
    tensor_types.sort_by(|a, b| b.1.total_cmp(&a.1));
    let size = |key: &str| Ok::<_, Error>(gguf.optional_usize(key)?.map(|n| n as u64));
    let tokens = gguf.optional_strings("tokenizer.ggml.tokens")?.map(|tokens| tokens.len() as u64);
    let languages = gguf.optional_strings("general.languages")?.unwrap_or_default();
    Ok(ModelInfo {
        parameters,
        tensor_types,
        context_length: size(&format!("{architecture}.context_length"))?,
        vocabulary_size: tokens.or(size(&format!("{architecture}.vocab_size"))?),
        languages: languages.into_iter().map(str::to_owned).collect(),
        license: gguf.optional_string("general.license")?.map(str::to_owned),
        has_chat_template: gguf.optional_string("tokenizer.chat_template")?.is_some(),
        architecture,
    })
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::gguf_file::{self, Value};
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{DType, Device, Tensor};
    use futures_lite::future::block_on;

    use super::*;
    use crate::MemoryFile;

    fn gguf() -> Vec<u8> {
        let zeros = Tensor::zeros((4, 32), DType::F32, &Device::Cpu).unwrap();
        let quantized = QTensor::quantize(&zeros, GgmlDType::Q4_0).unwrap();
        let row = Tensor::zeros((1, 32), DType::F32, &Device::Cpu).unwrap();
        let plain = QTensor::quantize(&row, GgmlDType::F32).unwrap();
        let text = |s: &str| Value::String(s.into());
        let metadata = [
            ("general.architecture", text("llama")),
            ("general.license", text("mit")),
            ("general.languages", Value::Array(vec![text("it"), text("en")])),
            ("llama.context_length", Value::U32(2048)),
            ("tokenizer.ggml.tokens", Value::Array(vec![text("a"), text("b"), text("c")])),
        ];
        let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
        let mut bytes = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut bytes, &metadata, &[("q", &quantized), ("p", &plain)]).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_header_is_described() {
        let info = block_on(inspect(&MemoryFile(gguf()))).unwrap();
        assert_eq!(info.architecture, "llama");
        assert_eq!(info.parameters, 160);
        assert_eq!(info.tensor_types, [("Q4_0".to_owned(), 0.8), ("F32".to_owned(), 0.2)]);
        assert_eq!((info.context_length, info.vocabulary_size), (Some(2048), Some(3)));
        assert_eq!(info.languages, ["it", "en"]);
        assert_eq!(info.license.as_deref(), Some("mit"));
        assert!(!info.has_chat_template);
    }

    #[test]
    fn every_cut_is_an_error_and_no_panic() {
        let bytes = gguf();
        for length in 0..bytes.len() - 32 {
            assert!(block_on(inspect(&MemoryFile(bytes[..length].to_vec()))).is_err(), "{length}");
        }
    }
}
