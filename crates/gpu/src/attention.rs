//! Queries and the KV cache become what each token attends to; see `attention.wgsl` and `combine.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Heads, KvCache, Recorder, Tensor};

pub(crate) static ATTENTION: Kernel = Kernel {
    name: "attention",
    sources: &[include_str!("attention.wgsl")],
    bindings: &[Uniform, Read, Read, Read, Write, Write, Uniform],
};

pub(crate) static COMBINE: Kernel = Kernel {
    name: "combine",
    sources: &[include_str!("combine.wgsl")],
    bindings: &[Uniform, Read, Read, Write],
};

/// Rows (a token's query heads of one KV head) that one workgroup can have; `MOST_ROWS` in the shader.
const MOST_ROWS: usize = 64;

/// Which positions a token sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// Its own and those before.
    Causal,
    /// Its own and the last ones before, so many in all.
    Window(usize),
    /// Every position of the step and before.
    Full,
}

/// Scaled dot-product attention (Vaswani et al. 2017, [arXiv:1706.03762](https://arxiv.org/abs/1706.03762)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Query and KV heads.
    pub heads: Heads,
    /// Factor on the scores.
    pub scale: f32,
    /// Squeezes the scores into ±this by tanh.
    pub softcap: Option<f32>,
    /// Which positions a token sees.
    pub mask: Mask,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_kv_heads: u32,
    cache_tiles: u32,
    splits: u32,
    window: u32,
    scale: f32,
    softcap: f32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    /// y = softmax(scale · Q Kᵀ) V, both Q and y (tokens, n_heads, head_dim); keys and values of the step are in the cache already.
    ///
    /// # Errors
    /// If a tensor is too short, or heads do not share keys evenly.
    pub fn attention(
        &mut self,
        attention: Attention,
        queries: &Tensor,
        cache: &KvCache,
        y: &Tensor,
    ) -> Result<(), Error> {
        const OP: &str = "attention";
        let Heads { n_heads, n_kv_heads, head_dim } = attention.heads;
        if n_kv_heads == 0 || !n_heads.is_multiple_of(n_kv_heads) {
            return Err(Error::shape(
                OP,
                "query heads in equal groups",
                format!("{n_heads} for {n_kv_heads}"),
            ));
        }
        if (cache.n_kv_heads, cache.head_dim) != (n_kv_heads, head_dim) {
            let got = format!("{} heads of {}", cache.n_kv_heads, cache.head_dim);
            return Err(Error::shape(OP, format!("a cache of {n_kv_heads} heads of {head_dim}"), got));
        }
        queries.holds(OP, "queries", self.max_tokens * n_heads * head_dim)?;
        y.holds(OP, "outputs", self.max_tokens * n_heads * head_dim)?;
        let tuning = self.gpu.tuning();
        let (chunk, threads) = (tuning.attention_chunk, tuning.threads);
        let splits = if self.max_tokens == 1 { tuning.attention_splits as usize } else { 1 };
        let group = n_heads / n_kv_heads;
        let tokens = self.tokens_at_once(group, head_dim)?;
        let constants = [
            ("THREADS", f64::from(threads)),
            ("GROUP", group as f64),
            ("TOKENS", tokens as f64),
            ("HEAD_DIM", head_dim as f64),
            ("CHUNK", f64::from(chunk)),
            ("SPLIT", f64::from(u8::from(splits > 1))),
            ("CAUSAL", f64::from(u8::from(attention.mask != Mask::Full))),
        ];
        let params = self.uniform(&[Params {
            n_kv_heads: n_kv_heads as u32,
            cache_tiles: cache.tiles as u32,
            splits: splits as u32,
            window: if let Mask::Window(window) = attention.mask { window as u32 } else { 0 },
            scale: attention.scale,
            softcap: attention.softcap.unwrap_or(0.0),
            reserved: [0; 2],
        }])?;
        let grid = [Extent::Fixed(n_kv_heads), Extent::TokensBy(tokens), Extent::Fixed(splits)];
        if splits == 1 {
            let tensors =
                [&params, queries, &cache.keys, &cache.values, y, self.unwritten(), &self.cursor.state];
            return self.dispatch(&ATTENTION, &constants, &tensors, grid);
        }
        let partial = self.gpu.tensor("attention spans", n_heads * splits * head_dim)?;
        let sums = self.gpu.tensor("attention sums", n_heads * splits * 2)?;
        let tensors = [&params, queries, &cache.keys, &cache.values, &partial, &sums, &self.cursor.state];
        self.dispatch(&ATTENTION, &constants, &tensors, grid)?;
        let params = self.uniform(&[n_heads as u32, (head_dim / 4) as u32, splits as u32, 0])?;
        let grid = [Extent::Fixed((n_heads * head_dim / 4).div_ceil(8)), Extent::ONE, Extent::ONE];
        self.dispatch(&COMBINE, &[], &[&params, &partial, &sums, y], grid)
    }

    /// Tokens that share a workgroup: as many as tuned, if its memory holds them.
    fn tokens_at_once(&self, group: usize, head_dim: usize) -> Result<usize, Error> {
        let tuning = self.gpu.tuning();
        let row_bytes = 4 * (head_dim + tuning.attention_chunk as usize);
        let memory = self.gpu.limits.max_compute_workgroup_storage_size as usize - 3 * 4 * MOST_ROWS;
        let most_rows = (memory / row_bytes).min(MOST_ROWS);
        if group > most_rows {
            return Err(Error::Limit(format!(
                "{group} query heads of {head_dim} share keys where {most_rows} can"
            )));
        }
        Ok((most_rows / group).min(tuning.attention_tokens as usize).min(self.max_tokens).max(1))
    }
}
