//! Where things lie: the checkout, cargo's build folder, the user's cache.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// The places that every step works with.
pub struct Project {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's build folder, which `CARGO_TARGET_DIR` may have moved.
    pub target: PathBuf,
    /// The user's cache: `models/` by `daneel`, `tools/` by xtask.
    pub cache: PathBuf,
}

impl Project {
    /// Asks cargo and the platform.
    pub fn find() -> Result<Self> {
        // Asked at run time: clones that share a build folder share this program too.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .context("xtask must lie two folders below the checkout")?
            .to_path_buf();
        let metadata = command::output(Command::new("cargo").current_dir(&root).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata")?;
        let target =
            metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
        let cache = directories::ProjectDirs::from("", "", "daneel")
            .context("this user has no home folder; set HOME")?
            .cache_dir()
            .to_path_buf();
        Ok(Self { target: PathBuf::from(target), root, cache })
    }

    /// Development tools, as `cargo install --root` and the Python environment lay them out.
    pub fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Outputs of xtask itself: the demo's site, stamps, screenshots. In the checkout, because they belong to its content.
    pub fn work(&self) -> PathBuf {
        self.root.join("target/xtask")
    }

    /// The program that authors use.
    pub fn daneel(&self) -> PathBuf {
        self.target.join("debug").join(format!("daneel{}", std::env::consts::EXE_SUFFIX))
    }

    /// The page and its worker, ready to be embedded.
    pub fn web_bundle(&self) -> PathBuf {
        self.root.join("web/dist")
    }

    /// The sample author's texts.
    pub fn sample(&self) -> PathBuf {
        self.root.join("examples/blog")
    }

    /// The site made of them.
    pub fn site(&self) -> PathBuf {
        self.work().join("site")
    }

    /// A command that runs in the checkout and finds the tools before any other of the same name.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
        let first = [self.tools().join("bin"), self.root.join("node_modules/.bin")];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path)))
            .context("a folder on the PATH has a separator in its name")?;
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", path);
        Ok(command)
    }
}
