//! The cache folder in the platform's place: pulled models, vectors of passages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use directories::ProjectDirs;

/// Environment variable that names another cache folder.
pub const CACHE_VARIABLE: &str = "DANEEL_CACHE";

/// The cache folder; created by whoever writes into it.
///
/// # Errors
/// If the platform names no home folder and `DANEEL_CACHE` is not set.
pub fn folder() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(CACHE_VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let folders = ProjectDirs::from("", "", "daneel").with_context(|| {
        format!("there is no home folder to keep models in; name a cache folder with {CACHE_VARIABLE}=/some/folder")
    })?;
    Ok(folders.cache_dir().to_owned())
}

/// Where pulled models are.
pub fn models() -> anyhow::Result<PathBuf> {
    Ok(folder()?.join("models"))
}

/// Where vectors of passages are.
pub fn vectors() -> anyhow::Result<PathBuf> {
    Ok(folder()?.join("vectors"))
}

/// Creates a folder and those above it.
///
/// # Errors
/// Names the folder.
pub fn create_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!("the folder {} cannot be created; is the disk full or read-only?", folder.display())
    })
}
