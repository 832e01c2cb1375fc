//! Rows of quantised weights become planes in the GPU's memory, as they stream in.

use crate::planes::{Scales, TILE_ROWS, TileWords};
use crate::tuning::MatrixShape;
use crate::{Error, Format, Gpu, Planes, Tensor};

/// A weight matrix: `rows` outputs of `cols` inputs each.
///
/// Matrices that read the same vector can stand above each other in one: queries, keys and values, or gate above up.
#[derive(Clone, Debug)]
pub struct Matrix {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// By rows; each of one format and short enough for a binding.
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) format: Format,
    pub(crate) first_row: usize,
    pub(crate) rows: usize,
    pub(crate) lo: Tensor,
    pub(crate) hi: Tensor,
    pub(crate) scales: Tensor, // plane sub, then plane d
    /// Words of plane `sub`.
    pub(crate) super_start: usize,
}

impl Matrix {
    /// Room for a matrix whose rows are then written.
    ///
    /// # Errors
    /// If its rows are not whole blocks, or one tile of them is longer than a binding.
    pub fn new(gpu: &Gpu, format: Format, rows: usize, cols: usize) -> Result<Self, Error> {
        Self::stacked(gpu, &[(format, rows)], cols)
    }

    /// Room for matrices above each other, each of so many rows in its own format. Neighbours of one format are computed together.
    ///
    /// # Errors
    /// If rows are not whole blocks, one tile of them is longer than a binding, or one but the last is not of whole tiles.
    pub fn stacked(gpu: &Gpu, members: &[(Format, usize)], cols: usize) -> Result<Self, Error> {
        Self::split(gpu, members, cols, gpu.facts().max_binding_bytes)
    }

    fn split(gpu: &Gpu, members: &[(Format, usize)], cols: usize, most_bytes: u64) -> Result<Self, Error> {
        let mut matrix = Self { rows: 0, cols, parts: Vec::new() };
        for run in members.chunk_by(|one, next| one.0 == next.0) {
            let rows = run.iter().map(|(_, rows)| rows).sum();
            if !matrix.rows.is_multiple_of(TILE_ROWS) {
                return Err(Error::shape("matrix", "whole tiles of 8 rows before the last", matrix.rows));
            }
            matrix.add_parts(gpu, run[0].0, rows, most_bytes)?;
        }
        if matrix.rows == 0 {
            return Err(Error::shape("matrix", "at least one row", 0));
        }
        Ok(matrix)
    }

    fn add_parts(&mut self, gpu: &Gpu, format: Format, rows: usize, most_bytes: u64) -> Result<(), Error> {
        format.row_bytes(self.cols)?;
        let words = TileWords::new(format, self.cols);
        let widest = words.lo.max(words.hi).max(words.sub + words.d);
        let most_tiles = usize::try_from(most_bytes / 4).unwrap_or(usize::MAX) / widest;
        if most_tiles == 0 {
            return Err(Error::Limit(format!("a row of {} weights is longer than a binding", self.cols)));
        }
        let step = most_tiles.saturating_mul(TILE_ROWS);
        for first_row in (0..rows).step_by(step) {
            let part_rows = (rows - first_row).min(step);
            let tiles = part_rows.div_ceil(TILE_ROWS);
            self.parts.push(Part {
                format,
                first_row: self.rows + first_row,
                rows: part_rows,
                lo: gpu.tensor("plane lo", tiles * words.lo)?,
                hi: gpu.tensor("plane hi", tiles * words.hi)?,
                scales: gpu.tensor("plane scales", tiles * (words.sub + words.d))?,
                super_start: tiles * words.sub,
            });
        }
        self.rows += rows;
        Ok(())
    }

