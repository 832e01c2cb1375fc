//! Causal attention with grouped queries over a KV cache, read where it lies.
//!
//! Softmax(Q Kᵀ · scale) V (Vaswani et al. 2017). Up to [`BLOCK`] queries that share a key head go over the keys
//! together, so that each key and value is loaded once for all of them.

use super::ops::{softcap, softmax};
use crate::kernel::{Vector, Work, vectorize};

/// Queries that go over the cache together.
const BLOCK: usize = 4;
/// Components of a head that are handled at a time: two SIMD registers of four.
const LANES: usize = 8;

/// What attention needs to know besides its operands.
#[derive(Clone, Copy)]
pub(super) struct Attention {
    pub(super) n_heads: usize,
    pub(super) n_kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    /// A token sees this many tokens, itself included.
    pub(super) window: Option<usize>,
}

/// One query's place.
#[derive(Clone, Copy)]
struct Query {
    /// Where its head begins in `queries` and `out`.
    offset: usize,
    /// First and one past the last position that it sees.
    from: usize,
    to: usize,
}

impl Attention {
    /// Attends with `queries` (rows, n_heads, head_dim), the last of which is at the last position of `keys` and
    /// `values` (positions, n_kv_heads, head_dim), into `out`, shaped as `queries`.
    pub(super) fn attend(&self, queries: &[f32], keys: &[f32], values: &[f32], out: &mut [f32]) {
        vectorize(Attend { attention: self, queries, keys, values, out });
    }
}

/// The operands of [`Attention::attend`].
struct Attend<'a> {
    attention: &'a Attention,
    queries: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    out: &'a mut [f32],
}

impl Work for Attend<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { attention, queries, keys, values, out } = self;
        let Attention { n_heads, n_kv_heads, head_dim, window, .. } = *attention;
        let (q_dim, kv_dim) = (n_heads * head_dim, n_kv_heads * head_dim);
        let rows = queries.len() / q_dim;
        let first_position = keys.len() / kv_dim - rows;
        let group = n_heads / n_kv_heads;
        let mut memory = Memory::default();
        let mut block = Vec::with_capacity(BLOCK);
        for kv_head in 0..n_kv_heads {
            let kv = KvHead { keys, values, stride: kv_dim, offset: kv_head * head_dim, head_dim };
            for query_idx in 0..rows * group {
                let (row, head) = (query_idx / group, kv_head * group + query_idx % group);
                let to = first_position + row + 1;
                let from = window.map_or(0, |window| to.saturating_sub(window));
                block.push(Query { offset: row * q_dim + head * head_dim, from, to });
                if block.len() == BLOCK || query_idx + 1 == rows * group {
                    match *block.as_slice() {
                        [a] => attend_block(attention, [a], &kv, queries, out, &mut memory),
                        [a, b] => attend_block(attention, [a, b], &kv, queries, out, &mut memory),
                        [a, b, c] => attend_block(attention, [a, b, c], &kv, queries, out, &mut memory),
                        [a, b, c, d] => attend_block(attention, [a, b, c, d], &kv, queries, out, &mut memory),
                        _ => {}
                    }
                    block.clear();
                }
            }
        }
    }
}

/// Buffers that all blocks share.
#[derive(Default)]
struct Memory {
    scores: Vec<f32>, // (positions, N)
    row: Vec<f32>,    // (positions)
}

#[inline(always)]
fn attend_block<const N: usize>(
    attention: &Attention,
    block: [Query; N],
    kv: &KvHead<'_>,
    queries: &[f32],
    out: &mut [f32],
    memory: &mut Memory,
) {
    let Memory { scores, row } = memory;
    let from = block.iter().map(|query| query.from).min().unwrap_or(0);
    let to = block.iter().map(|query| query.to).max().unwrap_or(0);
    let heads = block.map(|query| &queries[query.offset..query.offset + kv.head_dim]);
    scores.clear();
    scores.resize(N * (to - from), 0.0);
    kv.scores(heads, from, scores);
    // Softmax wants each query's scores in a row.
    for (n, query) in block.iter().enumerate() {
        row.clear();
        row.extend(scores[n..].iter().step_by(N).map(|score| score * attention.scale));
        let seen = query.from - from..query.to - from;
        if let Some(cap) = attention.softcap {
            softcap(&mut row[seen.clone()], cap);
        }
        softmax(&mut row[seen.clone()]);
        row[..seen.start].fill(0.0);
        row[seen.end..].fill(0.0);
        for (score, &probability) in scores[n..].iter_mut().step_by(N).zip(&*row) {
            *score = probability;
        }
    }
    for component in (0..kv.head_dim).step_by(LANES) {
        let width = LANES.min(kv.head_dim - component);
        let sums: [[f32; LANES]; N] = kv.mix(scores, from, component, width);
        for (query, sums) in block.iter().zip(&sums) {
            out[query.offset + component..][..width].copy_from_slice(&sums[..width]);
        }
    }
}

/// One head of the cache.
struct KvHead<'a> {
    keys: &'a [f32],   // (positions, n_kv_heads, head_dim)
    values: &'a [f32], // (positions, n_kv_heads, head_dim)
    stride: usize,
    offset: usize,
    head_dim: usize,
}

