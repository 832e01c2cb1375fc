//! One vector through a matrix; see `matvec.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{self, Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::linear::Linear;
use crate::planes::{BLOCK, TILE_ROWS};
use crate::recorder::Extent;
use crate::tuning::Cut;
use crate::{Error, Gpu, Recorder};

pub(crate) static MATVEC: Kernel = Kernel {
    name: "matvec",
    sources: &[
        include_str!("planes.wgsl"),
        include_str!("activation.wgsl"),
        include_str!("matvec.wgsl"),
        include_str!("matvec_shared.wgsl"),
    ],
    bindings: BINDINGS,
    subgroups: false,
};

pub(crate) static MATVEC_SUBGROUPS: Kernel = Kernel {
    name: "matvec_subgroups",
    sources: &[
        include_str!("planes.wgsl"),
        include_str!("activation.wgsl"),
        include_str!("matvec.wgsl"),
        include_str!("matvec_subgroups.wgsl"),
    ],
    bindings: BINDINGS,
    subgroups: true,
};

const BINDINGS: &[Binding] = &[Read, Read, Read, Uniform, Read, Read, Read, Write, Write];

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_rows: u32,
    n_tiles: u32,
    n_blocks: u32,
    first_row: u32,
    super_start: u32,
    eps: f32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    pub(crate) fn matvec(&mut self, linear: &Linear<'_>) -> Result<(), Error> {
        let Cut { tiles, splits, subgroups, .. } = self.gpu.tuning().cut(linear.matrix.shape(linear.gated));
        // A gate and its up are computed by one thread.
        let tiles = if linear.gated { tiles.max(2) } else { tiles };
        let tiles_per_group = if linear.gated { tiles / 2 } else { tiles } as usize;
        let mut common = linear.constants();
        common.extend([("TILES", f64::from(tiles)), ("SPLITS", f64::from(splits))]);
        if linear.post.is_some() {
            if !self.gpu.can_add_blocks(linear.matrix.cols) {
                return Err(Error::Limit(format!("a block of {} numbers to add", linear.matrix.cols)));
            }
            common.extend([("POST", 1.0), ("POST_VECTORS", (linear.matrix.cols / 4) as f64)]);
        }
        let kernel = if subgroups { &MATVEC_SUBGROUPS } else { &MATVEC };
        let (norms, sum) = linear.post.unzip();
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
                eps: linear.norm.map_or(0.0, |(_, eps)| eps),
                reserved: [0; 2],
            }])?;
            let aux = linear.norm.map(|(stream, _)| stream).or(linear.next.map(|(weight, _)| weight));
            let tensors = [
                &part.lo,
                &part.hi,
                &part.scales,
                &params,
                linear.x,
                linear.bias.or(norms).unwrap_or(self.unread()),
                aux.unwrap_or(self.unread()),
                linear.y,
                linear.next.map(|(_, weighted)| weighted).or(sum).unwrap_or(self.unwritten()),
            ];
            let groups = n_tiles.div_ceil(tiles_per_group);
            // The heads of large vocabularies have more workgroups than one dimension allows.
            let wide = groups.min(self.gpu.limits.max_compute_workgroups_per_dimension as usize);
            let grid = [Extent::Fixed(wide), Extent::Fixed(groups.div_ceil(wide)), Extent::ONE];
            self.dispatch(kernel, &constants, &tensors, grid)?;
        }
        Ok(())
    }
}

