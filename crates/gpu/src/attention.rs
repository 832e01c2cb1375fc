//! Queries and the KV cache become what each token attends to; see `attention.wgsl` and `combine.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Heads, KvCache, Recorder, Rope, Tensor, rope};

pub(crate) static ATTENTION: Kernel = Kernel {
    name: "attention",
    sources: &[include_str!("attention.wgsl"), include_str!("attention_rows.wgsl")],
    bindings: &[Uniform, Read, Read, Read, Write, Write, Uniform],
    subgroups: false,
};

pub(crate) static ATTENTION_STEP: Kernel = Kernel {
    name: "attention_step",
    sources: &[
        include_str!("turn.wgsl"),
        include_str!("attention.wgsl"),
        include_str!("attention_step.wgsl"),
    ],
    bindings: &[Uniform, Read, Read, Read, Write, Write, Uniform, Read, Read],
    subgroups: false,
};

pub(crate) static COMBINE: Kernel = Kernel {
    name: "combine",
    sources: &[include_str!("turn.wgsl"), include_str!("combine.wgsl")],
    bindings: &[Uniform, Read, Read, Write, Read, Read, Read, Write, Write, Uniform],
    subgroups: false,
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
    rope_dims: u32,
    eps: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct CombineParams {
    n_heads: u32,
    n_kv_heads: u32,
    head_dim: u32,
    splits: u32,
    cache_tiles: u32,
    rope_dims: u32,
    eps: f32,
    reserved: u32,
}

/// What is read beside the cache.
enum Source<'a> {
    /// Queries, ready: (tokens, n_heads, head_dim).
    Queries(&'a Tensor),
    /// One token's queries, keys and values as the matrix gave them, with rotation and norms.
    Step(&'a Tensor, Option<&'a Rope>, Option<(&'a Tensor, f32)>),
}

impl Recorder<'_> {
    /// Splits `qkv`, (tokens, n_heads + 2 n_kv_heads, head_dim), turns queries and keys, keeps keys and values in the cache, and
    /// attends: y = softmax(scale · Q Kᵀ) V, (tokens, n_heads, head_dim). For one token in several spans these are two kernels.
    ///
    /// `rope` and `qk_norm` are those of [`Self::append_kv`].
    ///
    /// # Errors
    /// If a tensor is too short, or heads do not share keys evenly.
    pub fn append_and_attend(
        &mut self,
        attention: Attention,
        qkv: &Tensor,
        rope: Option<&Rope>,
        qk_norm: Option<(&Tensor, f32)>,
        cache: &KvCache,
        y: &Tensor,
    ) -> Result<(), Error> {
        let Heads { n_heads, n_kv_heads, head_dim } = attention.heads;
        let splits = self.gpu.tuning().attention_splits;
        if self.max_tokens == 1 && splits > 1 && attention.mask != Mask::Full {
            qkv.holds("attention", "queries, keys and values", (n_heads + 2 * n_kv_heads) * head_dim)?;
            rope::check(rope, qk_norm, head_dim, cache)?;
            return self.attend(attention, &Source::Step(qkv, rope, qk_norm), cache, y);
        }
        let queries = self.gpu.tensor("queries", self.max_tokens * n_heads * head_dim)?;
        self.append_kv(attention.heads, qkv, rope, qk_norm, &queries, cache)?;
        self.attention(attention, &queries, cache, y)
    }

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
        let Heads { n_heads, head_dim, .. } = attention.heads;
        queries.holds("attention", "queries", self.max_tokens * n_heads * head_dim)?;
        self.attend(attention, &Source::Queries(queries), cache, y)
    }

    fn attend(
        &mut self,
        attention: Attention,
        source: &Source<'_>,
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
        y.holds(OP, "outputs", self.max_tokens * n_heads * head_dim)?;
        let tuning = self.gpu.tuning();
        let threads = tuning.threads;
        let splits = match source {
            Source::Queries(_) => 1,
            Source::Step(..) => tuning.attention_splits as usize,
        };
        let sharing = n_heads / n_kv_heads;
        let Share { group, tokens, chunk } = self.share(sharing, head_dim)?;
        let mut constants = vec![
            ("THREADS", f64::from(threads)),
            ("GROUP", group as f64),
            ("SHARING", sharing as f64),
            ("TOKENS", tokens as f64),
            ("HEAD_DIM", head_dim as f64),
            ("CHUNK", f64::from(chunk)),
            ("SPLIT", f64::from(u8::from(splits > 1))),
            ("CAUSAL", f64::from(u8::from(attention.mask != Mask::Full))),
        ];
        let (rope, qk_norm) = match source {
            Source::Queries(_) => (None, None),
            Source::Step(_, rope, qk_norm) => {
                constants.extend(rope::constants(*rope, *qk_norm));
                (*rope, *qk_norm)
            }
        };
        let params = self.uniform(&[Params {
            n_kv_heads: n_kv_heads as u32,
            cache_tiles: cache.tiles as u32,
            splits: splits as u32,
            window: if let Mask::Window(window) = attention.mask { window as u32 } else { 0 },
            scale: attention.scale,
            softcap: attention.softcap.unwrap_or(0.0),
            rope_dims: rope.map_or(0, |rope| rope.dims as u32),
            eps: qk_norm.map_or(0.0, |(_, eps)| eps),
        }])?;
        let grid = [Extent::Fixed(n_heads / group), Extent::TokensBy(tokens), Extent::Fixed(splits)];
        let cursor = &self.cursor.state;
        let (qkv, angles, norms) = match source {
            Source::Queries(queries) => {
                let tensors = [&params, queries, &cache.keys, &cache.values, y, self.unwritten(), cursor];
                return self.dispatch(&ATTENTION, &constants, &tensors, grid);
            }
            Source::Step(qkv, ..) => {
                let angles = rope.map_or(self.unread(), |rope| &rope.angles);
                (*qkv, angles, qk_norm.map_or(self.unread(), |(weights, _)| weights))
            }
        };
        let partial = self.gpu.tensor("attention spans", n_heads * splits * head_dim)?;
        let sums = self.gpu.tensor("attention sums", n_heads * splits * 2)?;
        let KvCache { keys, values, .. } = cache;
        let tensors = [&params, qkv, keys, values, &partial, &sums, cursor, angles, norms];
        self.dispatch(&ATTENTION_STEP, &constants, &tensors, grid)?;
        let params = self.uniform(&[CombineParams {
            n_heads: n_heads as u32,
            n_kv_heads: n_kv_heads as u32,
            head_dim: head_dim as u32,
            splits: splits as u32,
            cache_tiles: cache.tiles as u32,
            rope_dims: rope.map_or(0, |rope| rope.dims as u32),
            eps: qk_norm.map_or(0.0, |(_, eps)| eps),
            reserved: 0,
        }])?;
        let threads = n_heads * head_dim / 4 + n_kv_heads * head_dim / 8;
        let tensors = [&params, &partial, &sums, y, qkv, angles, norms, keys, values, cursor];
        let grid = [Extent::Fixed(threads.div_ceil(8)), Extent::ONE, Extent::ONE];
        self.dispatch(&COMBINE, &rope::constants(rope, qk_norm), &tensors, grid)
    }

    /// What one workgroup takes of a token's `sharing` query heads of a KV head, of tokens, and of positions at a time: as much as
    /// tuned, if its memory holds it.
    fn share(&self, sharing: usize, head_dim: usize) -> Result<Share, Error> {
        let tuning = self.gpu.tuning();
        // A step's turned queries and its key are there as well.
        let fixed = 4 * (3 * MOST_ROWS + head_dim);
        let memory = (self.gpu.limits.max_compute_workgroup_storage_size as usize).saturating_sub(fixed);
        let mut chunk = tuning.attention_chunk;
        let mut group = sharing;
        loop {
            let row_bytes = 4 * (2 * head_dim + chunk as usize);
            let most_rows = (memory / row_bytes).min(MOST_ROWS);
            if group <= most_rows {
                let tokens = (most_rows / group).min(tuning.attention_tokens as usize);
                return Ok(Share { group, tokens: tokens.min(self.max_tokens).max(1), chunk });
            }
            if chunk > 16 {
                chunk = (chunk / 32 * 16).max(16);
            } else if let Some(fewer) = (1..group).rev().find(|&fewer| sharing.is_multiple_of(fewer)) {
                group = fewer;
            } else {
                return Err(Error::Limit(format!("attention with heads of {head_dim}")));
            }
        }
    }
}

/// What one workgroup of attention takes.
struct Share {
    /// Query heads of a token.
    group: usize,
    /// Tokens.
    tokens: usize,
    /// Positions at a time.
    chunk: u32,
}

#[cfg(test)]
mod tests {
    use super::{Attention, Mask};
    use crate::testing::{Guarded, assert_close, on_all_cuts, random, run, tolerance};
    use crate::{Gpu, Heads, KvCache, Rope, RopePairs};
    use futures_lite::future::block_on;

    /// A sequence of which the last `n_tokens` attend.
    struct Case {
        heads: Heads,
        position: usize,
        n_tokens: usize,
        mask: Mask,
        softcap: Option<f32>,
        rope: Option<(RopePairs, Vec<f32>)>,
        qk_norm: bool,
    }

    const EPS: f32 = 1e-3;

    /// Norm, rotation and attention by their formulas: (n_tokens, n_heads, head_dim).
    fn expected(case: &Case, qkv: &[f32], norms: &[f32]) -> Vec<f64> {
        let Heads { n_heads, n_kv_heads, head_dim } = case.heads;
        let n_all = n_heads + 2 * n_kv_heads;
        // A head after norm and rotation; those of V as they are.
        let head = |position: usize, head: usize| -> Vec<f64> {
            let x = &qkv[(position * n_all + head) * head_dim..][..head_dim];
            let mut x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
            if head >= n_heads + n_kv_heads {
                return x;
            }
            if case.qk_norm {
                let weights = &norms[usize::from(head >= n_heads) * head_dim..][..head_dim];
                let square = x.iter().map(|x| x * x).sum::<f64>() / head_dim as f64;
                let rms = (square + f64::from(EPS)).sqrt();
                x.iter_mut().zip(weights).for_each(|(x, &w)| *x *= f64::from(w) / rms);
            }
            if let Some((pairs, frequencies)) = &case.rope {
                for (i, &frequency) in frequencies.iter().enumerate() {
                    let (a, b) = match pairs {
                        RopePairs::Interleaved => (2 * i, 2 * i + 1),
                        RopePairs::Halves => (i, i + frequencies.len()),
                    };
                    let (sin, cos) = (position as f64 * f64::from(frequency)).sin_cos();
                    (x[a], x[b]) = (x[a] * cos - x[b] * sin, x[a] * sin + x[b] * cos);
                }
            }
            x
        };
        let end = case.position + case.n_tokens;
        let mut y = Vec::new();
        for token in case.position..end {
            let seen = match case.mask {
                Mask::Causal => 0..token + 1,
                Mask::Window(window) => (token + 1).saturating_sub(window)..token + 1,
                Mask::Full => 0..end,
            };
            for q_head in 0..n_heads {
                let kv_head = q_head / (n_heads / n_kv_heads);
                let query = head(token, q_head);
                let weights: Vec<f64> = seen
                    .clone()
                    .map(|position| {
                        let key = head(position, n_heads + kv_head);
                        let score = 0.3 * query.iter().zip(&key).map(|(q, k)| q * k).sum::<f64>();
                        let cap = |cap: f32| f64::from(cap) * (score / f64::from(cap)).tanh();
                        case.softcap.map_or(score, cap).exp()
                    })
                    .collect();
                let total: f64 = weights.iter().sum();
                let mut sum = vec![0.0; head_dim];
                for (position, weight) in seen.clone().zip(&weights) {
                    let value = head(position, n_heads + n_kv_heads + kv_head);
                    sum.iter_mut().zip(&value).for_each(|(y, v)| *y += weight / total * v);
                }
                y.extend(sum);
            }
        }
        y
    }

    fn check(gpu: &Gpu, case: &Case) {
        assert!(check_by(gpu, case, false) == check_by(gpu, case, true), "the same is kept");
    }

    /// `at_once`: keeping and attending is one operation. Gives the keys and values that were kept.
    fn check_by(gpu: &Gpu, case: &Case, at_once: bool) -> [Vec<u16>; 2] {
        let Heads { n_heads, n_kv_heads, head_dim } = case.heads;
        let width = (n_heads + 2 * n_kv_heads) * head_dim;
        let end = case.position + case.n_tokens;
        let qkv = random(end * width, 11);
        let norms = random(2 * head_dim, 12);
        let norm_tensor = gpu.upload("norms", &norms).expect("a short tensor");
        let cache = KvCache::new(gpu, n_kv_heads, head_dim, end).expect("a short cache");
        let rope = case.rope.as_ref().map(|(pairs, frequencies)| {
            Rope::new(gpu, *pairs, frequencies, cache.context()).expect("a short table")
        });
        let qk_norm = case.qk_norm.then_some((&norm_tensor, EPS));
        let queries = Guarded::with(gpu, &vec![0.0; case.n_tokens * n_heads * head_dim]);
        let y = Guarded::new(gpu, case.n_tokens * n_heads * head_dim);
        if case.position > 0 {
            let (n, past) =
                (case.position, gpu.tensor("past", case.position * n_heads * head_dim).expect("short"));
            let qkv = gpu.upload("qkv", &qkv[..n * width]).expect("a short tensor");
            run(gpu, 0, n, n, |pass| pass.append_kv(case.heads, &qkv, rope.as_ref(), qk_norm, &past, &cache));
        }
        let step = gpu.upload("qkv", &qkv[case.position * width..]).expect("a short tensor");
        let attention = Attention { heads: case.heads, scale: 0.3, softcap: case.softcap, mask: case.mask };
        run(gpu, case.position, case.n_tokens, case.n_tokens, |pass| {
            if at_once {
                return pass.append_and_attend(attention, &step, rope.as_ref(), qk_norm, &cache, &y.tensor);
            }
            pass.append_kv(case.heads, &step, rope.as_ref(), qk_norm, &queries.tensor, &cache)?;
            pass.attention(attention, &queries.tensor, &cache, &y.tensor)
        });
        queries.read(gpu);
        let kept = block_on(cache.read(gpu, end)).expect("a working device");
        let what = format!("{:?} {:?} at {} + {}", case.heads, case.mask, case.position, case.n_tokens);
        assert_close(&what, &y.read(gpu), &expected(case, &qkv, &norms), tolerance::HALVES);
        kept
    }

    fn frequencies(n: usize) -> Vec<f32> {
        (0..n).map(|i| 50_f32.powf(-(i as f32) / n as f32)).collect()
    }

    #[test]
    fn a_token_attends_to_all_before_it() {
        on_all_cuts(|gpu| {
            for (n_heads, n_kv_heads, head_dim) in
                [(9, 3, 64), (2, 2, 40), (14, 2, 64), (5, 1, 128), (8, 1, 256)]
            {
                for position in [0, 1, 13, 200] {
                    let heads = Heads { n_heads, n_kv_heads, head_dim };
                    let rope = Some((RopePairs::Interleaved, frequencies(head_dim / 2)));
                    let (mask, softcap) = (Mask::Causal, None);
                    check(gpu, &Case { heads, position, n_tokens: 1, mask, softcap, rope, qk_norm: false });
                }
            }
        });
    }

    #[test]
    fn a_prompt_attends_causally_in_a_window_or_to_all_of_itself() {
        on_all_cuts(|gpu| {
            for mask in [Mask::Causal, Mask::Window(1), Mask::Window(21), Mask::Full] {
                for (position, n_tokens) in [(0, 75), (70, 9), (3, 2)] {
                    let heads = Heads { n_heads: 6, n_kv_heads: 2, head_dim: 48 };
                    // Only the first components of a head are turned.
                    let rope = Some((RopePairs::Halves, frequencies(16)));
                    check(
                        gpu,
                        &Case { heads, position, n_tokens, mask, softcap: Some(2.0), rope, qk_norm: true },
                    );
                }
            }
        });
    }

    #[test]
    fn a_token_attends_in_a_window() {
        on_all_cuts(|gpu| {
            for position in [5, 64, 131] {
                let heads = Heads { n_heads: 4, n_kv_heads: 2, head_dim: 16 };
                let (mask, softcap) = (Mask::Window(50), None);
                check(gpu, &Case { heads, position, n_tokens: 1, mask, softcap, rope: None, qk_norm: false });
                let rope = Some((RopePairs::Halves, frequencies(6)));
                let softcap = Some(2.0);
                check(gpu, &Case { heads, position, n_tokens: 1, mask, softcap, rope, qk_norm: true });
            }
        });
    }
}
