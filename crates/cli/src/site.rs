//! A site folder becomes an assistant: its manifest, its shards checked as they are read, its models.

use std::{
    cell::RefCell,
    collections::HashSet,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use daneel_model::{Engine, ModelFile as _};
use daneel_rag::{
    Assistant, FORMAT_VERSION, FileEntry, Manifest, Part, PartFiles, ShardStore, ShardedFile, Stage, verify,
};

use crate::console::{Console, Unit};

/// The file that makes a folder a site.
pub const MANIFEST: &str = "daneel.json";

/// A site folder.
pub struct Site {
    /// What it holds.
    pub manifest: Manifest,
    shards: FolderStore,
}

impl Site {
    /// Opens a site folder.
    ///
    /// # Errors
    /// If it is not there, is no site, or is of another format version.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let manifest = read_manifest(folder)?;
        Ok(Self { manifest, shards: FolderStore { folder: folder.to_owned(), checked: RefCell::default() } })
    }

    /// An assistant with the parts up to `last`, as far as the site has them: [`Stage::Index`] is enough for a search
    /// by words, [`Stage::Embedder`] for one by meaning too. `max_context` is the most tokens of a conversation.
    ///
    /// # Errors
    /// If a shard is damaged, or the parts do not belong together.
    pub async fn assistant(
        &self,
        last: Stage,
        engine: &Engine,
        max_context: usize,
        console: Console,
    ) -> anyhow::Result<Assistant> {
        let mut assistant = Assistant::new(self.manifest.clone())?;
        for PartFiles { stage, model, adapter } in self.manifest.parts().filter(|part| part.stage <= last) {
            let file = ShardedFile::new(&self.shards, model);
            let adapter = ShardedFile::new(&self.shards, adapter);
            let progress = console.progress(format!("loading {}", self.name(stage)), file.len(), Unit::Bytes);
            let mut on_progress = |done, _| progress.set(done);
            let part = Part::load(stage, engine, &file, &adapter, max_context, &mut on_progress).await?;
            progress.finish();
            assistant.install(part)?;
        }
        Ok(assistant)
    }

    /// Where its shards are read.
    pub fn shards(&self) -> &impl ShardStore {
        &self.shards
    }

    fn name(&self, stage: Stage) -> &str {
        match stage {
            Stage::Index => "the index",
            Stage::Embedder => &self.manifest.embedder.name,
            Stage::Chat => self.manifest.chat.as_ref().map_or("", |chat| &chat.name),
        }
    }
}

/// Reads the manifest of a site folder.
///
/// # Errors
/// Says what to do if the folder is no site of this version.
pub fn read_manifest(folder: &Path) -> anyhow::Result<Manifest> {
    if !folder.is_dir() {
        bail!("there is no folder {}; build a site with `daneel build INPUT --out {0}`", folder.display());
    }
    let path = folder.join(MANIFEST);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{} is not a site of Daneel: it has no {MANIFEST}; build one with `daneel build INPUT --out SITE`",
            folder.display()
        ),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let damaged = || format!("{} is damaged; build the site again with `daneel build`", path.display());
    let value: serde_json::Value = serde_json::from_slice(&bytes).with_context(damaged)?;
    // The version comes first: another version's manifest need not have the same fields.
    match value.get("format_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(FORMAT_VERSION) => {}
        Some(version) => bail!(
            "{} is of format version {version}, this program reads version {FORMAT_VERSION}; build the site again \
             with `daneel build`",
            folder.display()
        ),
        None => bail!(damaged()),
    }
    serde_json::from_value(value).with_context(damaged)
}

/// The shards of a site folder, each checked before its first byte is used.
struct FolderStore {
    folder: PathBuf,
    checked: RefCell<HashSet<String>>,
}

impl FolderStore {
    fn open(&self, shard: &FileEntry) -> anyhow::Result<File> {
        let relative = Path::new(&shard.path);
        if !relative.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
            bail!("{MANIFEST} names `{}`, which is outside of the site", shard.path);
        }
        let path = self.folder.join(relative);
        let mut file = File::open(&path)
            .with_context(|| format!("the site is incomplete: {} cannot be opened", path.display()))?;
        if !self.checked.borrow().contains(&shard.path) {
            let mut bytes = Vec::new();
            // One byte more than there should be is enough to tell that there are too many.
            (&mut file)
                .take(shard.size.saturating_add(1))
                .read_to_end(&mut bytes)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            verify(shard, &bytes)?;
            self.checked.borrow_mut().insert(shard.path.clone());
        }
        Ok(file)
    }
}

impl ShardStore for FolderStore {
    async fn read(
        &self,
        shard: &FileEntry,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, daneel_model::Error> {
        let read = || {
            let mut file = self.open(shard)?;
            let mut bytes = vec![0; length];
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.read_exact(&mut bytes))
                .with_context(|| format!("`{}` cannot be read", shard.path))?;
            anyhow::Ok(bytes)
        };
        read().map_err(|error| daneel_model::Error::Read(format!("{error:#}")))
    }
}

#[cfg(test)]
mod tests {
    use daneel_rag::sha256_hex;
    use futures_lite::future::block_on;

    use super::*;

    fn store(bytes: &[u8]) -> (tempfile::TempDir, FolderStore, FileEntry) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("000"), bytes).unwrap();
        let entry = FileEntry { path: "000".into(), size: bytes.len() as u64, sha256: sha256_hex(bytes) };
        let store = FolderStore { folder: folder.path().to_owned(), checked: RefCell::default() };
        (folder, store, entry)
    }

    #[test]
    fn reads_parts_of_a_shard() {
        let (_folder, store, entry) = store(b"0123456789");
        assert_eq!(block_on(store.read(&entry, 3, 4)).unwrap(), b"3456");
        assert_eq!(block_on(store.read(&entry, 0, 10)).unwrap(), b"0123456789");
    }

    #[test]
    fn a_flipped_byte_is_named() {
        let (folder, store, entry) = store(b"0123456789");
        std::fs::write(folder.path().join("000"), b"0123456799").unwrap();
        let error = block_on(store.read(&entry, 0, 1)).unwrap_err().to_string();
        assert!(error.contains("`000`"), "{error}");
    }

    #[test]
    fn a_path_cannot_leave_the_site() {
        let (_folder, store, entry) = store(b"0123456789");
        for path in ["../000", "/etc/passwd", "a/../../b"] {
            let entry = FileEntry { path: path.into(), ..entry.clone() };
            assert!(block_on(store.read(&entry, 0, 1)).is_err(), "{path}");
        }
    }

    #[test]
    fn a_folder_that_is_no_site_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let message = |folder: &Path| format!("{:#}", read_manifest(folder).unwrap_err());
        assert!(message(&folder.path().join("nowhere")).contains("daneel build"));
        assert!(message(folder.path()).contains("has no daneel.json"));
        std::fs::write(folder.path().join(MANIFEST), "{").unwrap();
        assert!(message(folder.path()).contains("damaged"));
        std::fs::write(folder.path().join(MANIFEST), r#"{"format_version": 99}"#).unwrap();
        assert!(message(folder.path()).contains("format version 99"));
    }
}
