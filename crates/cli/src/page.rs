//! The page that this binary carries becomes files of a site.

use std::{
    fs::File,
    io::{Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use walkdir::WalkDir;
use zip::ZipArchive;

/// What `build.rs` found in the page's folder.
const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/page.zip"));
/// Environment variable that names a page's folder to take instead of the embedded one.
const FOLDER_VARIABLE: &str = "DANEEL_WEB_DIST";

/// Writes the page's files into a folder.
///
/// # Errors
/// If there is no page, or a file cannot be written.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    match std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from) {
        Some(dist) => copy_folder(&dist, folder),
        None => unpack(Cursor::new(ARCHIVE), folder),
    }
}

/// Fails early where [`write`] would find no page.
///
/// # Errors
/// Says what to type.
pub fn require() -> anyhow::Result<()> {
    if let Some(dist) = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from) {
        if !dist.join("index.html").is_file() {
            bail!("{FOLDER_VARIABLE} names {}, which holds no page: it has no index.html", dist.display());
        }
        return Ok(());
    }
    if !ZipArchive::new(Cursor::new(ARCHIVE)).is_ok_and(|archive| !archive.is_empty()) {
        bail!(
            "this `daneel` was built without the chat page; type `cargo xtask web` in its repository and build it \
             again, or pass --no-page to write the site's data only"
        );
    }
    Ok(())
}

fn unpack(archive: impl Read + Seek, folder: &Path) -> anyhow::Result<()> {
    let mut archive = ZipArchive::new(archive).context("the embedded page is damaged")?;
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).context("the embedded page is damaged")?;
        let name = member.enclosed_name().context("the embedded page is damaged")?;
        write_file(&mut member, &folder.join(name))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry.with_context(|| format!("{} cannot be read", from.display()))?;
        if entry.file_type().is_file() {
            let relative = entry.path().strip_prefix(from).unwrap_or(entry.path());
            let mut file = File::open(entry.path())
                .with_context(|| format!("{} cannot be opened", entry.path().display()))?;
            write_file(&mut file, &to.join(relative))?;
        }
    }
    Ok(())
}

fn write_file(from: &mut impl Read, to: &Path) -> anyhow::Result<()> {
    let context = || format!("{} cannot be written; is the disk full?", to.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    std::io::copy(from, &mut File::create(to).with_context(context)?).with_context(context)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(name: &str) -> Cursor<Vec<u8>> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(b"<!doctype html>").unwrap();
        archive.finish().unwrap()
    }

    #[test]
    fn unpacks_folders() {
        let folder = tempfile::tempdir().unwrap();
        unpack(archive("locales/it.json"), folder.path()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("locales/it.json")).unwrap(), b"<!doctype html>");
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(unpack(archive("../index.html"), &folder.path().join("site")).is_err());
        assert!(!folder.path().join("index.html").exists());
    }
}
