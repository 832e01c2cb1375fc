//! `daneel`: a folder of texts becomes a site that answers questions about them.

mod cache;
mod console;
mod digest;
mod interrupt;
mod models;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{console::Console, interrupt::Interrupted};

/// Turns a folder of texts into a static site that answers questions about them, in the reader's own browser.
#[derive(Debug, Parser)]
#[command(name = "daneel", version, propagate_version = true, arg_required_else_help = true)]
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
    /// Lists, fetches and describes models
    #[command(subcommand)]
    Models(models::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console { quiet: arguments.quiet, json: arguments.json };
    let result = match &arguments.command {
        Command::Models(command) => models::run(command, console),
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
