//! Queries are turned, keys are turned and kept, values are kept; see `rope.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Gpu, KvCache, Recorder, Tensor};

pub(crate) static ROPE: Kernel = Kernel {
    name: "rope",
    sources: &[include_str!("turn.wgsl"), include_str!("rope.wgsl")],
    bindings: &[Uniform, Read, Read, Read, Write, Write, Write, Uniform],
    subgroups: false,
};

/// The heads of an attention block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Heads of the queries.
    pub n_heads: usize,
    /// Heads of keys and values.
    pub n_kv_heads: usize,
    /// Length of a head.
    pub head_dim: usize,
}

/// Which components of a head are turned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopePairs {
    /// 2i and 2i + 1.
    Interleaved,
    /// i and i + dims / 2.
    Halves,
}

/// The angles of every position, computed once in double precision: a GPU's own sine is too rough far from zero.
#[derive(Clone, Debug)]
pub struct Rope {
    pub(crate) angles: Tensor, // (positions, dims / 2) of cos and sin
    pub(crate) dims: usize,
    positions: usize,
    pairs: RopePairs,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
    rope_dims: u32,
    cache_tiles: u32,
    eps: f32,
    reserved: [u32; 2],
}

impl Rope {
    /// Angles are position · frequency; there is one frequency for each pair.
    ///
    /// # Errors
    /// If the table is longer than a binding.
    pub fn new(gpu: &Gpu, pairs: RopePairs, frequencies: &[f32], positions: usize) -> Result<Self, Error> {
        let angle = |position: usize, frequency: f32| {
            // The product is rounded as in the models' reference, the functions are not.
            let (sin, cos) = f64::from(position as f32 * frequency).sin_cos();
            [cos as f32, sin as f32]
        };
        let of_position =
            |position| frequencies.iter().flat_map(move |&frequency| angle(position, frequency));
        let table: Vec<f32> = (0..positions).flat_map(of_position).collect();
        Ok(Self { angles: gpu.upload("angles", &table)?, dims: 2 * frequencies.len(), positions, pairs })
    }
}

/// Fails unless angles and norms fit the cache.
pub(crate) fn check(
    rope: Option<&Rope>,
    qk_norm: Option<(&Tensor, f32)>,
    head_dim: usize,
    cache: &KvCache,
) -> Result<(), Error> {
    const OP: &str = "rope";
    if let Some((weights, _)) = qk_norm {
        weights.holds(OP, "two norms", 2 * head_dim)?;
    }
    if let Some(rope) = rope
        && (rope.dims > head_dim || rope.positions < cache.context())
    {
        let expected = format!("angles of {} positions of at most {head_dim}", cache.context());
        return Err(Error::shape(OP, expected, format!("{} of {}", rope.positions, rope.dims)));
    }
    Ok(())
}

/// Constants of `turn.wgsl`.
pub(crate) fn constants(rope: Option<&Rope>, qk_norm: Option<(&Tensor, f32)>) -> [(&'static str, f64); 2] {
    let interleaved = rope.is_some_and(|rope| rope.pairs == RopePairs::Interleaved);
    [("QK_NORM", f64::from(u8::from(qk_norm.is_some()))), ("INTERLEAVED", f64::from(u8::from(interleaved)))]
}

impl Recorder<'_> {
    /// Splits `qkv`, (tokens, n_heads + 2 n_kv_heads, head_dim): queries go to `queries`, (tokens, n_heads, head_dim), keys and
    /// values into the cache at the tokens' positions. `rope` turns queries and keys; `qk_norm` is the weights of RMSNorm on
    /// each head, (2, head_dim) for Q and K, and epsilon.
    ///
    /// # Errors
    /// If a tensor is too short or the cache has other heads.
    pub fn append_kv(
        &mut self,
        heads: Heads,
        qkv: &Tensor,
        rope: Option<&Rope>,
        qk_norm: Option<(&Tensor, f32)>,
        queries: &Tensor,
        cache: &KvCache,
    ) -> Result<(), Error> {
        const OP: &str = "rope";
        let Heads { n_heads, n_kv_heads, head_dim } = heads;
        let n_all = n_heads + 2 * n_kv_heads;
        qkv.holds(OP, "queries, keys and values", self.max_tokens * n_all * head_dim)?;
        queries.holds(OP, "queries", self.max_tokens * n_heads * head_dim)?;
        if (cache.n_kv_heads, cache.head_dim) != (n_kv_heads, head_dim) {
            let got = format!("{} heads of {}", cache.n_kv_heads, cache.head_dim);
            return Err(Error::shape(OP, format!("a cache of {n_kv_heads} heads of {head_dim}"), got));
        }
        check(rope, qk_norm, head_dim, cache)?;
        let mut constants = constants(rope, qk_norm).to_vec();
        constants.push(("THREADS", f64::from(self.gpu.tuning().threads.min(32))));
        let params = self.uniform(&[Params {
            n_heads: n_heads as u32,
            n_kv_heads: n_kv_heads as u32,
            head_dim: head_dim as u32,
            rope_dims: rope.map_or(0, |rope| rope.dims as u32),
            cache_tiles: cache.tiles as u32,
            eps: qk_norm.map_or(0.0, |(_, eps)| eps),
            reserved: [0; 2],
        }])?;
        let tensors = [
            &params,
            qkv,
            rope.map_or(self.unread(), |rope| &rope.angles),
            qk_norm.map_or(self.unread(), |(weights, _)| weights),
            queries,
            &cache.keys,
            &cache.values,
            &self.cursor.state,
        ];
        self.dispatch(&ROPE, &constants, &tensors, [Extent::Fixed(n_all), Extent::TokensBy(1), Extent::ONE])
    }
}
