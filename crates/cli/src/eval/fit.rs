//! `daneel eval fit`: questions with what is right for them become the weights of signals that order passages, and that tell
//! whether a question is answered.

mod logit;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use daneel_model::Engine;
use daneel_rag::{DEFAULT_CONTEXT, GATE_SIGNALS, RANKING_SIGNALS, Stage};
use futures_lite::future::block_on;
use serde::Serialize;

use super::answers::{Kind, Question, is_answered_by, read_questions};
use crate::{
    console::{Console, Unit},
    interrupt,
    site::Site,
};
use logit::{Choice, Logit};

/// Passages that are read for each question, as for an answer.
const PASSAGES: usize = 10;
/// Shares of answered questions that may be refused.
const WRONGLY_REFUSED: [f64; 4] = [0.04, 0.06, 0.08, 0.1];

/// What `daneel eval fit` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A site and the questions about it, as SITE=FILE; with several, each is left out in turn to measure on
    #[arg(required = true, value_parser = parse_corpus)]
    pub corpora: Vec<(PathBuf, PathBuf)>,
}

fn parse_corpus(text: &str) -> Result<(PathBuf, PathBuf), String> {
    let (site, questions) = text.split_once('=').ok_or_else(|| format!("`{text}` is not SITE=FILE"))?;
    Ok((site.into(), questions.into()))
}

/// What was found for a question.
struct Case {
    /// Which of the corpora.
    corpus: usize,
    /// Whether the texts answer it.
    has_answer: bool,
    choice: Choice,
    gate: Vec<f64>,
}

