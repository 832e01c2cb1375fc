//! `daneel.toml` and the flags become the settings of one build.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use daneel_corpus::Language;
use daneel_rag::{AnswerStyle, Persona, Strategy};
use serde::Deserialize;

use super::Arguments;
use crate::models::{Reference, registry};

/// Name of the file beside the corpus.
pub const FILE_NAME: &str = "daneel.toml";

/// What `daneel.toml` can say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Title of the chat.
    pub title: Option<String>,
    /// What the texts are about, in a sentence or two.
    pub description: Option<String>,
    /// Language of documents that neither say nor show theirs.
    pub language: Option<Language>,
    /// Where the corpus is published.
    pub base_url: Option<String>,
    /// Who answers, and how.
    pub persona: Persona,
    /// `written`, `quoted`, or `best`, which is what measures best with the models that the site has.
    pub answers: AnswerStyle,
    /// How passages reach the chat model: `pack`, `sequence` or `token`.
    pub strategy: Strategy,
    /// Which models.
    pub models: Models,
    /// Questions to begin with.
    pub suggestions: Vec<String>,
    /// Glob patterns of files to leave out, relative to the corpus folder.
    pub exclude: Vec<String>,
    /// Drafts are answered from too.
    pub drafts: bool,
    /// Texts with a date in the future are answered from too.
    pub future: bool,
}

/// The `[models]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Model that answers; `none` for quoted answers only.
    pub chat: Option<String>,
    /// Model that embeds.
    pub embed: Option<String>,
}

/// Everything a build is told, flags before file before defaults.
#[derive(Debug)]
pub struct Settings {
    /// Title of the chat, where the author says one.
    pub title: Option<String>,
    /// What the texts are about, where the author says it here.
    pub description: Option<String>,
    /// Language of documents that neither say nor show theirs.
    pub language: Language,
    /// Where the corpus is published, with `/` at its end.
    pub base_url: Option<String>,
    /// Who answers, and how.
    pub persona: Persona,
    /// Whether the chat model writes.
    pub answers: AnswerStyle,
    /// How passages reach the chat model.
    pub strategy: Strategy,
    /// Model that answers.
    pub chat: Option<Reference>,
    /// Model that embeds.
    pub embedder: Reference,
    /// Questions to begin with; empty to make them from the corpus.
    pub suggestions: Vec<String>,
    /// Glob patterns of files to leave out.
    pub exclude: Vec<String>,
    /// Drafts too.
    pub drafts: bool,
    /// Texts with a date in the future too.
    pub future: bool,
    /// The file that was read.
    pub config_path: Option<PathBuf>,
}

impl Settings {
    /// Puts flags and file together.
    ///
    /// # Errors
    /// If the file is not valid, or a model or URL is not.
    pub fn load(arguments: &Arguments) -> anyhow::Result<Self> {
        let config_path = match &arguments.config {
            Some(path) => Some(path.clone()),
            None => find(&arguments.input),
        };
        let config = config_path.as_deref().map_or_else(|| Ok(Config::default()), read)?;
        let chat = arguments.model.clone().or(config.models.chat);
        let embedder = arguments.embedder.clone().or(config.models.embed);
        let base_url = arguments.base_url.clone().or(config.base_url);
        Ok(Self {
            title: arguments.title.clone().or(config.title).filter(|title| !title.trim().is_empty()),
            description: config.description.filter(|description| !description.trim().is_empty()),
            language: arguments.language.or(config.language).unwrap_or(Language::ENGLISH),
            base_url: base_url.as_deref().map(normalise_base_url).transpose()?,
            persona: config.persona,
            answers: config.answers,
            strategy: config.strategy,
            chat: match chat.as_deref() {
                Some("none") => None,
                Some(name) => Some(name.parse()?),
                None => Some(default_reference(registry::Role::Chat)?),
            },
            embedder: match embedder {
                Some(name) => name.parse()?,
                None => default_reference(registry::Role::Embed)?,
            },
            suggestions: config.suggestions,
            exclude: config.exclude,
            drafts: arguments.drafts || config.drafts,
            future: arguments.future || config.future,
            config_path,
        })
    }
}

fn default_reference(role: registry::Role) -> anyhow::Result<Reference> {
    Ok(Reference::Registry(registry::default_model(role)?.name.clone()))
}

/// `daneel.toml` inside the corpus folder, or beside it.
fn find(input: &Path) -> Option<PathBuf> {
    let input = input.canonicalize().ok()?;
    [Some(input.as_path()), input.parent()]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
}

fn read(path: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))
}

/// A base URL ends with `/`, so that paths can be put behind it.
fn normalise_base_url(url: &str) -> anyhow::Result<String> {
    let url = url.trim();
    let known = url.starts_with("https://") || url.starts_with("http://") || url.starts_with('/');
    if !known || url.contains(['?', '#', ' ', '"', '<', '>']) {
        bail!(
            "`{url}` is not a base URL; write it as https://example.org/blog/, or / for the root of the same host"
        );
    }
    Ok(format!("{}/", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_read() {
        let config: Config = toml::from_str(
            r#"
            title = "Il blog di Ada"
            language = "it"
            base_url = "https://ada.example/blog"
            suggestions = ["Che cos'è un embedding?"]
            exclude = ["drafts/**"]
            [persona]
            name = "Ada"
            instructions = "Parla in prima persona."
            [models]
            chat = "none"
            "#,
        )
        .unwrap();
        assert_eq!(config.language, Some(Language::ITALIAN));
        assert_eq!(config.persona.name.as_deref(), Some("Ada"));
        assert_eq!(config.models.chat.as_deref(), Some("none"));
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "title = \"x\"\nlanguag = \"it\"\n").unwrap();
        let error = format!("{:#}", read(file.path()).unwrap_err());
        assert!(error.contains("line 2") && error.contains("languag"), "{error}");
    }

    #[test]
    fn base_urls_end_with_a_slash() {
        assert_eq!(normalise_base_url("https://a.example/blog").unwrap(), "https://a.example/blog/");
        assert_eq!(normalise_base_url("/").unwrap(), "/");
        for wrong in ["", "a.example", "javascript:alert(1)", "https://a.example/?q=1"] {
            assert!(normalise_base_url(wrong).is_err(), "{wrong}");
        }
    }
}
