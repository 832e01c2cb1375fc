//! A question is asked as `daneel ask` asks it, and what comes back becomes what is judged.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use daneel_model::Sampling;
use daneel_rag::{Answer, AnswerEvent, AnswerKind, Assistant, Figures, SentenceKind, Source, Turn};
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
    /// The table of documents.
    Listed,
    /// Daneel itself: a greeting, what it is and can do.
    Said,
    /// Nobody: the texts are said to have no answer.
    NotFound,
}

/// What was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Reply {
    /// The words, without numbers of sources.
    pub text: String,
    /// The question as it was looked up, where it was rewritten.
    pub question: Option<String>,
    /// Whose words they are; the chat model's, if any are.
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
        history.push(answer.turn(before));
    }
    let started = Instant::now();
    let mut latency = Latency::default();
    let mut on_event = |event: AnswerEvent| {
        let now = seconds(started.elapsed());
        match event {
            AnswerEvent::Sources(_) => latency.sources = latency.sources.or(Some(now)),
            AnswerEvent::Sentence(_) => latency.first_text = latency.first_text.or(Some(now)),
            _ => {}
        }
        flow()
    };
    let answer = assistant.ask(&question.text, &history, sampling, &mut on_event).await?;
    interrupt::check()?;
    latency.end = seconds(started.elapsed());
    Ok(Reply::of(answer, latency))
}

impl Reply {
    fn of(answer: Answer, latency: Latency) -> Self {
        let highlights: Vec<&str> = answer
            .sentences
            .iter()
            .filter_map(|sentence| sentence.highlight.and_then(|(start, end)| sentence.text.get(start..end)))
            .collect();
        let mut cited: Vec<Source> = Vec::new();
        for span in answer.sentences.iter().flat_map(|sentence| &sentence.support) {
            let is_new = cited.iter().all(|source| source.number != span.source);
            if let Some(source) = answer.sources.iter().find(|source| is_new && source.number == span.source)
            {
                cited.push(source.clone());
            }
        }
        Self {
            text: answer.plain_text(),
            voice: voice(&answer),
            highlight: (!highlights.is_empty()).then(|| highlights.join(" ")),
            question: answer.question,
            cited,
            sources: answer.sources,
            figures: answer.figures,
            latency,
        }
    }
}

fn voice(answer: &Answer) -> Voice {
    if answer.sentences.iter().any(|sentence| sentence.kind == SentenceKind::Written) {
        return Voice::Written;
    }
    match answer.kind {
        AnswerKind::Generated => Voice::Written,
        AnswerKind::Extractive => Voice::Quoted,
        AnswerKind::Listing => Voice::Listed,
        AnswerKind::Conversation => Voice::Said,
        AnswerKind::NotFound => Voice::NotFound,
    }
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

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;
    use daneel_rag::{Sentence, Span};

    use super::{super::verdict::tests::source, *};

    #[test]
    fn an_answer_is_judged_by_its_words_and_their_support() {
        let numbered = |number| Source { number, ..source("a.html", "Head") };
        let sentence = |text: &str, kind, sources: &[usize], highlight| Sentence {
            lead: " ".into(),
            text: text.into(),
            kind,
            support: sources.iter().map(|&source| Span { source, start: 0, end: 1 }).collect(),
            highlight,
        };
        let answer = Answer {
            sentences: vec![
                sentence("It is blue.", SentenceKind::Quoted, &[2, 1, 2], Some((6, 10))),
                sentence("So they say.", SentenceKind::Written, &[2, 9], None),
            ],
            kind: AnswerKind::Extractive,
            language: Language::ENGLISH,
            question: None,
            sources: vec![numbered(1), numbered(2), numbered(3)],
            stopped: false,
            figures: None,
        };
        let reply = Reply::of(answer, Latency::default());
        assert_eq!((reply.text.as_str(), reply.voice), (" It is blue. So they say.", Voice::Written));
        assert_eq!(reply.highlight.as_deref(), Some("blue"));
        assert_eq!(reply.cited.iter().map(|source| source.number).collect::<Vec<_>>(), [2, 1]);
    }
}
