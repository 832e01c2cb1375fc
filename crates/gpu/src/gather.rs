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
    subgroups: false,
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
        let mut common = mode.to_vec();
        common.push(("THREADS", f64::from(self.gpu.tuning().threads)));
        let mut first_position = 0;
        let tokens = match row {
            RowOf::Token(tokens) => tokens,
            RowOf::Position(first) => {
                common.push(("BY_POSITION", 1.0));
                first_position = first as u32;
                self.unread()
            }
            RowOf::First => {
                common.push(("FIXED", 1.0));
                self.unread()
            }
        };
        for part in &table.parts {
            let constants = [&part.constants()[..], &common].concat();
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

#[cfg(test)]
mod tests {
    use super::RowOf;
    use crate::testing::{Guarded, assert_close, matrix, on_all_cuts, quantized, random, run, tolerance};
    use crate::{Format, Matrix, Stream};

    #[test]
    fn tokens_become_scaled_rows_of_every_format() {
        on_all_cuts(|gpu| {
            for format in Format::ALL {
                let (rows, dim) = (21, 256);
                let (table, weights) = matrix(gpu, format, rows, dim);
                let tokens = gpu.upload("tokens", &[9_u32, 9, 20, 0, 7]).expect("a short tensor");
                let norm = random(dim, 2);
                let next = gpu.upload("norm", &norm).expect("a short tensor");
                let (values, weighted) = (Guarded::new(gpu, 3 * dim), Guarded::new(gpu, 3 * dim));
                let stream = Stream { values: values.tensor.clone(), weighted: weighted.tensor.clone(), dim };
                run(gpu, 2, 3, 3, |pass| pass.embed(&table, &tokens, 1.5, &stream, &next));
                let expected: Vec<f64> =
                    [20, 0, 7].iter().flat_map(|row| &weights[row * dim..][..dim]).map(|x| x * 1.5).collect();
                assert_close(&format!("{format:?}"), &values.read(gpu), &expected, tolerance::FLOATS);
                let expected: Vec<f64> =
                    expected.iter().enumerate().map(|(i, x)| x * f64::from(norm[i % dim])).collect();
                assert_close("weighted", &weighted.read(gpu), &expected, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn positions_and_types_are_added_and_tables_may_be_in_parts() {
        on_all_cuts(|gpu| {
            let (rows, dim) = (37, 64);
            let (bytes, tensor) = quantized(Format::F32, rows, dim, &random(rows * dim, 4));
            let table = Matrix::in_parts(gpu, Format::F32, rows, dim, 5000).expect("a tile fits");
            assert!(table.parts.len() > 2);
            table.write(gpu, 0, &bytes).expect("whole rows");
            let weights: Vec<f32> = tensor
                .dequantize(&candle_core::Device::Cpu)
                .and_then(|tensor| tensor.flatten_all()?.to_vec1())
                .expect("floats");
            let tokens = gpu.upload("tokens", &[0_u32, 0, 0, 36, 17]).expect("a short tensor");
            let y = Guarded::new(gpu, 2 * dim);
            run(gpu, 3, 2, 2, |pass| {
                pass.gather(&table, RowOf::Token(&tokens), &y.tensor)?;
                pass.gather_add(&table, RowOf::Position(2), &y.tensor)?;
                pass.gather_add(&table, RowOf::First, &y.tensor)
            });
            let row = |row: usize, i: usize| f64::from(weights[row * dim + i]);
            let expected: Vec<f64> = [(36, 5), (17, 6)]
                .iter()
                .flat_map(|&(token, position)| {
                    (0..dim).map(move |i| row(token, i) + row(position, i) + row(0, i))
                })
                .collect();
            assert_close("sum", &y.read(gpu), &expected, tolerance::FLOATS);
        });
    }

    #[test]
    fn a_token_without_a_row_harms_nothing() {
        on_all_cuts(|gpu| {
            let (table, _) = matrix(gpu, Format::Q4_0, 16, 32);
            let tokens = gpu.upload("tokens", &[16_u32, u32::MAX]).expect("a short tensor");
            let y = Guarded::with(gpu, &[-1.0; 64]);
            run(gpu, 0, 2, 2, |pass| pass.gather(&table, RowOf::Token(&tokens), &y.tensor));
            assert!(y.read(gpu).iter().all(|&y| y == -1.0));
        });
    }
}
