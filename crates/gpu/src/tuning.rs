//! An adapter becomes the sizes that kernels are cut to; a model engine may try others and keep the fastest.

use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::{
    Activation, AdapterFacts, Cursor, Error, Format, Gpu, Input, Matrix, Output, Plan, Recorder, Tensor,
};

/// Times that a kernel is run in one measurement, unless that takes longer than [`LONG`].
const REPEATS: usize = 8;
/// Measurements of a cut, of which the fastest counts.
const MEASUREMENTS: usize = 3;
/// Seconds after which a single run says enough.
const LONG: f64 = 0.01;

/// The cut of the kernels. Every value computes the same; only the speed differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// Matrices for which nothing better was found.
    pub cut: Cut,
    /// Threads of a workgroup in norms, gathers, attention and sampling: a power of two, 8 to 256.
    pub threads: u32,
    /// Positions that attention holds scores of at a time: a multiple of 16.
    pub attention_chunk: u32,
    /// Tokens of a prompt that share the keys they load.
    pub attention_tokens: u32,
    /// Spans of positions that attention is split into when one token is read.
    pub attention_splits: u32,
    /// Matrices that were tried, with the fastest cut of each.
    pub found: Vec<(MatrixShape, Cut)>,
}

/// What decides how fast a product is, beside the adapter.
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

/// How the products of a matrix are shared out among threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Row tiles (of 8) that one workgroup of a matrix-vector product computes: 1, 2 or 4. More read the vector less
    /// often, fewer give more workgroups.
    pub tiles: u32,
    /// Threads that share a row of a matrix-vector product: a power of two up to 32. More for GPUs, which need many threads;
    /// one where a barrier is dear.
    pub splits: u32,
    /// Threads join their sums of a matrix-vector product within subgroups, where the adapter has them.
    pub subgroups: bool,
    /// Groups of four tokens in a workgroup of a matrix-matrix product: 1 to 32.
    pub token_groups: u32,
}

/// A matrix that a model multiplies with, to be tuned for.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a> {
    /// The weights.
    pub matrix: &'a Matrix,
    /// It is a gate above an up.
    pub gated: bool,
    /// Most vectors at once.
    pub tokens: usize,
}

/// (tiles, splits) that are tried, likelier ones first, for time may be up before the last.
const VECTOR_CUTS: [(u32, u32); 8] = [(4, 1), (1, 16), (2, 8), (1, 32), (4, 4), (1, 8), (2, 1), (2, 16)];
/// Token groups that are tried.
const TOKEN_GROUPS: [u32; 6] = [8, 4, 16, 2, 1, 32];

impl Tuning {
    /// A software adapter: a workgroup is one vector register, barriers are dear, the cores are few.
    pub const SOFTWARE: Self = Self {
        cut: Cut { tiles: 4, splits: 1, subgroups: false, token_groups: 1 },
        threads: 8,
        attention_chunk: 64,
        attention_tokens: 4,
        attention_splits: 4,
        found: Vec::new(),
    };

    /// A GPU: thousands of threads have to be kept busy.
    pub const HARDWARE: Self = Self {
        cut: Cut { tiles: 1, splits: 16, subgroups: false, token_groups: 8 },
        threads: 64,
        attention_chunk: 128,
        attention_tokens: 4,
        attention_splits: 16,
        found: Vec::new(),
    };

    pub(crate) fn for_adapter(facts: &AdapterFacts, limits: &wgpu::Limits) -> Self {
        let tuning = if facts.software { Self::SOFTWARE } else { Self::HARDWARE };
        let tuning = if tuning.check(facts, limits).is_ok() { tuning } else { Self::SOFTWARE };
        tuning.with_subgroups(facts.joins_in_subgroups())
    }

    /// The same with subgroups or without, wherever nothing else was found.
    pub(crate) fn with_subgroups(mut self, subgroups: bool) -> Self {
        self.cut.subgroups = subgroups;
        self.found.retain(|(_, cut)| subgroups || !cut.subgroups);
        self
    }

