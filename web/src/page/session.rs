//! What the page knows and does: commands go to the engine, events come back and change the signals that views watch.

mod events;

use daneel_model::Sampling;
use daneel_rag::{Command, EngineReport, EngineWish, MAX_QUESTION_CHARS, Manifest};
use leptos::prelude::*;

use super::browser;
use super::engine::Engine;
use super::history::{Conversation, Exchange, History, turns};
use super::parts::{Ability, Parts};
use super::reply::{Entry, Phase, QuickResults, Reply};

/// Most passages in a search.
const SEARCH_LIMIT: usize = 5;

/// Milliseconds without a key before the draft is searched for.
const TYPING_PAUSE: u64 = 140;

/// Characters from which a draft is worth a search.
const SEARCHABLE_CHARS: usize = 3;

/// Where the engine's notes on the GPU are kept: they hold for every site of a host.
pub(super) const TUNING_KEY: &str = "daneel:gpu-tuning";

/// The page's state, shared by its views.
#[derive(Clone, Copy)]
pub struct Session {
    /// The site, once it is known.
    pub manifest: RwSignal<Option<Manifest>>,
    /// What computes, once it is known.
    pub report: RwSignal<Option<EngineReport>>,
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
    next_id: StoredValue<u32>,
    quick_id: StoredValue<u32>,
    engine: StoredValue<Option<Engine>, LocalStorage>,
}

impl Session {
    /// Connects to the engine and opens the site in the page's folder.
    pub fn start() -> Self {
        let history =
            browser::stored(&history_key()).map(|text| History::from_json(&text)).unwrap_or_default();
        let session = Self {
            manifest: RwSignal::new(None),
            report: RwSignal::new(None),
            parts: RwSignal::new(Parts::default()),
            entries: RwSignal::new(Vec::new()),
            conversation: RwSignal::new(browser::now() as u64),
            history: RwSignal::new(history),
            draft: RwSignal::new(String::new()),
            quick: RwSignal::new(None),
            notices: RwSignal::new(Vec::new()),
            lost: RwSignal::new(None),
            spoken: RwSignal::new(Vec::new()),
            next_id: StoredValue::new(1),
            quick_id: StoredValue::new(0),
            engine: StoredValue::new_local(None),
        };
        let engine =
            Engine::connect(move |event| session.receive(event), move |message| session.lose(message));
        session.engine.set_value(engine);
        let manifest_url = browser::absolute("daneel.json");
        let tuning = browser::stored(TUNING_KEY);
        session.send(&Command::Open { manifest_url, engine: engine_wish(), tuning });
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
        self.request(question, history, Sampling::default().seed);
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
        let exchanges = self
            .history
            .with_untracked(|history| history.get(id).map(|conversation| conversation.exchanges.clone()));
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

    fn change(self, id: u32, change: impl FnOnce(&mut Reply)) {
        let reply = self.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.id == id).map(|entry| entry.reply.clone())
        });
        if let Some(reply) = reply {
            reply.update(change);
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
                    Phase::Done(answer) => {
                        Some(Exchange { question: entry.question.clone(), answer: *answer })
                    }
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

/// `?engine=gpu` and `?engine=cpu` have their way.
fn engine_wish() -> EngineWish {
    match browser::query("engine").as_deref() {
        Some("gpu") => EngineWish::Gpu,
        Some("cpu") => EngineWish::Cpu,
        _ => EngineWish::Auto,
    }
}

fn history_key() -> String {
    format!("daneel:{}:history", browser::site_path())
}
