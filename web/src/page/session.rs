//! What the page knows and does: commands go to the engine, events come back and change the signals that views watch.

use daneel_rag::{
    Answer, AnswerEvent, Command, Event, MAX_QUESTION_CHARS, Manifest, SearchResults, SearchTier, Source, Stage,
};
use leptos::prelude::*;

use super::browser;
use super::engine::Engine;
use super::history::{Conversation, Exchange, History, turns};
use super::markdown;
use super::parts::{Ability, Parts};
use super::sentences::Sentences;

/// Most passages in a search.
const SEARCH_LIMIT: usize = 5;

/// Milliseconds without a key before the draft is searched for.
const TYPING_PAUSE: u64 = 140;

/// Characters from which a draft is worth a search.
const SEARCHABLE_CHARS: usize = 3;

/// How far an answer has got.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The engine has not begun.
    Waiting,
    /// The model reads the prompt; share read, 0 to 100.
    Reading(usize),
    /// Text arrives.
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
    /// The text so far.
    pub text: String,
    /// The passages so far.
    pub sources: Vec<Source>,
    /// How the passages were found, until the engine names those it reads.
    pub tier: Option<SearchTier>,
}

impl Reply {
    fn new() -> Self {
        Self { phase: Phase::Waiting, text: String::new(), sources: Vec::new(), tier: None }
    }

    fn finished(answer: Answer) -> Self {
        Self {
            text: answer.text.clone(),
            sources: answer.sources.clone(),
            tier: None,
            phase: Phase::Done(Box::new(answer)),
        }
    }

    /// Whether more will come.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::Reading(_) | Phase::Writing)
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

/// The page's state, shared by its views.
#[derive(Clone, Copy)]
pub struct Session {
    /// The site, once it is known.
    pub manifest: RwSignal<Option<Manifest>>,
    /// The parts of the engine.
    pub parts: RwSignal<Parts>,
    /// The conversation shown.
    pub entries: RwSignal<Vec<Entry>>,
    /// Which conversation that is.
    pub conversation: RwSignal<u64>,
    /// All conversations.
    pub history: RwSignal<History>,
    /// The question being typed.
    pub draft: RwSignal<String>,
    /// What was found for it.
    pub quick: RwSignal<Option<QuickResults>>,
    /// What the reader should know: warnings of the engine.
    pub notices: RwSignal<Vec<String>>,
    /// The engine has stopped for good, and why.
    pub lost: RwSignal<Option<String>>,
    /// Sentences for screen readers, the latest last.
    pub spoken: RwSignal<Vec<(usize, String)>>,
    sentences: StoredValue<Sentences>,
    next_id: StoredValue<u32>,
    quick_id: StoredValue<u32>,
    engine: StoredValue<Option<Engine>, LocalStorage>,
}

impl Session {
    /// Connects to the engine and opens the site in the page's folder.
    pub fn start() -> Self {
        let history = browser::stored(&history_key()).map(|text| History::from_json(&text)).unwrap_or_default();
        let session = Self {
            manifest: RwSignal::new(None),
            parts: RwSignal::new(Parts::default()),
            entries: RwSignal::new(Vec::new()),
            conversation: RwSignal::new(browser::now() as u64),
            history: RwSignal::new(history),
            draft: RwSignal::new(String::new()),
            quick: RwSignal::new(None),
            notices: RwSignal::new(Vec::new()),
            lost: RwSignal::new(None),
            spoken: RwSignal::new(Vec::new()),
            sentences: StoredValue::new(Sentences::default()),
            next_id: StoredValue::new(1),
            quick_id: StoredValue::new(0),
            engine: StoredValue::new_local(None),
        };
        let engine = Engine::connect(move |event| session.receive(event), move |message| session.lose(message));
        session.engine.set_value(engine);
        session.send(&Command::Open { manifest_url: browser::absolute("daneel.json") });
        session
    }

    /// Whether an answer is being made; tracked.
    pub fn is_answering(self) -> bool {
        self.open_entry().is_some()
    }

    /// The entry whose answer is being made; tracked.
    pub fn open_entry(self) -> Option<Entry> {
        self.entries.with(|entries| entries.last().filter(|entry| entry.reply.with(Reply::is_open)).cloned())
    }

    /// Characters of the draft; tracked.
    pub fn draft_length(self) -> usize {
        self.draft.with(|draft| draft.trim().chars().count())
    }

    /// Asks.
    pub fn ask(self, question: &str) {
        let question = question.trim().to_owned();
        let length = question.chars().count();
        if length == 0 || length > MAX_QUESTION_CHARS || untrack(|| self.is_answering()) {
            return;
        }
        self.quick.set(None);
        self.quick_id.set_value(0);
        let history = turns(&self.exchanges());
        let seed = 42;
        self.request(question, history, seed);
    }

    /// Asks the last question again, for another answer.
    pub fn ask_again(self) {
        if untrack(|| self.is_answering()) {
            return;
        }
        let Some(last) = self.entries.try_update(Vec::pop).flatten() else { return };
        let history = turns(&self.exchanges());
        self.request(last.question, history, browser::now() as u64);
    }

