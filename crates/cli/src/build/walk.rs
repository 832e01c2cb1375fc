//! A folder becomes the sorted list of its files: hidden ones, sites of Daneel and excluded ones left out.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::config;
use crate::site::MANIFEST;

/// A file of the corpus folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CorpusFile {
    /// Path inside the folder, with `/`.
    pub source: String,
    /// Path on this machine.
    pub path: PathBuf,
}

/// Lists the files of a folder, in an order that does not depend on the machine.
///
/// # Errors
/// If the folder cannot be read, or a pattern is not a glob.
pub fn files(input: &Path, exclude: &[String]) -> anyhow::Result<Vec<CorpusFile>> {
    if !input.is_dir() {
        bail!("{} is not a folder; name the folder of your texts", input.display());
    }
    let exclude = globs(exclude)?;
    let mut files = Vec::new();
    let entries = WalkDir::new(input).follow_links(true).into_iter().filter_entry(is_of_the_corpus);
    for entry in entries {
        let entry = entry.with_context(|| format!("{} cannot be read", input.display()))?;
        let path = entry.path();
        let relative = path.strip_prefix(input).unwrap_or(path);
        let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let source = parts.join("/");
        if entry.file_type().is_file() && source != config::FILE_NAME && !exclude.is_match(&source) {
            files.push(CorpusFile { source, path: path.to_owned() });
        }
    }
    files.sort();
    Ok(files)
}

/// Neither hidden, nor a site that was built before.
fn is_of_the_corpus(entry: &DirEntry) -> bool {
    let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
    let is_site = entry.file_type().is_dir() && entry.path().join(MANIFEST).is_file();
    entry.depth() == 0 || !(is_hidden || is_site)
}

fn globs(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).with_context(|| {
            format!("`{pattern}` under `exclude` is not a glob pattern such as `drafts/**`")
        })?);
    }
    set.build().context("the patterns under `exclude` cannot be used together")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lists_the_corpus_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files_there = [
            "b.md",
            "a/z.md",
            "a/b.md",
            ".git/config",
            "drafts/x.md",
            "site/daneel.json",
            "site/read/b.html",
            "daneel.toml",
            "a/.hidden.md",
        ];
        for file in files_there {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = files(folder.path(), &["drafts/**".to_owned()]).unwrap();
        let sources: Vec<&str> = files.iter().map(|file| file.source.as_str()).collect();
        assert_eq!(sources, ["a/b.md", "a/z.md", "b.md"]);
    }

    #[test]
    fn a_wrong_pattern_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = files(folder.path(), &["a[".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`a[`"), "{error}");
    }
}
