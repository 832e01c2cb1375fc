//! `daneel models`: names of models become files in the cache folder.

mod fetch;
mod http;
mod info;
mod ollama;
mod reference;
pub mod registry;
mod wheel;

use anyhow::Context as _;
use clap::Subcommand;
use indicatif::HumanBytes;
use serde::Serialize;

pub use reference::{Reference, ResolvedModel};

use crate::{console::Console, interrupt};

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the models known by name
    List,
    /// Fetches models into the cache folder: resumed where it stopped, and checked
    #[command(after_help = "Examples:\n  daneel models pull\n  daneel models pull smollm2-135m-instruct\n  \
        daneel models pull hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf")]
    Pull {
        /// Names, or hf:ORG/REPO/FILE.gguf; the two defaults if none is given
        names: Vec<Reference>,
    },
    /// Shows what a model file is: architecture, size, quantisation, context, languages, licence
    #[command(
        after_help = "Examples:\n  daneel models info smollm2-135m-instruct\n  daneel models info ./model.gguf\n  \
        daneel models info ollama:mistral --json"
    )]
    Info {
        /// Name, ./file.gguf, hf:ORG/REPO/FILE.gguf or ollama:NAME
        model: Reference,
    },
    /// Prints the path of a model's file, pulling it where needed
    Path {
        /// Name, ./file.gguf, hf:ORG/REPO/FILE.gguf or ollama:NAME
        model: Reference,
    },
}

/// Runs `daneel models`.
///
/// # Errors
/// If a model cannot be had or read.
pub fn run(command: &Command, console: Console) -> anyhow::Result<()> {
    interrupt::catch()?;
    match command {
        Command::List => list(console),
        Command::Pull { names } => pull(names, console),
        Command::Info { model } => info::run(model, console),
        Command::Path { model } => {
            #[derive(Serialize)]
            struct Line {
                name: String,
                path: String,
            }
            let model = model.resolve(console)?;
            let line = Line { name: model.name, path: model.path.display().to_string() };
            console.result(&line, |line| line.path.clone())
        }
    }
}

fn list(console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        name: &'a str,
        family: &'a str,
        role: registry::Role,
        default: bool,
        quantization: &'a str,
        bytes: u64,
        license: &'a str,
        languages: &'a [daneel_corpus::Language],
        pulled: bool,
    }
    let mut lines = Vec::new();
    for model in registry::models()? {
        lines.push(Line {
            name: &model.name,
            family: &model.family,
            role: model.role,
            default: model.role != registry::Role::Test
                && registry::default_model(model.role)?.name == model.name,
            quantization: &model.quantization,
            bytes: model.size(),
            license: &model.license,
            languages: &model.languages,
            pulled: model.is_pulled()?,
        });
    }
    console.result(&lines, |lines| {
        let mut text = format!(
            "{:<28} {:<8} {:<18} {:>10}  {:<20} {:<10} {}\n",
            "NAME", "ROLE", "QUANTIZATION", "SIZE", "LICENCE", "LANGUAGES", "PULLED"
        );
        for line in lines {
            let role = match line.role {
                registry::Role::Chat => "chat",
                registry::Role::Embed => "embed",
                registry::Role::Test => "test",
            };
            text += &format!(
                "{:<28} {:<8} {:<18} {:>10}  {:<20} {:<10} {}\n",
                line.name,
                format!("{role}{}", if line.default { " *" } else { "" }),
                line.quantization,
                HumanBytes(line.bytes).to_string(),
                line.license,
                abbreviate(line.languages),
                if line.pulled { "yes" } else { "no" },
            );
        }
        text + "* taken where no other is named. Any other GGUF: ./file.gguf, hf:ORG/REPO/FILE.gguf, ollama:NAME"
    })
}

/// `en it`, or `94` where there are many.
fn abbreviate(languages: &[daneel_corpus::Language]) -> String {
    match languages.len() {
        0 => "unknown".to_owned(),
        1..=3 => languages.iter().map(|language| language.code()).collect::<Vec<_>>().join(" "),
        n => n.to_string(),
    }
}

fn pull(names: &[Reference], console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Line {
        name: String,
        path: String,
        bytes: u64,
    }
    let defaults;
    let names = match names {
        [] => {
            defaults = [registry::Role::Chat, registry::Role::Embed]
                .into_iter()
                .map(|role| Ok(Reference::Registry(registry::default_model(role)?.name.clone())))
                .collect::<anyhow::Result<Vec<_>>>()?;
            &defaults
        }
        names => names,
    };
    let mut lines = Vec::new();
    for name in names {
        let model = name.resolve(console)?;
        let bytes = std::fs::metadata(&model.path)
            .with_context(|| format!("{} cannot be read", model.path.display()))?
            .len();
        lines.push(Line { name: model.name, path: model.path.display().to_string(), bytes });
    }
    console.result(&lines, |lines| {
        let describe = |line: &Line| format!("{}  {}  {}\n", line.name, HumanBytes(line.bytes), line.path);
        lines.iter().map(describe).collect()
    })
}
