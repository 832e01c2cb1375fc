//! What the engine tells becomes state of the page.

use daneel_rag::{Answer, AnswerEvent, EngineReason, Event, SearchResults, Sentence, Stage};
use leptos::prelude::*;

use super::{Session, TUNING_KEY};
use crate::page::reply::{Phase, QuickResults, Reply};
use crate::page::{browser, sentences};

impl Session {
    pub(super) fn receive(self, event: Event) {
        match event {
            Event::Opened { manifest } => {
                self.parts.update(|parts| parts.opened(&manifest));
                document().set_title(&manifest.title);
                self.manifest.set(Some(manifest));
            }
            // Only time is lost if it cannot be kept.
            Event::Tuned { tuning } => drop(browser::store(TUNING_KEY, &tuning)),
            Event::Engine { report } => {
                // After a GPU has failed, the answer that it was computing is made anew.
                if matches!(report.reason, EngineReason::Failed { .. })
                    && let Some(entry) = untrack(|| self.open_entry())
                {
                    self.change(entry.id, Reply::begin_again);
                }
                self.report.set(Some(report));
            }
            Event::Progress { stage, done, total, network } => {
                self.parts.update(|parts| parts.progress(stage, done, total, network, browser::now()));
            }
            Event::Ready { stage } => {
                self.parts.update(|parts| parts.ready(stage));
                if stage != Stage::Chat {
                    self.search_draft_again();
                }
            }
            Event::Found { id, results } => self.found(id, results),
            Event::Answering { id, event } => self.answering(id, event),
            Event::Answered { id, answer } => self.answered(id, answer),
            Event::Failed { id: Some(id), message, .. } => {
                self.change(id, |reply| {
                    if reply.is_open() {
                        reply.phase = Phase::Failed(message);
                    }
                });
            }
            Event::Failed { stage: Some(stage), message, .. } => {
                self.parts.update(|parts| parts.failed(stage, message));
            }
            Event::Failed { message, .. } => self.notices.update(|notices| {
                if !notices.contains(&message) {
                    notices.push(message);
                }
            }),
        }
    }

    /// The engine has crashed: nothing that waits for it will come.
    pub(super) fn lose(self, message: String) {
        if let Some(entry) = untrack(|| self.open_entry()) {
            self.change(entry.id, |reply| reply.phase = Phase::Failed(message.clone()));
        }
        self.lost.set(Some(message));
    }

    fn found(self, id: u32, results: SearchResults) {
        if id == self.quick_id.get_value() {
            let query = self.draft.get_untracked();
            return self.quick.set(Some(QuickResults { query, results }));
        }
        self.change(id, |reply| {
            if reply.phase == Phase::Waiting {
                reply.tier = Some(results.tier);
                reply.sources = results.hits.into_iter().map(|hit| hit.source).collect();
            }
        });
    }

    fn answering(self, id: u32, event: AnswerEvent) {
        let mut told = None;
        self.change(id, |reply| {
            if let AnswerEvent::Sentence(sentence) = &event {
                told = Some(sentence.clone());
            }
            reply.receive(event);
        });
        // Nothing is told of an answer that the reader has left.
        told.iter().for_each(|sentence| self.speak(sentence));
    }

    fn answered(self, id: u32, answer: Answer) {
        let mut earlier = None;
        self.change(id, |reply| earlier = Some(std::mem::replace(reply, Reply::finished(answer.clone()))));
        // The reader may have gone on to another conversation meanwhile.
        let Some(Reply { sentences: told, .. }) = earlier else { return };
        // What was made anew has to be heard anew.
        let untold = answer.sentences.strip_prefix(told.as_slice()).unwrap_or(&answer.sentences);
        untold.iter().for_each(|sentence| self.speak(sentence));
        self.remember();
    }

    fn speak(self, sentence: &Sentence) {
        let text = sentences::spoken(sentence);
        if !text.is_empty() {
            self.spoken.update(|spoken| spoken.push((spoken.len(), text)));
        }
    }
}
