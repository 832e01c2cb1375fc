//! A GGUF file in storage becomes metadata and, one at a time, tensors.
//!
//! The header is read by a growing prefix and every tensor's place is checked against the file's length before anything
//! is loaded, so that a damaged file is refused early and the peak of memory is the model and one tensor.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use candle_core::quantized::gguf_file::{Content, TensorInfo, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};

use crate::low_rank::LowRank;
use crate::{Error, ModelFile};

/// What an adapted matrix is kept in: four bits would round away what was trained.
const ADAPTED: GgmlDType = GgmlDType::Q8_0;
/// A header larger than this is not believed; a vocabulary of 262,144 tokens with its merges takes about 16 MiB.
const MAX_HEADER: u64 = 64 << 20;
/// First guess at a header's length; most vocabularies fit after two or three doublings.
const FIRST_PREFIX: u64 = 1 << 20;
/// Tensors are read in parts of this size, so that progress is seen to move.
const PART: u64 = 4 << 20;
/// No model has a side this long, and products of four such sides still fit 64 bits with the checks below.
const MAX_DIMENSION: usize = 1 << 28;

/// An open GGUF file: its header in memory, its tensors still in storage.
pub(crate) struct Gguf<'a, F> {
    file: &'a F,
    content: Content,
    /// What the metadata has of long lists, taken out of `content`.
    lists: HashMap<String, List>,
    progress: &'a mut dyn FnMut(u64, u64),
    bytes_read: u64,
    /// Changes that tensors are read with.
    adapter: Option<&'a LowRank>,
}

impl<'a, F: ModelFile> Gguf<'a, F> {
    /// Reads and checks the header; `progress` is called with (bytes read, bytes in all) here and for each tensor.
    pub(crate) async fn open(file: &'a F, progress: &'a mut dyn FnMut(u64, u64)) -> Result<Self, Error> {
        let header_limit = file.len().min(MAX_HEADER);
        let mut prefix_len = header_limit.min(FIRST_PREFIX);
        let mut prefix = Vec::new();
        let mut content = loop {
            let missing = prefix_len - prefix.len() as u64;
            prefix.extend(file.read(prefix.len() as u64, to_usize(missing)?).await?);
            reject_zero_alignment(&prefix)?;
            let mut reader = Prefix { bytes: &prefix, position: 0, full_len: header_limit, ran_out: false };
            match Content::read(&mut reader) {
                Ok(content) => break content,
                Err(_) if reader.ran_out && prefix_len < header_limit => {
                    prefix_len = header_limit.min(prefix_len * 2);
                }
                Err(error) => {
                    // Any length fits a vector.
                    let read = prefix.get(..reader.position as usize).unwrap_or(&prefix);
                    return Err(header_error(read, &crate::without_backtrace(error)));
                }
            }
        };
        for (name, info) in &content.tensor_infos {
            tensor_span(&content, name, info, file.len())?;
        }
        drop(prefix);
        let lists = take_lists(&mut content);
        let bytes_read = content.tensor_data_offset.min(file.len());
        progress(bytes_read, file.len());
        Ok(Self { file, content, lists, progress, bytes_read, adapter: None })
    }

    /// From here on the matrices that `adapter` changes are read as changed, in blocks of 8 bits.
    pub(crate) fn adapt(&mut self, adapter: &'a LowRank) {
        self.adapter = Some(adapter);
    }

    /// `general.architecture`: the family that the other keys' names begin with.
    pub(crate) fn architecture(&self) -> Result<&str, Error> {
        self.string("general.architecture")
    }

