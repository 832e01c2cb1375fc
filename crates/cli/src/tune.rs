//! `daneel tune`: labelled questions become an adapter for the models that the page uses.

mod negatives;

use std::{fs::File, io::BufWriter, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use daneel_tune::{About, Figures, OptimizerConfig, Progress, TrainConfig, data, export, train};
use serde::Serialize;

use crate::{
    console::Console,
    embed::CachedEmbedder,
    interrupt,
    models::{Reference, registry},
};

/// What to train.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Trains the reader: which passage answers a question, with which words, or that none does
    #[command(after_help = "Examples:\n  daneel tune reader --data ./data --out reader.gguf\n  \
        daneel tune reader --data ./data --authored ./texts --questions 20000 --out reader.gguf\n\n\
        A run that was broken off goes on where it was if the command is given again.")]
    Reader(Arguments),
}

/// What `daneel tune reader` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder with squad-it-dev, xquad-dev, xquad-en-dev, fairytaleqa and policyqa
    #[arg(long)]
    pub data: PathBuf,
    /// Folder of more texts with questions, one document a line in .jsonl files
    #[arg(long)]
    pub authored: Option<PathBuf>,
    /// File to write
    #[arg(long)]
    pub out: PathBuf,
    /// Reader to start from: what it has learnt is kept
    #[arg(long)]
    pub init: Option<PathBuf>,
    /// Folder of checkpoints; beside --out by default
    #[arg(long)]
    pub work: Option<PathBuf>,
    /// Model to train on: NAME, ./file.gguf, hf:ORG/REPO/FILE.gguf, ollama:NAME
    #[arg(long)]
    pub embedder: Option<Reference>,
    /// Questions to read, each with a passage that answers and one that does not
    #[arg(long, default_value_t = TrainConfig::default().questions)]
    pub questions: usize,
    /// Rank of the adapter
    #[arg(long, default_value_t = TrainConfig::default().rank)]
    pub rank: usize,
    /// Scale of the adapter, times its rank
    #[arg(long, default_value_t = TrainConfig::default().alpha)]
    pub alpha: f32,
    /// Largest learning rate
    #[arg(long, default_value_t = OptimizerConfig::default().learning_rate)]
    pub learning_rate: f32,
    /// Questions in a step
    #[arg(long, default_value_t = TrainConfig::default().batch)]
    pub batch: usize,
    /// Questions of each held set to report on
    #[arg(long, default_value_t = TrainConfig::default().report_questions)]
    pub report: usize,
    /// Same seed, same reader
    #[arg(long, default_value_t = TrainConfig::default().seed)]
    pub seed: u64,
}

/// What was trained, for `--json`.
#[derive(Serialize)]
struct Report {
    out: PathBuf,
    recipe: Recipe,
}

/// How a reader came about; kept in its file.
#[derive(Serialize)]
struct Recipe {
    questions: usize,
    rank: usize,
    alpha: f32,
    learning_rate: f32,
    batch: usize,
    seed: u64,
    /// The recipe of the reader that was started from.
    init: Option<serde_json::Value>,
    train: Vec<String>,
    figures: Vec<Figures>,
}

/// SPDX expression of a reader trained on all the sets: the strictest of theirs.
const LICENSE: &str = "CC-BY-SA-4.0";

/// Runs `daneel tune`.
///
/// # Errors
/// If the data or the model cannot be used, or on Ctrl-C, after which a checkpoint is kept.
pub fn run(command: &Command, console: Console) -> anyhow::Result<()> {
    interrupt::catch()?;
    let Command::Reader(arguments) = command;
    let report = reader(arguments, console)?;
    console.result(&report, |report| {
        let mut text = table(&report.recipe.figures);
        text += &format!("\nThe reader is in {}\n", report.out.display());
        text
    })
}

fn reader(arguments: &Arguments, console: Console) -> anyhow::Result<Report> {
    let mut data = data::read(&arguments.data, arguments.authored.as_deref())?;
    let reference = match &arguments.embedder {
        Some(reference) => reference.clone(),
        None => Reference::Registry(registry::default_model(registry::Role::Embed)?.name.clone()),
    };
    let model = reference.resolve(console)?;
    let mut embedder = CachedEmbedder::load(&model, console)?;
    for (set, _) in &mut data.train {
        negatives::find(set, &mut embedder, console)?;
    }
    let config = TrainConfig {
        rank: arguments.rank,
        alpha: arguments.alpha,
        questions: arguments.questions,
        batch: arguments.batch,
        seed: arguments.seed,
        init: arguments.init.clone(),
        report_questions: arguments.report,
        optimizer: OptimizerConfig { learning_rate: arguments.learning_rate, ..OptimizerConfig::default() },
        ..TrainConfig::default()
    };
    let work = arguments.work.clone().unwrap_or_else(|| arguments.out.with_extension("work"));
    let mut told = 0;
    let trained = train(&model.path, &embedder.embedder, &data, &config, &work, &mut |progress| {
        match progress {
            Progress::Resumed { step } => console.say(format_args!("going on after step {step}")),
            Progress::Report { step, figures } => {
                console.say(format_args!("after step {step}:\n{}", table(&figures)));
            }
            Progress::Step { step, total, loss, gradient, questions_per_second } => {
                if step >= told + 20 || step == total {
                    told = step;
                    let left = ((total - step) * config.batch) as f32 / questions_per_second / 60.0;
                    console.say(format_args!(
                        "step {step} of {total}, loss {loss:.3}, gradient {gradient:.2}, \
                         {questions_per_second:.1} questions/s, {left:.0} min left"
                    ));
                }
            }
        }
        interrupt::check().is_ok()
    })?;
    interrupt::check()?;
    let recipe = Recipe {
        questions: config.questions,
        rank: config.rank,
        alpha: config.alpha,
        learning_rate: config.optimizer.learning_rate,
        batch: config.batch,
        seed: config.seed,
        init: trained.init.map(|recipe| serde_json::from_str(&recipe)).transpose()?,
        train: data.train.iter().map(|(set, _)| set.name.clone()).collect(),
        figures: trained.figures,
    };
    let about = About {
        base_sha256: embedder.sha256.clone(),
        base_name: model.name.clone(),
        alpha: config.alpha,
        recipe: serde_json::to_string(&recipe)?,
        license: LICENSE.to_owned(),
    };
    let file = File::create(&arguments.out)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))?;
    export(&trained.parameters, &about, &mut BufWriter::new(file))?;
    Ok(Report { out: arguments.out.clone(), recipe })
}

fn table(figures: &[Figures]) -> String {
    let mut text =
        format!("{:<16} {:>9} {:>8} {:>8} {:>8}\n", "held set", "questions", "span F1", "exact", "AUC");
    for f in figures {
        let Figures { set, questions, span_f1, exact, auc } = f;
        text += &format!("{set:<16} {questions:>9} {span_f1:>8.1} {exact:>8.1} {auc:>8.3}\n");
    }
    text
}
