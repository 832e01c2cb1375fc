//! Where a model's bytes come from: a file, shards in a folder, a browser's storage.

use crate::Error;

/// A model file that can be read in parts, so that tensors stream from storage one at a time.
pub trait ModelFile {
    /// Length of the file in bytes.
    fn len(&self) -> u64;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads exactly `length` bytes from `offset`.
    fn read(&self, offset: u64, length: usize) -> impl Future<Output = Result<Vec<u8>, Error>>;
}

/// A model file that is already in memory.
pub struct MemoryFile(pub Vec<u8>);

impl ModelFile for MemoryFile {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        usize::try_from(offset)
            .ok()
            .and_then(|start| self.0.get(start..start.checked_add(length)?))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| {
                Error::Read(format!("{length} bytes at {offset} are past the end ({} bytes)", self.len()))
            })
    }
}
