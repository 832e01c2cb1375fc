//! Tensors of a file become matrices and vectors in the GPU's memory: first checked by the file's header, then streamed.

use candle_core::quantized::GgmlDType;
use daneel_gpu::{Format, Gpu, Matrix, TILE_ROWS, Tensor};

use crate::gguf::Gguf;
use crate::linear::to_half_precision;
use crate::{Error, ModelFile};

/// Bytes of a tensor that are on the host at a time, beside their planes.
const PIECE: usize = 4 << 20;

/// y = W x + b on the GPU. A clone shares the GPU's memory.
#[derive(Clone)]
pub(super) struct Linear {
    pub(super) matrix: Matrix,
    pub(super) bias: Option<Tensor>, // (rows)
}

/// Matrices of the file that will stand above each other, known to fit.
pub(super) struct Stack {
    members: Vec<Member>,
    cols: usize,
}

struct Member {
    /// Name without `.weight`.
    name: String,
    format: Format,
    rows: usize,
    /// The file's type has no kernel: it is widened to 16-bit floats.
    widened: bool,
}

impl Stack {
    /// Checks that the file has the matrices `{name}.weight` of (rows, `cols`), in a form that the GPU can take.
    ///
    /// # Errors
    /// If one is missing, of another shape, or not of whole blocks.
    pub(super) fn check<F: ModelFile>(
        gguf: &Gguf<'_, F>,
        members: &[(String, usize)],
        cols: usize,
    ) -> Result<Self, Error> {
        let check = |(name, rows): &(String, usize)| {
            let weight = format!("{name}.weight");
            check_shape(gguf, &weight, &[*rows, cols])?;
            let known = gguf.dtype(&weight).and_then(format_of);
            let format = known.unwrap_or(Format::F16);
            format
                .row_bytes(cols)
                .map_err(|error| Error::Unsupported(format!("tensor `{weight}` on the GPU: {error}")))?;
            let bias = format!("{name}.bias");
            if gguf.has_tensor(&bias) {
                check_shape(gguf, &bias, &[*rows])?;
            }
            Ok(Member { name: name.clone(), format, rows: *rows, widened: known.is_none() })
        };
        let members = members.iter().map(check).collect::<Result<Vec<_>, Error>>()?;
        if let Some((_, upper)) = members.split_last()
            && let Some(odd) = upper.iter().find(|member| !member.rows.is_multiple_of(TILE_ROWS))
        {
            let Member { name, rows, .. } = odd;
            return Err(Error::Unsupported(format!(
                "tensor `{name}.weight` on the GPU: {rows} rows are not whole tiles of {TILE_ROWS}"
            )));
        }
        Ok(Self { members, cols })
    }

    /// Whether all matrices are of one format and none has a bias.
    pub(super) fn is_uniform<F: ModelFile>(&self, gguf: &Gguf<'_, F>) -> bool {
        let first = self.members[0].format;
        self.members
            .iter()
            .all(|member| member.format == first && !gguf.has_tensor(&format!("{}.bias", member.name)))
    }

    /// Room for the stack, still without weights.
    pub(super) fn allocate(&self, gpu: &Gpu) -> Result<Matrix, Error> {
        let members: Vec<_> = self.members.iter().map(|member| (member.format, member.rows)).collect();
        Ok(Matrix::stacked(gpu, &members, self.cols)?)
    }

    /// Streams weights and biases to the GPU.
    pub(super) async fn upload<F: ModelFile>(
        self,
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
    ) -> Result<Linear, Error> {
        let matrix = self.allocate(gpu)?;
        self.upload_into(matrix, gpu, gguf).await
    }

    /// Streams weights and biases to the GPU, into room made by [`Self::allocate`].
    pub(super) async fn upload_into<F: ModelFile>(
        self,
        matrix: Matrix,
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
    ) -> Result<Linear, Error> {
        let mut first_row = 0;
        for member in &self.members {
            self.upload_member(member, &matrix, first_row, gpu, gguf).await?;
            first_row += member.rows;
        }
        let bias_name = |member: &Member| format!("{}.bias", member.name);
        let mut bias = None;
        if self.members.iter().any(|member| gguf.has_tensor(&bias_name(member))) {
            let mut values = Vec::with_capacity(matrix.rows());
            for member in &self.members {
                match gguf.has_tensor(&bias_name(member)) {
                    true => values.extend(gguf.vector(&bias_name(member), member.rows).await?),
                    false => values.resize(values.len() + member.rows, 0.0),
                }
            }
            bias = Some(gpu.upload("bias", &values)?);
        }
        Ok(Linear { matrix, bias })
    }

