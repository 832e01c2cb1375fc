//! What was asked and answered in one conversation.

use daneel_rag::Answer;
use serde::{Deserialize, Serialize};

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What the reader asked.
    pub question: String,
    /// What was answered.
    pub answer: Answer,
}

/// One conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Milliseconds since 1970 when it began.
    pub id: u64,
    /// What was said, oldest first.
    pub exchanges: Vec<Exchange>,
}

impl Conversation {
    /// What it is called: its first question.
    pub fn title(&self) -> &str {
        self.exchanges.first().map_or("", |exchange| exchange.question.trim())
    }
}
