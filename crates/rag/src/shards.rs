//! The shards of one file become that file again: checked when they arrive, read in parts when a model loads.

use daneel_model::{Error, ModelFile};
use sha2::{Digest, Sha256};

use crate::FileEntry;

/// Where shards lie: a folder, or a browser's storage.
pub trait ShardStore {
    /// Reads exactly `length` bytes from `offset` of a shard that was checked when it arrived.
    fn read(
        &self,
        shard: &FileEntry,
        offset: u64,
        length: usize,
    ) -> impl Future<Output = Result<Vec<u8>, Error>>;
}

/// One file in shards, readable at any offset.
pub struct ShardedFile<'a, S> {
    store: &'a S,
    shards: &'a [FileEntry],
}

impl<'a, S: ShardStore> ShardedFile<'a, S> {
    /// The file that `shards` make up in order.
    pub fn new(store: &'a S, shards: &'a [FileEntry]) -> Self {
        Self { store, shards }
    }
}

impl<S: ShardStore> ModelFile for ShardedFile<'_, S> {
    fn len(&self) -> u64 {
        self.shards.iter().map(|shard| shard.size).sum()
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let end = offset.checked_add(length as u64).filter(|&end| end <= self.len()).ok_or_else(|| {
            Error::Read(format!("{length} bytes at {offset} are past the end ({} bytes)", self.len()))
        })?;
        let mut bytes = Vec::with_capacity(length);
        let mut shard_start = 0;
        for shard in self.shards {
            let shard_end = shard_start + shard.size;
            let (from, to) = (offset.max(shard_start), end.min(shard_end));
            if from < to {
                bytes.extend(self.store.read(shard, from - shard_start, (to - from) as usize).await?);
            }
            shard_start = shard_end;
        }
        Ok(bytes)
    }
}

/// Checks a file of the site folder that has just arrived.
///
/// # Errors
/// Names the file if its length or SHA-256 is not the manifest's.
pub fn verify(entry: &FileEntry, bytes: &[u8]) -> Result<(), crate::Error> {
    if bytes.len() as u64 != entry.size {
        return Err(crate::Error::Mismatch(format!(
            "`{}` has {} bytes instead of {}",
            entry.path,
            bytes.len(),
            entry.size
        )));
    }
    let found = sha256_hex(bytes);
    if found != entry.sha256 {
        return Err(crate::Error::Mismatch(format!(
            "`{}` has been altered (its SHA-256 is {found})",
            entry.path
        )));
    }
    Ok(())
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    struct Memory(Vec<Vec<u8>>);

    impl ShardStore for Memory {
        async fn read(&self, shard: &FileEntry, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
            let bytes = &self.0[shard.path.parse::<usize>().unwrap()];
            Ok(bytes[offset as usize..offset as usize + length].to_vec())
        }
    }

    fn entry(path: &str, bytes: &[u8]) -> FileEntry {
        FileEntry { path: path.into(), size: bytes.len() as u64, sha256: sha256_hex(bytes) }
    }

    #[test]
    fn reads_across_shards() {
        let parts: Vec<Vec<u8>> = vec![vec![0, 1, 2], vec![3], vec![4, 5, 6, 7]];
        let shards: Vec<_> = parts.iter().enumerate().map(|(i, part)| entry(&i.to_string(), part)).collect();
        let store = Memory(parts);
        let file = ShardedFile::new(&store, &shards);
        for start in 0..=8u64 {
            for end in start..=8 {
                let expected: Vec<u8> = (start as u8..end as u8).collect();
                assert_eq!(block_on(file.read(start, (end - start) as usize)).unwrap(), expected);
            }
        }
        assert!(block_on(file.read(5, 4)).is_err());
        assert!(block_on(file.read(u64::MAX, 2)).is_err());
    }

    #[test]
    fn a_flipped_byte_is_found() {
        let mut bytes = vec![7; 1000];
        let entry = entry("models/x/000", &bytes);
        assert!(verify(&entry, &bytes).is_ok());
        bytes[500] ^= 1;
        assert!(verify(&entry, &bytes).unwrap_err().to_string().contains("models/x/000"));
    }
}