/// What was fitted, for `--json`.
#[derive(Serialize)]
struct Report {
    questions: usize,
    unanswered: usize,
    /// Signals of passages with their weights.
    ranking: Vec<(&'static str, f64)>,
    /// Share of the answered questions whose first passage answers, of corpora that were left out.
    first: f64,
    /// Share where one of the passages that were read does.
    among_read: f64,
    /// Signals of questions with their weights.
    gate: Vec<(&'static str, f64)>,
    bias: f64,
    /// Area under the curve, of corpora that were left out.
    auc: f64,
    /// Thresholds with the shares of answered and of unanswered questions that they refuse.
    thresholds: Vec<(f64, f64, f64)>,
}

/// Runs `daneel eval fit`.
///
/// # Errors
/// If a site has no reader, or a file cannot be used.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    let mut cases = Vec::new();
    for (corpus, (site, questions)) in arguments.corpora.iter().enumerate() {
        let questions = read_questions(questions)?;
        let site = Site::open(site)?;
        cases.extend(observe(&site, corpus, &questions, console)?);
    }
    if !(cases.iter().any(|case| case.has_answer) && cases.iter().any(|case| !case.has_answer)) {
        bail!("there have to be questions that the texts answer and questions that they do not");
    }
    console.result(&report(&cases, arguments.corpora.len()), describe)
}

/// What a page would find for each question that says by itself what it asks.
fn observe(
    site: &Site,
    corpus: usize,
    questions: &[Question],
    console: Console,
) -> anyhow::Result<Vec<Case>> {
    let assistant = block_on(site.assistant(Stage::Embedder, &Engine::Cpu, DEFAULT_CONTEXT, console))?;
    let search = assistant.read_search().context("the site has no reader")?;
    let progress = console.progress("reading", questions.len() as u64, Unit::Items);
    let mut cases = Vec::new();
    for (question, done) in questions.iter().zip(1..) {
        interrupt::check()?;
        progress.set(done);
        if !question.history.is_empty() || question.kind == Kind::Conversation {
            continue;
        }
        let found = block_on(search.passages(&question.text, question.language, PASSAGES))?;
        let Some(gate) = found.gate else { continue };
        let signals = found.signals.iter().map(|signals| widened(signals));
        let rights = found.sources.iter().map(|source| is_answered_by(question, source));
        let (choice, gate) = (signals.zip(rights).collect(), widened(&gate));
        cases.push(Case { corpus, has_answer: question.has_answer(), choice, gate });
    }
    progress.finish();
    Ok(cases)
}

fn widened(signals: &[f32]) -> Vec<f64> {
    signals.iter().map(|&signal| f64::from(signal)).collect()
}

fn report(cases: &[Case], n_corpora: usize) -> Report {
    let choices = |keep: &dyn Fn(&Case) -> bool| -> Vec<Choice> {
        let says_something = |choice: &&Choice| {
            choice.iter().any(|(_, right)| *right) && choice.iter().any(|(_, right)| !right)
        };
        let kept = cases.iter().filter(|case| keep(case)).map(|case| &case.choice);
        kept.filter(says_something).cloned().collect()
    };
    let gates = |keep: &dyn Fn(&Case) -> bool| -> Vec<(Vec<f64>, bool)> {
        let kept = cases.iter().filter(|case| keep(case));
        kept.map(|case| (case.gate.clone(), case.has_answer)).collect()
    };
    let (mut first, mut scores) = (0, Vec::new());
    for corpus in 0..n_corpora {
        let keep = |case: &Case| n_corpora == 1 || case.corpus != corpus;
        let (ranking, gate) = (Logit::conditional(&choices(&keep)), Logit::binary(&gates(&keep)));
        for case in cases.iter().filter(|case| case.corpus == corpus) {
            scores.push((gate.score(&case.gate), case.has_answer));
            let score = |(signals, _): &&(Vec<f64>, bool)| ranking.score(signals);
            let best = case.choice.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
            first += usize::from(best.is_some_and(|(_, right)| *right));
        }
    }
    let (ranking, gate) = (Logit::conditional(&choices(&|_| true)), Logit::binary(&gates(&|_| true)));
    let answered: Vec<&Case> = cases.iter().filter(|case| case.has_answer).collect();
    let among = answered.iter().filter(|case| case.choice.iter().any(|(_, right)| *right)).count();
    let share = |n: usize| n as f64 / answered.len() as f64;
    scores.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Report {
        questions: cases.len(),
        unanswered: cases.len() - answered.len(),
        ranking: RANKING_SIGNALS.into_iter().zip(ranking.weights).collect(),
        first: share(first),
        among_read: share(among),
        gate: GATE_SIGNALS.into_iter().zip(gate.weights).collect(),
        bias: gate.bias,
        auc: area(&scores),
        thresholds: WRONGLY_REFUSED.map(|wrongly| threshold(&scores, wrongly)).into(),
    }
}

/// Area under the receiver's curve of scores in order.
fn area(scores: &[(f64, bool)]) -> f64 {
    let (mut below, mut pairs) = (0, 0);
    for (_, has_answer) in scores {
        match has_answer {
            true => pairs += below,
            false => below += 1,
        }
    }
    pairs as f64 / (below * (scores.len() - below)).max(1) as f64
}

/// Where a share of the answered questions is below it, and the share of the unanswered ones that then is.
fn threshold(scores: &[(f64, bool)], wrongly: f64) -> (f64, f64, f64) {
    let answered: Vec<f64> = scores.iter().filter(|(_, right)| *right).map(|(score, _)| *score).collect();
    let at = answered[((answered.len() as f64 * wrongly) as usize).min(answered.len() - 1)];
    let refused = scores.iter().filter(|(score, right)| !right && *score < at).count();
    (at, wrongly, refused as f64 / (scores.len() - answered.len()) as f64)
}

fn describe(report: &Report) -> String {
    let mut text = format!(
        "{} questions, {} of them not answered by the texts\n\nwhat passages are put in order by\n",
        report.questions, report.unanswered
    );
    for (name, weight) in &report.ranking {
        text += &format!("  {name:<16} {weight:>8.3}\n");
    }
    text += &format!(
        "an answering passage comes first for {:.3}, is among those read for {:.3}\n\nwhat tells whether there is an answer\n",
        report.first, report.among_read
    );
    for (name, weight) in &report.gate {
        text += &format!("  {name:<16} {weight:>8.3}\n");
    }
    text += &format!("  {:<16} {:>8.3}\narea under the curve {:.3}\n", "bias", report.bias, report.auc);
    for (threshold, wrongly, rightly) in &report.thresholds {
        text += &format!("  threshold {threshold:>6.2} refuses {wrongly:.2} wrongly, {rightly:.2} rightly\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_thresholds_are_counted() {
        let scores = [(0.0, false), (1.0, false), (2.0, true), (3.0, false), (4.0, true), (5.0, true)];
        assert!((area(&scores) - 8.0 / 9.0).abs() < 1e-9);
        assert_eq!(threshold(&scores, 0.0), (2.0, 0.0, 2.0 / 3.0));
        assert_eq!(threshold(&scores, 0.4), (4.0, 0.4, 1.0));
    }

    #[test]
    fn a_corpus_is_a_site_and_its_questions() {
        assert_eq!(parse_corpus("a=b.toml"), Ok(("a".into(), "b.toml".into())));
        assert!(parse_corpus("a").is_err());
    }
}
