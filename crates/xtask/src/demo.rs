//! `cargo xtask demo` and `web`: a fresh clone becomes a chat that is served.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::steps::{Done, Steps};
use crate::{command, site, tools};

/// What `demo` is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Port on this machine.
    pub port: u16,
    /// Whether to serve at the end.
    pub serve: bool,
}

impl Options {
    /// Reads the words after `demo`.
    pub fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self { port: 8080, serve: true };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--no-serve" => options.serve = false,
                "--port" => {
                    let port = words.next().context("--port needs a number")?;
                    options.port = port.parse().with_context(|| format!("`{port}` is no port"))?;
                }
                other => bail!("unknown option `{other}`; type `cargo xtask help`"),
            }
        }
        Ok(options)
    }
}

/// Everything from the tools to the served page.
pub fn run(project: &Project, options: &Options) -> Result<ExitCode> {
    let mut steps = Steps::new(if options.serve { 9 } else { 8 });
    web_steps(project, &mut steps)?;
    steps.run("daneel, the program", || site::program(project))?;
    steps.run("models, by `daneel models pull`", || site::models(project))?;
    steps.run("site of examples/blog, by `daneel build`", || site::sample(project))?;
    if options.serve {
        steps.run("server", || serve(project, options.port))?;
    } else {
        println!("The site is in {} ({})", project.site().display(), steps.elapsed());
    }
    Ok(ExitCode::SUCCESS)
}

/// The tools and the page's bundle.
pub fn web(project: &Project) -> Result<ExitCode> {
    web_steps(project, &mut Steps::new(5))?;
    println!("The bundle is in {}", project.web_bundle().display());
    Ok(ExitCode::SUCCESS)
}

/// The five steps from a bare machine to the page's bundle.
pub fn web_steps(project: &Project, steps: &mut Steps) -> Result<()> {
    steps.run("WebAssembly target of Rust", tools::wasm_target)?;
    steps.run("Trunk", || tools::trunk(project))?;
    steps.run("wasm-bindgen", || tools::wasm_bindgen(project))?;
    steps.run("npm packages", || tools::npm_packages(project))?;
    steps.run("page and worker, by Trunk", || site::web_bundle(project))
}

/// Serves until it is interrupted; the server says where, and what to do if the port is taken.
fn serve(project: &Project, port: u16) -> Result<Done> {
    let mut server = project.command(project.daneel())?;
    command::run(server.arg("serve").arg(project.site()).args(["--port", &port.to_string()]))?;
    Ok(Done::Now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_nonsense_is_refused() {
        assert_eq!(Options::parse(&[]).unwrap(), Options { port: 8080, serve: true });
        assert_eq!(
            Options::parse(&["--port", "9000", "--no-serve"]).unwrap(),
            Options { port: 9000, serve: false }
        );
        for wrong in [&["--port"][..], &["--port", "70000"], &["--prot", "1"]] {
            Options::parse(wrong).unwrap_err();
        }
    }
}
