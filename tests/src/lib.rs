//! What the tests of the whole have in common: where the files of the checkout are.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folders of built or fetched things, and of version control.
const NOT_OURS: [&str; 6] = [".git", "node_modules", "target", "dist", "snapshots", "site"];

/// The checkout: cargo runs tests in their package's folder.
pub fn root() -> &'static Path {
    Path::new("..")
}

/// Every file below `folder` of the checkout that people wrote and that has one of the extensions, in order.
///
/// # Errors
/// If a folder cannot be read.
pub fn files(folder: &str, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(&root().join(folder), extensions, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&path, extensions, found)?;
            }
        } else if extensions.contains(&extension.as_str()) {
            found.push(path);
        }
    }
    Ok(())
}
