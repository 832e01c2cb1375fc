//! A question is asked as `daneel ask` asks it, and what comes back becomes what is judged.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use daneel_model::Sampling;
use daneel_rag::{AnswerEvent, AnswerKind, Assistant, Figures, Source, Turn};
use serde::Serialize;

use super::questions::Question;
use crate::interrupt;

/// Who speaks in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// The chat model.
    Written,
    /// The texts.
    Quoted,
    /// Nobody: the texts are said to have no answer.
    NotFound,
}

/// What was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Reply {
    /// The words, without numbers of sources.
    pub text: String,
    /// Whose words they are.
    pub voice: Voice,
    /// The words that answer, where they are marked in the text.
    pub highlight: Option<String>,
    /// What the answer cites, each once.
    pub cited: Vec<Source>,
    /// What was offered, the cited ones too.
    pub sources: Vec<Source>,
    /// Tokens and seconds of the chat model.
    pub figures: Option<Figures>,
    /// How long it took.
    pub latency: Latency,
}

/// Seconds since the question was asked.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// Until the sources were there.
    pub sources: Option<f64>,
    /// Until the first words were there.
    pub first_text: Option<f64>,
    /// Until the end.
    pub end: f64,
}

/// Asks a question after those of its history, which are answered too.
///
/// # Errors
/// If an engine fails, or Ctrl-C was pressed.
pub async fn ask(
    assistant: &mut Assistant,
    question: &Question,
    sampling: &Sampling,
) -> anyhow::Result<Reply> {
    let mut history: Vec<Turn> = Vec::with_capacity(question.history.len());
    for before in &question.history {
        let mut go_on = |_| flow();
        let answer = assistant.ask(before, &history, sampling, &mut go_on).await?;
        interrupt::check()?;
        history.push(Turn { question: before.clone(), answer: answer.text });
    }
    let started = Instant::now();
    let mut latency = Latency::default();
    let mut on_event = |event: AnswerEvent| {
        let now = seconds(started.elapsed());
        match event {
            AnswerEvent::Sources(_) => latency.sources = latency.sources.or(Some(now)),
            AnswerEvent::Text(_) => latency.first_text = latency.first_text.or(Some(now)),
            _ => {}
        }
        flow()
    };
    let answer = assistant.ask(&question.text, &history, sampling, &mut on_event).await?;
    interrupt::check()?;
    latency.end = seconds(started.elapsed());
    let (text, numbers) = without_numbers(&answer.text);
    let cited = answer.sources.iter().filter(|source| numbers.contains(&source.number)).cloned().collect();
    Ok(Reply {
        text,
        voice: match answer.kind {
            AnswerKind::Generated => Voice::Written,
            AnswerKind::Extractive => Voice::Quoted,
            AnswerKind::NotFound => Voice::NotFound,
        },
        highlight: None,
        cited,
        sources: answer.sources,
        figures: answer.figures,
        latency,
    })
}

/// Breaks an answer off once Ctrl-C was pressed.
fn flow() -> ControlFlow<()> {
    match interrupt::check() {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// The text without `[1]`, and the numbers.
fn without_numbers(text: &str) -> (String, Vec<usize>) {
    let (mut plain, mut numbers) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        plain += &rest[..start];
        let inside = &rest[start + 1..];
        match inside.split_once(']').and_then(|(number, after)| Some((number.parse().ok()?, after))) {
            Some((number, after)) => {
                numbers.push(number);
                rest = after;
            }
            None => {
                plain.push('[');
                rest = inside;
            }
        }
    }
    (plain + rest, numbers)
}
