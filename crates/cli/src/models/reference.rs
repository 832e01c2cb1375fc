//! What an author types for a model becomes a file on this machine: `NAME`, `./file.gguf`, `hf:…`, `ollama:…`.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context as _, bail};
use daneel_corpus::Language;

use super::{
    fetch,
    http::{self, HuggingFaceFile},
    ollama,
    registry::{self, Model},
};
use crate::{cache, console::Console};

/// A model as the author names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A name of the registry.
    Registry(String),
    /// A file on this machine.
    File(PathBuf),
    /// A file on Hugging Face.
    HuggingFace(HuggingFaceFile),
    /// A model that Ollama has pulled.
    Ollama(String),
}

/// A model file on this machine, and what is known of it.
#[derive(Debug)]
pub struct ResolvedModel {
    /// Registry name or file stem; a plain file name.
    pub name: String,
    /// The GGUF.
    pub path: PathBuf,
    /// SHA-256 that the file must have, where something says so.
    pub sha256: Option<String>,
    /// The registry's entry, where there is one.
    pub entry: Option<&'static Model>,
}

impl FromStr for Reference {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Some(reference) = text.strip_prefix("hf:") {
            return Ok(Self::HuggingFace(HuggingFaceFile::parse(reference)?));
        }
        if let Some(name) = text.strip_prefix("ollama:") {
            return Ok(Self::Ollama(name.to_owned()));
        }
        if registry::find(text)?.is_some() {
            return Ok(Self::Registry(text.to_owned()));
        }
        let path = Path::new(text);
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) || path.is_file()
        {
            return Ok(Self::File(path.to_owned()));
        }
        let names: Vec<&str> = registry::models()?.iter().map(|model| model.name.as_str()).collect();
        bail!(
            "`{text}` is neither a known model nor a GGUF file; known are {}; or name a file as ./model.gguf, \
             hf:ORG/REPO/FILE.gguf or ollama:NAME",
            names.join(", ")
        )
    }
}

impl Reference {
    /// Finds the file, pulling it where needed.
    ///
    /// # Errors
    /// If the model cannot be had.
    pub fn resolve(&self, console: Console) -> anyhow::Result<ResolvedModel> {
        match self {
            Self::Registry(name) => {
                let entry =
                    registry::find(name)?.with_context(|| format!("`{name}` is not in the registry"))?;
                Ok(ResolvedModel {
                    name: name.clone(),
                    path: fetch::pull(entry, console)?,
                    sha256: Some(entry.main_file()?.sha256.clone()),
                    entry: Some(entry),
                })
            }
            Self::File(path) => {
                if !path.is_file() {
                    bail!("the model file {} is not there", path.display());
                }
                Ok(ResolvedModel { name: stem(path), path: path.clone(), sha256: None, entry: None })
            }
            Self::HuggingFace(file) => {
                let path = cache::models()?.join("hf").join(&file.repository).join(&file.path);
                if !path.is_file() {
                    cache::create_folder(path.parent().unwrap_or(&path))?;
                    http::download(file, &path, None, console)?;
                }
                Ok(ResolvedModel { name: stem(&path), path, sha256: None, entry: None })
            }
            Self::Ollama(name) => {
                let blob = ollama::find(name)?;
                let name = plain(name);
                Ok(ResolvedModel { name, path: blob.path, sha256: Some(blob.sha256), entry: None })
            }
        }
    }
}

impl ResolvedModel {
    /// Languages that the model is known to speak; empty where unknown.
    pub fn languages(&self) -> Vec<Language> {
        self.entry.map(|entry| entry.languages.clone()).unwrap_or_default()
    }
}

/// A file's name without folder and extension.
fn stem(path: &Path) -> String {
    plain(&path.file_stem().unwrap_or_default().to_string_lossy())
}

/// A name that is safe as a folder of the site and in a URL.
fn plain(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect();
    match name.trim_matches(['.', '-']) {
        "" => "model".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_told_apart() {
        let parse = |text: &str| text.parse::<Reference>();
        assert_eq!(
            parse("smollm2-135m-instruct").unwrap(),
            Reference::Registry("smollm2-135m-instruct".into())
        );
        assert_eq!(parse("./my model.gguf").unwrap(), Reference::File("./my model.gguf".into()));
        assert_eq!(parse("ollama:mistral").unwrap(), Reference::Ollama("mistral".into()));
        assert!(matches!(parse("hf:org/repo/file.gguf").unwrap(), Reference::HuggingFace(_)));
        let error = parse("smolm").unwrap_err().to_string();
        assert!(error.contains("smollm2-135m-instruct") && error.contains("hf:"), "{error}");
    }

    #[test]
    fn names_are_safe_in_a_site_folder() {
        assert_eq!(stem(Path::new("/a/My Model (v2).gguf")), "my-model--v2");
        assert_eq!(plain("user/model:tag"), "user-model-tag");
        assert_eq!(plain(".."), "model");
    }
}