    /// Whether the metadata has `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.lists.contains_key(key) || self.content.metadata.contains_key(key)
    }

    /// A whole number of any width, if there.
    pub(crate) fn optional_usize(&self, key: &str) -> Result<Option<usize>, Error> {
        let number = |value: &Value| match value {
            Value::I8(n) => usize::try_from(*n).ok(),
            Value::I16(n) => usize::try_from(*n).ok(),
            Value::I32(n) => usize::try_from(*n).ok(),
            Value::I64(n) => usize::try_from(*n).ok(),
            Value::Bool(_) => None,
            value => value.to_u64().ok().and_then(|n| usize::try_from(n).ok()),
        };
        self.optional(key, "a whole number", number)
    }

    /// A whole number of any width.
    pub(crate) fn usize(&self, key: &str) -> Result<usize, Error> {
        self.optional_usize(key)?.ok_or_else(|| missing(key))
    }

    /// A number, if there.
    pub(crate) fn optional_f32(&self, key: &str) -> Result<Option<f32>, Error> {
        self.optional(key, "a number", |value| match value {
            Value::F32(x) => Some(*x),
            Value::F64(x) => Some(*x as f32),
            _ => None,
        })
    }

    /// A number.
    pub(crate) fn f32(&self, key: &str) -> Result<f32, Error> {
        self.optional_f32(key)?.ok_or_else(|| missing(key))
    }

    /// A yes or no, if there.
    pub(crate) fn optional_bool(&self, key: &str) -> Result<Option<bool>, Error> {
        self.optional(key, "true or false", |value| value.to_bool().ok())
    }

    /// A text, if there.
    pub(crate) fn optional_string(&self, key: &str) -> Result<Option<&str>, Error> {
        self.optional(key, "a text", |value| value.to_string().ok().map(String::as_str))
    }

    /// A text.
    pub(crate) fn string(&self, key: &str) -> Result<&str, Error> {
        self.optional_string(key)?.ok_or_else(|| missing(key))
    }

    /// A list of texts, if there.
    pub(crate) fn optional_strings(&self, key: &str) -> Result<Option<Vec<&str>>, Error> {
        match self.lists.get(key) {
            Some(List::Texts { text, ends }) => {
                let starts = [0].into_iter().chain(ends.iter().copied());
                Ok(Some(starts.zip(ends).map(|(start, &end)| &text[start..end]).collect()))
            }
            Some(List::Numbers(none)) if none.is_empty() => Ok(Some(Vec::new())),
            _ => self.optional(key, "a list of texts", |_| None),
        }
    }

    /// A list of texts.
    pub(crate) fn strings(&self, key: &str) -> Result<Vec<&str>, Error> {
        self.optional_strings(key)?.ok_or_else(|| missing(key))
    }

    /// A list of numbers, if there.
    pub(crate) fn optional_f32s(&self, key: &str) -> Result<Option<Vec<f32>>, Error> {
        match self.lists.get(key) {
            Some(List::Numbers(numbers)) => Ok(Some(numbers.iter().map(|&x| x as f32).collect())),
            _ => self.optional(key, "a list of numbers", |_| None),
        }
    }

    /// A list of whole numbers of any width, if there.
    pub(crate) fn optional_i64s(&self, key: &str) -> Result<Option<Vec<i64>>, Error> {
        match self.lists.get(key) {
            Some(List::Numbers(numbers)) if numbers.iter().all(|x| x.fract() == 0.0) => {
                Ok(Some(numbers.iter().map(|&x| x as i64).collect()))
            }
            _ => self.optional(key, "a list of whole numbers", |_| None),
        }
    }

    /// Whether the file has a tensor of this name.
    pub(crate) fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Type and number of elements of every tensor, in no order.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (GgmlDType, u64)> {
        self.content.tensor_infos.values().map(|info| (info.ggml_dtype, info.shape.elem_count() as u64))
    }

    /// The tensors' names, in no order.
    pub(crate) fn tensor_names(&self) -> impl Iterator<Item = &str> {
        self.content.tensor_infos.keys().map(String::as_str)
    }

    /// A tensor's sides, outermost first, or nothing if there is no such tensor.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.content.tensor_infos.get(name).map(|info| info.shape.dims())
    }

    /// How a tensor's numbers are coded, or nothing if there is no such tensor.
    pub(crate) fn dtype(&self, name: &str) -> Option<GgmlDType> {
        let info = self.content.tensor_infos.get(name)?;
        let is_adapted = self.adapter.is_some_and(|adapter| adapter.changes(name));
        Some(if is_adapted { ADAPTED } else { info.ggml_dtype })
    }

    /// A tensor's bytes as they are in the file, with their type and shape.
    pub(crate) async fn bytes(&mut self, name: &str) -> Result<RawTensor, Error> {
        let info = self.info(name)?;
        let (dtype, shape) = (info.ggml_dtype, info.shape.dims().to_vec());
        let (_, len) = tensor_span(&self.content, name, info, self.file.len())?;
        let bytes = self.stored(name, 0, to_usize(len)?).await?;
        let raw = RawTensor { dtype, shape, bytes };
        match self.adapter.filter(|adapter| adapter.changes(name)) {
            Some(adapter) => raw.adapted(name, adapter),
            None => Ok(raw),
        }
    }

    /// `len` of a tensor's bytes from the `start`-th on: whole rows.
    pub(crate) async fn part(&mut self, name: &str, start: u64, len: usize) -> Result<Vec<u8>, Error> {
        if self.adapter.is_none_or(|adapter| !adapter.changes(name)) {
            return self.stored(name, start, len).await;
        }
        let bytes = self.bytes(name).await?.bytes;
        let part = to_usize(start)?.checked_add(len).and_then(|end| bytes.get(end - len..end));
        part.map(<[u8]>::to_vec).ok_or_else(|| {
            Error::Read(format!("tensor `{name}` has {} bytes, not {len} at {start}", bytes.len()))
        })
    }

    /// Bytes as they lie in the file.
    async fn stored(&mut self, name: &str, start: u64, len: usize) -> Result<Vec<u8>, Error> {
        let (tensor_start, tensor_len) = tensor_span(&self.content, name, self.info(name)?, self.file.len())?;
        let end = start.checked_add(len as u64).filter(|&end| end <= tensor_len);
        let Some(end) = end else {
            return Err(Error::Read(format!("tensor `{name}` has {tensor_len} bytes, not {len} at {start}")));
        };
        let mut bytes = Vec::with_capacity(len);
        let mut done = start;
        while done < end {
            let part = (end - done).min(PART);
            bytes.extend(self.file.read(tensor_start + done, to_usize(part)?).await?);
            done += part;
            self.bytes_read += part;
            (self.progress)(self.bytes_read.min(self.file.len()), self.file.len());
        }
        if !are_numbers(self.info(name)?.ggml_dtype, &bytes) {
            return Err(Error::Damaged(format!(
                "tensor `{name}`: some of its weights are infinite or no numbers"
            )));
        }
        Ok(bytes)
    }

    fn info(&self, name: &str) -> Result<&TensorInfo, Error> {
        let info = self.content.tensor_infos.get(name);
        info.ok_or_else(|| Error::Damaged(format!("it has no tensor `{name}`")))
    }

    /// A tensor as candle keeps it.
    pub(crate) async fn tensor(&mut self, name: &str) -> Result<QTensor, Error> {
        self.bytes(name).await?.into_qtensor()
    }

    /// A small tensor (a norm, a bias) in 32-bit floats, whatever type it is stored in.
    pub(crate) async fn floats(&mut self, name: &str) -> Result<Tensor, Error> {
        Ok(self.tensor(name).await?.dequantize(&Device::Cpu)?)
    }

    /// A list of `len` numbers (a norm, a bias), whatever type it is stored in.
    pub(crate) async fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>, Error> {
        match self.shape(name) {
            Some(shape) if *shape != [len] => {
                Err(Error::Damaged(format!("tensor `{name}` has shape {shape:?} where ({len}) is expected")))
            }
            _ => Ok(self.floats(name).await?.to_vec1()?),
        }
    }

    fn optional<'s, T>(
        &'s self,
        key: &str,
        wanted: &str,
        convert: impl FnOnce(&'s Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mistyped = || Error::Damaged(format!("its `{key}` is not {wanted} as it has to be"));
        if self.lists.contains_key(key) {
            return Err(mistyped());
        }
        self.content.metadata.get(key).map(|value| convert(value).ok_or_else(mistyped)).transpose()
    }
}

