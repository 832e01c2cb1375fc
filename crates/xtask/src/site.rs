//! The sources become the page's bundle, the `daneel` program, the models in the cache and the sample author's site.

use anyhow::{Context, Result};

use crate::command;
use crate::project::Project;
use crate::stamp::{Inputs, unless_unchanged};
use crate::steps::Done;

/// What the page and its worker are made of.
const WEB_INPUTS: [&str; 13] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "index.html",
    "rust-toolchain.toml",
    "crates/corpus",
    "crates/gpu",
    "crates/index",
    "crates/model",
    "crates/rag",
    "package-lock.json",
    "web",
];

/// Everything of the workspace that compiles natively, tests included: one selection for every cargo command, so that
/// features are the same each time and nothing is compiled twice.
pub const NATIVE: [&str; 3] = ["--workspace", "--exclude", "daneel-bench"];

/// `web/dist`, by Trunk.
pub fn web_bundle(project: &Project) -> Result<Done> {
    let mut inputs = Inputs::default();
    for path in WEB_INPUTS {
        inputs = inputs.path(&project.root.join(path))?;
    }
    unless_unchanged(project, "web", &project.web_bundle().join("index.html"), inputs, || {
        // Trunk refuses the value that many continuous-integration systems give NO_COLOR.
        command::run(project.command("trunk")?.env_remove("NO_COLOR").args([
            "build",
            "--release",
            "--offline",
        ]))
    })
}

/// The `daneel` program with the bundle inside; cargo itself knows what has changed.
pub fn program(project: &Project) -> Result<Done> {
    command::run(project.command("cargo")?.arg("build").args(NATIVE))?;
    Ok(Done::Now)
}

/// The default models in the cache.
pub fn models(project: &Project) -> Result<Done> {
    command::run(project.command(project.daneel())?.args(["models", "pull"]))?;
    Ok(Done::Now)
}

/// The models of the registry that tests are made with.
pub fn all_models(project: &Project) -> Result<Done> {
    models(project)?;
    let names = ["qwen2.5-coder-0.5b-instruct", "gemma-3-270m", "all-minilm-l6-v2"];
    command::run(project.command(project.daneel())?.args(["models", "pull"]).args(names))?;
    Ok(Done::Now)
}

/// The sample author's site.
pub fn sample(project: &Project) -> Result<Done> {
    let (texts, site) = (project.sample(), project.site());
    let inputs = Inputs::default().path(&texts)?.path(&project.daneel())?;
    unless_unchanged(project, "site", &site.join("daneel.json"), inputs, || {
        std::fs::create_dir_all(project.work()).context("creating the folder of the demo's site")?;
        command::run(project.command(project.daneel())?.arg("build").arg(texts).arg("--out").arg(&site))
    })
}