impl Gpu {
    /// Whether a workgroup's memory holds a vector of so many numbers, which [`Input::Added`](crate::Input::Added) needs.
    pub fn can_add_blocks(&self, dim: usize) -> bool {
        // Beside it are partial sums of at most 256 threads.
        4 * dim + 256 * 20 <= self.limits.max_compute_workgroup_storage_size as usize
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{
        Guarded, assert_close, matrix, on_all_cuts, product, quantized, random, run, tolerance, widened,
    };
    use crate::{Activation, Format, Input, Matrix, Output, Stream};
    use candle_core::Device;

    #[test]
    fn every_format_gives_the_product() {
        on_all_cuts(|gpu| {
            for format in Format::ALL {
                let (rows, cols) = (43, 768);
                let (matrix, weights) = matrix(gpu, format, rows, cols);
                let x = random(cols, 7);
                let input = gpu.upload("x", &x).expect("a short tensor");
                let y = Guarded::new(gpu, rows);
                run(gpu, 0, 1, 1, |pass| {
                    pass.linear(&matrix, Input::Plain(&input), None, Output::Store(&y.tensor))
                });
                assert_close(
                    &format!("{format:?}"),
                    &y.read(gpu),
                    &product(&weights, cols, &x),
                    tolerance::FLOATS,
                );
            }
        });
    }

    #[test]
    fn norm_bias_and_activation_are_part_of_the_product() {
        on_all_cuts(|gpu| {
            let (rows, cols, eps) = (29, 160, 1e-3_f32);
            let (matrix, weights) = matrix(gpu, Format::Q4_1, rows, cols);
            let (x, norm, bias) = (random(cols, 1), random(cols, 2), random(rows, 3));
            let stream = Stream::new(gpu, 1, cols).expect("a short tensor");
            let weighted: Vec<f32> = x.iter().zip(&norm).map(|(x, w)| x * w).collect();
            gpu.write(&stream.values, 0, &x).expect("it fits");
            gpu.write(&stream.weighted, 0, &weighted).expect("it fits");
            let bias_tensor = gpu.upload("bias", &bias).expect("a short tensor");
            let square = x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / cols as f64;
            let rms = (square + f64::from(eps)).sqrt();
            for activation in [Activation::None, Activation::Silu, Activation::GeluTanh, Activation::Gelu] {
                let y = Guarded::new(gpu, rows);
                let output = Output::Activated(activation, &y.tensor);
                run(gpu, 0, 1, 1, |pass| {
                    pass.linear(&matrix, Input::Normed(&stream, eps), Some(&bias_tensor), output)
                });
                let expected: Vec<f64> = product(&weights, cols, &weighted)
                    .iter()
                    .zip(&bias)
                    .map(|(y, &bias)| activation.of(y / rms + f64::from(bias)))
                    .collect();
                assert_close(&format!("{activation:?}"), &y.read(gpu), &expected, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn a_result_is_added_to_the_stream_and_made_ready_for_the_next_norm() {
        on_all_cuts(|gpu| {
            let (rows, cols) = (72, 96);
            let (matrix, weights) = matrix(gpu, Format::Q8_0, rows, cols);
            let (x, before, norm) = (random(cols, 1), random(rows, 2), random(rows, 3));
            let input = gpu.upload("x", &x).expect("a short tensor");
            let norm_tensor = gpu.upload("norm", &norm).expect("a short tensor");
            let (values, weighted) = (Guarded::with(gpu, &before), Guarded::new(gpu, rows));
            let stream =
                Stream { values: values.tensor.clone(), weighted: weighted.tensor.clone(), dim: rows };
            run(gpu, 0, 1, 1, |pass| {
                pass.linear(&matrix, Input::Plain(&input), None, Output::AddToStream(&stream, &norm_tensor))
            });
            let sum: Vec<f64> =
                product(&weights, cols, &x).iter().zip(&before).map(|(y, &b)| y + f64::from(b)).collect();
            assert_close("stream", &values.read(gpu), &sum, tolerance::FLOATS);
            let next: Vec<f64> = sum.iter().zip(&norm).map(|(y, &w)| y * f64::from(w)).collect();
            assert_close("weighted", &weighted.read(gpu), &next, tolerance::FLOATS);
        });
    }

    #[test]
    fn a_gate_above_an_up_gives_their_product() {
        on_all_cuts(|gpu| {
            let (rows, cols) = (40, 64);
            let (matrix, weights) = matrix(gpu, Format::Q5_0, 2 * rows, cols);
            let x = random(cols, 1);
            let input = gpu.upload("x", &x).expect("a short tensor");
            let y = Guarded::new(gpu, rows);
            let output = Output::Gated(Activation::Silu, &y.tensor);
            run(gpu, 0, 1, 1, |pass| pass.linear(&matrix, Input::Plain(&input), None, output));
            let both = product(&weights, cols, &x);
            let expected: Vec<f64> =
                (0..rows).map(|i| Activation::Silu.of(both[i]) * both[rows + i]).collect();
            assert_close("gated", &y.read(gpu), &expected, tolerance::FLOATS);
        });
    }

    #[test]
    fn a_block_is_normed_and_added_on_its_way() {
        on_all_cuts(|gpu| {
            let (rows, cols, eps) = (48, 96, 1e-3_f32);
            let (x, block, norms) = (random(cols, 1), random(cols, 2), random(2 * cols, 3));
            let upload = |values: &[f32]| gpu.upload("x", values).expect("a short tensor");
            let before = Stream { values: upload(&x), weighted: upload(&x), dim: cols };
            let values = Guarded::new(gpu, cols);
            let after = Stream { values: values.tensor.clone(), weighted: upload(&x), dim: cols };
            let (block_tensor, norms_tensor) = (upload(&block), upload(&norms));
            let rms =
                |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64 + f64::from(eps)).sqrt();
            let block = widened(&block);
            let normed = |i: usize| block[i] / rms(&block) * f64::from(norms[i]);
            let sum: Vec<f64> = (0..cols).map(|i| f64::from(x[i]) + normed(i)).collect();
            let input = (0..cols).map(|i| (sum[i] / rms(&sum) * f64::from(norms[cols + i])) as f32);
            let input: Vec<f32> = input.collect();
            for gated in [false, true] {
                let (matrix, weights) = matrix(gpu, Format::Q5_1, rows, cols);
                let y = Guarded::new(gpu, if gated { rows / 2 } else { rows });
                let added = crate::AddedBlock {
                    stream: &before,
                    block: &block_tensor,
                    norms: &norms_tensor,
                    eps,
                    sum: &after,
                };
                let output = match gated {
                    true => Output::Gated(Activation::GeluTanh, &y.tensor),
                    false => Output::Store(&y.tensor),
                };
                run(gpu, 0, 1, 1, |pass| pass.linear(&matrix, Input::Added(added), None, output));
                let mut expected = product(&weights, cols, &input);
                if gated {
                    let both = expected.clone();
                    expected.truncate(rows / 2);
                    let gate = |i: usize| Activation::GeluTanh.of(both[i]) * both[rows / 2 + i];
                    expected.iter_mut().enumerate().for_each(|(i, y)| *y = gate(i));
                }
                assert_close("product", &y.read(gpu), &expected, tolerance::FLOATS);
                assert_close("sum", &values.read(gpu), &sum, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn rows_beyond_a_binding_are_in_parts() {
        on_all_cuts(|gpu| {
            let (rows, cols) = (53, 64);
            let (bytes, tensor) = quantized(Format::Q4_0, rows, cols, &random(rows * cols, 5));
            let matrix = Matrix::in_parts(gpu, Format::Q4_0, rows, cols, 700).expect("a tile fits");
            assert!(matrix.parts.len() > 2);
            // Written in pieces that are no parts.
            let row_bytes = bytes.len() / rows;
            for first_row in (0..rows).step_by(24) {
                let end = (first_row + 24).min(rows);
                let piece = &bytes[first_row * row_bytes..end * row_bytes];
                matrix.write(gpu, first_row, piece).expect("whole tiles");
            }
            let weights: Vec<f32> =
                tensor.dequantize(&Device::Cpu).and_then(|t| t.flatten_all()?.to_vec1()).expect("blocks");
            let x = random(cols, 1);
            let input = gpu.upload("x", &x).expect("a short tensor");
            let y = Guarded::new(gpu, rows);
            run(gpu, 0, 1, 1, |pass| {
                pass.linear(&matrix, Input::Plain(&input), None, Output::Store(&y.tensor))
            });
            assert_close("parts", &y.read(gpu), &product(&widened(&weights), cols, &x), tolerance::FLOATS);
        });
    }

    #[test]
    fn matrices_of_other_formats_stand_above_each_other() {
        on_all_cuts(|gpu| {
            let cols = 256;
            let members = [(Format::Q4_K, 16), (Format::Q4_K, 8), (Format::Q6_K, 13)];
            let matrix = Matrix::stacked(gpu, &members, cols).expect("whole tiles");
            assert_eq!((matrix.rows(), matrix.parts.len()), (37, 2));
            let (mut weights, mut first_row) = (Vec::new(), 0);
            for (format, rows) in members {
                let (bytes, tensor) = quantized(format, rows, cols, &random(rows * cols, rows as u64));
                matrix.write(gpu, first_row, &bytes).expect("whole rows");
                let values = tensor.dequantize(&Device::Cpu).and_then(|t| t.flatten_all()?.to_vec1());
                weights.extend::<Vec<f32>>(values.expect("blocks"));
                first_row += rows;
            }
            let x = random(cols, 1);
            let input = gpu.upload("x", &x).expect("a short tensor");
            let y = Guarded::new(gpu, 37);
            run(gpu, 0, 1, 1, |pass| {
                pass.linear(&matrix, Input::Plain(&input), None, Output::Store(&y.tensor))
            });
            assert_close("stack", &y.read(gpu), &product(&widened(&weights), cols, &x), tolerance::FLOATS);
            assert!(Matrix::stacked(gpu, &[(Format::F32, 12), (Format::F16, 8)], cols).is_err());
        });
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        on_all_cuts(|gpu| {
            let (matrix, _) = matrix(gpu, Format::F32, 16, 64);
            let (short, long) = (gpu.tensor("x", 15).expect("short"), gpu.tensor("y", 64).expect("short"));
            let cursor = crate::Cursor::new(gpu).expect("short");
            let mut pass = crate::Recorder::new(gpu, &cursor, 1);
            assert!(pass.linear(&matrix, Input::Plain(&short), None, Output::Store(&long)).is_err());
            assert!(pass.linear(&matrix, Input::Plain(&long), None, Output::Store(&short)).is_err());
            assert!(pass.linear(&matrix, Input::Plain(&long), Some(&short), Output::Store(&long)).is_err());
            let gated = Output::Gated(Activation::Silu, &long);
            assert!(pass.linear(&matrix, Input::Plain(&long), Some(&long), gated).is_err());
            assert!(matrix.write(gpu, 4, &[0; 256]).is_err());
            assert!(matrix.write(gpu, 16, &[0; 256]).is_err());
            assert!(matrix.write(gpu, 0, &[0; 255]).is_err());
            assert!(matrix.write(gpu, 0, &[0; 256]).is_err(), "half a tile that is not the last");
        });
    }
}
