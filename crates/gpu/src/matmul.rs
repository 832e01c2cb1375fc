//! Many vectors through a matrix; see `matmul.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::linear::Linear;
use crate::planes::{BLOCK, TILE_ROWS};
use crate::recorder::Extent;
use crate::{Error, Recorder};

pub(crate) static MATMUL: Kernel = Kernel {
    name: "matmul",
    sources: &[include_str!("planes.wgsl"), include_str!("activation.wgsl"), include_str!("matmul.wgsl")],
    bindings: &[Read, Read, Read, Uniform, Read, Read, Read, Write, Write, Uniform],
    subgroups: false,
};

/// Tokens and row tiles of one thread.
const TOKENS: usize = 4;
const TILES: usize = 4;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_rows: u32,
    n_tiles: u32,
    n_blocks: u32,
    first_row: u32,
    super_start: u32,
    row_stride: u32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    pub(crate) fn matmul(&mut self, linear: &Linear<'_>) -> Result<(), Error> {
        let groups = self.gpu.tuning().cut(linear.matrix.shape(linear.gated)).token_groups;
        let mut common = linear.constants();
        common.push(("GROUPS", f64::from(groups)));
        let factors = match linear.norm {
            Some((stream, eps)) => Some(self.rms_factors(stream, linear.matrix.cols, eps)?),
            None => None,
        };
        for part in &linear.matrix.parts {
            let constants = [&part.constants()[..], &common].concat();
            let rows = if linear.gated { linear.rows } else { part.rows };
            let n_tiles = rows.div_ceil(TILE_ROWS);
            let params = self.uniform(&[Params {
                n_rows: rows as u32,
                n_tiles: n_tiles as u32,
                n_blocks: (linear.matrix.cols / BLOCK) as u32,
                first_row: part.first_row as u32,
                super_start: part.super_start as u32,
                row_stride: linear.rows as u32,
                reserved: [0; 2],
            }])?;
            let aux = factors.as_ref().or(linear.next.map(|(weight, _)| weight));
            let tensors = [
                &part.lo,
                &part.hi,
                &part.scales,
                &params,
                linear.x,
                linear.bias.unwrap_or(self.unread()),
                aux.unwrap_or(self.unread()),
                linear.y,
                linear.next.map_or(self.unwritten(), |(_, weighted)| weighted),
                &self.cursor.state,
            ];
            let tiles_per_group = if linear.gated { TILES / 2 } else { TILES };
            let across = Extent::Fixed(n_tiles.div_ceil(tiles_per_group));
            let grid = [across, Extent::TokensBy(TOKENS * groups as usize), Extent::ONE];
            self.dispatch(&MATMUL, &constants, &tensors, grid)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Guarded, assert_close, matrix, on_all_cuts, product, random, run, tolerance};
    use crate::{Activation, Format, Input, Output, Stream};

    #[test]
    fn every_format_gives_the_products() {
        on_all_cuts(|gpu| {
            for format in Format::ALL {
                let (rows, cols, tokens) = (43, 512, 7);
                let (matrix, weights) = matrix(gpu, format, rows, cols);
                let x = random(tokens * cols, 7);
                let input = gpu.upload("x", &x).expect("a short tensor");
                let y = Guarded::new(gpu, tokens * rows);
                let bias = random(rows, 9);
                let bias_tensor = gpu.upload("bias", &bias).expect("a short tensor");
                run(gpu, 3, tokens, tokens, |pass| {
                    pass.linear(&matrix, Input::Plain(&input), Some(&bias_tensor), Output::Store(&y.tensor))
                });
                let mut expected = product(&weights, cols, &x);
                expected.iter_mut().enumerate().for_each(|(i, y)| *y += f64::from(bias[i % rows]));
                assert_close(&format!("{format:?}"), &y.read(gpu), &expected, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn fewer_tokens_than_recorded_leave_the_others_alone() {
        on_all_cuts(|gpu| {
            let (rows, cols, tokens) = (16, 64, 5);
            let (matrix, weights) = matrix(gpu, Format::Q4_0, rows, cols);
            let x = random(9 * cols, 7);
            let input = gpu.upload("x", &x).expect("a short tensor");
            let y = Guarded::with(gpu, &vec![-1.0; 9 * rows]);
            run(gpu, 0, tokens, 9, |pass| {
                pass.linear(&matrix, Input::Plain(&input), None, Output::Store(&y.tensor))
            });
            let found = y.read(gpu);
            let expected = product(&weights, cols, &x[..tokens * cols]);
            assert_close("first", &found[..tokens * rows], &expected, tolerance::FLOATS);
            assert!(found[tokens * rows..].iter().all(|&y| y == -1.0));
        });
    }

    #[test]
    fn a_normed_stream_goes_through_a_gate_and_back_into_the_stream() {
        on_all_cuts(|gpu| {
            let (dim, inner, tokens, eps) = (64, 96, 6, 1e-4_f32);
            let (gate_up, gate_up_weights) = matrix(gpu, Format::Q4_1, 2 * inner, dim);
            let (down, down_weights) = matrix(gpu, Format::Q5_1, dim, inner);
            let (x, norm) = (random(tokens * dim, 1), random(2 * dim, 2));
            let weighted: Vec<f32> = x.iter().enumerate().map(|(i, x)| x * norm[i % dim]).collect();
            let (values, next) = (Guarded::with(gpu, &x), Guarded::with(gpu, &weighted));
            let stream = Stream { values: values.tensor.clone(), weighted: next.tensor.clone(), dim };
            let next_norm = gpu.upload("norm", &norm[dim..]).expect("a short tensor");
            let y = gpu.tensor("y", tokens * inner).expect("a short tensor");
            run(gpu, 0, tokens, tokens, |pass| {
                let gated = Output::Gated(Activation::GeluTanh, &y);
                pass.linear(&gate_up, Input::Normed(&stream, eps), None, gated)?;
                pass.linear(&down, Input::Plain(&y), None, Output::AddToStream(&stream, &next_norm))
            });
            let both = product(&gate_up_weights, dim, &weighted);
            let mut gated = Vec::new();
            for token in 0..tokens {
                let square: f64 = x[token * dim..][..dim].iter().map(|&x| f64::from(x).powi(2)).sum();
                let rms = (square / dim as f64 + f64::from(eps)).sqrt();
                for i in 0..inner {
                    let (gate, up) =
                        (both[token * 2 * inner + i] / rms, both[(token * 2 + 1) * inner + i] / rms);
                    gated.push((Activation::GeluTanh.of(gate) * up) as f32);
                }
            }
            let mut sum = product(&down_weights, inner, &gated);
            sum.iter_mut().zip(&x).for_each(|(y, &x)| *y += f64::from(x));
            assert_close("stream", &values.read(gpu), &sum, tolerance::FLOATS);
            let expected: Vec<f64> =
                sum.iter().enumerate().map(|(i, y)| y * f64::from(norm[dim + i % dim])).collect();
            assert_close("weighted", &next.read(gpu), &expected, tolerance::FLOATS);
        });
    }
}
