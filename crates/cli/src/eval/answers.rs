//! `daneel eval answers`: question files and a site become a report of what is answered rightly, made up and refused.

mod html;
mod plot;
mod questions;
mod reply;
mod run;
mod summary;
mod table;
mod text;
mod verdict;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use daneel_model::Sampling;
use daneel_rag::DEFAULT_CONTEXT;
use serde::Serialize;

use crate::{
    console::Console,
    engine::{self, EngineName},
    interrupt,
    site::Site,
};
use questions::Split;
pub use questions::{Kind, Question, read as read_questions};
use run::{Asking, Config, Run};
use summary::Summary;
pub use verdict::is_answered_by;

/// What `daneel eval answers` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// Files of questions with what is right for them
    #[arg(long, required = true, num_args = 1..)]
    pub questions: Vec<PathBuf>,
    /// Who answers; several are compared
    #[arg(long, value_enum, value_delimiter = ',', default_value = "write")]
    pub config: Vec<Config>,
    /// Only this part of the questions
    #[arg(long, value_enum)]
    pub split: Option<Split>,
    /// Only questions of these kinds
    #[arg(long, value_enum, value_delimiter = ',')]
    pub kind: Vec<Kind>,
    /// Engine of the models
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineName,
    /// Most tokens that prompt and answer may have together; the page takes as many
    #[arg(long, default_value_t = DEFAULT_CONTEXT)]
    pub context: usize,
    /// Say of each question that went wrong what was answered
    #[arg(long)]
    pub verbose: bool,
    /// Write a page with plots and all answers too
    #[arg(long)]
    pub html: Option<PathBuf>,
}

/// What was measured, for `--json` and the page.
#[derive(Serialize)]
struct Report {
    /// Title of the site.
    site: String,
    /// Chat model and embedder.
    models: Vec<String>,
    /// Questions that were to be asked of each configuration.
    questions: usize,
    /// How many of the questions were to be asked were not, because of Ctrl-C.
    missing: usize,
    runs: Vec<Measured>,
}

/// A run with its sums.
#[derive(Serialize)]
struct Measured {
    overall: Summary,
    kinds: Vec<(Kind, Summary)>,
    #[serde(flatten)]
    run: Run,
}

impl Measured {
    fn of(run: Run) -> Self {
        let mut kinds: Vec<Kind> = run.answered.iter().map(|one| one.question.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let summary = |kind: Option<Kind>| {
            let is_of = |one: &&run::Answered| kind.is_none_or(|kind| one.question.kind == kind);
            Summary::of(&run.answered.iter().filter(is_of).collect::<Vec<_>>())
        };
        Self {
            overall: summary(None),
            kinds: kinds.into_iter().map(|kind| (kind, summary(Some(kind)))).collect(),
            run,
        }
    }
}

/// Runs `daneel eval answers`.
///
/// # Errors
/// If a question file has a hole, the site cannot be used, or an engine fails. After Ctrl-C the report is of what was
/// answered until then.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    let questions = chosen(arguments)?;
    let site = Site::open(&arguments.site)?;
    let choice = engine::choose(arguments.engine, console)?;
    let asking = Asking {
        site: &site,
        engine: &choice.engine,
        context: arguments.context,
        sampling: Sampling::default(),
    };
    let mut runs = Vec::with_capacity(arguments.config.len());
    for &config in &arguments.config {
        runs.push(Measured::of(asking.run(config, &questions, console)?));
        if interrupt::check().is_err() {
            break;
        }
    }
    engine::keep_tuning(&choice.engine);
    let answered: usize = runs.iter().map(|measured| measured.run.answered.len()).sum();
    let manifest = &site.manifest;
    let models = manifest.chat.iter().chain([&manifest.embedder]).map(|model| model.name.clone()).collect();
    let report = Report {
        site: manifest.title.clone(),
        models,
        questions: questions.len(),
        missing: questions.len() * arguments.config.len() - answered,
        runs,
    };
    if let Some(path) = &arguments.html {
        std::fs::write(path, html::page(&report))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    console.result(&report, |report| table::text(report, arguments.verbose))?;
    if report.missing > 0 {
        console.warn(format_args!("{} questions were not asked", report.missing));
    }
    Ok(interrupt::check()?)
}

fn chosen(arguments: &Arguments) -> anyhow::Result<Vec<Question>> {
    let mut chosen = Vec::new();
    for path in &arguments.questions {
        chosen.extend(questions::read(path)?);
    }
    chosen.retain(|question| {
        arguments.split.is_none_or(|split| split == question.split)
            && (arguments.kind.is_empty() || arguments.kind.contains(&question.kind))
    });
    if chosen.is_empty() {
        bail!("no question is left; widen --split or --kind");
    }
    Ok(chosen)
}
