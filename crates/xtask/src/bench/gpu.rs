//! One model on one adapter becomes two speeds, in turns: `daneel bench --engine gpu` and llama.cpp's Vulkan build.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::median;
use crate::project::Project;
use crate::steps::{Done, Steps};
use crate::{command, demo, site};

const LLAMA_CPP: &str = "node-llama-cpp@3.22.1";
const MODEL: &str = "smollm2-135m-instruct-q4_1.gguf";
const ROUNDS: usize = 3;
const PROMPT: &str = "64";
const GENERATED: &str = "32";

/// Sets up, measures, prints.
pub fn gpu(project: &Project) -> Result<ExitCode> {
    let mut steps = Steps::new(9);
    demo::web_steps(project, &mut steps)?;
    steps.run("daneel, the program", || site::program(project))?;
    steps.run("models, by `daneel models pull`", || site::models(project))?;
    let package = project.tools().join("llama-cpp/node_modules/node-llama-cpp");
    steps.run("node-llama-cpp, a folder of its own", || install(project, &package))?;
    steps.run("measurement", || measure(project, &package))?;
    Ok(ExitCode::SUCCESS)
}

fn install(project: &Project, package: &Path) -> Result<Done> {
    if package.join("dist/index.js").is_file() {
        return Ok(Done::AlreadyThere);
    }
    let folder = project.tools().join("llama-cpp");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let arguments = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
    command::run(Command::new("npm").args(arguments).arg(&folder).arg(LLAMA_CPP))?;
    Ok(Done::Now)
}

/// Tokens a second: (prefill, decode).
type Speeds = (f64, f64);

fn measure(project: &Project, package: &Path) -> Result<Done> {
    let script = project.root.join("tests/bench/llama_cpp_speed.mjs");
    let model: PathBuf = project.cache.join("models").join(MODEL);
    let speeds = |command: &mut Command, prefill: &str, decode: &str| -> Result<Speeds> {
        let printed = command::output(command)?;
        let report: serde_json::Value = serde_json::from_str(&printed)?;
        let number = |key: &str| report[key].as_f64().with_context(|| format!("no `{key}` in {printed}"));
        Ok((number(prefill)?, number(decode)?))
    };
    let (mut ours, mut theirs): (Vec<Speeds>, Vec<Speeds>) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let mut daneel = project.command(project.daneel())?;
        daneel.args(["bench", "--engine", "gpu", "--json", "--prompt", PROMPT, "--generate", GENERATED]);
        ours.push(speeds(&mut daneel, "prefill_tokens_per_second", "decode_tokens_per_second")?);
        let mut llama_cpp = Command::new("node");
        llama_cpp.arg(&script).arg(package).arg(&model).args([PROMPT, GENERATED]);
        theirs.push(speeds(llama_cpp.env("GGML_VK_VISIBLE_DEVICES", "0"), "prefill", "decode")?);
        let ((our_prefill, our_decode), (prefill, decode)) = (ours[round - 1], theirs[round - 1]);
        println!(
            "      round {round}: prefill {our_prefill:.1} and {prefill:.1}, decode {our_decode:.1} and {decode:.1} tokens/s"
        );
    }
    for (name, pick) in [("prefill", (|s| s.0) as fn(&Speeds) -> f64), ("decode", |s| s.1)] {
        let middle = |speeds: &[Speeds]| median(&mut speeds.iter().map(pick).collect::<Vec<f64>>());
        let (ours, theirs) = (middle(&ours), middle(&theirs));
        println!(
            "{name}: daneel {ours:.2}, llama.cpp {theirs:.2} tokens/s, ratio {:.2} (goal 3.00)",
            ours / theirs
        );
    }
    Ok(Done::Now)
}
