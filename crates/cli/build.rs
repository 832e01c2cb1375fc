//! The page's folder becomes one archive inside the binary, so that an author needs no wasm tools.
//!
//! The folder is `web/dist`, where `cargo xtask web` puts it, or the one that `DANEEL_WEB_DIST` names. Without it the
//! archive is empty, and `daneel build` says what is missing.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=DANEEL_WEB_DIST");
    let folder = match std::env::var_os("DANEEL_WEB_DIST") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo names no folder")?)
            .join("../../web/dist"),
    };
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no output folder")?;
    let mut archive = ZipWriter::new(File::create(Path::new(&out).join("page.zip"))?);
    if folder.join("index.html").is_file() {
        add_folder(&mut archive, &folder, "")?;
    }
    archive.finish()?.flush()?;
    Ok(())
}

/// Adds the files of a folder in the order of their names, so that the same page gives the same binary.
fn add_folder(archive: &mut ZipWriter<File>, folder: &Path, prefix: &str) -> Result<(), Box<dyn Error>> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add_folder(archive, &entry.path(), &format!("{name}/"))?;
        } else {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(zip::DateTime::default());
            archive.start_file(name, options)?;
            io::copy(&mut File::open(entry.path())?, archive)?;
        }
    }
    Ok(())
}
