//! Running other programs: their output is shown, and a failure says what was run and what to do.

use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Command, Stdio};

use anyhow::{Context, Error, Result, bail};

/// Runs to the end; what it prints is shown as it comes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| not_started(command, error))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs to the end and hands every line of its standard output to `on_line` after showing it. True if it succeeded.
pub fn watch(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(command, error))?;
    let output = child.stdout.take().context("the child's output is piped")?;
    for text in BufReader::new(output).split(b'\n') {
        let text = text.with_context(|| format!("reading what `{}` prints", line(command)))?;
        let text = String::from_utf8_lossy(&text);
        println!("{text}");
        on_line(&text);
    }
    Ok(child.wait()?.success())
}

/// Runs to the end and returns what it prints; its errors are part of ours.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| not_started(command, error))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started at all.
pub fn exists(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(command: &Command, error: std::io::Error) -> Error {
    let program = command.get_program().to_string_lossy().into_owned();
    let advice = match program.as_str() {
        _ if error.kind() != ErrorKind::NotFound => "",
        _ if command.get_current_dir().is_some_and(|folder| !folder.is_dir()) => "; its folder is not there",
        "npm" | "node" => "; install Node.js 20 or newer from https://nodejs.org",
        "rustup" => "; install Rust from https://rustup.rs",
        "python3" | "python" => "; install Python 3 with pip from https://www.python.org",
        _ => "; it is not installed",
    };
    Error::new(error).context(format!("`{program}` cannot be started{advice}"))
}
