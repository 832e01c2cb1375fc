//! Quantised blocks as they lie in a file become planes: the layout that the kernels read.
//!
//! Eight rows make a tile, and the blocks of 32 weights of a tile's rows stand side by side, so that eight neighbouring
//! threads, one for each row, load neighbouring `vec4<u32>`s. A weight is `scale · code + offset`; the planes keep
//! codes and scales apart:
//!
//! | plane | of each block of 32 weights | layout |
//! |---|---|---|
//! | `lo` | the low 4 bits of the codes, or all 8, 16, 32 | (tiles, blocks, vectors, 8 rows) of `vec4<u32>` |
//! | `hi` | bits 5, or 5 and 6, of the codes | (tiles, blocks, words, 8 rows) of `u32` |
//! | `sub` | two bytes of a K-quant: scale and minimum, or two scales | (tiles, blocks, 8 rows) of `u16` |
//! | `d` | the scale, or scale and offset, as f16; of a K-quant's 256 weights | (tiles, blocks or superblocks, 8 rows) |
//!
//! Nothing is rounded: [`Planes::dequantize`] gives the bits that ggml's own formula gives. `planes.wgsl` mirrors it.

mod ggml;

use crate::Error;
use half::f16;
use serde::{Deserialize, Serialize};

/// Rows in a tile: the threads that load side by side.
pub const TILE_ROWS: usize = 8;
/// Weights in a block of the planes.
pub const BLOCK: usize = 32;
/// Weights in a K-quant's superblock.
const SUPERBLOCK: usize = 256;

/// How a tensor's weights are coded (the names are ggml's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(non_camel_case_types, reason = "the names by which everybody knows these formats")]
pub enum Format {
    /// 4 bits, a scale for 32.
    Q4_0,
    /// 4 bits, scale and offset for 32.
    Q4_1,
    /// 5 bits, a scale for 32.
    Q5_0,
    /// 5 bits, scale and offset for 32.
    Q5_1,
    /// 8 bits, a scale for 32.
    Q8_0,
    /// 4 bits, scale and offset for 32, themselves coded in groups of 256.
    Q4_K,
    /// 5 bits, scale and offset for 32, themselves coded in groups of 256.
    Q5_K,
    /// 6 bits, a scale for 16, itself coded in groups of 256.
    Q6_K,
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

/// How the scales of a format are coded; the numbers are those of `planes.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scales {
    /// None: the codes are the weights.
    None = 0,
    /// One f16 for a block.
    Single = 1,
    /// Scale and offset, f16, for a block.
    Pair = 2,
    /// Byte scale and byte minimum for a block, f16 factors of both for a superblock.
    ScaleAndMinimum = 3,
    /// Signed byte scales for the halves of a block, an f16 factor for a superblock.
    Halves = 4,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
        Self::F16,
        Self::F32,
    ];

    /// The format of a ggml type number, if it is one of these.
    pub fn from_ggml_type(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            12 => Self::Q4_K,
            13 => Self::Q5_K,
            14 => Self::Q6_K,
            _ => return None,
        })
    }

    /// Bytes of a row of `cols` weights in the file.
    ///
    /// # Errors
    /// If a row is not made of whole blocks.
    pub fn row_bytes(self, cols: usize) -> Result<usize, Error> {
        let multiple = self.file_block().0.max(BLOCK);
        if cols == 0 || !cols.is_multiple_of(multiple) {
            return Err(Error::shape("planes", format!("{self:?} rows of a multiple of {multiple}"), cols));
        }
        Ok(cols / self.file_block().0 * self.file_block().1)
    }

    /// Bits of a code.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Q4_0 | Self::Q4_1 | Self::Q4_K => 4,
            Self::Q5_0 | Self::Q5_1 | Self::Q5_K => 5,
            Self::Q6_K => 6,
            Self::Q8_0 => 8,
            Self::F16 => 16,
            Self::F32 => 32,
        }
    }

    pub(crate) fn scales(self) -> Scales {
        match self {
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => Scales::Single,
            Self::Q4_1 | Self::Q5_1 => Scales::Pair,
            Self::Q4_K | Self::Q5_K => Scales::ScaleAndMinimum,
            Self::Q6_K => Scales::Halves,
            Self::F16 | Self::F32 => Scales::None,
        }
    }

    /// The code that stands for zero where codes have no sign.
    pub(crate) fn zero_code(self) -> u8 {
        match self {
            Self::Q4_0 => 8,
            Self::Q5_0 => 16,
            Self::Q6_K => 32,
            _ => 0,
        }
    }

    /// Weights and bytes of a block in the file.
    fn file_block(self) -> (usize, usize) {
        match self {
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
            Self::Q4_K => (256, 144),
            Self::Q5_K => (256, 176),
            Self::Q6_K => (256, 210),
            Self::F16 => (1, 2),
            Self::F32 => (1, 4),
        }
    }
}

