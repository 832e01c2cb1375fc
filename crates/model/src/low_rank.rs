//! A low-rank adapter (Hu et al. 2021, arXiv:2106.09685): what it adds to the matrices of a model.

use std::collections::HashMap;

use crate::Error;

/// Changes of some matrices, by the names of these.
pub(crate) struct LowRank {
    /// The product of a pair is scaled by alpha / rank.
    pub(crate) alpha: f32,
    pub(crate) pairs: HashMap<String, Pair>,
}

/// What one matrix of (out, in) is changed by: alpha / rank · B A.
pub(crate) struct Pair {
    pub(crate) rank: usize,
    pub(crate) a: Vec<f32>, // (rank, in)
    pub(crate) b: Vec<f32>, // (out, rank)
}

impl LowRank {
    /// Whether the matrix `name` is changed.
    pub(crate) fn changes(&self, name: &str) -> bool {
        self.pairs.contains_key(name)
    }

    /// Adds its change to the weights of the matrix `name` of (out, in).
    ///
    /// # Errors
    /// If the matrix is of another shape than the adapter's.
    pub(crate) fn add(&self, name: &str, shape: &[usize], weights: &mut [f32]) -> Result<(), Error> {
        let Some(Pair { rank, a, b }) = self.pairs.get(name) else { return Ok(()) };
        let &[outer, inner] = shape else {
            return Err(Error::Damaged(format!("the adapter changes `{name}`, which is no matrix")));
        };
        if *rank == 0 || a.len() != rank * inner || b.len() != outer * rank || weights.len() != outer * inner
        {
            return Err(Error::Damaged(format!(
                "the adapter of `{name}` does not fit a matrix of {shape:?}"
            )));
        }
        let scale = self.alpha / *rank as f32;
        for (row, b) in weights.chunks_exact_mut(inner).zip(b.chunks_exact(*rank)) {
            for (b, a) in b.iter().zip(a.chunks_exact(inner)) {
                row.iter_mut().zip(a).for_each(|(weight, a)| *weight += scale * b * a);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_added() {
        let pair = Pair { rank: 2, a: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], b: vec![1.0, 0.0, 1.0, -1.0] };
        let adapter = LowRank { alpha: 4.0, pairs: HashMap::from([("w".to_owned(), pair)]) };
        let mut weights = vec![1.0; 6];
        adapter.add("w", &[2, 3], &mut weights).unwrap();
        assert_eq!(weights, [3.0, 5.0, 7.0, -5.0, -5.0, -5.0]);
        assert!(
            adapter.add("w", &[3, 2], &mut weights).is_err() && adapter.add("w", &[6], &mut weights).is_err()
        );
        adapter.add("other", &[6], &mut weights).unwrap();
    }
}
