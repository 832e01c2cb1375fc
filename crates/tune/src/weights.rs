//! The embedder's file becomes frozen layers in 32-bit floats: the very weights that the page uses, dequantised.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;

use crate::Error;
use crate::ops::{LayerNorm, LoraLinear};

/// The matrices of a layer that get an adapter, by their names in the file.
pub const MATRICES: [&str; 6] = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down"];

/// An encoder of the BERT family (Devlin et al. 2018, arXiv:1810.04805).
pub struct Weights {
    /// Length of a token's vector.
    pub hidden: usize,
    /// Heads of attention.
    pub n_heads: usize,
    token_embedding: Vec<f32>, // (vocabulary, hidden)
    positions: Vec<f32>,       // (positions, hidden), the first segment's vector added
    embedding_norm: LayerNorm,
    /// Layers in order.
    pub layers: Vec<Layer>,
}

/// One layer's matrices, in the order of [`MATRICES`], and its norms.
pub struct Layer {
    /// Products.
    pub matrices: [LoraLinear; 6],
    /// After attention.
    pub attention_norm: LayerNorm,
    /// After the feed-forward block.
    pub output_norm: LayerNorm,
}

impl Weights {
    /// Reads a GGUF of architecture `bert`; adapters will be scaled by `scale`.
    ///
    /// # Errors
    /// If the file cannot be read or is no such model.
    pub fn read(path: &Path, scale: f32) -> Result<Self, Error> {
        let mut reader = BufReader::new(File::open(path)?);
        let content = Content::read(&mut reader)?;
        let number = |key: &str| -> Result<usize, Error> {
            let value = content.metadata.get(key);
            let value = value.ok_or_else(|| Error::Data(format!("{}: no `{key}`", path.display())))?;
            Ok(value.to_u32()? as usize)
        };
        let (hidden, inner) = (number("bert.embedding_length")?, number("bert.feed_forward_length")?);
        let (n_heads, n_layers) = (number("bert.attention.head_count")?, number("bert.block_count")?);
        let epsilon = match content.metadata.get("bert.attention.layer_norm_epsilon") {
            Some(value) => value.to_f32()?,
            None => 1e-12,
        };
        let mut floats = |name: &str| -> Result<Vec<f32>, Error> {
            let tensor = content.tensor(&mut reader, name, &Device::Cpu)?;
            Ok(tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()?)
        };
        let token_embedding = floats("token_embd.weight")?;
        let mut positions = floats("position_embd.weight")?;
        if content.tensor_infos.contains_key("token_types.weight") {
            let segment = floats("token_types.weight")?;
            for row in positions.chunks_exact_mut(hidden) {
                row.iter_mut().zip(&segment).for_each(|(position, segment)| *position += segment);
            }
        }
        let mut norm = |name: &str| -> Result<LayerNorm, Error> {
            let (weight, bias) = (floats(&format!("{name}.weight"))?, floats(&format!("{name}.bias"))?);
            Ok(LayerNorm { weight: weight.into(), bias: bias.into(), epsilon })
        };
        let embedding_norm = norm("token_embd_norm")?;
        let mut layers = Vec::with_capacity(n_layers);
        for layer in 0..n_layers {
            let attention_norm = norm(&format!("blk.{layer}.attn_output_norm"))?;
            let output_norm = norm(&format!("blk.{layer}.layer_output_norm"))?;
            layers.push((attention_norm, output_norm));
        }
        let mut matrix = |layer: usize, name: &str| -> Result<LoraLinear, Error> {
            let (in_features, out_features) = match name {
                "ffn_up" => (hidden, inner),
                "ffn_down" => (inner, hidden),
                _ => (hidden, hidden),
            };
            let weight: Arc<[f32]> = floats(&format!("blk.{layer}.{name}.weight"))?.into();
            let bias: Arc<[f32]> = floats(&format!("blk.{layer}.{name}.bias"))?.into();
            if weight.len() != in_features * out_features || bias.len() != out_features {
                return Err(Error::Data(format!("`blk.{layer}.{name}` is of an unexpected shape")));
            }
            Ok(LoraLinear { weight, bias, in_features, out_features, scale })
        };
        let mut whole = Vec::with_capacity(n_layers);
        for (layer, (attention_norm, output_norm)) in layers.into_iter().enumerate() {
            let [q, k, v, output, up, down] = MATRICES;
            let matrices = [
                matrix(layer, q)?,
                matrix(layer, k)?,
                matrix(layer, v)?,
                matrix(layer, output)?,
                matrix(layer, up)?,
                matrix(layer, down)?,
            ];
            whole.push(Layer { matrices, attention_norm, output_norm });
        }
        Ok(Self { hidden, n_heads, token_embedding, positions, embedding_norm, layers: whole })
    }

    /// The first layer's input for some tokens, (tokens, hidden).
    ///
    /// # Errors
    /// If a token or position has no vector.
    pub fn embed(&self, ids: &[u32]) -> Result<Vec<f32>, Error> {
        let mut x = Vec::with_capacity(ids.len() * self.hidden);
        for (position, &id) in ids.iter().enumerate() {
            let row = |table: &[f32], index: usize| {
                table.get(index * self.hidden..(index + 1) * self.hidden).map(<[f32]>::to_vec)
            };
            let (Some(token), Some(place)) =
                (row(&self.token_embedding, id as usize), row(&self.positions, position))
            else {
                return Err(Error::Data(format!("token {id} at position {position} has no vector")));
            };
            x.extend(token.iter().zip(&place).map(|(token, place)| token + place));
        }
        self.embedding_norm.apply(&mut x);
        Ok(x)
    }
}