    /// Rows, the outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, the inputs.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Bytes in the GPU's memory.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| 4 * (part.lo.len() + part.hi.len() + part.scales.len())).sum()
    }

    /// Bytes in the file.
    pub fn file_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.rows * part.format.row_bytes(self.cols).unwrap_or(0)).sum()
    }

    /// What its products are tuned by, if it is of one format.
    pub(crate) fn shape(&self, gated: bool) -> Option<MatrixShape> {
        let first = self.parts.first()?;
        let Self { rows, cols, .. } = *self;
        let same = self.parts.iter().all(|part| part.format == first.format);
        same.then_some(MatrixShape { format: first.format, rows, cols, gated })
    }

    /// Whether it can be a gate above an up of as many rows, which one kernel computes together.
    pub fn can_be_gated(&self) -> bool {
        self.parts.len() == 1 && self.rows.is_multiple_of(2 * TILE_ROWS)
    }

    /// Writes whole rows as they lie in the file, from `first_row` on, which is a multiple of 8. They lie in one member of a stack.
    ///
    /// Rows that are no multiple of 8 fill up the last tile with zeros: only the last of a member may be such.
    ///
    /// # Errors
    /// If they are not whole rows, not inside the matrix, or not numbers.
    pub fn write(&self, gpu: &Gpu, first_row: usize, bytes: &[u8]) -> Result<(), Error> {
        let Some(format) =
            self.parts.iter().rfind(|part| part.first_row <= first_row).map(|part| part.format)
        else {
            return Err(Error::shape("matrix", "at least one row", 0));
        };
        let row_bytes = format.row_bytes(self.cols)?;
        let end = first_row.saturating_add(bytes.len() / row_bytes);
        if !first_row.is_multiple_of(TILE_ROWS) || !bytes.len().is_multiple_of(row_bytes) || end > self.rows {
            let expected = format!("whole rows inside {} from a multiple of {TILE_ROWS}", self.rows);
            return Err(Error::shape("matrix", expected, format!("rows {first_row} to {end}")));
        }
        if !(end - first_row).is_multiple_of(TILE_ROWS) && end < self.rows {
            return Err(Error::shape("matrix", "whole tiles of 8 rows before the last", end - first_row));
        }
        for part in &self.parts {
            let (from, to) = (first_row.max(part.first_row), end.min(part.first_row + part.rows));
            if from < to {
                if part.format != format {
                    let got = format!("rows of {:?}", part.format);
                    return Err(Error::shape("matrix", format!("rows of {format:?}"), got));
                }
                let bytes = &bytes[(from - first_row) * row_bytes..(to - first_row) * row_bytes];
                let planes = Planes::repack(format, self.cols, bytes)?;
                part.write(gpu, (from - part.first_row) / TILE_ROWS, &planes)?;
            }
        }
        Ok(())
    }
}

impl Part {
    /// Constants of `planes.wgsl`.
    pub(crate) fn constants(&self) -> [(&'static str, f64); 3] {
        [
            ("BITS", f64::from(self.format.bits())),
            ("SCALES", f64::from(self.format.scales() as u32)),
            ("ZERO_CODE", f64::from(self.format.zero_code())),
        ]
    }

    fn write(&self, gpu: &Gpu, first_tile: usize, planes: &Planes) -> Result<(), Error> {
        let words = TileWords::new(planes.format(), planes.cols());
        gpu.write(&self.lo, first_tile * words.lo, &planes.lo)?;
        if words.hi > 0 {
            gpu.write(&self.hi, first_tile * words.hi, &planes.hi)?;
        }
        if words.sub > 0 {
            gpu.write(&self.scales, first_tile * words.sub, &planes.sub)?;
        }
        if planes.format().scales() != Scales::None {
            gpu.write(&self.scales, self.super_start + first_tile * words.d, &planes.d)?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl Matrix {
    /// As if bindings were as short as `most_bytes`.
    pub(crate) fn in_parts(
        gpu: &Gpu,
        format: Format,
        rows: usize,
        cols: usize,
        most_bytes: u64,
    ) -> Result<Self, Error> {
        Self::split(gpu, &[(format, rows)], cols, most_bytes)
    }
}
