//! `daneel`: a folder of texts becomes a site that answers questions about them.

mod ask;
mod bench;
mod build;
mod cache;
mod check;
mod console;
mod digest;
mod embed;
mod engine;
mod eval;
mod html;
mod interrupt;
mod languages;
mod local_file;
mod models;
mod page;
mod search;
mod serve;
mod site;
mod tune;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{console::Console, interrupt::Interrupted};

/// Turns a folder of texts into a static site that answers questions about them, in the reader's own browser.
#[derive(Debug, Parser)]
#[command(name = "daneel", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Examples:\n  daneel build ./public --out ./site --base-url https://example.org/\n  \
    daneel serve ./site\n  daneel search ./site \"come funziona\"\n  daneel ask ./site \"How does it work?\"")]
struct Arguments {
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turns a folder of HTML, Markdown or plain text into a site folder
    Build(build::Arguments),
    /// Shows a site folder on this machine
    Serve(serve::Arguments),
    /// Follows every link of the citations, and says which are dead
    Check(check::Arguments),
    /// Finds passages, as the page does
    Search(search::Arguments),
    /// Answers a question, as the page does
    Ask(ask::Arguments),
    /// Lists, fetches and describes models
    #[command(subcommand)]
    Models(models::Command),
    /// Measures how well a site finds and answers
    #[command(subcommand)]
    Eval(eval::Command),
    /// Trains what answers questions
    #[command(subcommand)]
    Tune(tune::Command),
    /// Measures how fast this machine is
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console { quiet: arguments.quiet, json: arguments.json };
    let result = match &arguments.command {
        Command::Build(arguments) => build::run(arguments, console),
        Command::Serve(arguments) => serve::run(arguments, console),
        Command::Search(arguments) => search::run(arguments, console),
        Command::Check(arguments) => check::run(arguments, console),
        Command::Ask(arguments) => ask::run(arguments, console),
        Command::Models(command) => models::run(command, console),
        Command::Eval(command) => eval::run(command, console),
        Command::Tune(command) => tune::run(command, console),
        Command::Bench(arguments) => bench::run(arguments, console),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("{error}");
            ExitCode::from(interrupt::EXIT_CODE)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
