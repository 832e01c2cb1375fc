//! `daneel models info`: a GGUF's header becomes a short description.

use anyhow::Context as _;
use daneel_corpus::Language;
use daneel_model::{ModelInfo, inspect};
use futures_lite::future::block_on;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

use super::Reference;
use crate::{console::Console, local_file::LocalFile};

/// What is known of a model file, for `--json`.
#[derive(Serialize)]
struct Description {
    name: String,
    path: String,
    bytes: u64,
    license: Option<String>,
    languages: Vec<Language>,
    #[serde(flatten)]
    info: ModelInfo,
}

/// Runs `daneel models info`.
///
/// # Errors
/// If the file is not a GGUF, or a damaged one.
pub fn run(model: &Reference, console: Console) -> anyhow::Result<()> {
    let model = model.resolve(console)?;
    let info = block_on(inspect(&LocalFile::open(&model.path)?))
        .with_context(|| format!("{} cannot be used", model.path.display()))?;
    let languages = match model.languages() {
        known if known.is_empty() => {
            info.languages.iter().filter_map(|tag| Language::from_tag(tag)).collect()
        }
        known => known,
    };
    let description = Description {
        name: model.name,
        path: model.path.display().to_string(),
        bytes: std::fs::metadata(&model.path).map_or(0, |metadata| metadata.len()),
        license: model.entry.map(|entry| entry.license.clone()).or_else(|| info.license.clone()),
        languages,
        info,
    };
    console.result(&description, describe)
}

fn describe(model: &Description) -> String {
    let info = &model.info;
    let unknown = || "unknown".to_owned();
    let quantization: Vec<String> =
        info.tensor_types.iter().map(|(kind, share)| format!("{kind} {:.1} %", share * 100.0)).collect();
    let languages: Vec<&str> = model.languages.iter().map(Language::code).collect();
    let lines = [
        ("file", model.path.clone()),
        ("size", HumanBytes(model.bytes).to_string()),
        ("architecture", info.architecture.clone()),
        ("parameters", HumanCount(info.parameters).to_string()),
        ("quantisation", quantization.join(", ")),
        ("context", info.context_length.map_or_else(unknown, |n| format!("{n} tokens"))),
        ("vocabulary", info.vocabulary_size.map_or_else(unknown, |n| format!("{n} tokens"))),
        ("languages", if languages.is_empty() { unknown() } else { languages.join(" ") }),
        ("licence", model.license.clone().unwrap_or_else(unknown)),
        ("chat template", if info.has_chat_template { "yes" } else { "no" }.to_owned()),
    ];
    let mut text = format!("{}\n", model.name);
    for (name, value) in lines {
        text += &format!("  {name:<14} {value}\n");
    }
    text
}
