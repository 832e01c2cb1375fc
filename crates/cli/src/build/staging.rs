//! A site grows in a temporary folder beside its place and takes that place at the end, all at once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::site::MANIFEST;

/// A site in the making. Dropped before [`Staging::publish`], it leaves nothing behind.
pub struct Staging {
    /// Holds the new site and, for a moment, the previous one; on the same file system as both.
    temporary: TempDir,
    out: PathBuf,
}

impl Staging {
    /// Prepares to write a site to `out`.
    ///
    /// # Errors
    /// If `out` is something that must not be replaced, or its parent cannot be written.
    pub fn create(out: &Path, input: &Path, force: bool) -> anyhow::Result<Self> {
        let out = std::path::absolute(out).with_context(|| format!("{} is not a path", out.display()))?;
        refuse_to_lose(&out, input, force)?;
        let parent = out.parent().with_context(|| format!("{} cannot be a site", out.display()))?;
        crate::cache::create_folder(parent)?;
        let temporary = tempfile::Builder::new()
            .prefix(".daneel-")
            .tempdir_in(parent)
            .with_context(|| format!("{} cannot be written", parent.display()))?;
        let staging = Self { temporary, out };
        let folder = staging.folder();
        fs::create_dir(&folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        Ok(staging)
    }

    /// Where the new site grows.
    pub fn folder(&self) -> PathBuf {
        self.temporary.path().join("site")
    }

    /// The site that is there now, if it is one.
    pub fn previous(&self) -> Option<&Path> {
        self.out.join(MANIFEST).is_file().then_some(&self.out)
    }

    /// Puts the new site in the place of the previous one.
    ///
    /// # Errors
    /// If a folder cannot be renamed; the previous site is then where it was.
    pub fn publish(self) -> anyhow::Result<()> {
        let previous = self.temporary.path().join("previous");
        let replaces = self.out.exists();
        if replaces {
            fs::rename(&self.out, &previous)
                .with_context(|| format!("{} cannot be replaced", self.out.display()))?;
        }
        if let Err(error) = fs::rename(self.folder(), &self.out) {
            if replaces {
                fs::rename(&previous, &self.out).with_context(|| {
                    format!("the previous site could not be put back to {}", self.out.display())
                })?;
            }
            return Err(error).with_context(|| format!("{} cannot be written", self.out.display()));
        }
        Ok(())
    }
}

/// Refuses to replace anything but a site, unless forced; and to replace the author's texts in any case.
fn refuse_to_lose(out: &Path, input: &Path, force: bool) -> anyhow::Result<()> {
    let input = input.canonicalize().with_context(|| format!("there is no folder {}", input.display()))?;
    if let Ok(out) = out.canonicalize()
        && input.starts_with(&out)
    {
        bail!(
            "the site would replace the texts it is made from; choose another folder than {}",
            out.display()
        );
    }
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        bail!("{} is a file; choose another folder with --out", out.display());
    }
    let mut entries = fs::read_dir(out).with_context(|| format!("{} cannot be read", out.display()))?;
    if entries.next().is_some() && !out.join(MANIFEST).is_file() && !force {
        bail!(
            "{} holds files that are no site of Daneel; choose another folder, or pass --force to replace it",
            out.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (input, out) = (folder.path().join("texts"), folder.path().join("site"));
        fs::create_dir(&input).unwrap();
        (folder, input, out)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_published_site_replaces_the_previous_one() {
        let (folder, input, out) = setup();
        fs::create_dir(&out).unwrap();
        fs::write(out.join(MANIFEST), "old").unwrap();
        let staging = Staging::create(&out, &input, false).unwrap();
        assert!(staging.previous().is_some());
        fs::write(staging.folder().join(MANIFEST), "new").unwrap();
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"old");
        staging.publish().unwrap();
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["site", "texts"]);
    }

    #[test]
    fn a_dropped_site_leaves_nothing_behind() {
        let (folder, input, out) = setup();
        let staging = Staging::create(&out, &input, false).unwrap();
        fs::write(staging.folder().join(MANIFEST), "new").unwrap();
        drop(staging);
        assert_eq!(names(folder.path()), ["texts"]);
    }

    #[test]
    fn a_site_that_cannot_be_moved_leaves_the_previous_one() {
        let (folder, input, out) = setup();
        fs::create_dir(&out).unwrap();
        fs::write(out.join(MANIFEST), "old").unwrap();
        let staging = Staging::create(&out, &input, false).unwrap();
        fs::remove_dir(staging.folder()).unwrap();
        assert!(staging.publish().is_err());
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["site", "texts"]);
    }

    #[test]
    fn foreign_files_and_the_texts_themselves_are_not_replaced() {
        let (folder, input, out) = setup();
        fs::create_dir(&out).unwrap();
        fs::write(out.join("holiday.jpg"), "").unwrap();
        assert!(Staging::create(&out, &input, false).is_err());
        assert!(Staging::create(&out, &input, true).is_ok());
        assert!(Staging::create(&input, &input, true).is_err());
        assert!(Staging::create(folder.path(), &input, true).is_err());
    }
}
