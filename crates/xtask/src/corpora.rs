//! `cargo xtask corpora FOLDER`: texts that lie on this machine become folders for `daneel build`, each with questions for
//! `daneel eval answers`.
//!
//! Nothing of them is committed but the questions in `tests/answers`: the texts are others' and large. What is not
//! installed is left out, with what to install.

mod data_sets;
mod sampled;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, project::Project};

/// Manuals of the toolchain; `book` is for judging only.
const RUST_MANUALS: [&str; 4] = ["cargo", "clippy", "rustc", "reference"];
/// Pages that repeat all others, or are no prose: no author would index them.
const LEFT_OUT: [&str; 4] = ["print.html", "toc.html", "CHANGELOG.html", "test-summary.html"];
/// Folder in the corpus, folder on a Debian system, ending of the pages' names, package.
const DEBIAN_MANUALS: [(&str, &str, &str, &str); 3] = [
    ("faq", "/usr/share/doc/debian/FAQ/it", ".it.html", "debian-faq-it"),
    ("maint-guide", "/usr/share/doc/maint-guide-it/html", ".it.html", "maint-guide-it"),
    ("reference", "/usr/share/debian-reference", ".en.html", "debian-reference-en"),
];

/// Where to write, and where the data sets lie.
struct Options {
    out: PathBuf,
    data: Option<PathBuf>,
}

/// Runs `cargo xtask corpora`.
pub fn run(project: &Project, arguments: &[&str]) -> Result<()> {
    let options = parse(arguments)?;
    let rust = options.out.join("rust");
    copy_rust(&rust.join("texts"))?;
    copy_questions(project, "rust", &rust)?;
    let debian = options.out.join("debian");
    if copy_debian(&debian.join("texts"))? {
        copy_questions(project, "debian", &debian)?;
    }
    match &options.data {
        Some(data) => sampled::write_all(data, &options.out)?,
        None => println!("stories, articles: left out; name the folder of the data sets with --data"),
    }
    println!(
        "\nNext, for each: daneel build {0}/rust/texts --out {0}/rust/site --no-page\n\
         and: daneel eval answers {0}/rust/site --questions {0}/rust/questions.toml",
        options.out.display()
    );
    Ok(())
}

fn parse(arguments: &[&str]) -> Result<Options> {
    match arguments {
        [out] => Ok(Options { out: out.into(), data: None }),
        [out, "--data", data] => Ok(Options { out: out.into(), data: Some(data.into()) }),
        _ => bail!("type `cargo xtask corpora FOLDER` or `cargo xtask corpora FOLDER --data FOLDER`"),
    }
}

fn copy_rust(out: &Path) -> Result<()> {
    let sysroot = command::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let html = Path::new(sysroot.trim()).join("share/doc/rust/html");
    if !html.is_dir() {
        bail!("{} is not there; type `rustup component add rust-docs`", html.display());
    }
    let mut pages = 0;
    for manual in RUST_MANUALS {
        pages += copy_pages(&html.join(manual), &out.join(manual), ".html")?;
    }
    println!("rust: {pages} pages");
    Ok(())
}

/// False if nothing was copied.
fn copy_debian(out: &Path) -> Result<bool> {
    let missing: Vec<&str> = DEBIAN_MANUALS
        .iter()
        .filter(|(_, from, ..)| !Path::new(from).is_dir())
        .map(|&(.., package)| package)
        .collect();
    if !missing.is_empty() {
        println!("debian: left out; install {}", missing.join(" "));
        return Ok(false);
    }
    let mut pages = 0;
    for (name, from, ending, _) in DEBIAN_MANUALS {
        pages += copy_pages(Path::new(from), &out.join(name), ending)?;
    }
    println!("debian: {pages} pages");
    Ok(true)
}

/// Copies the pages below a folder, and says how many.
fn copy_pages(from: &Path, to: &Path, ending: &str) -> Result<usize> {
    let mut pages = 0;
    let entries = fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))?;
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            pages += copy_pages(&path, &to.join(name), ending)?;
        } else if name.ends_with(ending) && !LEFT_OUT.contains(&name) {
            create_folder(to)?;
            fs::copy(&path, to.join(name)).with_context(|| format!("{} cannot be copied", path.display()))?;
            pages += 1;
        }
    }
    Ok(pages)
}

fn copy_questions(project: &Project, name: &str, to: &Path) -> Result<()> {
    create_folder(to)?;
    let from = project.root.join("tests/answers").join(format!("{name}.toml"));
    fs::copy(&from, to.join("questions.toml")).with_context(|| format!("{} is missing", from.display()))?;
    Ok(())
}

fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_copied_without_those_that_repeat_them() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let from = folder.path().join("from/guide");
        create_folder(&from)?;
        for name in ["print.html", "one.html", "style.css"] {
            fs::write(from.join(name), name)?;
        }
        let to = folder.path().join("to");
        assert_eq!(copy_pages(&folder.path().join("from"), &to, ".html")?, 1);
        assert!(to.join("guide/one.html").is_file());
        Ok(())
    }

    #[test]
    fn a_wrong_argument_is_told_what_to_type() {
        for arguments in [&[][..], &["a", "--data"], &["a", "b"]] {
            assert!(parse(arguments).is_err_and(|error| error.to_string().contains("cargo xtask corpora")));
        }
    }
}
