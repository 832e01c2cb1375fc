//! An adapter becomes the sizes that kernels are cut to; a model engine may try others and keep the fastest.

use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::{
    Activation, AdapterFacts, Cursor, Error, Format, Gpu, Input, Matrix, Output, Plan, Recorder, Tensor,
};

/// Times that a kernel is run in one measurement.
const REPEATS: usize = 8;
/// Measurements of a cut, of which the fastest counts.
const MEASUREMENTS: usize = 3;

/// The cut of the kernels. Every value computes the same; only the speed differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// Row tiles (of 8) that one workgroup of a matrix-vector product computes: 1, 2 or 4. More read the vector less
    /// often, fewer give more workgroups.
    pub tiles: u32,
    /// Threads that share a row of a matrix-vector product: a power of two up to 32. More for GPUs, which need many threads;
    /// one where a barrier is dear.
    pub splits: u32,
    /// Groups of four tokens in a workgroup of a matrix-matrix product: 1 to 32.
    pub token_groups: u32,
    /// Threads of a workgroup in norms, gathers, attention and sampling: a power of two, 8 to 256.
    pub threads: u32,
    /// Positions that attention holds scores of at a time: a multiple of 16.
    pub attention_chunk: u32,
    /// Tokens of a prompt that share the keys they load.
    pub attention_tokens: u32,
    /// Spans of positions that attention is split into when one token is read.
    pub attention_splits: u32,
    /// Matrices whose products with a vector were found to be faster by another cut than `tiles` and `splits`.
    pub found: Vec<(MatrixShape, Cut)>,
}

/// What decides how fast a matrix-vector product is, beside the adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixShape {
    /// How weights are coded.
    pub format: Format,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub cols: usize,
    /// A gate above an up.
    pub gated: bool,
}

/// See [`Tuning::tiles`] and [`Tuning::splits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Row tiles of a workgroup.
    pub tiles: u32,
    /// Threads that share a row.
    pub splits: u32,
}

/// Cuts that are tried, likelier ones first, for time may be up before the last.
const CUTS: [Cut; 8] = [
    Cut { tiles: 4, splits: 1 },
    Cut { tiles: 1, splits: 16 },
    Cut { tiles: 2, splits: 8 },
    Cut { tiles: 1, splits: 32 },
    Cut { tiles: 4, splits: 4 },
    Cut { tiles: 1, splits: 8 },
    Cut { tiles: 2, splits: 1 },
    Cut { tiles: 2, splits: 16 },
];

impl Tuning {
    /// A software adapter: a workgroup is one vector register, barriers are dear, the cores are few.
    pub const SOFTWARE: Self = Self {
        tiles: 4,
        splits: 1,
        token_groups: 1,
        threads: 8,
        attention_chunk: 64,
        attention_tokens: 4,
        attention_splits: 4,
        found: Vec::new(),
    };

    /// A GPU: thousands of threads have to be kept busy.
    pub const HARDWARE: Self = Self {
        tiles: 1,
        splits: 16,
        token_groups: 8,
        threads: 64,
        attention_chunk: 128,
        attention_tokens: 4,
        attention_splits: 16,
        found: Vec::new(),
    };

    pub(crate) fn for_adapter(facts: &AdapterFacts, limits: &wgpu::Limits) -> Self {
        let tuning = if facts.software { Self::SOFTWARE } else { Self::HARDWARE };
        if tuning.check(limits).is_ok() { tuning } else { Self::SOFTWARE }
    }

    /// The cut for a matrix-vector product.
    pub(crate) fn cut(&self, shape: MatrixShape) -> Cut {
        let found = self.found.iter().find(|(known, _)| *known == shape);
        found.map_or(Cut { tiles: self.tiles, splits: self.splits }, |(_, cut)| *cut)
    }

    pub(crate) fn check(&self, limits: &wgpu::Limits) -> Result<(), Error> {
        for (_, Cut { tiles, splits }) in &self.found {
            Self { tiles: *tiles, splits: *splits, found: Vec::new(), ..self.clone() }.check(limits)?;
        }
        let wrong = |what: &str| Err(Error::Limit(format!("kernels cannot be cut so: {what}")));
        if ![1, 2, 4].contains(&self.tiles) {
            return wrong("tiles are 1, 2 or 4");
        }
        if !self.splits.is_power_of_two() || self.splits > 32 {
            return wrong("splits are a power of two up to 32");
        }
        if !(1..=32).contains(&self.token_groups) {
            return wrong("token groups are 1 to 32");
        }
        if !self.threads.is_power_of_two() || !(8..=256).contains(&self.threads) {
            return wrong("threads are a power of two from 8 to 256");
        }
        if self.attention_chunk == 0 || !self.attention_chunk.is_multiple_of(16) {
            return wrong("attention's chunk is a multiple of 16");
        }
        if self.attention_tokens == 0 || self.attention_splits == 0 {
            return wrong("attention needs at least one token and one split");
        }
        let most = self.threads.max(8 * self.splits).max(8 * self.token_groups);
        if most > limits.max_compute_invocations_per_workgroup || most > limits.max_compute_workgroup_size_x {
            return wrong("a workgroup of the adapter has fewer threads");
        }
        Ok(())
    }
}

