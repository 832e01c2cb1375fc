//! Where shards are kept: the origin private file system, else the Cache API, else memory for as long as the page is
//! open. Whichever it is, a shard that is here is a `Blob`, so everything is read the same way.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use daneel_rag::FileEntry;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Cache, FileSystemDirectoryHandle, Request, Response};

use super::error::{Error, reason};
use super::opfs;

/// The shards of one site.
pub struct Store {
    backend: RefCell<Backend>,
    held: RefCell<HashMap<String, Blob>>,
}

#[derive(Clone)]
enum Backend {
    Files(FileSystemDirectoryHandle),
    Cache(Cache),
    Memory,
}

impl Store {
    /// Opens the store of the site at `base_url`, wherever this browser lets it be.
    pub async fn open(base_url: &str) -> Self {
        let backend = if let Ok(folder) = opfs::open(&folder_name(base_url)).await {
            Backend::Files(folder)
        } else if let Ok(cache) = open_cache(base_url).await {
            Backend::Cache(cache)
        } else {
            Backend::Memory
        };
        Self { backend: RefCell::new(backend), held: RefCell::default() }
    }

    /// Whether shards outlive the page.
    pub fn is_lasting(&self) -> bool {
        !matches!(*self.backend.borrow(), Backend::Memory)
    }

    /// From here on, keeps shards in memory: the browser has no room.
    pub fn give_up_storing(&self) {
        *self.backend.borrow_mut() = Backend::Memory;
    }

    /// The shard, if [`Self::find`] found it or a [`Writer`] finished it.
    pub fn held(&self, entry: &FileEntry) -> Option<Blob> {
        self.held.borrow().get(&entry.sha256).cloned()
    }

    /// Looks for a whole shard from an earlier visit.
    pub async fn find(&self, entry: &FileEntry) -> bool {
        if self.held(entry).is_some() {
            return true;
        }
        let backend = self.backend.borrow().clone();
        let found = match backend {
            Backend::Files(folder) => opfs::find(&folder, &entry.sha256, entry.size).await,
            Backend::Cache(cache) => find_cached(&cache, entry).await,
            Backend::Memory => None,
        };
        let is_there = found.is_some();
        if let Some(blob) = found {
            self.held.borrow_mut().insert(entry.sha256.clone(), blob);
        }
        is_there
    }

    /// Begins to keep a shard. While another tab writes the same one, this tab keeps its own in memory.
    pub async fn writer(&self, entry: &FileEntry) -> Writer {
        let backend = self.backend.borrow().clone();
        let target = match backend {
            Backend::Files(folder) => match opfs::Writer::create(&folder, &entry.sha256).await {
                Ok(writer) => Target::File(writer),
                Err(_) => Target::Pieces(Array::new(), None),
            },
            Backend::Cache(cache) => Target::Pieces(Array::new(), Some(cache)),
            Backend::Memory => Target::Pieces(Array::new(), None),
        };
        Writer { target }
    }

    /// Adds a shard that a writer has finished.
    pub fn hold(&self, entry: &FileEntry, blob: Blob) {
        self.held.borrow_mut().insert(entry.sha256.clone(), blob);
    }

    /// Deletes everything but these: what an earlier build of the site left behind.
    pub async fn keep_only(&self, entries: &[&FileEntry]) {
        let keep: HashSet<&str> = entries.iter().map(|entry| entry.sha256.as_str()).collect();
        self.held.borrow_mut().retain(|name, _| keep.contains(name.as_str()));
        let backend = self.backend.borrow().clone();
        match backend {
            Backend::Files(folder) => {
                for name in opfs::names(&folder).await.unwrap_or_default() {
                    if !keep.contains(name.as_str()) {
                        opfs::remove(&folder, &name).await;
                    }
                }
            }
            Backend::Cache(cache) => {
                let Ok(requests) = JsFuture::from(cache.keys()).await else { return };
                for request in
                    Array::from(&requests).iter().filter_map(|request| request.dyn_into::<Request>().ok())
                {
                    let url = request.url();
                    if !url.rsplit('/').next().is_some_and(|name| keep.contains(name)) {
                        let _ = JsFuture::from(cache.delete_with_str(&url)).await;
                    }
                }
            }
            Backend::Memory => {}
        }
    }

    /// Deletes some shards: what they make up turned out not to work.
    pub async fn remove(&self, entries: &[FileEntry]) {
        for entry in entries {
            self.held.borrow_mut().remove(&entry.sha256);
            let backend = self.backend.borrow().clone();
            match backend {
                Backend::Files(folder) => opfs::remove(&folder, &entry.sha256).await,
                Backend::Cache(cache) => {
                    let _ = JsFuture::from(cache.delete_with_str(&entry.sha256)).await;
                }
                Backend::Memory => {}
            }
        }
    }
}

/// A shard that is arriving.
pub struct Writer {
    target: Target,
}

enum Target {
    File(opfs::Writer),
    /// Pieces in JavaScript's memory, and where they go when they are all there.
    Pieces(Array, Option<Cache>),
}

impl Writer {
    /// Adds a piece.
    pub fn write(&mut self, piece: Uint8Array) -> Result<(), Error> {
        match &mut self.target {
            Target::File(writer) => writer.write(piece).map_err(storage_error),
            Target::Pieces(pieces, _) => {
                pieces.push(&piece);
                Ok(())
            }
        }
    }

    /// Keeps the shard: it has been checked.
    pub async fn finish(self, entry: &FileEntry) -> Result<Blob, Error> {
        match self.target {
            Target::File(writer) => writer.finish().await.map_err(storage_error),
            Target::Pieces(pieces, cache) => {
                let blob = Blob::new_with_u8_array_sequence(&pieces).map_err(storage_error)?;
                if let Some(cache) = cache {
                    let response = Response::new_with_opt_blob(Some(&blob)).map_err(storage_error)?;
                    JsFuture::from(cache.put_with_str(&entry.sha256, &response))
                        .await
                        .map_err(storage_error)?;
                }
                Ok(blob)
            }
        }
    }
}

async fn open_cache(base_url: &str) -> Result<Cache, JsValue> {
    let caches = super::scope().caches()?;
    JsFuture::from(caches.open(&format!("daneel {base_url}"))).await?.dyn_into()
}

async fn find_cached(cache: &Cache, entry: &FileEntry) -> Option<Blob> {
    let response: Response =
        JsFuture::from(cache.match_with_str(&entry.sha256)).await.ok()?.dyn_into().ok()?;
    let blob: Blob = JsFuture::from(response.blob().ok()?).await.ok()?.dyn_into().ok()?;
    (blob.size() == entry.size as f64).then_some(blob)
}

/// A site's address as a name that a file system takes: sites of one host must not delete each other's files.
fn folder_name(base_url: &str) -> String {
    base_url.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn storage_error(exception: JsValue) -> Error {
    Error::Storage(exception.as_string().unwrap_or_else(|| reason(&exception)))
}
