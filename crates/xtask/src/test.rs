//! `cargo xtask test`: every check and suite becomes one line, `N passed, N failed`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::steps::{Done, Elapsed};
use crate::tally::Tally;
use crate::tools::WASM;
use crate::{command, site, tools};

/// One line of the plan.
struct Step {
    name: &'static str,
    /// Set-up says only when it fails; a check counts as a test; a suite adds up its own.
    kind: Kind,
}

enum Kind {
    SetUp(fn(&Project) -> Result<Done>),
    Check(fn(&Project) -> Result<()>),
    Suite(fn(&Project, &mut Tally) -> Result<()>),
}

const PLAN: [Step; 14] = [
    Step { name: "rustfmt and clippy", kind: Kind::SetUp(|_| tools::rust_components()) },
    Step { name: "WebAssembly target of Rust", kind: Kind::SetUp(|_| tools::wasm_target()) },
    Step { name: "Trunk", kind: Kind::SetUp(tools::trunk) },
    Step { name: "wasm-bindgen", kind: Kind::SetUp(tools::wasm_bindgen) },
    Step { name: "npm packages", kind: Kind::SetUp(tools::npm_packages) },
    Step { name: "Chromium", kind: Kind::SetUp(|_| tools::browser()) },
    Step { name: "formatting", kind: Kind::Check(formatting) },
    Step { name: "page and worker, by Trunk", kind: Kind::SetUp(site::web_bundle) },
    Step { name: "lints, native", kind: Kind::Check(lints) },
    Step { name: "lints, WebAssembly", kind: Kind::Check(web_lints) },
    Step { name: "daneel, the program", kind: Kind::SetUp(site::program) },
    Step { name: "models, by `daneel models pull`", kind: Kind::SetUp(site::models) },
    Step { name: "unit, tidy and golden tests", kind: Kind::Suite(cargo_tests) },
    Step { name: "end-to-end tests in Chromium", kind: Kind::Suite(end_to_end) },
];

/// Whole models of the registry against candle-transformers, over hundreds of positions.
const LONG_PLAN: [Step; 3] = [
    Step { name: "daneel, the program", kind: Kind::SetUp(site::program) },
    Step { name: "models, those for tests only too", kind: Kind::SetUp(site::all_models) },
    Step { name: "whole models at length", kind: Kind::Suite(long_tests) },
];

/// Runs the plan, or the steps of it whose name contains `only`.
pub fn run(project: &Project, only: Option<&str>) -> Result<ExitCode> {
    let plan: Vec<&Step> =
        PLAN.iter().filter(|step| only.is_none_or(|name| step.name.contains(name))).collect();
    ensure!(!plan.is_empty(), "no step is called that; the steps: {}", PLAN.map(|step| step.name).join(", "));
    run_plan(project, &plan)
}

/// Runs the tests that take too long for every day.
pub fn run_long(project: &Project) -> Result<ExitCode> {
    run_plan(project, &LONG_PLAN.iter().collect::<Vec<_>>())
}

/// A failure does not keep the rest from running.
fn run_plan(project: &Project, plan: &[&Step]) -> Result<ExitCode> {
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let begin = Instant::now();
    for (position, step) in plan.iter().enumerate() {
        println!("[{}/{}] {}", position + 1, plan.len(), step.name);
        let step_begin = Instant::now();
        match step.run(project, &mut tally) {
            Ok(Done::AlreadyThere) => println!("      already there"),
            Ok(Done::Now) => {
                println!(
                    "      passed in {} ({} in all)",
                    Elapsed(step_begin.elapsed()),
                    Elapsed(begin.elapsed())
                );
            }
            Err(error) => {
                println!("      FAILED after {}: {error:#}", Elapsed(step_begin.elapsed()));
                failures.push(format!("{}: {error:#}", step.name));
            }
        }
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    println!("{tally}");
    Ok(if failures.is_empty() && tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Step {
    fn run(&self, project: &Project, tally: &mut Tally) -> Result<Done> {
        let failed_before = tally.failed;
        let result = match self.kind {
            Kind::SetUp(set_up) => set_up(project),
            Kind::Check(check) => check(project).map(|()| {
                tally.passed += 1;
                Done::Now
            }),
            Kind::Suite(suite) => suite(project, tally).map(|()| Done::Now),
        };
        // A suite that failed has counted its tests, unless it did not come that far.
        if result.is_err() && tally.failed == failed_before {
            tally.failed += 1;
        }
        result
    }
}

fn formatting(project: &Project) -> Result<()> {
    command::run(project.command("cargo")?.args(["fmt", "--all", "--check"]))
        .context("type `cargo fmt --all`")
}

fn lints(project: &Project) -> Result<()> {
    let mut clippy = project.command("cargo")?;
    command::run(clippy.arg("clippy").args(site::NATIVE).args(["--all-targets", "--", "-D", "warnings"]))
}

fn web_lints(project: &Project) -> Result<()> {
    let mut clippy = project.command("cargo")?;
    let packages = ["--package", "daneel-web", "--package", "daneel-bench"];
    command::run(clippy.arg("clippy").args(packages).args(["--target", WASM, "--", "-D", "warnings"]))
}

/// All of cargo's tests; those that need the default models find them in the cache.
fn cargo_tests(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut test = project.command("cargo")?;
    test.env("REQUIRE_MODELS", "1").arg("test").args(site::NATIVE).arg("--no-fail-fast");
    ensure!(command::watch(&mut test, |line| tally.add_cargo_line(line))?, "a test failed, see above");
    Ok(())
}

/// The ignored tests that need more than the default models, one at a time: each fills the memory.
fn long_tests(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut test = project.command("cargo")?;
    test.env("REQUIRE_MODELS", "1").arg("test").args(site::NATIVE).arg("--no-fail-fast");
    test.args(["--", "--ignored", "--test-threads=1", "--nocapture", "at_length"]);
    ensure!(command::watch(&mut test, |line| tally.add_cargo_line(line))?, "a test failed, see above");
    Ok(())
}

/// A person's way through the demo's site, in a real browser with the real models.
fn end_to_end(project: &Project, tally: &mut Tally) -> Result<()> {
    site::sample(project)?;
    let mut specs: Vec<PathBuf> = fs::read_dir(project.root.join("tests/e2e"))
        .context("reading tests/e2e")?
        .map(|entry| Ok(entry?.path()))
        .filter(|path| {
            !path.as_ref().is_ok_and(|path: &PathBuf| !path.to_string_lossy().ends_with(".spec.js"))
        })
        .collect::<Result<_>>()?;
    specs.sort();
    let mut node = Command::new("node");
    // One file at a time: each has a browser with an engine at work in it.
    node.current_dir(&project.root)
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(specs)
        .env("CHROMIUM", tools::chromium()?)
        .env("DANEEL", project.daneel())
        .env("DANEEL_SITE", project.site())
        .env("DANEEL_ARTIFACTS", project.work().join("e2e"));
    ensure!(command::watch(&mut node, |line| tally.add_node_line(line))?, "a test failed, see above");
    Ok(())
}
