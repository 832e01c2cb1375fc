//! What every engine gives of its memory and takes back.

/// Keys and values of one layer as f16 bits: (tokens, n_kv_heads, head_dim) each.
pub(crate) type LayerState = [Vec<u16>; 2];
