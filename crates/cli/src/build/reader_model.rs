//! The adapter that finds the very words of an answer: the built-in one, or one that the author has trained.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use daneel_model::{MemoryFile, ReaderInfo};
use daneel_rag::ModelEntry;
use futures_lite::future::block_on;

use super::{shards, staging::Staging};

/// What `training/reader` says how to make.
const BUILT_IN: &[u8] = include_bytes!("../../../../training/reader/reader.gguf");

/// The given reader, or the built-in one.
///
/// # Errors
/// If the file cannot be read.
pub fn read(file: Option<&Path>) -> anyhow::Result<MemoryFile> {
    Ok(MemoryFile(match file {
        Some(path) => fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?,
        None => BUILT_IN.to_vec(),
    }))
}

/// Writes the reader for a site's embedder; none where no file is given and the built-in one is for another embedder.
///
/// # Errors
/// If the given file cannot be read, is no reader, or is one of another embedder.
pub fn write(
    file: Option<&Path>,
    embedder: &ModelEntry,
    staging: &Staging,
) -> anyhow::Result<Option<ModelEntry>> {
    let reader = read(file)?;
    let info = block_on(ReaderInfo::read(&reader));
    let info = match (info, file) {
        (Ok(info), _) => info,
        (Err(error), Some(path)) => bail!("{} cannot be used: {error}", path.display()),
        (Err(error), None) => bail!("the built-in reader cannot be used: {error}"),
    };
    if info.base_sha256 != embedder.sha256 {
        let Some(path) = file else { return Ok(None) };
        bail!(
            "{} was trained on {}, the site has {}; train one on it with `daneel tune reader --embedder {2}`",
            path.display(),
            info.base_name,
            embedder.name
        );
    }
    let prefix = "models/reader";
    let shards =
        shards::cut(reader.0.as_slice(), prefix, &staging.folder(), staging.previous(), &mut |_| {})?;
    Ok(Some(ModelEntry {
        name: "reader".to_owned(),
        license: info.license,
        languages: embedder.languages.clone(),
        sha256: shards.sha256,
        shards: shards.entries,
    }))
}