/// Words (`u32`) that one tile takes in each plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileWords {
    pub(crate) lo: usize,
    pub(crate) hi: usize,
    pub(crate) sub: usize,
    pub(crate) d: usize,
}

impl TileWords {
    pub(crate) fn new(format: Format, cols: usize) -> Self {
        let blocks = cols / BLOCK * TILE_ROWS;
        let superblocks = cols / SUPERBLOCK * TILE_ROWS;
        let lo = blocks * lo_words(format);
        let hi = blocks * hi_words(format);
        let (sub, d) = match format.scales() {
            Scales::None => (0, 0),
            Scales::Single => (0, blocks / 2),
            Scales::Pair => (0, blocks),
            Scales::ScaleAndMinimum => (blocks / 2, superblocks),
            Scales::Halves => (blocks / 2, superblocks / 2),
        };
        Self { lo, hi, sub, d }
    }

    #[cfg(test)]
    fn total(&self) -> usize {
        self.lo + self.hi + self.sub + self.d
    }
}

/// Some rows in planes, filled up with zeros to whole tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planes {
    format: Format,
    rows: usize,
    cols: usize,
    pub(crate) lo: Vec<u32>,
    pub(crate) hi: Vec<u32>,
    pub(crate) sub: Vec<u32>,
    pub(crate) d: Vec<u32>,
}

impl Planes {
    /// Repacks whole rows of `cols` weights.
    ///
    /// # Errors
    /// If the bytes are not whole rows.
    pub fn repack(format: Format, cols: usize, bytes: &[u8]) -> Result<Self, Error> {
        let row_bytes = format.row_bytes(cols)?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(row_bytes) {
            let expected = format!("bytes in whole rows of {row_bytes}");
            return Err(Error::shape("planes", expected, bytes.len()));
        }
        let rows = bytes.len() / row_bytes;
        let tiles = rows.div_ceil(TILE_ROWS);
        let words = TileWords::new(format, cols);
        let zeros = |words| vec![0; tiles * words];
        let (lo, hi, sub, d) = (zeros(words.lo), zeros(words.hi), zeros(words.sub), zeros(words.d));
        let mut planes = Self { format, rows, cols, lo, hi, sub, d };
        for (row_idx, row) in bytes.chunks_exact(row_bytes).enumerate() {
            planes.put_row(row_idx, row);
        }
        Ok(planes)
    }

    /// How the weights are coded.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Weights of a row.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The weights as numbers: (rows, cols).
    pub fn dequantize(&self) -> Vec<f32> {
        let rows = 0..self.rows;
        rows.flat_map(|row| (0..self.cols / BLOCK).flat_map(move |block| self.block(row, block))).collect()
    }

