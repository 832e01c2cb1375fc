//! An answer in the making: what is told to the reader while it grows, and kept for the finished [`Answer`].

use std::ops::ControlFlow;

use daneel_corpus::Language;

use crate::plan::Intent;
use crate::{Answer, AnswerEvent, AnswerKind, Figures, Sentence, SentenceKind, Source};

/// Collects sentences and sources, and tells of each as it comes. The reader can break off at any event.
pub(crate) struct Reply<'a> {
    on_event: &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    sentences: Vec<Sentence>,
    sources: Vec<Source>,
    flow: ControlFlow<()>,
    /// Whether the next sentence begins a paragraph.
    is_new_paragraph: bool,
}

impl<'a> Reply<'a> {
    pub fn new(on_event: &'a mut dyn FnMut(AnswerEvent) -> ControlFlow<()>) -> Self {
        Self {
            on_event,
            sentences: Vec::new(),
            sources: Vec::new(),
            flow: ControlFlow::Continue(()),
            is_new_paragraph: false,
        }
    }

    /// Tells of something, unless the reader has broken off.
    pub fn tell(&mut self, event: AnswerEvent) -> ControlFlow<()> {
        if self.flow.is_continue() {
            self.flow = (self.on_event)(event);
        }
        self.flow
    }

    /// Whether the reader has broken off.
    pub fn is_stopped(&self) -> bool {
        self.flow.is_break()
    }

    /// How many sources there are: the next one has a number one higher.
    pub fn n_sources(&self) -> usize {
        self.sources.len()
    }

    /// Offers sources after the first `kept` ones; those that were there make room. Nothing is told if they are the same.
    pub fn offer(&mut self, kept: usize, sources: &[Source]) {
        if self.sources.get(kept..) == Some(sources) && !sources.is_empty() {
            return;
        }
        self.sources.truncate(kept);
        self.sources.extend_from_slice(sources);
        let all = self.sources.clone();
        let _ = self.tell(AnswerEvent::Sources(all));
    }

    /// The next sentence; the first one of all needs no lead.
    pub fn push(&mut self, mut sentence: Sentence) {
        let is_new_paragraph = std::mem::take(&mut self.is_new_paragraph);
        if self.sentences.is_empty() {
            sentence.lead = sentence.lead.trim_start().to_owned();
        } else if is_new_paragraph {
            sentence.lead = format!("\n\n{}", sentence.lead.trim_start());
        }
        self.sentences.push(sentence.clone());
        let _ = self.tell(AnswerEvent::Sentence(sentence));
    }

    /// What comes next stands apart from what was said.
    pub fn begin_paragraph(&mut self) {
        self.is_new_paragraph = true;
    }

    /// A sentence of Daneel's own, after `lead`.
    pub fn say(&mut self, lead: &str, text: impl Into<String>) {
        self.push(Sentence {
            lead: lead.to_owned(),
            text: text.into(),
            kind: SentenceKind::Said,
            support: Vec::new(),
            highlight: None,
        });
    }

    /// Whether anything was said yet.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// The finished answer.
    pub fn finish(
        self,
        kind: AnswerKind,
        language: Language,
        question: Option<String>,
        figures: Option<Figures>,
    ) -> Answer {
        Answer {
            sentences: self.sentences,
            kind,
            language,
            question,
            sources: self.sources,
            stopped: self.flow.is_break(),
            figures,
        }
    }
}

/// What one or several look-ups came to.
pub(crate) struct LookedUp {
    pub kind: AnswerKind,
    /// Where a model wrote.
    pub figures: Option<Figures>,
    /// What was meant, if it was no look-up: nothing was said yet.
    pub meant: Option<Intent>,
}

impl LookedUp {
    pub fn new(kind: AnswerKind, figures: Option<Figures>) -> Self {
        Self { kind, figures, meant: None }
    }
}
