//! The built page and a measuring page become measurements in headless Chromium (`tests/bench/measure.js`).

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::project::Project;
use crate::steps::{Done, Steps};
use crate::tools::WASM;
use crate::{command, demo, site, tools};

/// File of the default chat model below the cache's `models/`.
const CHAT_MODEL: &str = "smollm2-135m-instruct-q4_1.gguf";

/// Sets up, measures, prints. `options` go to the measuring script: names of parts, `--json FILE`.
pub fn browser(project: &Project, options: &[&str]) -> Result<ExitCode> {
    let mut steps = Steps::new(11);
    demo::web_steps(project, &mut steps)?;
    steps.run("Chromium", tools::browser)?;
    steps.run("daneel, the program", || site::program(project))?;
    steps.run("models, by `daneel models pull`", || site::models(project))?;
    steps.run("site of examples/blog, by `daneel build`", || site::sample(project))?;
    steps.run("engine and index as WebAssembly of their own", || engine(project))?;
    steps.run("measurement in Chromium", || {
        let mut measure = Command::new("node");
        measure
            .arg(project.root.join("tests/bench/measure.js"))
            .args(options)
            .env("CHROMIUM", tools::chromium()?)
            .env("DANEEL", project.daneel())
            .env("DANEEL_SITE", project.site())
            .env("DANEEL_BUNDLE", project.web_bundle())
            .env("DANEEL_BENCH_WASM", engine_folder(project))
            .env("DANEEL_CHAT_MODEL", project.cache.join("models").join(CHAT_MODEL));
        command::run(&mut measure)?;
        Ok(Done::Now)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn engine_folder(project: &Project) -> PathBuf {
    project.work().join("bench")
}

/// `daneel-bench`, built and optimised the way Trunk does it for the worker.
fn engine(project: &Project) -> Result<Done> {
    let package = "daneel-bench";
    let cargo = ["build", "--release", "--package", package, "--target", WASM];
    command::run(project.command("cargo")?.args(cargo))?;
    let folder = engine_folder(project);
    let built = project.target.join(WASM).join("release/daneel_bench.wasm");
    command::run(
        project.command("wasm-bindgen")?.args(["--target", "web", "--out-dir"]).arg(&folder).arg(built),
    )?;
    let module = folder.join("daneel_bench_bg.wasm");
    command::run(project.command("wasm-opt")?.args(["-O3", "-o"]).arg(&module).arg(&module))
        .context("type `npm ci`")?;
    Ok(Done::Now)
}
