//! A weight matrix in GGML blocks, and the two things that models do with one: multiply by it and look rows up in it.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};

use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// A matrix whose rows are kept in the blocks of the file. Cloning shares the blocks.
#[derive(Clone)]
pub(crate) struct Weight {
    blocks: Arc<QTensor>, // (out_features, in_features)
    out_features: usize,
    in_features: usize,
}

impl Weight {
    /// Loads the matrix `name`, which has to be of shape (`out_features`, `in_features`).
    pub(crate) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<Self, Error> {
        let raw = gguf.bytes(name).await?;
        if raw.shape != [out_features, in_features] {
            return Err(Error::Damaged(format!(
                "tensor `{name}` has shape {:?} where ({out_features}, {in_features}) is expected",
                raw.shape
            )));
        }
        Ok(Self { blocks: Arc::new(raw.into_qtensor()?), out_features, in_features })
    }

    /// Rows of the matrix: the length of what [`Linear`] gives.
    pub(crate) fn out_features(&self) -> usize {
        self.out_features
    }

    /// Columns of the matrix: the length of what [`Linear`] takes, and of a looked-up row.
    pub(crate) fn in_features(&self) -> usize {
        self.in_features
    }

    /// Rows `ids` in 32-bit floats; only these are dequantised.
    ///
    /// # Errors
    /// If an id is not below [`Self::out_features`].
    pub(crate) fn rows(&self, ids: &[u32]) -> Result<Tensor, Error> {
        let ids = Tensor::new(ids, &Device::Cpu)?;
        Ok(self.blocks.embedding(&ids)?) // (ids, in_features)
    }
}

/// y = x Wᵀ + b.
#[derive(Clone)]
pub(crate) struct Linear {
    weight: Weight,
    matmul: QMatMul,
    bias: Option<Tensor>, // (out_features)
}

impl Linear {
    /// A layer of a matrix (perhaps shared, as a tied output head is) and a bias.
    pub(crate) fn new(weight: Weight, bias: Option<Tensor>) -> Result<Self, Error> {
        let matmul = QMatMul::from_arc(weight.blocks.clone())?;
        Ok(Self { weight, matmul, bias })
    }

    /// Loads `{name}.weight` and, if the file has it, `{name}.bias`.
    pub(crate) async fn load<F: ModelFile>(
        gguf: &mut Gguf<'_, F>,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<Self, Error> {
        let weight = Weight::load(gguf, &format!("{name}.weight"), out_features, in_features).await?;
        let bias_name = format!("{name}.bias");
        let bias = match gguf.shape(&bias_name) {
            None => None,
            Some([len]) if *len == out_features => Some(gguf.floats(&bias_name).await?),
            Some(shape) => {
                return Err(Error::Damaged(format!(
                    "tensor `{bias_name}` has shape {shape:?} where ({out_features}) is expected"
                )));
            }
        };
        Self::new(weight, bias)
    }

    /// The matrix.
    pub(crate) fn weight(&self) -> &Weight {
        &self.weight
    }
}

impl Module for Linear {
    /// (…, in_features) to (…, out_features), in 32-bit floats.
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let y = self.matmul.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}