/// A long list without the 32 bytes that each of its values would take, and the allocation of each text.
enum List {
    Texts { text: String, ends: Vec<usize> },
    Numbers(Vec<f64>),
}

/// Takes lists of texts and of numbers out of the metadata: vocabularies have a quarter of a million entries.
fn take_lists(content: &mut Content) -> HashMap<String, List> {
    let mut lists = HashMap::new();
    let keys: Vec<String> = content.metadata.keys().cloned().collect();
    for key in keys {
        if let Some(list) = content.metadata.get(&key).and_then(|value| List::of(value.to_vec().ok()?)) {
            content.metadata.remove(&key);
            lists.insert(key, list);
        }
    }
    lists
}

impl List {
    /// None if they are neither all texts nor all numbers that 64-bit floats hold.
    fn of(items: &[Value]) -> Option<Self> {
        if let Some(Value::String(_)) = items.first() {
            let texts: Option<Vec<&str>> =
                items.iter().map(|item| item.to_string().ok().map(String::as_str)).collect();
            let texts = texts?;
            let ends = texts.iter().scan(0, |end, text| {
                *end += text.len();
                Some(*end)
            });
            return Some(Self::Texts { ends: ends.collect(), text: texts.concat() });
        }
        let number = |item: &Value| {
            Some(match item {
                Value::U8(n) => f64::from(*n),
                Value::I8(n) => f64::from(*n),
                Value::U16(n) => f64::from(*n),
                Value::I16(n) => f64::from(*n),
                Value::U32(n) => f64::from(*n),
                Value::I32(n) => f64::from(*n),
                Value::F32(n) => f64::from(*n),
                Value::F64(n) => *n,
                _ => return None,
            })
        };
        items.iter().map(number).collect::<Option<_>>().map(Self::Numbers)
    }
}

