//! A weight matrix in GGML blocks, and the two things that models do with one: multiply by it and look rows up in it.

use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::{CpuStorage, CustomOp1, Device, Layout, Module, Shape, Tensor};

use crate::gguf::{Gguf, RawTensor};
use crate::kernel::Format;
use crate::{Error, ModelFile};

/// A matrix whose rows are kept in the blocks of the file. Cloning shares the blocks.
#[derive(Clone)]
pub(crate) struct Weight {
    format: Format,
    blocks: Arc<[u8]>, // (out_features, in_features)
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
        if let Some(shape) = gguf.shape(name)
            && shape != [out_features, in_features]
        {
            return Err(Error::Damaged(format!(
                "tensor `{name}` has shape {shape:?} where ({out_features}, {in_features}) is expected"
            )));
        }
        let raw = gguf.bytes(name).await?;
        let (format, blocks) = match Format::of(raw.dtype) {
            Some(format) => (format, raw.bytes),
            None => to_half_precision(raw)?,
        };
        Ok(Self { format, blocks: blocks.into(), out_features, in_features })
    }

    /// Rows of the matrix: the length of what [`Linear`] gives.
    pub(crate) fn out_features(&self) -> usize {
        self.out_features
    }

    /// Row `id` in 32-bit floats, into `out` (in_features).
    ///
    /// # Errors
    /// If the id is not below [`Self::out_features`].
    pub(crate) fn row(&self, id: u32, out: &mut [f32]) -> Result<(), Error> {
        let row_bytes = self.format.row_bytes(self.in_features);
        let start = id as usize * row_bytes;
        let row = self.blocks.get(start..start + row_bytes).ok_or_else(|| {
            let n_rows = self.out_features;
            Error::Damaged(format!("its vocabulary has a token {id} but its embedding table {n_rows} rows"))
        })?;
        self.format.read_row(row, out);
        Ok(())
    }
}

/// A format without a kernel is kept in 16-bit floats.
pub(crate) fn to_half_precision(raw: RawTensor) -> Result<(Format, Vec<u8>), Error> {
    let dtype = raw.dtype;
    let halves = raw.into_qtensor()?.dequantize_f16(&Device::Cpu)?.flatten_all()?.to_vec1::<half::f16>()?;
    let format = Format::of(GgmlDType::F16)
        .ok_or_else(|| Error::Unsupported(format!("its weights are of type {dtype:?}")))?;
    Ok((format, halves.into_iter().flat_map(half::f16::to_le_bytes).collect()))
}

/// y = x Wᵀ + b.
#[derive(Clone)]
pub(crate) struct Linear {
    weight: Weight,
    bias: Option<Arc<[f32]>>, // (out_features)
}

impl Linear {
    /// A layer of a matrix (perhaps shared, as that of a tied output head is) and a bias.
    pub(crate) fn new(weight: Weight, bias: Option<Tensor>) -> Result<Self, Error> {
        let bias = bias.map(|bias| bias.to_vec1::<f32>()).transpose()?.map(Into::into);
        Ok(Self { weight, bias })
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
        let bias = match gguf.has_tensor(&bias_name) {
            true => Some(gguf.vector(&bias_name, out_features).await?.into()),
            false => None,
        };
        Ok(Self { weight, bias })
    }

    /// The matrix.
    pub(crate) fn weight(&self) -> &Weight {
        &self.weight
    }

    /// Rows of `x` (rows, in_features) multiplied into rows of `out` (rows, out_features).
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        let Weight { format, blocks, out_features, in_features } = &self.weight;
        format.multiply(blocks, x, *in_features, out);
        if let Some(bias) = &self.bias {
            for row in out.chunks_exact_mut(*out_features) {
                for (y, b) in row.iter_mut().zip(bias.iter()) {
                    *y += b;
                }
            }
        }
    }
}

impl Module for Linear {
    /// (…, in_features) to (…, out_features), in 32-bit floats.
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        x.contiguous()?.apply_op1_no_bwd(self)
    }
}

impl CustomOp1 for Linear {
    fn name(&self) -> &'static str {
        "quantized-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut dims = layout.dims().to_vec();
        let Some(last) = dims.last_mut().filter(|last| **last == self.weight.in_features) else {
            candle_core::bail!("linear: expected (…, {}), got {:?}", self.weight.in_features, layout.shape());
        };
        *last = self.weight.out_features;
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("linear: expected contiguous rows, got {layout:?}");
        };
        let shape = Shape::from(dims);
        let mut out = vec![0.0; shape.elem_count()];
        self.apply(&x.as_slice::<f32>()?[start..end], &mut out);
        Ok((CpuStorage::F32(out), shape))
    }
}