impl KvHead<'_> {
    /// Products of `N` queries with the keys of `from` and on: (positions, N).
    #[inline(always)]
    fn scores<const N: usize>(&self, queries: [&[f32]; N], from: usize, scores: &mut [f32]) {
        for (key, scores) in self.keys.chunks_exact(self.stride).skip(from).zip(scores.chunks_exact_mut(N)) {
            let key = &key[self.offset..][..self.head_dim];
            let mut sums = [[0.0; LANES]; N];
            let chunks = key.chunks_exact(LANES);
            let rest = chunks.remainder();
            for (idx, key) in chunks.enumerate() {
                for n in 0..N {
                    let query = &queries[n][idx * LANES..][..LANES];
                    for lane in 0..LANES {
                        sums[n][lane] += query[lane] * key[lane];
                    }
                }
            }
            for n in 0..N {
                let tail = &queries[n][self.head_dim - rest.len()..];
                scores[n] =
                    sums[n].iter().sum::<f32>() + tail.iter().zip(rest).map(|(q, k)| q * k).sum::<f32>();
            }
        }
    }

    /// `width` components from `component` of the values of `from` and on, weighted by `weights`: (positions, N).
    #[inline(always)]
    fn mix<const N: usize>(
        &self,
        weights: &[f32],
        from: usize,
        component: usize,
        width: usize,
    ) -> [[f32; LANES]; N] {
        let mut sums = [[0.0; LANES]; N];
        for (value, weights) in self.values.chunks_exact(self.stride).skip(from).zip(weights.chunks_exact(N))
        {
            let value = &value[self.offset + component..][..width];
            if let Ok(value) = <&[f32; LANES]>::try_from(value) {
                for n in 0..N {
                    for lane in 0..LANES {
                        sums[n][lane] += weights[n] * value[lane];
                    }
                }
            } else {
                for n in 0..N {
                    for (sum, value) in sums[n].iter_mut().zip(value) {
                        *sum += weights[n] * value;
                    }
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| ((i as f32 + seed) * 12.9898).sin() * 1.5).collect()
    }

    /// The textbook formula, one query at a time in 64-bit floats.
    fn reference(attention: &Attention, queries: &[f32], keys: &[f32], values: &[f32]) -> Vec<f64> {
        let Attention { n_heads, n_kv_heads, head_dim, .. } = *attention;
        let rows = queries.len() / n_heads / head_dim;
        let positions = keys.len() / n_kv_heads / head_dim;
        let mut out = vec![0.0; queries.len()];
        for row in 0..rows {
            for head in 0..n_heads {
                let query = &queries[(row * n_heads + head) * head_dim..][..head_dim];
                let kv = |position: usize| (position * n_kv_heads + head / (n_heads / n_kv_heads)) * head_dim;
                let position = positions - rows + row;
                let seen = position.saturating_sub(attention.window.unwrap_or(usize::MAX) - 1)..=position;
                let score = |position: usize| {
                    let key = &keys[kv(position)..][..head_dim];
                    let product: f64 = query.iter().zip(key).map(|(q, k)| f64::from(q * k)).sum();
                    let score = product * f64::from(attention.scale);
                    attention
                        .softcap
                        .map_or(score, |cap| f64::from(cap) * (score / f64::from(cap)).tanh())
                        .exp()
                };
                let total: f64 = seen.clone().map(score).sum();
                for position in seen {
                    for component in 0..head_dim {
                        out[(row * n_heads + head) * head_dim + component] +=
                            score(position) / total * f64::from(values[kv(position) + component]);
                    }
                }
            }
        }
        out
    }

    fn check(
        n_heads: usize,
        n_kv_heads: usize,
        head_dim: usize,
        rows: usize,
        positions: usize,
        window: Option<usize>,
    ) {
        for softcap in [None, Some(2.0)] {
            let attention = Attention { n_heads, n_kv_heads, head_dim, scale: 0.3, softcap, window };
            let queries = noise(rows * n_heads * head_dim, 1.0);
            let keys = noise(positions * n_kv_heads * head_dim, 2.0);
            let values = noise(positions * n_kv_heads * head_dim, 3.0);
            let mut out = vec![f32::NAN; queries.len()];
            attention.attend(&queries, &keys, &values, &mut out);
            for (got, want) in out.iter().zip(reference(&attention, &queries, &keys, &values)) {
                assert!(
                    (f64::from(*got) - want).abs() < 1e-4,
                    "{got} for {want} with {n_heads} heads, window {window:?}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_the_formula() {
        check(1, 1, 8, 1, 1, None);
        check(9, 3, 64, 1, 37, None);
        check(9, 3, 16, 7, 7, None);
        check(4, 2, 10, 5, 23, None);
        check(7, 7, 3, 6, 11, None);
        check(8, 1, 24, 3, 40, None);
    }

    #[test]
    fn a_window_hides_what_is_older() {
        check(4, 2, 8, 9, 30, Some(5));
        check(3, 1, 8, 1, 30, Some(1));
        check(4, 4, 8, 6, 6, Some(100));
    }
}
