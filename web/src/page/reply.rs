//! What the engine has sent so far becomes the reply that views show.

use daneel_rag::{Answer, AnswerEvent, SearchResults, SearchTier, Sentence, Source};
use leptos::prelude::*;

/// How far an answer has got.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The engine has not begun.
    Waiting,
    /// The model reads the prompt; share read, 0 to 100.
    Reading(usize),
    /// Sentences arrive.
    Writing,
    /// It is finished.
    Done(Box<Answer>),
    /// It failed, and why.
    Failed(String),
}

/// The engine's reply to one question, as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// How far it has got.
    pub phase: Phase,
    /// The question as it is looked up, where that differs.
    pub question: Option<String>,
    /// The sentences so far.
    pub sentences: Vec<Sentence>,
    /// The passages so far.
    pub sources: Vec<Source>,
    /// How the passages were found, until the engine names those it reads.
    pub tier: Option<SearchTier>,
}

impl Reply {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { phase: Phase::Waiting, question: None, sentences: Vec::new(), sources: Vec::new(), tier: None }
    }

    /// A reply that is finished, perhaps in an earlier visit.
    pub fn finished(answer: Answer) -> Self {
        Self {
            question: answer.question.clone(),
            sentences: answer.sentences.clone(),
            sources: answer.sources.clone(),
            tier: None,
            phase: Phase::Done(Box::new(answer)),
        }
    }

    /// Whether more will come.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Reading(_) | Phase::Writing)
    }

    /// Goes on by one event. Those that come after the end change nothing.
    pub fn receive(&mut self, event: AnswerEvent) {
        if !self.is_open() {
            return;
        }
        match event {
            AnswerEvent::Question(question) => self.question = Some(question),
            AnswerEvent::Sources(sources) => {
                self.tier = None;
                self.sources = sources;
            }
            AnswerEvent::Prefill(done, total) => {
                let percent = (done * 100).checked_div(total).unwrap_or(100);
                self.phase = Phase::Reading(percent.min(100));
            }
            AnswerEvent::Sentence(sentence) => {
                self.phase = Phase::Writing;
                self.sentences.push(sentence);
            }
        }
    }

    /// Forgets what has come: the answer is made anew.
    pub fn begin_again(&mut self) {
        if self.is_open() {
            *self = Self { sources: std::mem::take(&mut self.sources), tier: self.tier, ..Self::new() };
        }
    }
}

/// A question on the page, with its reply.
#[derive(Clone)]
pub struct Entry {
    /// Distinguishes it from others on the page; the engine's id of its answer.
    pub id: u32,
    /// What the reader asked.
    pub question: String,
    /// The reply.
    pub reply: ArcRwSignal<Reply>,
}

/// What was found for the draft.
#[derive(Clone, Debug, PartialEq)]
pub struct QuickResults {
    /// The words.
    pub query: String,
    /// The passages.
    pub results: SearchResults,
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;
    use daneel_rag::{AnswerKind, SentenceKind};

    use super::*;

    fn sentence(text: &str) -> Sentence {
        Sentence {
            lead: String::new(),
            text: text.into(),
            kind: SentenceKind::Said,
            support: Vec::new(),
            highlight: None,
        }
    }

    #[test]
    fn sources_that_come_again_leave_the_sentences() {
        let mut reply = Reply::new();
        reply.receive(AnswerEvent::Question("Why local?".into()));
        reply.receive(AnswerEvent::Prefill(1, 3));
        assert_eq!(reply.phase, Phase::Reading(33));
        reply.receive(AnswerEvent::Sentence(sentence("Yes.")));
        reply.receive(AnswerEvent::Sources(Vec::new()));
        assert_eq!((reply.sentences.len(), &reply.phase), (1, &Phase::Writing));
        assert_eq!(reply.question.as_deref(), Some("Why local?"));
        reply.begin_again();
        assert!(reply.sentences.is_empty() && reply.question.is_none() && reply.phase == Phase::Waiting);
    }

    #[test]
    fn what_comes_after_the_end_changes_nothing() {
        let answer = Answer {
            sentences: vec![sentence("Hello.")],
            kind: AnswerKind::Conversation,
            language: Language::ENGLISH,
            question: None,
            sources: Vec::new(),
            stopped: false,
            figures: None,
        };
        let mut reply = Reply::finished(answer);
        let finished = reply.clone();
        reply.receive(AnswerEvent::Sentence(sentence("More.")));
        reply.begin_again();
        assert_eq!(reply, finished);
    }
}