    async fn upload_member<F: ModelFile>(
        &self,
        member: &Member,
        matrix: &Matrix,
        first_row: usize,
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
    ) -> Result<(), Error> {
        let name = format!("{}.weight", member.name);
        let row_bytes = member.format.row_bytes(self.cols)?;
        let whole = match member.widened {
            true => Some(to_half_precision(gguf.bytes(&name).await?)?.1),
            false => None,
        };
        let rows_at_once = (PIECE / row_bytes / TILE_ROWS).max(1) * TILE_ROWS;
        for start in (0..member.rows).step_by(rows_at_once) {
            let rows = rows_at_once.min(member.rows - start);
            let (at, len) = (start * row_bytes, rows * row_bytes);
            match &whole {
                Some(bytes) => matrix.write(gpu, first_row + start, &bytes[at..at + len])?,
                None => matrix.write(gpu, first_row + start, &gguf.part(&name, at as u64, len).await?)?,
            }
            gpu.flush();
        }
        Ok(())
    }
}

/// A vector of the file (a norm), known to be there.
pub(super) struct Vector {
    name: String,
    len: usize,
}

impl Vector {
    /// Checks that the file has the vector `name` of `len` numbers.
    ///
    /// # Errors
    /// If it is missing or of another length.
    pub(super) fn check<F: ModelFile>(gguf: &Gguf<'_, F>, name: String, len: usize) -> Result<Self, Error> {
        check_shape(gguf, &name, &[len])?;
        Ok(Self { name, len })
    }

    /// The numbers, on the host.
    pub(super) async fn read<F: ModelFile>(&self, gguf: &mut Gguf<'_, F>) -> Result<Vec<f32>, Error> {
        gguf.vector(&self.name, self.len).await
    }

    /// Brings the numbers to the GPU.
    pub(super) async fn upload<F: ModelFile>(
        self,
        gpu: &Gpu,
        gguf: &mut Gguf<'_, F>,
    ) -> Result<Tensor, Error> {
        Ok(gpu.upload("vector", &self.read(gguf).await?)?)
    }
}

fn check_shape<F: ModelFile>(gguf: &Gguf<'_, F>, name: &str, expected: &[usize]) -> Result<(), Error> {
    match gguf.shape(name) {
        None => Err(Error::Damaged(format!("it has no tensor `{name}`"))),
        Some(shape) if shape == expected => Ok(()),
        Some(shape) => {
            Err(Error::Damaged(format!("tensor `{name}` has shape {shape:?} where {expected:?} is expected")))
        }
    }
}

/// # Errors
/// If the attention kernels cannot take heads of this length.
pub(super) fn check_head_dim(head_dim: usize) -> Result<(), Error> {
    if head_dim.is_multiple_of(8) {
        return Ok(());
    }
    Err(Error::Unsupported(format!("its heads are {head_dim} long, no multiple of 8, as the GPU wants it")))
}

/// The kernels' name for a type of the file, if they have one.
fn format_of(dtype: GgmlDType) -> Option<Format> {
    Some(match dtype {
        GgmlDType::F32 => Format::F32,
        GgmlDType::F16 => Format::F16,
        GgmlDType::Q4_0 => Format::Q4_0,
        GgmlDType::Q4_1 => Format::Q4_1,
        GgmlDType::Q5_0 => Format::Q5_0,
        GgmlDType::Q5_1 => Format::Q5_1,
        GgmlDType::Q8_0 => Format::Q8_0,
        GgmlDType::Q4K => Format::Q4_K,
        GgmlDType::Q5K => Format::Q5_K,
        GgmlDType::Q6K => Format::Q6_K,
        _ => return None,
    })
}
