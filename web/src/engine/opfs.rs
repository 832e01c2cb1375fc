//! The origin private file system: one file for each shard, named by its SHA-256.
//!
//! A file's last piece is written only when the whole has been checked, so a file of the right length is a good one: a
//! download that broke off, or a page that was closed, leaves a shorter file behind, which counts as absent.

use js_sys::{AsyncIterator, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

/// Opens the folder of a site; `site` is a plain name.
pub async fn open(site: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    let navigator = super::scope().navigator();
    // Missing in older browsers and outside of secure contexts.
    if !Reflect::has(&navigator, &"storage".into())? {
        return Err("there is no file system".into());
    }
    let root: FileSystemDirectoryHandle =
        JsFuture::from(navigator.storage().get_directory()).await?.dyn_into()?;
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    let daneel: FileSystemDirectoryHandle =
        JsFuture::from(root.get_directory_handle_with_options("daneel", &options)).await?.dyn_into()?;
    let folder: FileSystemDirectoryHandle =
        JsFuture::from(daneel.get_directory_handle_with_options(site, &options)).await?.dyn_into()?;
    // Safari had the folders for years before it had the only way to write into them from a worker.
    let global = js_sys::global();
    if !Reflect::has(&global, &"FileSystemSyncAccessHandle".into())? {
        return Err("files cannot be written".into());
    }
    Ok(folder)
}

/// The file, if it is there and whole.
pub async fn find(folder: &FileSystemDirectoryHandle, name: &str, size: u64) -> Option<Blob> {
    let handle: FileSystemFileHandle =
        JsFuture::from(folder.get_file_handle(name)).await.ok()?.dyn_into().ok()?;
    let file: File = JsFuture::from(handle.get_file()).await.ok()?.dyn_into().ok()?;
    (file.size() == size as f64).then(|| file.into())
}

/// Deletes a file; one that is not there, or that another tab is writing, is left as it is.
pub async fn remove(folder: &FileSystemDirectoryHandle, name: &str) {
    let _ = JsFuture::from(folder.remove_entry(name)).await;
}

/// Names of the files.
pub async fn names(folder: &FileSystemDirectoryHandle) -> Result<Vec<String>, JsValue> {
    let keys: AsyncIterator = folder.keys();
    let mut names = Vec::new();
    loop {
        let step = JsFuture::from(keys.next()?).await?;
        if Reflect::get(&step, &"done".into())?.is_truthy() {
            return Ok(names);
        }
        names.extend(Reflect::get(&step, &"value".into())?.as_string());
    }
}

/// A file that is being written.
pub struct Writer {
    handle: FileSystemFileHandle,
    access: FileSystemSyncAccessHandle,
    written: f64,
    /// The last piece, written when the whole has been checked.
    held_back: Option<Uint8Array>,
}

impl Writer {
    /// Opens a file for writing from its beginning. Fails while another tab writes it.
    pub async fn create(folder: &FileSystemDirectoryHandle, name: &str) -> Result<Self, JsValue> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let handle: FileSystemFileHandle =
            JsFuture::from(folder.get_file_handle_with_options(name, &options)).await?.dyn_into()?;
        let access: FileSystemSyncAccessHandle =
            JsFuture::from(handle.create_sync_access_handle()).await?.dyn_into()?;
        let writer = Self { handle, access, written: 0.0, held_back: None };
        writer.access.truncate_with_u32(0)?;
        Ok(writer)
    }

    /// Adds a piece.
    pub fn write(&mut self, piece: Uint8Array) -> Result<(), JsValue> {
        match self.held_back.replace(piece) {
            Some(earlier) => self.write_out(&earlier),
            None => Ok(()),
        }
    }

    /// Writes the last piece: the file is whole, and good.
    pub async fn finish(mut self) -> Result<Blob, JsValue> {
        if let Some(last) = self.held_back.take() {
            self.write_out(&last)?;
        }
        self.access.flush()?;
        self.access.close();
        let file: File = JsFuture::from(self.handle.get_file()).await?.dyn_into()?;
        Ok(file.into())
    }

    fn write_out(&mut self, piece: &Uint8Array) -> Result<(), JsValue> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.written);
        let count = self.access.write_with_js_u8_array_and_options(piece, &options)?;
        if count != f64::from(piece.length()) {
            return Err("the disk is full".into());
        }
        self.written += count;
        Ok(())
    }
}

impl Drop for Writer {
    /// Gives the lock back, also when a download breaks off; closing twice does no harm.
    fn drop(&mut self) {
        self.access.close();
    }
}