/// A tensor as it lies in the file.
pub(crate) struct RawTensor {
    /// How its numbers are coded.
    pub(crate) dtype: GgmlDType,
    /// Its sides, outermost first.
    pub(crate) shape: Vec<usize>,
    /// Its blocks, row after row.
    pub(crate) bytes: Vec<u8>,
}

impl RawTensor {
    /// The matrix with what an adapter adds to it.
    fn adapted(self, name: &str, adapter: &LowRank) -> Result<Self, Error> {
        let shape = self.shape.clone();
        let mut weights = self.into_qtensor()?.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
        adapter.add(name, &shape, &mut weights)?;
        let adapted =
            QTensor::quantize(&Tensor::from_vec(weights, shape.as_slice(), &Device::Cpu)?, ADAPTED)?;
        Ok(Self { dtype: ADAPTED, shape, bytes: adapted.data()?.into_owned() })
    }

    /// The same blocks in candle's keeping.
    pub(crate) fn into_qtensor(self) -> Result<QTensor, Error> {
        let storage = QStorage::from_data(self.bytes.into(), &Device::Cpu, self.dtype)?;
        Ok(QTensor::new(storage, self.shape)?)
    }
}

/// Whether all weights of these blocks are finite, as far as factors and floats tell: codes are finite anyway.
fn are_numbers(dtype: GgmlDType, bytes: &[u8]) -> bool {
    // Where a block has its 16-bit factors.
    let factors: &[usize] = match dtype {
        GgmlDType::F32 => return bytes.as_chunks().0.iter().all(|&x| f32::from_le_bytes(x).is_finite()),
        GgmlDType::BF16 => {
            return bytes.as_chunks().0.iter().all(|&x| half::bf16::from_le_bytes(x).is_finite());
        }
        GgmlDType::Q8K => {
            let first =
                |block: &[u8]| block.first_chunk().is_some_and(|&x| f32::from_le_bytes(x).is_finite());
            return bytes.chunks_exact(dtype.type_size()).all(first);
        }
        GgmlDType::F16 | GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => &[0],
        GgmlDType::Q4_1 | GgmlDType::Q5_1 | GgmlDType::Q8_1 | GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
        GgmlDType::Q2K => &[80, 82],
        GgmlDType::Q3K => &[108],
        GgmlDType::Q6K => &[208],
    };
    // The exponent of an f16, all of whose bits mean infinity or not a number, is in its upper byte.
    let is_finite = |block: &[u8]| factors.iter().all(|&at| block[at + 1] & 0x7c != 0x7c);
    bytes.chunks_exact(dtype.type_size()).all(is_finite)
}

