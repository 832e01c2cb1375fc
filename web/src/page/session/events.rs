//! What the engine tells becomes state of the page.

use daneel_rag::{Answer, AnswerEvent, Event, SearchResults, Stage};
use leptos::prelude::*;

use super::{Session, TUNING_KEY};
use crate::page::reply::{Phase, QuickResults, Reply};
use crate::page::{browser, markdown};

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
            Event::Engine { report } => self.report.set(Some(report)),
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
        let mut text = None;
        self.change(id, |reply| match event {
            AnswerEvent::Sources(sources) => {
                reply.tier = None;
                reply.sources = sources;
                // After a GPU has failed the answer begins anew.
                reply.text.clear();
            }
            AnswerEvent::Prefill(done, total) => {
                let percent = (done * 100).checked_div(total).unwrap_or(100);
                reply.phase = Phase::Reading(percent.min(100));
            }
            AnswerEvent::Text(more) => {
                reply.phase = Phase::Writing;
                reply.text.push_str(&more);
                text = Some(reply.text.clone());
            }
        });
        if let Some(text) = text {
            let sentences = self.sentences.try_update_value(|sentences| sentences.take(&text)).flatten();
            self.speak(sentences);
        }
    }

    fn answered(self, id: u32, answer: Answer) {
        let mut earlier = None;
        self.change(id, |reply| earlier = Some(std::mem::replace(reply, Reply::finished(answer.clone()))));
        // The reader may have gone on to another conversation meanwhile.
        let Some(Reply { text: streamed, .. }) = earlier else { return };
        let rest = self.sentences.try_update_value(|sentences| sentences.finish(&streamed)).flatten();
        // Where quotes have taken the place of what the model wrote, the listener has to hear them.
        self.speak(if markdown::say_the_same(&streamed, &answer.text) { rest } else { Some(answer.text) });
        self.remember();
    }

    fn speak(self, markdown: Option<String>) {
        let Some(markdown) = markdown else { return };
        let text = markdown::plain_text(&markdown::parse(&markdown, usize::MAX));
        if !text.is_empty() {
            self.spoken.update(|spoken| spoken.push((spoken.len(), text)));
        }
    }
}
