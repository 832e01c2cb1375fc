//! A machine with Rust, Python and Node becomes one that can build and test the page.
//!
//! Each tool has one version, checked before anything is fetched. Trunk never downloads a helper by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::project::Project;
use crate::stamp::{Inputs, unless_unchanged};
use crate::steps::Done;

/// What the page and its worker are compiled to.
pub const WASM: &str = "wasm32-unknown-unknown";

const TRUNK: &str = "0.21.14";

/// The WebAssembly target of the toolchain.
pub fn wasm_target() -> Result<Done> {
    let libraries =
        command::output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(Done::AlreadyThere);
    }
    command::run(Command::new("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("type `rustup target add {WASM}`"))?;
    Ok(Done::Now)
}

/// rustfmt and clippy, which a minimal toolchain lacks.
pub fn rust_components() -> Result<Done> {
    let there = |name: &str| command::exists(Command::new("cargo").args([name, "--version"]));
    if there("fmt") && there("clippy") {
        return Ok(Done::AlreadyThere);
    }
    command::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        .context("type `rustup component add rustfmt clippy`")?;
    Ok(Done::Now)
}

/// Trunk, which bundles the page.
pub fn trunk(project: &Project) -> Result<Done> {
    // Nothing that its defaults add is used: it looks for no update, and the end-to-end tests bring their own server.
    // The lock file is the set of dependencies that the version was released with.
    cargo_install(project, "trunk", "trunk", TRUNK, &["--no-default-features", "--locked"])
}

/// wasm-bindgen's program, of the version of the library in `Cargo.lock`: they have to be equal.
pub fn wasm_bindgen(project: &Project) -> Result<Done> {
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let version = locked_version(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen")?;
    // Not `--locked`: its lock file names a version that was withdrawn.
    cargo_install(project, "wasm-bindgen", "wasm-bindgen-cli", version, &[])
}

/// The packages of `package-lock.json`: wasm-opt, the browser's driver, the engine to compare with.
pub fn npm_packages(project: &Project) -> Result<Done> {
    let inputs = Inputs::default().path(&project.root.join("package-lock.json"))?;
    unless_unchanged(project, "npm", &project.root.join("node_modules/.package-lock.json"), inputs, || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        command::run(project.command(npm)?.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
            .context("type `npm ci`")
    })
}

/// Chromium, and a software Vulkan driver for machines without a GPU.
pub fn browser() -> Result<Done> {
    if chromium().is_ok() && software_vulkan() {
        return Ok(Done::AlreadyThere);
    }
    let packages = ["chromium", "mesa-vulkan-drivers"];
    let advice =
        format!("type `sudo apt-get install {}`, or set CHROMIUM to the browser's path", packages.join(" "));
    let is_root = command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || !command::exists(Command::new("apt-get").arg("--version")) {
        chromium().context(advice)?;
        println!("      no software Vulkan driver; GPU tests need a GPU here");
        return Ok(Done::AlreadyThere);
    }
    command::run(Command::new("apt-get").args(["update", "--quiet"])).context(advice.clone())?;
    command::run(
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "--quiet", "--yes", "--no-install-recommends"])
            .args(packages),
    )
    .context(advice)?;
    chromium().map(|_| Done::Now)
}

/// Path of the browser for tests: `CHROMIUM`, or what is installed.
pub fn chromium() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(path);
        return if path.is_file() { Ok(path) } else { bail!("CHROMIUM={} is no file", path.display()) };
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe"];
    let folders: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .chain([PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")])
        .find(|path| path.is_file())
        .context("no Chromium found")
}

fn software_vulkan() -> bool {
    cfg!(not(target_os = "linux"))
        || fs::read_dir("/usr/share/vulkan/icd.d").is_ok_and(|mut drivers| {
            drivers.any(|driver| {
                driver.is_ok_and(|driver| driver.file_name().to_string_lossy().starts_with("lvp"))
            })
        })
}

fn cargo_install(
    project: &Project,
    program: &str,
    package: &str,
    version: &str,
    options: &[&str],
) -> Result<Done> {
    let installed = project.command(program)?.arg("--version").output();
    if installed.is_ok_and(|output| has_word(&String::from_utf8_lossy(&output.stdout), version)) {
        return Ok(Done::AlreadyThere);
    }
    let mut install = project.command("cargo")?;
    install.args(["install", package, "--version", version, "--root"]);
    install.arg(project.tools()).args(options);
    // A tool runs for seconds: time spent on making its code fast is lost.
    install.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command::run(&mut install).with_context(|| format!("type `{}`", command::line(&install)))?;
    Ok(Done::Now)
}

fn has_word(text: &str, word: &str) -> bool {
    text.split_whitespace().any(|part| part == word)
}

fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_package_itself() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "leptos"), None);
    }

    #[test]
    fn a_longer_version_is_another_one() {
        assert!(has_word("trunk 0.21.14", "0.21.14"));
        assert!(!has_word("trunk 0.21.140", "0.21.14"));
        assert!(!has_word("trunk 0.21.14-beta.1", "0.21.14"));
    }
}