    /// The cut for a matrix's products.
    pub(crate) fn cut(&self, shape: Option<MatrixShape>) -> Cut {
        let found = self.found.iter().find(|(known, _)| Some(*known) == shape);
        found.map_or(self.cut, |(_, cut)| *cut)
    }

    pub(crate) fn check(&self, facts: &AdapterFacts, limits: &wgpu::Limits) -> Result<(), Error> {
        for cut in self.found.iter().map(|(_, cut)| cut).chain([&self.cut]) {
            cut.check(facts, limits)?;
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
        fits(self.threads, limits)
    }
}

impl Cut {
    fn check(&self, facts: &AdapterFacts, limits: &wgpu::Limits) -> Result<(), Error> {
        if self.subgroups && !facts.joins_in_subgroups() {
            return wrong("the adapter has no subgroups of eight threads or more");
        }
        if ![1, 2, 4].contains(&self.tiles) {
            return wrong("tiles are 1, 2 or 4");
        }
        if !self.splits.is_power_of_two() || self.splits > 32 {
            return wrong("splits are a power of two up to 32");
        }
        if !(1..=32).contains(&self.token_groups) {
            return wrong("token groups are 1 to 32");
        }
        fits(8 * self.splits.max(self.token_groups), limits)
    }
}

fn wrong(what: &str) -> Result<(), Error> {
    Err(Error::Limit(format!("kernels cannot be cut so: {what}")))
}

fn fits(threads: u32, limits: &wgpu::Limits) -> Result<(), Error> {
    if threads > limits.max_compute_invocations_per_workgroup || threads > limits.max_compute_workgroup_size_x
    {
        return wrong("a workgroup of the adapter has fewer threads");
    }
    Ok(())
}

impl Gpu {
    /// Tries other cuts for these products, for as long as [`Self::set_tuning_seconds`] allows. What is found holds for what is
    /// recorded from now on. What was found before is not tried again.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn tune(&self, products: &[Product<'_>]) -> Result<(), Error> {
        let (started, seconds) = (Instant::now(), self.tuning_seconds());
        let is_over = || started.elapsed().as_secs_f64() > seconds;
        if seconds <= 0.0 {
            return Ok(());
        }
        // What reads most in all comes first.
        let mut shapes: Vec<(MatrixShape, Product<'_>, usize)> = Vec::new();
        for product in products {
            let (bytes, Some(shape)) = (product.matrix.bytes(), product.matrix.shape(product.gated)) else {
                continue;
            };
            match shapes.iter_mut().find(|(known, ..)| *known == shape) {
                Some((_, _, sum)) => *sum += bytes,
                None => shapes.push((shape, *product, bytes)),
            }
        }
        shapes.sort_by_key(|&(_, _, bytes)| std::cmp::Reverse(bytes));
        let longest = |size: fn(&Product<'_>) -> usize| products.iter().map(size).max().unwrap_or(1);
        let x = self.tensor("x", longest(|product| product.tokens * product.matrix.cols()))?;
        let y = self.tensor("y", longest(|product| product.tokens * product.matrix.rows()))?;
        for (shape, product, _) in shapes {
            let known = self.tuning();
            if is_over() || known.found.iter().any(|(known, _)| *known == shape) {
                continue;
            }
            let fixed = known.cut;
            let cuts = VECTOR_CUTS.into_iter().flat_map(|(tiles, splits)| {
                [fixed.subgroups, !fixed.subgroups].map(|subgroups| Cut { tiles, splits, subgroups, ..fixed })
            });
            // A gate and its up are two tiles at least.
            let cuts: Vec<_> = cuts.filter(|cut| cut.tiles > 1 || !product.gated).collect();
            let vector = Product { tokens: 1, ..product };
            let mut cut = self.fastest_cut(vector, fixed, &cuts, &x, &y, &is_over).await?;
            if product.tokens > 1 {
                let cuts = TOKEN_GROUPS.map(|token_groups| Cut { token_groups, ..cut });
                cut = self.fastest_cut(product, cut, &cuts, &x, &y, &is_over).await?;
            }
            let mut tuning = self.tuning();
            tuning.found.push((shape, cut));
            self.set_tuning(tuning)?;
        }
        Ok(())
    }

    /// The fastest of `first` and `others`, as far as there is time to try them.
    async fn fastest_cut(
        &self,
        product: Product<'_>,
        first: Cut,
        others: &[Cut],
        x: &Tensor,
        y: &Tensor,
        is_over: &impl Fn() -> bool,
    ) -> Result<Cut, Error> {
        let mut fastest = (self.seconds_of(product, first, x, y).await?, first);
        for &cut in
            others.iter().filter(|&&cut| cut != first && cut.check(self.facts(), &self.limits).is_ok())
        {
            if is_over() {
                break;
            }
            let seconds = self.seconds_of(product, cut, x, y).await?;
            if seconds < fastest.0 {
                fastest = (seconds, cut);
            }
        }
        Ok(fastest.1)
    }

    /// Seconds of a product when it is cut so.
    async fn seconds_of(&self, product: Product<'_>, cut: Cut, x: &Tensor, y: &Tensor) -> Result<f64, Error> {
        let before = self.tuning();
        self.set_tuning(Tuning { cut, found: Vec::new(), ..before.clone() })?;
        let plans =
            self.repeated(product, 1, x, y).and_then(|one| Ok((one, self.repeated(product, REPEATS, x, y)?)));
        self.set_tuning(before)?;
        let (one, many) = plans?;
        let seconds = self.fastest(&one, product.tokens, 1).await?;
        if seconds > LONG {
            return Ok(seconds);
        }
        Ok(self.fastest(&many, product.tokens, MEASUREMENTS).await? / REPEATS as f64)
    }

    /// A plan that multiplies several times.
    fn repeated(&self, product: Product<'_>, times: usize, x: &Tensor, y: &Tensor) -> Result<Plan, Error> {
        let cursor = Cursor::new(self)?;
        cursor.set(self, 0, product.tokens)?;
        let mut pass = Recorder::new(self, &cursor, product.tokens);
        for _ in 0..times {
            let output = if product.gated { Output::Gated(Activation::Silu, y) } else { Output::Store(y) };
            pass.linear(product.matrix, Input::Plain(x), None, output)?;
        }
        Ok(pass.finish())
    }

    /// Seconds of the fastest of some runs; one before them, which pays for the compiler, does not count.
    pub(crate) async fn fastest(&self, plan: &Plan, n_tokens: usize, runs: usize) -> Result<f64, Error> {
        self.submit(&[(plan, n_tokens)])?;
        self.settle().await?;
        let mut fastest = f64::INFINITY;
        for _ in 0..runs {
            let started = Instant::now();
            self.submit(&[(plan, n_tokens)])?;
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
        let (small, _) = matrix(&gpu, Format::Q4_0, 48, 64);
        let (both, _) = matrix(&gpu, Format::Q6_K, 64, 256);
        let product = |matrix, gated, tokens| Product { matrix, gated, tokens };
        let products = [product(&small, false, 9), product(&both, true, 1), product(&small, false, 9)];
        block_on(gpu.tune(&products)).expect("a working device");
        assert_eq!(gpu.tuning(), before, "there was no time");
        gpu.set_tuning_seconds(20.0);
        block_on(gpu.tune(&products)).expect("a working device");
        let found = gpu.tuning();
        assert_eq!(Tuning { found: Vec::new(), ..found.clone() }, before);
        let shapes: Vec<_> = found.found.iter().map(|(shape, _)| (shape.rows, shape.gated)).collect();
        assert_eq!(shapes, [(64, true), (48, false)], "the larger first");
        block_on(gpu.tune(&products)).expect("a working device");
        assert_eq!(gpu.tuning(), found);
        let odd = (found.found[0].0, Cut { tiles: 3, ..before.cut });
        assert!(gpu.set_tuning(Tuning { found: vec![odd], ..before }).is_err());
    }
}
