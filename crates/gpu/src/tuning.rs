//! An adapter becomes the sizes that kernels are cut to; a model engine may try others and keep the fastest.

use crate::{AdapterFacts, Error};

/// The cut of the kernels. Every value computes the same; only the speed differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
}

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
    };

    pub(crate) fn for_adapter(facts: &AdapterFacts, limits: &wgpu::Limits) -> Self {
        let tuning = if facts.software { Self::SOFTWARE } else { Self::HARDWARE };
        if tuning.check(limits).is_ok() { tuning } else { Self::SOFTWARE }
    }

    pub(crate) fn check(&self, limits: &wgpu::Limits) -> Result<(), Error> {
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
