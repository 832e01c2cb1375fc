//! Conversations become text for the browser's storage, and that text becomes conversations again.

mod conversation;
mod version_1;

use daneel_rag::Turn;
use serde::{Deserialize, Serialize};

pub use conversation::{Conversation, Exchange};

/// Version of the stored text. An older one is brought up to date; a later one is ignored.
const FORMAT_VERSION: u32 = 2;

/// Most conversations that are kept; the oldest go first.
pub const MAX_CONVERSATIONS: usize = 50;

/// Earlier exchanges that go with a question. More would not fit a small model's context.
const MAX_TURNS: usize = 3;

/// All conversations, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    version: u32,
    conversations: Vec<Conversation>,
}

/// All that is known of a stored text before it is read.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { version: FORMAT_VERSION, conversations: Vec::new() }
    }
}

impl History {
    /// Reads stored text. What cannot be read counts as no history.
    pub fn from_json(text: &str) -> Self {
        let version = serde_json::from_str(text).map_or(0, |Version { version }| version);
        let read = match version {
            FORMAT_VERSION => serde_json::from_str(text).ok(),
            1 => version_1::conversations(text)
                .map(|conversations| Self { version: FORMAT_VERSION, conversations }),
            _ => None,
        };
        read.unwrap_or_default()
    }

    /// The text to store.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The conversations, the latest first.
    pub fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// One conversation.
    pub fn get(&self, id: u64) -> Option<&Conversation> {
        self.conversations.iter().find(|conversation| conversation.id == id)
    }

    /// Stores a conversation as the latest one; an empty one is dropped.
    pub fn put(&mut self, conversation: Conversation) {
        self.remove(conversation.id);
        if !conversation.exchanges.is_empty() {
            self.conversations.insert(0, conversation);
            self.conversations.truncate(MAX_CONVERSATIONS);
        }
    }

    /// Deletes a conversation.
    pub fn remove(&mut self, id: u64) {
        self.conversations.retain(|conversation| conversation.id != id);
    }

    /// Deletes the oldest conversation, to make room; false when only one is left.
    pub fn drop_oldest(&mut self) -> bool {
        self.conversations.len() > 1 && self.conversations.pop().is_some()
    }

    /// Deletes all.
    pub fn clear(&mut self) {
        self.conversations.clear();
    }
}

/// The exchanges that go with the next question, oldest first.
pub fn turns(exchanges: &[Exchange]) -> Vec<Turn> {
    let answered = exchanges.iter().filter(|exchange| !exchange.answer.sentences.is_empty());
    let mut turns: Vec<Turn> =
        answered.rev().take(MAX_TURNS).map(|exchange| exchange.answer.turn(&exchange.question)).collect();
    turns.reverse();
    turns
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;
    use daneel_rag::{Answer, AnswerKind, Sentence, SentenceKind, Span};

    use super::*;

    fn conversation(id: u64, questions: &[&str]) -> Conversation {
        let exchanges = questions
            .iter()
            .map(|question| Exchange {
                question: (*question).into(),
                answer: Answer {
                    sentences: vec![Sentence {
                        lead: String::new(),
                        text: format!("About {question}."),
                        kind: SentenceKind::Quoted,
                        support: vec![Span { source: 1, start: 0, end: 5 }],
                        highlight: Some((0, 5)),
                    }],
                    kind: AnswerKind::Extractive,
                    language: Language::ENGLISH,
                    question: Some(format!("{question}, standing alone")),
                    sources: Vec::new(),
                    stopped: false,
                    figures: None,
                },
            })
            .collect();
        Conversation { id, exchanges }
    }

    #[test]
    fn survives_storage() {
        let mut history = History::default();
        history.put(conversation(1, &["Perché locale? 🙂"]));
        history.put(conversation(2, &["b", "c"]));
        assert_eq!(History::from_json(&history.to_json()), history);
    }

    #[test]
    fn the_latest_comes_first_and_only_once() {
        let mut history = History::default();
        history.put(conversation(1, &["a"]));
        history.put(conversation(2, &["b"]));
        history.put(conversation(1, &["a", "more"]));
        let ids: Vec<_> = history.conversations().iter().map(|conversation| conversation.id).collect();
        assert_eq!(ids, [1, 2]);
        assert_eq!(history.get(1).map(|conversation| conversation.exchanges.len()), Some(2));
        history.put(conversation(2, &[]));
        assert!(history.get(2).is_none());
    }

    #[test]
    fn old_ones_go_when_there_is_no_room() {
        let mut history = History::default();
        (0..60).for_each(|id| history.put(conversation(id, &["x"])));
        assert_eq!(history.conversations().len(), MAX_CONVERSATIONS);
        assert!(history.get(9).is_none() && history.get(59).is_some());
        while history.drop_oldest() {}
        assert_eq!(history.conversations().len(), 1);
    }

    #[test]
    fn damaged_text_counts_as_no_history() {
        for text in [
            "",
            "null",
            "{",
            "[]",
            r#"{"version":3,"conversations":[]}"#,
            r#"{"version":1,"conversations":[{"id":-1}]}"#,
            r#"{"version":2,"conversations":[{"id":-1}]}"#,
        ] {
            assert_eq!(History::from_json(text), History::default(), "{text}");
        }
    }

    #[test]
    fn answers_of_the_first_version_are_one_sentence() {
        let stored = r#"{"version":1,"conversations":[{"id":7,"exchanges":[
            {"question":"Why?","answer":{"text":"Because [1].","kind":"generated","language":"en",
            "sources":[],"stopped":false,"figures":null}},
            {"question":"And?","answer":{"text":"","kind":"extractive","language":"en",
            "sources":[],"stopped":true,"figures":null}}]}]}"#;
        let history = History::from_json(stored);
        let exchanges = &history.get(7).unwrap().exchanges;
        assert_eq!(exchanges[0].answer.plain_text(), "Because [1].");
        assert_eq!(exchanges[0].answer.sentences[0].kind, SentenceKind::Written);
        assert!(exchanges[1].answer.sentences.is_empty());
        assert_eq!(History::from_json(&history.to_json()), history);
    }

    #[test]
    fn a_turn_says_how_it_was_looked_up() {
        let turns = turns(&conversation(1, &["a"]).exchanges);
        assert_eq!(turns[0].standalone.as_deref(), Some("a, standing alone"));
        assert_eq!((turns[0].answer.as_str(), turns[0].kind), ("About a.", AnswerKind::Extractive));
    }

    #[test]
    fn only_the_last_exchanges_go_along() {
        let conversation = conversation(1, &["a", "b", "c", "d"]);
        let questions: Vec<_> =
            turns(&conversation.exchanges).into_iter().map(|turn| turn.question).collect();
        assert_eq!(questions, ["b", "c", "d"]);
        assert!(turns(&[]).is_empty());
        let mut stopped = conversation;
        stopped.exchanges[3].answer.sentences.clear();
        let questions: Vec<_> = turns(&stopped.exchanges).into_iter().map(|turn| turn.question).collect();
        assert_eq!(questions, ["a", "b", "c"], "an answer stopped before its first word says nothing");
    }
}