/// Why a header cannot be read, of which candle took in `read` before it gave up.
fn header_error(read: &[u8], error: &candle_core::Error) -> Error {
    match read.split_last_chunk() {
        Some((entry, &dtype)) if error.to_string().contains("unknown dtype") => Error::Unsupported(format!(
            "tensor `{}` is of ggml's type {}; Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, F16, BF16 and F32 can be read",
            last_name(entry).unwrap_or("?"),
            u32::from_le_bytes(dtype)
        )),
        _ => Error::Damaged(format!("its header: {error}")),
    }
}

/// The name in an entry of the list of tensors that ends with its sides: length of the name, name, number of sides, sides.
fn last_name(entry: &[u8]) -> Option<&str> {
    const MOST_BYTES: usize = 256;
    (1..=4).find_map(|n_sides: u32| {
        let sides = entry.len().checked_sub(8 * n_sides as usize)?;
        let (rest, &count) = entry[..sides].split_last_chunk()?;
        if u32::from_le_bytes(count) != n_sides {
            return None;
        }
        (1..=MOST_BYTES.min(rest.len())).find_map(|len| {
            let (before, name) = rest.split_at(rest.len() - len);
            let said = u64::from_le_bytes(*before.last_chunk()?);
            if said == len as u64 { str::from_utf8(name).ok() } else { None }
        })
    })
}

/// Where a tensor lies in the file (offset, bytes), once that is known to be inside it.
fn tensor_span(content: &Content, name: &str, info: &TensorInfo, file_len: u64) -> Result<(u64, u64), Error> {
    let damaged =
        |what: &str| Error::Damaged(format!("tensor `{name}` of shape {:?} {what}", info.shape.dims()));
    let dims = info.shape.dims();
    let row = dims.last().copied().ok_or_else(|| damaged("has no sides"))?;
    if dims.iter().any(|&side| side == 0 || side > MAX_DIMENSION) {
        return Err(damaged("has an impossible side"));
    }
    let block = info.ggml_dtype.block_size();
    if !row.is_multiple_of(block) {
        return Err(damaged(&format!("has rows that are not whole blocks of {block}")));
    }
    let len = dims
        .iter()
        .try_fold(1_u64, |product, &side| product.checked_mul(side as u64))
        .and_then(|elements| (elements / block as u64).checked_mul(info.ggml_dtype.type_size() as u64))
        .ok_or_else(|| damaged("has an impossible size"))?;
    let end = content.tensor_data_offset.checked_add(info.offset).and_then(|start| start.checked_add(len));
    match end {
        Some(end) if end <= file_len => Ok((end - len, len)),
        _ => Err(damaged(&format!("ends past the file's {file_len} bytes; the file was cut short"))),
    }
}

/// candle divides by `general.alignment` unseen, so a zero has to be found before it reads the header.
fn reject_zero_alignment(prefix: &[u8]) -> Result<(), Error> {
    const KEY: &[u8] = b"general.alignment";
    let zero = prefix.windows(KEY.len() + 4).enumerate().any(|(at, window)| {
        let Some(value_type) = window.strip_prefix(KEY) else { return false };
        // Types 0 to 5 are the whole numbers of 1, 1, 2, 2, 4 and 4 bytes.
        let width = match value_type {
            [0 | 1, 0, 0, 0] => 1,
            [2 | 3, 0, 0, 0] => 2,
            [4 | 5, 0, 0, 0] => 4,
            _ => return false,
        };
        let start = at + KEY.len() + 4;
        prefix.get(start..start + width).is_some_and(|value| value.iter().all(|&byte| byte == 0))
    });
    if zero { Err(Error::Damaged("its alignment is 0".to_owned())) } else { Ok(()) }
}

fn missing(key: &str) -> Error {
    Error::Damaged(format!("it has no `{key}`"))
}

fn to_usize(len: u64) -> Result<usize, Error> {
    usize::try_from(len)
        .map_err(|_| Error::Unsupported(format!("{len} bytes do not fit this machine's memory")))
}

/// The beginning of a file that says how long the whole is, and notes when more of it would have been needed.
struct Prefix<'a> {
    bytes: &'a [u8],
    position: u64,
    full_len: u64,
    ran_out: bool,
}

impl Read for Prefix<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest =
            usize::try_from(self.position).ok().and_then(|start| self.bytes.get(start..)).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.ran_out |= count < buffer.len();
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Prefix<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.full_len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests;
