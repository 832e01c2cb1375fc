//! Keys and values of the tokens so far, as pairs of f16, laid out for the threads that read them.

use std::ops::Range;

use crate::{Error, Gpu, Tensor};

/// Positions that stand side by side in the keys.
const TILE: usize = 8;

/// The KV cache of one layer.
///
/// Half precision is storage only, packed by `pack2x16float`, which every adapter has.
#[derive(Clone, Debug)]
pub struct KvCache {
    pub(crate) keys: Tensor,   // (n_kv_heads, tiles, head_dim / 8, 8 positions, 4 words)
    pub(crate) values: Tensor, // (n_kv_heads, positions, head_dim / 2 words)
    pub(crate) n_kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) tiles: usize,
}

impl KvCache {
    /// Room for `context` positions.
    ///
    /// # Errors
    /// If heads are no multiple of 8 long, or the cache is longer than a binding.
    pub fn new(gpu: &Gpu, n_kv_heads: usize, head_dim: usize, context: usize) -> Result<Self, Error> {
        if head_dim == 0 || !head_dim.is_multiple_of(8) {
            return Err(Error::shape("KV cache", "heads of a multiple of 8", head_dim));
        }
        let tiles = context.div_ceil(TILE);
        let words = n_kv_heads * tiles * TILE * head_dim / 2;
        let keys = gpu.tensor("keys", words)?;
        let values = gpu.tensor("values", words)?;
        Ok(Self { keys, values, n_kv_heads, head_dim, tiles })
    }

    /// Positions there is room for.
    pub fn context(&self) -> usize {
        self.tiles * TILE
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        (self.keys.len() + self.values.len()) * 4
    }

    /// Keys and values of the first `positions`, as f16 bits: (positions, n_kv_heads, head_dim) each.
    ///
    /// # Errors
    /// If there are not so many positions, or the device is in trouble.
    pub async fn read(&self, gpu: &Gpu, positions: usize) -> Result<[Vec<u16>; 2], Error> {
        let words = self.used_words(positions)?;
        let mut both = [&self.keys, &self.values].map(|_| vec![0; positions * self.row()]);
        let mut readings = Vec::new();
        for tensor in [&self.keys, &self.values] {
            for kv_head in 0..self.n_kv_heads {
                readings.push(gpu.begin_read::<u32>(tensor, kv_head * self.head_words(), words)?);
            }
        }
        for (idx, reading) in readings.into_iter().enumerate() {
            let (is_value, kv_head) = (idx / self.n_kv_heads, idx % self.n_kv_heads);
            let words = reading.finish(gpu).await?;
            self.each_pair(positions, is_value == 1, kv_head, |at, word| {
                both[is_value][at] = words[word] as u16;
                both[is_value][at + 1] = (words[word] >> 16) as u16;
            });
        }
        Ok(both)
    }

    /// Writes what [`Self::read`] gave, of as many positions as it has.
    ///
    /// # Errors
    /// If they do not fit.
    pub fn write(&self, gpu: &Gpu, both: [&[u16]; 2]) -> Result<(), Error> {
        let positions = both[0].len() / self.row();
        if both.iter().any(|rows| rows.len() != positions * self.row()) {
            let got = format!("{} and {} numbers", both[0].len(), both[1].len());
            return Err(Error::shape("KV cache", format!("rows of {}", self.row()), got));
        }
        let n_words = self.used_words(positions)?;
        for (is_value, tensor) in [&self.keys, &self.values].into_iter().enumerate() {
            for kv_head in 0..self.n_kv_heads {
                let mut words = vec![0_u32; n_words];
                self.each_pair(positions, is_value == 1, kv_head, |at, word| {
                    words[word] = u32::from(both[is_value][at]) | u32::from(both[is_value][at + 1]) << 16;
                });
                gpu.write(tensor, kv_head * self.head_words(), &words)?;
            }
        }
        Ok(())
    }

