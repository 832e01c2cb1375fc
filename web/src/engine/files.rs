//! Blobs become bytes, and model files that are read in parts: the WebAssembly heap never holds a whole file.

use daneel_model::{Error, ModelFile};
use daneel_rag::{FileEntry, ShardStore, ShardedFile};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::error::reason;
use super::store::Store;

impl ShardStore for Store {
    async fn read(&self, shard: &FileEntry, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let blob =
            self.held(shard).ok_or_else(|| Error::Read(format!("`{}` is not here yet", shard.path)))?;
        read(&blob, offset, length)
            .await
            .map_err(|message| Error::Read(format!("`{}`: {message}", shard.path)))
    }
}

/// A model file that tells how much of it has been read, so that even a loader without news of its own shows progress.
pub struct Watched<'a, F> {
    file: ShardedFile<'a, Store>,
    on_read: F,
}

impl<'a, F: Fn(u64)> Watched<'a, F> {
    /// The file that `shards` make up; `on_read` is called with the position after each read.
    pub fn new(store: &'a Store, shards: &'a [FileEntry], on_read: F) -> Self {
        Self { file: ShardedFile::new(store, shards), on_read }
    }
}

impl<F: Fn(u64)> ModelFile for Watched<'_, F> {
    fn len(&self) -> u64 {
        self.file.len()
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let bytes = self.file.read(offset, length).await?;
        (self.on_read)(offset + length as u64);
        Ok(bytes)
    }
}

async fn read(blob: &Blob, offset: u64, length: usize) -> Result<Vec<u8>, String> {
    let end = offset as f64 + length as f64;
    let part = blob.slice_with_f64_and_f64(offset as f64, end).map_err(|exception| reason(&exception))?;
    let buffer = JsFuture::from(part.array_buffer()).await.map_err(|exception| reason(&exception))?;
    let bytes = Uint8Array::new(buffer.unchecked_ref());
    if bytes.length() as usize != length {
        return Err(format!("{} bytes instead of {length}", bytes.length()));
    }
    Ok(bytes.to_vec())
}