    fn put_row(&mut self, row_idx: usize, row: &[u8]) {
        let (tile, lane) = (row_idx / TILE_ROWS, row_idx % TILE_ROWS);
        let (file_len, file_bytes) = self.format.file_block();
        let n_blocks = self.cols / BLOCK;
        // Floats have no blocks of their own: 32 of them are taken for one.
        let (file_len, file_bytes) =
            if file_len == 1 { (BLOCK, BLOCK * file_bytes) } else { (file_len, file_bytes) };
        for (source_idx, source) in row.chunks_exact(file_bytes).enumerate() {
            let n_sources = self.cols / file_len;
            let element = (tile * n_sources + source_idx) * TILE_ROWS + lane;
            match self.format.scales() {
                Scales::None => {}
                Scales::Single | Scales::Halves => {
                    put_half(&mut self.d, element, ggml::factor(self.format, source));
                }
                Scales::Pair | Scales::ScaleAndMinimum => self.d[element] = ggml::factor_pair(source),
            }
            for part in 0..file_len / BLOCK {
                let slot = tile * n_blocks + source_idx * (file_len / BLOCK) + part;
                self.put_block(slot, lane, source, part);
            }
        }
    }

    fn put_block(&mut self, slot: usize, lane: usize, source: &[u8], part: usize) {
        let lo_words = lo_words(self.format);
        let mut lo = [0; BLOCK];
        if matches!(self.format, Format::F16 | Format::F32 | Format::Q8_0) {
            ggml::wide_words(self.format, source, &mut lo);
        } else {
            let codes = ggml::codes(self.format, source, part);
            for (i, code) in codes.iter().map(|&code| u32::from(code)).enumerate() {
                lo[i / 8] |= (code & 15) << (i % 8 * 4);
                let hi_bits = self.format.bits() as usize - 4;
                if hi_bits > 0 {
                    let (word, shift) = (i * hi_bits / 32, i * hi_bits % 32);
                    let words = hi_bits; // one word for each bit that 32 codes have
                    self.hi[(slot * words + word) * TILE_ROWS + lane] |= code >> 4 << shift;
                }
            }
        }
        for (word_idx, word) in lo[..lo_words].iter().enumerate() {
            let vector = slot * (lo_words / 4) + word_idx / 4;
            self.lo[(vector * TILE_ROWS + lane) * 4 + word_idx % 4] = *word;
        }
        if let Some(sub) = ggml::sub_scales(self.format, source, part) {
            put_half(&mut self.sub, slot * TILE_ROWS + lane, sub);
        }
    }

    /// The weights of one block, by the formula of its format.
    fn block(&self, row_idx: usize, block: usize) -> [f32; BLOCK] {
        let (tile, lane) = (row_idx / TILE_ROWS, row_idx % TILE_ROWS);
        let slot = tile * (self.cols / BLOCK) + block;
        let super_slot = tile * (self.cols / SUPERBLOCK) + block * BLOCK / SUPERBLOCK;
        let element = slot * TILE_ROWS + lane;
        let super_element = super_slot * TILE_ROWS + lane;
        let zero = f32::from(self.format.zero_code());
        std::array::from_fn(|i| {
            let code = self.code(slot, lane, i);
            match self.format.scales() {
                Scales::None => code,
                Scales::Single => (code - zero) * half_at(&self.d, element),
                Scales::Pair => {
                    let [d, m] = halves(self.d[element]);
                    code * d + m
                }
                Scales::ScaleAndMinimum => {
                    let [d, d_min] = halves(self.d[super_element]);
                    let [scale, minimum] = bits_at(&self.sub, element).to_le_bytes();
                    d * f32::from(scale) * code - d_min * f32::from(minimum)
                }
                Scales::Halves => {
                    let scale = bits_at(&self.sub, element).to_le_bytes()[i / 16].cast_signed();
                    half_at(&self.d, super_element) * f32::from(scale) * (code - zero)
                }
            }
        })
    }

