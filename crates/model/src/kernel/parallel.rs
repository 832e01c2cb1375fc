//! Rows of an output shared out among threads; a browser has one.

use std::ops::Range;

/// Calls `work` for ranges of rows that together cover `out`, whose rows have `row_len` elements. A range has at least
/// `min_rows` rows, and no more ranges are made than threads can use.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn for_each_share(
    out: &mut [f32],
    row_len: usize,
    min_rows: usize,
    work: impl Fn(Range<usize>, &mut [f32]) + Sync,
) {
    use rayon::prelude::*;

    let rows = out.len() / row_len;
    let share = rows.div_ceil(rayon::current_num_threads()).max(min_rows);
    if share >= rows {
        return work(0..rows, out);
    }
    out.par_chunks_mut(share * row_len).enumerate().for_each(|(index, out)| {
        let first = index * share;
        work(first..first + out.len() / row_len, out);
    });
}

/// Calls `work` once, for all rows.
#[cfg(target_arch = "wasm32")]
pub(super) fn for_each_share(
    out: &mut [f32],
    row_len: usize,
    _min_rows: usize,
    work: impl Fn(Range<usize>, &mut [f32]) + Sync,
) {
    work(0..out.len() / row_len, out);
}
