//! A step's inputs become a fingerprint; a step whose fingerprint stands in its stamp is not done again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::project::Project;
use crate::steps::Done;

/// What a step depends on.
#[derive(Default)]
pub struct Inputs {
    hash: Sha256,
}

impl Inputs {
    /// Adds a file, or all files below a folder, by name and content. What is missing counts as missing.
    pub fn path(mut self, path: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(path, &mut files)?;
        files.sort();
        for file in files {
            self.add(file.as_os_str().as_encoded_bytes());
            self.add(&fs::read(&file).with_context(|| format!("reading {}", file.display()))?);
        }
        Ok(self)
    }

    fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes.len().to_le_bytes());
        self.hash.update(bytes);
    }

    fn fingerprint(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Does `step` unless `output` is there and was made from the same `inputs`.
pub fn unless_unchanged(
    project: &Project,
    name: &str,
    output: &Path,
    inputs: Inputs,
    step: impl FnOnce() -> Result<()>,
) -> Result<Done> {
    let stamp = project.work().join("stamps").join(name);
    let fingerprint = inputs.fingerprint();
    if output.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == fingerprint) {
        return Ok(Done::AlreadyThere);
    }
    // A step that fails half-way must not look done.
    let _ = fs::remove_file(&stamp);
    step()?;
    fs::create_dir_all(project.work().join("stamps")).context("creating the folder of stamps")?;
    fs::write(&stamp, fingerprint).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(Done::Now)
}

/// Files at and below `path`, less what is generated there.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() && !path.ends_with("dist") {
        for entry in fs::read_dir(path).with_context(|| format!("reading {}", path.display()))? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(root: &Path) -> Project {
        Project { root: root.to_path_buf(), target: root.join("target"), cache: root.join("cache") }
    }

    #[test]
    fn a_step_runs_again_only_when_an_input_or_its_output_changed() {
        let folder = tempfile::tempdir().unwrap();
        let project = project(folder.path());
        let (input, output) = (folder.path().join("in/a.md"), folder.path().join("out"));
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(&input, "one").unwrap();
        let run = || {
            let inputs = Inputs::default().path(&folder.path().join("in")).unwrap();
            unless_unchanged(&project, "copy", &output, inputs, || Ok(fs::copy(&input, &output).map(drop)?))
                .unwrap()
        };
        assert_eq!(run(), Done::Now);
        assert_eq!(run(), Done::AlreadyThere);
        fs::write(&input, "two").unwrap();
        assert_eq!(run(), Done::Now);
        fs::rename(&input, folder.path().join("in/b.md")).unwrap();
        fs::copy(folder.path().join("in/b.md"), &input).unwrap();
        assert_eq!(run(), Done::Now);
        fs::remove_file(&output).unwrap();
        assert_eq!(run(), Done::Now);
    }

    #[test]
    fn a_failed_step_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let project = project(folder.path());
        let run = |fails: bool| {
            unless_unchanged(&project, "step", folder.path(), Inputs::default(), || {
                anyhow::ensure!(!fails, "broken");
                Ok(())
            })
        };
        assert_eq!(run(false).unwrap(), Done::Now);
        assert_eq!(run(true).unwrap(), Done::AlreadyThere);
        fs::write(folder.path().join("input"), "2").unwrap();
        let changed = Inputs::default().path(&folder.path().join("input")).unwrap();
        unless_unchanged(&project, "step", folder.path(), changed, || anyhow::bail!("broken")).unwrap_err();
        assert_eq!(run(false).unwrap(), Done::Now);
    }
}
