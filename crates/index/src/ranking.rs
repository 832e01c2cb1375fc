//! Scores become the positions of the best.

use crate::ChunkId;

/// The positions of the highest scores, best first; of equal ones the first.
pub fn best(scores: impl Iterator<Item = f32>, count: usize) -> Vec<(ChunkId, f32)> {
    let order = |a: &(ChunkId, f32), b: &(ChunkId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut all: Vec<(ChunkId, f32)> = (0..).map(ChunkId).zip(scores).collect();
    if count < all.len() {
        all.select_nth_unstable_by(count, order);
        all.truncate(count);
    }
    all.sort_unstable_by(order);
    all
}