    fn code(&self, slot: usize, lane: usize, i: usize) -> f32 {
        let lo_words = lo_words(self.format);
        let word = |idx: usize| self.lo[((slot * (lo_words / 4) + idx / 4) * TILE_ROWS + lane) * 4 + idx % 4];
        match self.format.bits() {
            32 => f32::from_bits(word(i)),
            16 => halves(word(i / 2))[i % 2],
            8 => f32::from(word(i / 4).to_le_bytes()[i % 4].cast_signed()),
            bits => {
                let lo = word(i / 8) >> (i % 8 * 4) & 15;
                let hi_bits = bits as usize - 4;
                let hi = if hi_bits == 0 {
                    0
                } else {
                    let (word, shift) = (i * hi_bits / 32, i * hi_bits % 32);
                    self.hi[(slot * hi_bits + word) * TILE_ROWS + lane] >> shift & ((1 << hi_bits) - 1)
                };
                (lo | hi << 4) as f32
            }
        }
    }
}

/// Words of a block in `lo`.
fn lo_words(format: Format) -> usize {
    match format.bits() {
        bits @ (8 | 16 | 32) => bits as usize,
        _ => 4,
    }
}

/// Words of a block in `hi`.
fn hi_words(format: Format) -> usize {
    match format.bits() {
        5 => 1,
        6 => 2,
        _ => 0,
    }
}

fn put_half(words: &mut [u32], element: usize, bits: u16) {
    words[element / 2] |= u32::from(bits) << (element % 2 * 16);
}

fn bits_at(words: &[u32], element: usize) -> u16 {
    (words[element / 2] >> (element % 2 * 16)) as u16
}

fn half_at(words: &[u32], element: usize) -> f32 {
    f16::from_bits(bits_at(words, element)).to_f32()
}

fn halves(word: u32) -> [f32; 2] {
    [f16::from_bits(word as u16).to_f32(), f16::from_bits((word >> 16) as u16).to_f32()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{candle_type, quantized, random};
    use candle_core::Device;

    #[test]
    fn planes_hold_the_very_weights_of_the_blocks() {
        for format in Format::ALL {
            let (rows, cols) = (11, 768);
            let (bytes, tensor) = quantized(format, rows, cols, &random(rows * cols, 1));
            let planes = Planes::repack(format, cols, &bytes).expect("whole rows");
            let expected: Vec<f32> = tensor
                .dequantize(&Device::Cpu)
                .and_then(|tensor| tensor.flatten_all()?.to_vec1())
                .expect("candle's own blocks");
            let found = planes.dequantize();
            assert_eq!(found.len(), expected.len());
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_eq!(
                    found.to_bits(),
                    expected.to_bits(),
                    "{format:?}, weight {i}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn planes_take_at_most_a_twentieth_more_than_the_file() {
        for format in Format::ALL {
            let tile = TileWords::new(format, 1024).total() * 4;
            let file = format.row_bytes(1024).expect("whole blocks") * TILE_ROWS;
            assert!(tile * 20 <= file * 21, "{format:?}: {tile} bytes for {file}");
        }
    }

    #[test]
    fn every_ggml_number_is_the_format_that_candle_reads_it_as() {
        let numbers = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14];
        let types = ["F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4K", "Q5K", "Q6K"];
        for (number, name) in numbers.into_iter().zip(types) {
            let format = Format::from_ggml_type(number).expect("a known number");
            assert_eq!(format!("{:?}", candle_type(format)), name);
        }
        assert_eq!(Format::from_ggml_type(10), None);
    }

    #[test]
    fn bytes_that_are_no_whole_rows_are_refused() {
        assert!(Planes::repack(Format::Q4_0, 64, &[0; 35]).is_err());
        assert!(Planes::repack(Format::Q4_0, 64, &[]).is_err());
        assert!(Planes::repack(Format::Q4_0, 48, &[0; 27]).is_err());
        assert!(Planes::repack(Format::Q4_K, 96, &[0; 54]).is_err());
        assert!(Planes::repack(Format::F32, 33, &[0; 132]).is_err());
        assert!(Planes::repack(Format::F32, 0, &[0; 4]).is_err());
    }
}
