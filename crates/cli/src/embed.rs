//! Texts become vectors, once: vectors are kept in the cache folder under the digest of text and model.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use daneel_model::{Embedder, TextKind};
use futures_lite::future::block_on;
use sha2::{Digest as _, Sha256};

use crate::{
    cache,
    console::{Console, Unit},
    digest, interrupt,
    local_file::LocalFile,
    models::ResolvedModel,
};

/// Texts embedded in one call: enough for a batched product, few enough for a progress that moves.
const BATCH: usize = 16;
/// Changes whenever the same model gives other vectors for the same text.
const ENGINE_VERSION: u32 = 1;
/// Length of the digest that a vector is kept under.
const KEY_BYTES: usize = 16;
/// How far from 1 a kept vector's length may be.
const LENGTH_TOLERANCE: f32 = 1e-3;

type Key = [u8; KEY_BYTES];

/// An embedding model with the vectors that it has made before.
pub struct CachedEmbedder {
    /// The model.
    pub embedder: Embedder,
    /// SHA-256 of its file.
    pub sha256: String,
    vectors: VectorFile,
}

impl CachedEmbedder {
    /// Loads a model and its kept vectors.
    ///
    /// # Errors
    /// If the model is damaged or no encoder.
    pub fn load(model: &ResolvedModel, console: Console) -> anyhow::Result<Self> {
        let sha256 = match &model.sha256 {
            Some(sha256) => sha256.clone(),
            None => digest::of_file(&model.path)?,
        };
        let file = LocalFile::open(&model.path)?;
        let embedder = block_on(Embedder::load(&file, &mut |_, _| {})).with_context(|| {
            format!("the embedding model `{}` ({}) cannot be used", model.name, model.path.display())
        })?;
        let path = cache::vectors()?.join(format!("{sha256}-v{ENGINE_VERSION}.f32"));
        let vectors = VectorFile::open(path, embedder.dimensions());
        if !vectors.known.is_empty() {
            console.say(format_args!("{} vectors of earlier runs are kept", vectors.known.len()));
        }
        Ok(Self { embedder, sha256, vectors })
    }

    /// One vector of length 1 for each text.
    ///
    /// # Errors
    /// If the engine fails, or on Ctrl-C; vectors made until then are kept.
    pub fn embed(
        &mut self,
        label: &str,
        texts: &[String],
        kind: TextKind,
        console: Console,
    ) -> anyhow::Result<Vec<Vec<f32>>> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text, kind)).collect();
        // Texts of like length share a batch, so that little is computed for padding.
        let mut missing: Vec<usize> =
            (0..texts.len()).filter(|&i| !self.vectors.known.contains_key(&keys[i])).collect();
        missing.sort_by_key(|&i| texts[i].len());
        if !missing.is_empty() {
            let progress = console.progress(label, missing.len() as u64, Unit::Items);
            for (done, batch) in missing.chunks(BATCH).enumerate() {
                interrupt::check()?;
                let batch_texts: Vec<&str> = batch.iter().map(|&i| texts[i].as_str()).collect();
                let vectors = block_on(self.embedder.embed(&batch_texts, kind))?;
                self.vectors.add(batch.iter().map(|&i| keys[i]).zip(vectors), console);
                progress.set((done * BATCH + batch.len()) as u64);
            }
            progress.finish();
        }
        let vector = |key: &Key| self.vectors.known.get(key).cloned();
        keys.iter().map(|key| vector(key).context("the engine gave fewer vectors than texts")).collect()
    }
}

/// What a vector is kept under.
fn key(text: &str, kind: TextKind) -> Key {
    let kind = match kind {
        TextKind::Query => b"query\0".as_slice(),
        TextKind::Passage => b"passage\0",
    };
    let digest = Sha256::new().chain_update(kind).chain_update(text).finalize();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..KEY_BYTES]);
    key
}

/// Kept vectors: records of a key and little-endian numbers, appended as they are made.
struct VectorFile {
    path: PathBuf,
    dimensions: usize,
    known: HashMap<Key, Vec<f32>>,
    /// Whether the file takes more records; a cache that cannot be written is no reason to stop.
    writable: bool,
}

impl VectorFile {
    /// Reads what is there. A cut or damaged record and those after it are dropped.
    fn open(path: PathBuf, dimensions: usize) -> Self {
        let known = read_records(&path, dimensions).unwrap_or_default();
        Self { path, dimensions, known, writable: true }
    }

    fn add(&mut self, vectors: impl Iterator<Item = (Key, Vec<f32>)>, console: Console) {
        let mut records = Vec::new();
        for (key, vector) in vectors {
            records.extend_from_slice(&key);
            records.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
            self.known.insert(key, vector);
        }
        if self.writable
            && let Err(error) = append(&self.path, &records, record_bytes(self.dimensions))
        {
            self.writable = false;
            console.warn(format_args!("vectors are not kept for the next run: {error:#}"));
        }
    }
}

fn record_bytes(dimensions: usize) -> usize {
    KEY_BYTES + 4 * dimensions
}

fn read_records(path: &Path, dimensions: usize) -> anyhow::Result<HashMap<Key, Vec<f32>>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let mut known = HashMap::new();
    for record in bytes.chunks_exact(record_bytes(dimensions)) {
        let (key, numbers) = record.split_at(KEY_BYTES);
        let vector: Vec<f32> =
            numbers.chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]])).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length.is_nan() || (length - 1.0).abs() > LENGTH_TOLERANCE {
            // Left where it is, it would be appended to and found damaged by every run.
            let _ = std::fs::remove_file(path);
            bail!("{} is damaged", path.display());
        }
        known.insert(Key::try_from(key)?, vector);
    }
    Ok(known)
}

/// Appends whole records; a record that an earlier run left cut is overwritten.
fn append(path: &Path, records: &[u8], record_bytes: usize) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        cache::create_folder(folder)?;
    }
    let context = || format!("{} cannot be written", path.display());
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).open(path).with_context(context)?;
    let length = file.metadata().with_context(context)?.len();
    let whole = length - length % record_bytes as u64;
    file.seek(SeekFrom::Start(whole)).with_context(context)?;
    file.write_all(records).with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Console = Console { quiet: true, json: false };

    fn file(folder: &tempfile::TempDir) -> VectorFile {
        VectorFile::open(folder.path().join("sub/vectors.f32"), 2)
    }

    #[test]
    fn vectors_outlive_the_run_even_after_a_cut() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (key("a", TextKind::Passage), key("b", TextKind::Passage));
        let mut vectors = file(&folder);
        vectors.add([(a, vec![0.6, 0.8])].into_iter(), QUIET);
        // A run that was killed in the middle of a record.
        OpenOptions::new().append(true).open(&vectors.path).unwrap().write_all(b"cut").unwrap();
        let mut vectors = file(&folder);
        assert_eq!(vectors.known.len(), 1);
        vectors.add([(b, vec![1.0, 0.0])].into_iter(), QUIET);
        let vectors = file(&folder);
        assert_eq!(vectors.known[&a], [0.6, 0.8]);
        assert_eq!(vectors.known[&b], [1.0, 0.0]);
    }

    #[test]
    fn damaged_vectors_are_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vectors.f32");
        std::fs::write(&path, [0xff; 24]).unwrap();
        assert!(VectorFile::open(path, 2).known.is_empty());
    }

    #[test]
    fn a_question_is_not_taken_for_a_passage() {
        assert_ne!(key("a", TextKind::Query), key("a", TextKind::Passage));
    }
}
