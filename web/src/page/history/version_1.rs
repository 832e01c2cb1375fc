//! Conversations stored when an answer was one Markdown text become conversations of today.

use daneel_corpus::Language;
use daneel_rag::{Answer, AnswerKind, Figures, Sentence, SentenceKind, Source};
use serde::Deserialize;

use super::conversation::{Conversation, Exchange};

#[derive(Deserialize)]
struct StoredHistory {
    conversations: Vec<StoredConversation>,
}

#[derive(Deserialize)]
struct StoredConversation {
    id: u64,
    exchanges: Vec<StoredExchange>,
}

#[derive(Deserialize)]
struct StoredExchange {
    question: String,
    answer: StoredAnswer,
}

#[derive(Deserialize)]
struct StoredAnswer {
    text: String,
    kind: AnswerKind,
    language: Language,
    sources: Vec<Source>,
    stopped: bool,
    figures: Option<Figures>,
}

/// The conversations, if they can be read.
pub fn conversations(text: &str) -> Option<Vec<Conversation>> {
    let stored: StoredHistory = serde_json::from_str(text).ok()?;
    let conversation = |stored: StoredConversation| Conversation {
        id: stored.id,
        exchanges: stored.exchanges.into_iter().map(exchange).collect(),
    };
    Some(stored.conversations.into_iter().map(conversation).collect())
}

fn exchange(stored: StoredExchange) -> Exchange {
    let StoredAnswer { text, kind, language, sources, stopped, figures } = stored.answer;
    // Its markers stay what they look like: numbers of the sources below.
    let all = (!text.is_empty()).then(|| Sentence {
        lead: String::new(),
        text,
        kind: SentenceKind::Written,
        support: Vec::new(),
        highlight: None,
    });
    let sentences = all.into_iter().collect();
    let answer = Answer { sentences, kind, language, question: None, sources, stopped, figures };
    Exchange { question: stored.question, answer }
}
