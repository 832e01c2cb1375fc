//! Ollama's local store becomes paths of GGUF files: manifests name blobs, blobs are named by their SHA-256.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use directories::BaseDirs;
use serde::Deserialize;

/// The layer of a manifest that is the GGUF itself.
const MODEL_LAYER: &str = "application/vnd.ollama.image.model";

/// A blob of the store.
#[derive(Debug, PartialEq, Eq)]
pub struct Blob {
    /// Where it lies.
    pub path: PathBuf,
    /// What Ollama says its SHA-256 is.
    pub sha256: String,
}

/// Finds a model by Ollama's name for it: `mistral`, `qwen3:0.6b`, `user/model:tag`.
///
/// # Errors
/// If the store or the model is not there.
pub fn find(name: &str) -> anyhow::Result<Blob> {
    #[derive(Deserialize)]
    struct Manifest {
        layers: Vec<Layer>,
    }
    #[derive(Deserialize)]
    struct Layer {
        #[serde(rename = "mediaType")]
        media_type: String,
        digest: String,
    }

    let manifest = store()?.join("manifests").join(manifest_path(name)?);
    let text = std::fs::read_to_string(&manifest).with_context(|| {
        format!(
            "Ollama has no model `{name}` ({} is not there); type `ollama pull {name}`",
            manifest.display()
        )
    })?;
    let parsed: Manifest = serde_json::from_str(&text)
        .with_context(|| format!("Ollama's manifest {} is not valid", manifest.display()))?;
    let layer = parsed.layers.iter().find(|layer| layer.media_type == MODEL_LAYER);
    let digest = layer.map(|layer| layer.digest.trim_start_matches("sha256:")).unwrap_or_default();
    find_blob(digest)?
        .with_context(|| format!("Ollama's files of `{name}` are incomplete; type `ollama pull {name}`"))
}

/// Finds a blob by its SHA-256.
///
/// # Errors
/// If there is no store.
pub fn find_blob(sha256: &str) -> anyhow::Result<Option<Blob>> {
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let path = store()?.join("blobs").join(format!("sha256-{sha256}"));
    Ok(path.is_file().then(|| Blob { path, sha256: sha256.to_ascii_lowercase() }))
}

/// The folder of Ollama's models.
fn store() -> anyhow::Result<PathBuf> {
    let folder = match std::env::var_os("OLLAMA_MODELS").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => BaseDirs::new().context("there is no home folder")?.home_dir().join(".ollama/models"),
    };
    if !folder.is_dir() {
        bail!("Ollama's store is not there ({})", folder.display());
    }
    Ok(folder)
}

/// `mistral` is `registry.ollama.ai/library/mistral/latest` below `manifests/`.
fn manifest_path(name: &str) -> anyhow::Result<PathBuf> {
    let (path, tag) = name.split_once(':').unwrap_or((name, "latest"));
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if !parts.iter().copied().chain([tag]).all(plain) {
        bail!("`ollama:{name}` is not a name such as ollama:mistral or ollama:qwen3:0.6b");
    }
    let full = match parts.as_slice() {
        [model] => ["registry.ollama.ai", "library", model],
        [user, model] => ["registry.ollama.ai", user, model],
        [host, user, model] => [*host, user, model],
        _ => bail!("`ollama:{name}` has too many parts"),
    };
    Ok(full.into_iter().chain([tag]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_ollama_does() {
        let check = |name: &str, expected: &str| {
            assert_eq!(manifest_path(name).unwrap(), PathBuf::from(expected), "{name}");
        };
        check("mistral", "registry.ollama.ai/library/mistral/latest");
        check("qwen3:0.6b", "registry.ollama.ai/library/qwen3/0.6b");
        check("ada/tiny:q4", "registry.ollama.ai/ada/tiny/q4");
        check("hf.co/ada/tiny:q4", "hf.co/ada/tiny/q4");
    }

    #[test]
    fn a_name_cannot_leave_the_store() {
        for name in ["", "../x", "a/../b", "a:../../b", "/etc/passwd", "a:b:c", "a/b/c/d"] {
            assert!(manifest_path(name).is_err(), "{name}");
        }
    }
}