impl Gpu {
    /// Tries other cuts for these matrices, of which those marked are gates above ups, for as long as
    /// [`Self::set_tuning_seconds`] allows. What is found holds for what is recorded from now on. What was found before is not tried again.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn tune(&self, matrices: &[(&Matrix, bool)]) -> Result<(), Error> {
        let (started, seconds) = (Instant::now(), self.tuning_seconds());
        if seconds <= 0.0 {
            return Ok(());
        }
        let is_over = || started.elapsed().as_secs_f64() > seconds;
        // Those who read most come first.
        let mut order = matrices.to_vec();
        order.sort_by_key(|(matrix, _)| std::cmp::Reverse(matrix.bytes()));
        let longest =
            |size: fn(&Matrix) -> usize| order.iter().map(|(matrix, _)| size(matrix)).max().unwrap_or(1);
        let x = self.tensor("x", longest(Matrix::cols))?;
        let y = self.tensor("y", longest(Matrix::rows))?;
        for (matrix, gated) in &order {
            let Some(shape) = matrix.shape(*gated) else { continue };
            if self.tuning().found.iter().any(|(known, _)| *known == shape) {
                continue;
            }
            let mut fastest: Option<(f64, Cut)> = None;
            for cut in CUTS {
                if is_over() {
                    break;
                }
                // A gate and its up are two tiles at least.
                if *gated && cut.tiles == 1 {
                    continue;
                }
                let before = self.tuning();
                let tried = Tuning { tiles: cut.tiles, splits: cut.splits, ..before.clone() };
                if self.set_tuning(tried).is_err() {
                    continue;
                }
                let plan = self.repeated(matrix, *gated, &x, &y);
                self.set_tuning(before)?;
                let time = self.fastest(&plan?).await?;
                if fastest.is_none_or(|(best, _)| time < best) {
                    fastest = Some((time, cut));
                }
            }
            if let Some((_, cut)) = fastest {
                let mut tuning = self.tuning();
                tuning.found.push((shape, cut));
                self.set_tuning(tuning)?;
            }
        }
        Ok(())
    }

    /// A plan that multiplies several times.
    fn repeated(&self, matrix: &Matrix, gated: bool, x: &Tensor, y: &Tensor) -> Result<Plan, Error> {
        let cursor = Cursor::new(self)?;
        let mut pass = Recorder::new(self, &cursor, 1);
        for _ in 0..REPEATS {
            let output = if gated { Output::Gated(Activation::Silu, y) } else { Output::Store(y) };
            pass.linear(matrix, Input::Plain(x), None, output)?;
        }
        Ok(pass.finish())
    }

    /// Seconds of the fastest of some runs; the first, which pays for the compiler, does not count.
    pub(crate) async fn fastest(&self, plan: &Plan) -> Result<f64, Error> {
        self.submit(&[(plan, 1)])?;
        self.settle().await?;
        let mut fastest = f64::INFINITY;
        for _ in 0..MEASUREMENTS {
            let started = Instant::now();
            self.submit(&[(plan, 1)])?;
            self.settle().await?;
            fastest = fastest.min(started.elapsed().as_secs_f64());
        }
        Ok(fastest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{gpu, matrix};
    use futures_lite::future::block_on;

    #[test]
    fn each_shape_gets_a_cut_once_and_the_rest_stays() {
        let Some(gpu) = gpu() else { return };
        let before = gpu.tuning();
        gpu.set_tuning_seconds(20.0);
        let (small, _) = matrix(&gpu, Format::Q4_0, 48, 64);
        let (both, _) = matrix(&gpu, Format::Q6_K, 64, 256);
        let matrices = [(&small, false), (&both, true), (&small, false)];
        block_on(gpu.tune(&matrices)).expect("a working device");
        let found = gpu.tuning();
        assert_eq!(Tuning { found: Vec::new(), ..found.clone() }, before);
        let shapes: Vec<_> = found.found.iter().map(|(shape, _)| (shape.rows, shape.gated)).collect();
        assert_eq!(shapes, [(64, true), (48, false)], "the larger first");
        block_on(gpu.tune(&matrices)).expect("a working device");
        assert_eq!(gpu.tuning(), found);
        let odd = (found.found[0].0, Cut { tiles: 3, splits: 1 });
        assert!(gpu.set_tuning(Tuning { found: vec![odd], ..before }).is_err());
    }
}
