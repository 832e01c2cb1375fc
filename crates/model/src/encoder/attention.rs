//! Every token looks at every other (Vaswani et al. 2017, arXiv:1706.03762): softmax(q kᵀ / √d) v, head by head.

use super::elementwise::exp;
use crate::kernel::{Vector, Work, largest, sum, vectorize};

/// Rows of a product computed together.
const ROWS: usize = 4;
/// Vectors in a row of a product computed together.
const VECTORS: usize = 2;

/// `q`, `k` and `v` are (tokens, hidden) with heads side by side; so is the result.
pub(super) fn attend(q: &[f32], k: &[f32], v: &[f32], hidden: usize, n_heads: usize) -> Vec<f32> {
    let mut attended = vec![0.0; q.len()];
    vectorize(Attention { q, k, v, hidden, n_heads, out: &mut attended });
    attended
}

struct Attention<'a> {
    q: &'a [f32], // (tokens, hidden)
    k: &'a [f32], // (tokens, hidden)
    v: &'a [f32], // (tokens, hidden)
    hidden: usize,
    n_heads: usize,
    out: &'a mut [f32], // (tokens, hidden)
}

impl Work for Attention<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { q, k, v, hidden, n_heads, out } = self;
        let mut head = Head::new(q.len() / hidden, hidden / n_heads, VECTORS * V::LANES);
        for head_idx in 0..n_heads {
            head.attend::<V>(q, k, v, hidden, head_idx, out);
        }
    }
}

/// Room for one head's numbers, padded to whole columns.
struct Head {
    n_tokens: usize,
    head_dim: usize,
    padded_tokens: usize,
    padded_dim: usize,
    keys: Vec<f32>,   // (head_dim, padded_tokens)
    values: Vec<f32>, // (tokens, padded_dim)
    query: Vec<f32>,  // (ROWS, head_dim)
    scores: Vec<f32>, // (ROWS, padded_tokens)
    output: Vec<f32>, // (ROWS, padded_dim)
}

impl Head {
    #[inline(always)]
    fn new(n_tokens: usize, head_dim: usize, columns: usize) -> Self {
        let padded_tokens = n_tokens.next_multiple_of(columns);
        let padded_dim = head_dim.next_multiple_of(columns);
        Self {
            n_tokens,
            head_dim,
            padded_tokens,
            padded_dim,
            keys: vec![0.0; head_dim * padded_tokens],
            values: vec![0.0; n_tokens * padded_dim],
            query: vec![0.0; ROWS * head_dim],
            scores: vec![0.0; ROWS * padded_tokens],
            output: vec![0.0; ROWS * padded_dim],
        }
    }

    #[inline(always)]
    fn attend<V: Vector>(
        &mut self,
        q: &[f32],
        k: &[f32],
        v: &[f32],
        hidden: usize,
        head_idx: usize,
        out: &mut [f32],
    ) {
        let Self { n_tokens, head_dim, padded_tokens, padded_dim, .. } = *self;
        let columns = head_idx * head_dim..(head_idx + 1) * head_dim;
        for (token, (k, v)) in k.chunks_exact(hidden).zip(v.chunks_exact(hidden)).enumerate() {
            for (dim, &value) in k[columns.clone()].iter().enumerate() {
                self.keys[dim * padded_tokens + token] = value;
            }
            self.values[token * padded_dim..][..head_dim].copy_from_slice(&v[columns.clone()]);
        }
        let scale = 1.0 / (head_dim as f32).sqrt();
        for (q, out) in q.chunks(ROWS * hidden).zip(out.chunks_mut(ROWS * hidden)) {
            for (row, q) in q.chunks_exact(hidden).enumerate() {
                for (query, &value) in self.query[row * head_dim..].iter_mut().zip(&q[columns.clone()]) {
                    *query = value * scale;
                }
            }
            multiply::<V>(&self.query, head_dim, head_dim, &self.keys, padded_tokens, &mut self.scores);
            let mut inverses = [0.0; ROWS];
            for (inverse, scores) in inverses.iter_mut().zip(self.scores.chunks_exact_mut(padded_tokens)) {
                *inverse = 1.0 / exp_all::<V>(&mut scores[..n_tokens]);
            }
            multiply::<V>(&self.scores, padded_tokens, n_tokens, &self.values, padded_dim, &mut self.output);
            for (row, out) in out.chunks_exact_mut(hidden).enumerate() {
                let output = &self.output[row * padded_dim..][..head_dim];
                for (out, value) in out[columns.clone()].iter_mut().zip(output) {
                    *out = value * inverses[row];
                }
            }
        }
    }
}

/// Scores become their exponentials, up to a factor that keeps them small; gives their sum.
#[inline(always)]
fn exp_all<V: Vector>(scores: &mut [f32]) -> f32 {
    let largest = largest::<V>(scores);
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    sum::<V>(scores)
}

/// `out` (ROWS, `n`) becomes `a` (ROWS, `depth`), whose rows are `stride` apart, times `b` (`depth`, `n`).
#[inline(always)]
fn multiply<V: Vector>(a: &[f32], stride: usize, depth: usize, b: &[f32], n: usize, out: &mut [f32]) {
    for column in (0..n).step_by(VECTORS * V::LANES) {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        for step in 0..depth {
            let b = &b[step * n + column..][..VECTORS * V::LANES];
            for vector in 0..VECTORS {
                let b = V::load(&b[vector * V::LANES..]);
                for row in 0..ROWS {
                    let a = V::splat(a[row * stride + step]);
                    sums[row][vector] = V::add_product(sums[row][vector], a, b);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                V::store(sum, &mut out[row * n + column + vector * V::LANES..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in 64-bit floats.
    fn reference(q: &[f32], k: &[f32], v: &[f32], hidden: usize, n_heads: usize) -> Vec<f64> {
        let (n_tokens, head_dim) = (q.len() / hidden, hidden / n_heads);
        let at = |x: &[f32], token: usize, column: usize| f64::from(x[token * hidden + column]);
        let mut out = vec![0.0; q.len()];
        for head in 0..n_heads {
            let columns = head * head_dim..(head + 1) * head_dim;
            for i in 0..n_tokens {
                let score = |j| columns.clone().map(|c| at(q, i, c) * at(k, j, c)).sum::<f64>();
                let weights: Vec<f64> =
                    (0..n_tokens).map(|j| (score(j) / (head_dim as f64).sqrt()).exp()).collect();
                let total: f64 = weights.iter().sum();
                for c in columns.clone() {
                    let mixed: f64 = weights.iter().enumerate().map(|(j, weight)| weight * at(v, j, c)).sum();
                    out[i * hidden + c] = mixed / total;
                }
            }
        }
        out
    }

    #[test]
    fn attention_is_the_textbooks_at_odd_sizes() {
        for (n_tokens, n_heads, head_dim) in [(1, 1, 4), (2, 3, 20), (17, 2, 32), (33, 3, 17), (70, 2, 64)] {
            let hidden = n_heads * head_dim;
            let numbers = |seed: usize| -> Vec<f32> {
                (0..n_tokens * hidden)
                    .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 500.0 - 2.0)
                    .collect()
            };
            let (q, k, v) = (numbers(1), numbers(2), numbers(3));
            let got = attend(&q, &k, &v, hidden, n_heads);
            for (got, want) in got.iter().zip(reference(&q, &k, &v, hidden, n_heads)) {
                assert!((f64::from(*got) - want).abs() < 1e-4, "{n_tokens} tokens, {n_heads}x{head_dim}");
            }
        }
    }
}