    /// Copies some positions of one cache to the same ones of another for each pair, of any room but the same heads.
    ///
    /// # Errors
    /// If heads differ, or either has no such positions.
    pub fn copy(gpu: &Gpu, pairs: &[(&Self, &Self)], positions: Range<usize>) -> Result<(), Error> {
        if positions.is_empty() {
            return Ok(());
        }
        let mut parts = Vec::with_capacity(pairs.len() * 4);
        for (from, to) in pairs {
            if (from.n_kv_heads, from.head_dim) != (to.n_kv_heads, to.head_dim) {
                return Err(Error::shape("KV cache", format!("rows of {}", to.row()), from.row()));
            }
            // Positions of a tile stand side by side, so that whole tiles are copied.
            let start = positions.start / TILE * TILE * from.head_dim / 2;
            let words = start..from.used_words(positions.end)?.max(to.used_words(positions.end)?);
            for (source, target) in [(&from.keys, &to.keys), (&from.values, &to.values)] {
                for kv_head in 0..from.n_kv_heads {
                    let begin = kv_head * from.head_words() + words.start;
                    parts.push((
                        source,
                        begin..begin + words.len(),
                        target,
                        kv_head * to.head_words() + words.start,
                    ));
                }
            }
        }
        gpu.copy(&parts);
        Ok(())
    }

    /// Calls with (where a pair of components stands by position, which word of its head holds it).
    fn each_pair(
        &self,
        positions: usize,
        is_value: bool,
        kv_head: usize,
        mut visit: impl FnMut(usize, usize),
    ) {
        for position in 0..positions {
            for d in (0..self.head_dim).step_by(2) {
                let tile = position / TILE * (self.head_dim / 8) + d / 8;
                let word = match is_value {
                    true => (position * self.head_dim + d) / 2,
                    false => (tile * TILE + position % TILE) * 4 + d % 8 / 2,
                };
                visit(position * self.row() + kv_head * self.head_dim + d, word);
            }
        }
    }

    /// Words of a head that hold the first `positions`, in whole tiles.
    fn used_words(&self, positions: usize) -> Result<usize, Error> {
        if positions == 0 || positions > self.context() {
            return Err(Error::shape("KV cache", format!("1 to {} positions", self.context()), positions));
        }
        Ok(positions.next_multiple_of(TILE) * self.head_dim / 2)
    }

    fn head_words(&self) -> usize {
        self.context() * self.head_dim / 2
    }

    /// Components of one position.
    fn row(&self) -> usize {
        self.n_kv_heads * self.head_dim
    }
}

#[cfg(test)]
mod tests {
    use super::KvCache;
    use crate::testing::{gpu, random, run};
    use crate::{Heads, Rope, RopePairs};
    use futures_lite::future::block_on;
    use half::f16;

    #[test]
    fn what_was_kept_is_read_by_position_and_can_be_written_back() {
        let Some(gpu) = gpu() else { return };
        let heads = Heads { n_heads: 1, n_kv_heads: 2, head_dim: 24 };
        let (positions, width) = (13, 5 * 24);
        let qkv = random(positions * width, 1);
        let input = gpu.upload("qkv", &qkv).expect("a short tensor");
        let queries = gpu.tensor("queries", positions * 24).expect("a short tensor");
        let cache = KvCache::new(&gpu, 2, 24, 40).expect("a short cache");
        // Not turned, for every angle is 0.
        let rope = Rope::new(&gpu, RopePairs::Halves, &[0.0; 12], 40).expect("a short table");
        run(&gpu, 0, positions, positions, |pass| {
            pass.append_kv(heads, &input, Some(&rope), None, &queries, &cache)
        });
        let both = block_on(cache.read(&gpu, positions)).expect("a working device");
        for (is_value, rows) in both.iter().enumerate() {
            for (i, &bits) in rows.iter().enumerate() {
                let (position, component) = (i / 48, i % 48);
                let expected = f16::from_f32(qkv[position * width + (1 + 2 * is_value) * 24 + component]);
                assert_eq!(bits, expected.to_bits(), "{is_value} {i}");
            }
        }
        let other = KvCache::new(&gpu, 2, 24, 16).expect("a short cache");
        KvCache::copy(&gpu, &[(&cache, &other)], 0..3).expect("it fits");
        KvCache::copy(&gpu, &[(&cache, &other)], 9..positions).expect("it fits");
        assert_eq!(block_on(other.read(&gpu, positions)).expect("a working device"), both);
        assert!(KvCache::copy(&gpu, &[(&cache, &other)], 3..17).is_err());
        let other = KvCache::new(&gpu, 2, 24, 16).expect("a short cache");
        other.write(&gpu, [&both[0], &both[1]]).expect("it fits");
        assert_eq!(block_on(other.read(&gpu, positions)).expect("a working device"), both);
        assert!(block_on(other.read(&gpu, 17)).is_err() && other.write(&gpu, [&both[0], &[]]).is_err());
    }
}