    fn request(self, question: String, history: Vec<daneel_rag::Turn>, seed: u64) {
        let id = self.new_id();
        let entry = Entry { id, question: question.clone(), reply: ArcRwSignal::new(Reply::new()) };
        self.entries.update(|entries| entries.push(entry));
        self.spoken.set(Vec::new());
        self.sentences.set_value(Sentences::default());
        if let Some(message) = self.lost.get_untracked() {
            return self.change(id, |reply| reply.phase = Phase::Failed(message));
        }
        if !self.parts.with_untracked(Parts::answers_at_once) {
            // The passages are worth seeing while the reader waits. An id is good for both: they cannot be confused.
            self.send(&Command::Search { id, query: question.clone(), limit: SEARCH_LIMIT });
        }
        self.send(&Command::Ask { id, question, history, seed });
    }

    /// Stops the answer that is being made.
    pub fn stop(self) {
        if let Some(entry) = untrack(|| self.open_entry()) {
            self.send(&Command::Stop { id: entry.id });
        }
    }

    /// Notes the draft and searches for it once the reader pauses.
    pub fn type_draft(self, text: String) {
        self.draft.set(text);
        let id = self.new_id();
        self.quick_id.set_value(id);
        let length = untrack(|| self.draft_length());
        if !(SEARCHABLE_CHARS..=MAX_QUESTION_CHARS).contains(&length) {
            return self.quick.set(None);
        }
        let search = move || {
            if self.quick_id.get_value() == id {
                let query = self.draft.get_untracked();
                self.send(&Command::Search { id, query, limit: SEARCH_LIMIT });
            }
        };
        set_timeout(search, std::time::Duration::from_millis(TYPING_PAUSE));
    }

    /// Begins a new conversation.
    pub fn new_conversation(self) {
        self.stop();
        self.entries.set(Vec::new());
        self.conversation.set(browser::now() as u64);
        self.draft.set(String::new());
        self.quick.set(None);
    }

    /// Shows an earlier conversation.
    pub fn open_conversation(self, id: u64) {
        self.stop();
        let exchanges =
            self.history.with_untracked(|history| history.get(id).map(|conversation| conversation.exchanges.clone()));
        let entries = exchanges.unwrap_or_default().into_iter().map(|exchange| Entry {
            id: self.new_id(),
            question: exchange.question,
            reply: ArcRwSignal::new(Reply::finished(exchange.answer)),
        });
        self.entries.set(entries.collect());
        self.conversation.set(id);
    }

    /// Deletes a conversation; the one shown gives way to a new one.
    pub fn delete_conversation(self, id: u64) {
        self.history.update(|history| history.remove(id));
        self.save();
        if self.conversation.get_untracked() == id {
            self.new_conversation();
        }
    }

    /// Deletes all conversations.
    pub fn delete_all(self) {
        self.history.update(History::clear);
        self.save();
        self.new_conversation();
    }

    /// Deletes the models that the browser keeps.
    pub fn forget_models(self) {
        self.send(&Command::Forget);
    }

    fn new_id(self) -> u32 {
        let id = self.next_id.get_value();
        self.next_id.set_value(id.wrapping_add(1));
        id
    }

    fn send(self, command: &Command) {
        self.engine.with_value(|engine| {
            if let Some(engine) = engine {
                engine.send(command);
            }
        });
    }

    fn receive(self, event: Event) {
        match event {
            Event::Opened { manifest } => {
                self.parts.update(|parts| parts.opened(&manifest));
                document().set_title(&manifest.title);
                self.manifest.set(Some(manifest));
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
    fn lose(self, message: String) {
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
        let rest = self.sentences.try_update_value(|sentences| sentences.finish(&answer.text)).flatten();
        self.speak(rest);
        self.change(id, |reply| *reply = Reply::finished(answer));
        self.remember();
    }

    fn change(self, id: u32, change: impl FnOnce(&mut Reply)) {
        let reply = self.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.id == id).map(|entry| entry.reply.clone())
        });
        if let Some(reply) = reply {
            reply.update(change);
        }
    }

    fn speak(self, markdown: Option<String>) {
        let Some(markdown) = markdown else { return };
        let text = markdown::plain_text(&markdown::parse(&markdown, usize::MAX));
        if !text.is_empty() {
            self.spoken.update(|spoken| spoken.push((spoken.len(), text)));
        }
    }

    /// Better results for the draft have become possible.
    fn search_draft_again(self) {
        let draft = self.draft.get_untracked();
        if !draft.trim().is_empty() && !untrack(|| self.is_answering()) {
            self.type_draft(draft);
        }
    }

    fn exchanges(self) -> Vec<Exchange> {
        self.entries.with_untracked(|entries| {
            entries
                .iter()
                .filter_map(|entry| match entry.reply.get_untracked().phase {
                    Phase::Done(answer) => Some(Exchange { question: entry.question.clone(), answer: *answer }),
                    _ => None,
                })
                .collect()
        })
    }

    fn remember(self) {
        let conversation =
            Conversation { id: self.conversation.get_untracked(), exchanges: self.exchanges() };
        self.history.update(|history| history.put(conversation));
        self.save();
    }

    /// Stores the history; where there is no room, the oldest conversations go.
    fn save(self) {
        let mut history = self.history.get_untracked();
        while !browser::store(&history_key(), &history.to_json()) && history.drop_oldest() {}
        if history != self.history.get_untracked() {
            self.history.set(history);
        }
    }

    /// What the reader can do; tracked.
    pub fn ability(self) -> Ability {
        self.parts.with(Parts::ability)
    }
}

/// The session of the views around.
pub fn use_session() -> Session {
    expect_context()
}

fn history_key() -> String {
    format!("daneel:{}:history", browser::site_path())
}
