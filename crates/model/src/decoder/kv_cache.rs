//! Keys and values of the tokens so far, one pair of growing buffers for each layer.

/// Positions that a buffer grows by: little is wasted, and copying stays rare.
const GROWTH: usize = 64;

/// The cache of one layer.
#[derive(Default)]
pub(super) struct LayerCache {
    pub(super) keys: Vec<f32>,   // (positions, n_kv_heads, head_dim)
    pub(super) values: Vec<f32>, // (positions, n_kv_heads, head_dim)
}

impl LayerCache {
    /// Appends the keys and values of some tokens, (rows, n_kv_heads, head_dim) each.
    pub(super) fn append(&mut self, keys: &[f32], values: &[f32], kv_dim: usize) {
        for (buffer, new) in [(&mut self.keys, keys), (&mut self.values, values)] {
            let needed = buffer.len() + new.len();
            if needed > buffer.capacity() {
                let step = GROWTH * kv_dim;
                buffer.reserve_exact(needed.next_multiple_of(step) - buffer.len());
            }
            buffer.extend_from_slice(new);
        }
    }

    /// Forgets all but the first `positions`.
    pub(super) fn truncate(&mut self, positions: usize, kv_dim: usize) {
        self.keys.truncate(positions * kv_dim);
        self.values.truncate(positions * kv_dim);
    }
}
