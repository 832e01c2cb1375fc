//! Rotary position embedding: heads of queries and keys are turned by angles that grow with their position.

use super::config::{Rope, RopeStyle, Yarn};

/// The frequencies of one kind of layer, and the angles of the positions at hand.
pub(super) struct RotaryEmbedding {
    style: RopeStyle,
    frequencies: Vec<f32>, // (dims / 2)
    cos: Vec<f32>,         // (rows, dims / 2)
    sin: Vec<f32>,         // (rows, dims / 2)
}

/// By how much each pair is turned from one position to the next: (dims / 2). `divisors`, if there, are one for each.
pub(crate) fn frequencies(rope: &Rope, divisors: Option<&[f32]>) -> Vec<f32> {
    let frequency = |pair: usize| {
        let plain = rope.base.powf(2.0 * pair as f32 / rope.dims as f32).recip();
        let plain = plain / divisors.map_or(1.0, |divisors| divisors[pair]);
        let stretched = plain / rope.position_divisor;
        match &rope.yarn {
            None => stretched,
            Some(Yarn { first, last }) => {
                let share = ((pair as f32 - first) / (last - first).max(1e-3)).clamp(0.0, 1.0);
                stretched * share + plain * (1.0 - share)
            }
        }
    };
    (0..rope.dims / 2).map(frequency).collect()
}

impl RotaryEmbedding {
    /// `divisors`, if there, are one for each frequency.
    pub(super) fn new(rope: &Rope, divisors: Option<&[f32]>) -> Self {
        let frequencies = frequencies(rope, divisors);
        Self { style: rope.style, frequencies, cos: Vec::new(), sin: Vec::new() }
    }

    /// Prepares the angles of `rows` positions from `first`.
    pub(super) fn set_positions(&mut self, first: usize, rows: usize) {
        self.cos.clear();
        self.sin.clear();
        for position in first..first + rows {
            for frequency in &self.frequencies {
                let (sin, cos) = (position as f32 * frequency).sin_cos();
                self.cos.push(cos);
                self.sin.push(sin);
            }
        }
    }

    /// Turns every head of `x`: (rows, n_heads, head_dim).
    pub(super) fn rotate(&self, x: &mut [f32], n_heads: usize, head_dim: usize) {
        let half = self.frequencies.len();
        let angles = self.cos.chunks_exact(half).zip(self.sin.chunks_exact(half));
        for (row, (cos, sin)) in x.chunks_exact_mut(n_heads * head_dim).zip(angles) {
            for head in row.chunks_exact_mut(head_dim) {
                match self.style {
                    RopeStyle::Interleaved => {
                        for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                            let (a, b) = (pair[0], pair[1]);
                            pair[0] = a * cos - b * sin;
                            pair[1] = a * sin + b * cos;
                        }
                    }
                    RopeStyle::Halves => {
                        let (first, second) = head[..2 * half].split_at_mut(half);
                        for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(dims: usize, base: f32, position_divisor: f32) -> Rope {
        let style = RopeStyle::Halves;
        Rope { style, dims, base, position_divisor, yarn: None, has_frequency_factors: false }
    }

    #[test]
    fn yarn_divides_slow_pairs_and_leaves_fast_ones() {
        let rope = Rope { yarn: Some(Yarn { first: 10.0, last: 20.0 }), ..plain(64, 10_000.0, 4.0) };
        let (stretched, unstretched) =
            (frequencies(&rope, None), frequencies(&plain(64, 10_000.0, 1.0), None));
        let ratio = |pair: usize| stretched[pair] / unstretched[pair];
        assert!((0..=10).all(|pair| ratio(pair) == 1.0) && (20..32).all(|pair| ratio(pair) == 0.25));
        assert!((ratio(15) - 0.625).abs() < 1e-6, "half way: the mean of both");
    }

    #[test]
    fn pairs_are_turned_by_their_own_angle() {
        for (style, partner) in [(RopeStyle::Interleaved, 1), (RopeStyle::Halves, 2)] {
            let config = Rope { style, ..plain(4, 100.0, 2.0) };
            let mut rope = RotaryEmbedding::new(&config, Some(&[1.0, 4.0]));
            rope.set_positions(6, 2);
            // Two rows of one head of five components, of which the last is not turned.
            let mut x = vec![0.0; 10];
            x[5] = 1.0;
            x[9] = 7.0;
            rope.rotate(&mut x, 1, 5);
            // Position 7, stretched by 2; the first pair has frequency 1.
            assert!((x[5] - 3.5_f32.cos()).abs() < 1e-6 && (x[5 + partner] - 3.5_f32.sin()).abs() < 1e-6);
            assert_eq!(x[9], 7.0);
            // The second pair: frequency 1 / 10, divided by 4.
            let second = if style == RopeStyle::Interleaved { 2 } else { 1 };
            let mut x = vec![0.0; 10];
            x[second] = 1.0;
            rope.rotate(&mut x, 1, 5);
            assert!((x[second] - (6.0_f32 / 2.0 / 10.0 / 4.0).cos()).abs() < 1e-6);
        }
    }
}
