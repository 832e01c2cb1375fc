//! Rows of an embedding table become vectors; see `gather.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::planes::BLOCK;
use crate::recorder::Extent;
use crate::{Error, Matrix, Recorder, Stream, Tensor};

pub(crate) static GATHER: Kernel = Kernel {
    name: "gather",
    sources: &[include_str!("planes.wgsl"), include_str!("gather.wgsl")],
    bindings: &[Read, Read, Read, Uniform, Read, Read, Write, Write, Uniform],
};

/// Which row of a table a token takes.
#[derive(Clone, Copy, Debug)]
pub enum RowOf<'a> {
    /// The row of its id; the ids stand by position.
    Token(&'a Tensor),
    /// The row of its position, moved by so many: XLM-R begins at 2.
    Position(usize),
    /// The first row: the only token type of a single text.
    First,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_rows: u32,
    first_row: u32,
    n_blocks: u32,
    super_start: u32,
    scale: f32,
    first_position: u32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    /// y = rows of a table: (tokens, cols). A token without a row leaves y as it was.
    ///
    /// # Errors
    /// If y is too short.
    pub fn gather(&mut self, table: &Matrix, row: RowOf<'_>, y: &Tensor) -> Result<(), Error> {
        self.record_gather(&[], table, row, 1.0, y, None)
    }

    /// y += rows of a table.
    ///
    /// # Errors
    /// If y is too short.
    pub fn gather_add(&mut self, table: &Matrix, row: RowOf<'_>, y: &Tensor) -> Result<(), Error> {
        self.record_gather(&[("ADD", 1.0)], table, row, 1.0, y, None)
    }

    /// The stream begins with the rows of the tokens' ids, times `scale`, ready for the norm of weight `next`.
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn embed(
        &mut self,
        table: &Matrix,
        tokens: &Tensor,
        scale: f32,
        stream: &Stream,
        next: &Tensor,
    ) -> Result<(), Error> {
        next.holds("gather", "the next norm", table.cols)?;
        let next = Some((next, &stream.weighted));
        self.record_gather(&[("NEXT", 1.0)], table, RowOf::Token(tokens), scale, &stream.values, next)
    }

    fn record_gather(
        &mut self,
        mode: &[(&'static str, f64)],
        table: &Matrix,
        row: RowOf<'_>,
        scale: f32,
        y: &Tensor,
        next: Option<(&Tensor, &Tensor)>,
    ) -> Result<(), Error> {
        y.holds("gather", "outputs", self.max_tokens * table.cols)?;
        let mut constants = table.constants().to_vec();
        constants.extend_from_slice(mode);
        constants.push(("THREADS", f64::from(self.gpu.tuning().threads)));
        let mut first_position = 0;
        let tokens = match row {
            RowOf::Token(tokens) => tokens,
            RowOf::Position(first) => {
                constants.push(("BY_POSITION", 1.0));
                first_position = first as u32;
                self.unread()
            }
            RowOf::First => {
                constants.push(("FIXED", 1.0));
                self.unread()
            }
        };
        for part in &table.parts {
            let params = self.uniform(&[Params {
                n_rows: part.rows as u32,
                first_row: part.first_row as u32,
                n_blocks: (table.cols / BLOCK) as u32,
                super_start: part.super_start as u32,
                scale,
                first_position,
                reserved: [0; 2],
            }])?;
            let tensors = [
                &part.lo,
                &part.hi,
                &part.scales,
                &params,
                tokens,
                next.map_or(self.unread(), |(weight, _)| weight),
                y,
                next.map_or(self.unwritten(), |(_, weighted)| weighted),
                &self.cursor.state,
            ];
            self.dispatch(&GATHER, &constants, &tensors, [Extent::TokensBy(1), Extent::ONE, Extent::ONE])?;
        }
        Ok(())
    }
}
