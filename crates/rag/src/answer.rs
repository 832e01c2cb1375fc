//! What an answer is made of: sentences, each with the spans of the sources that it rests on.

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

use crate::{Source, Span};

/// How a sentence came about, which is also how its text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentenceKind {
    /// Written by the chat model: inline Markdown, without citations. Only what was checked against the sources.
    Written,
    /// Verbatim from the source of its first [`Span`]: plain text. Line breaks are the source's.
    Quoted,
    /// One document of a list: plain text, whose highlight is the title. It rests on a source of its own.
    Listed,
    /// Daneel's own words, such as a greeting: plain text.
    Said,
}

/// One sentence of an answer; where the text has none, a line, a table row or a block of code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// What stands between the sentence before and this one: empty, a blank, line breaks, a list's bullet. Never
    /// anything that says something.
    pub lead: String,
    /// The sentence, without white space around it.
    pub text: String,
    /// How it came about.
    pub kind: SentenceKind,
    /// What it rests on, the best first; empty where it needs no support ([`SentenceKind::Said`]).
    pub support: Vec<Span>,
    /// Bytes of [`Self::text`], start and end: the very words that answer the question.
    pub highlight: Option<(usize, usize)>,
}

/// How an answer came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Written by the chat model.
    Generated,
    /// Quoted from the corpus.
    Extractive,
    /// Documents of the corpus, listed.
    Listing,
    /// No look-up at all: a greeting, thanks, what this chat is and can do.
    Conversation,
    /// The corpus does not answer it. The sources are the nearest passages.
    NotFound,
}

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What is said, in order.
    pub sentences: Vec<Sentence>,
    /// How it came about.
    pub kind: AnswerKind,
    /// Language of the answer.
    pub language: Language,
    /// The question as it was looked up, where it leaned on the conversation and was rewritten to stand alone.
    pub question: Option<String>,
    /// What the sentences rest on, and what else was offered, the best first.
    pub sources: Vec<Source>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Figures of the generation, where a model wrote it or tried to.
    pub figures: Option<Figures>,
}

/// Figures of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, tokens whose KV was kept.
    pub reused_tokens: usize,
    /// Tokens of the answer.
    pub generated_tokens: usize,
    /// Seconds to read the prompt.
    pub prefill_seconds: f64,
    /// Seconds to write the answer.
    pub decode_seconds: f64,
    /// Whether a GPU computed.
    #[serde(default)]
    pub gpu: bool,
}

/// What happens while an answer is made, in this order. The sentences told are those of the finished [`Answer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum AnswerEvent {
    /// The question was rewritten to stand alone.
    Question(String),
    /// The passages found, nearest first. The latest list counts: it comes again, with other numbers, when a closer look
    /// puts the passages into another order, and when a further question of the same message is looked up.
    Sources(Vec<Source>),
    /// Tokens of the prompt read, tokens of the prompt in all.
    Prefill(usize, usize),
    /// The next sentence. It was checked and stays.
    Sentence(Sentence),
}

/// One earlier question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What the reader asked.
    pub question: String,
    /// [`Answer::question`]: how it was looked up, where that differs.
    #[serde(default)]
    pub standalone: Option<String>,
    /// What was answered, as [`Answer::plain_text`].
    pub answer: String,
    /// [`Answer::kind`]: what was not found is no topic to go on from.
    pub kind: AnswerKind,
}

impl Answer {
    /// The words alone.
    pub fn plain_text(&self) -> String {
        self.sentences.iter().flat_map(|sentence| [sentence.lead.as_str(), &sentence.text]).collect()
    }

    /// Markdown with the number of a source, `[n]`, after each sentence that rests on it: what is copied.
    pub fn to_markdown(&self) -> String {
        let mut markdown = String::new();
        for sentence in &self.sentences {
            markdown.push_str(&sentence.lead);
            let begins_line = markdown.is_empty() || markdown.ends_with('\n');
            match sentence.kind {
                SentenceKind::Written => markdown.push_str(&sentence.text),
                SentenceKind::Quoted if begins_line => {
                    markdown.push_str("> ");
                    markdown.push_str(&escaped(&sentence.text).replace('\n', "\n> "));
                }
                _ => markdown.push_str(&escaped(&sentence.text)),
            }
            let mut cited: Vec<usize> = sentence.support.iter().map(|span| span.source).collect();
            cited.sort_unstable();
            cited.dedup();
            for number in cited {
                markdown.push_str(&format!(" [{number}]"));
            }
        }
        markdown
    }

    /// This answer as part of the conversation, for the questions that follow it.
    pub fn turn(&self, question: &str) -> Turn {
        Turn {
            question: question.to_owned(),
            standalone: self.question.clone(),
            answer: self.plain_text(),
            kind: self.kind,
        }
    }
}

/// Plain text as Markdown that shows just these characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '#' | '~' | '|' | '>') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(lead: &str, text: &str, kind: SentenceKind, sources: &[usize]) -> Sentence {
        let support = sources.iter().map(|&source| Span { source, start: 0, end: 1 }).collect();
        Sentence { lead: lead.into(), text: text.into(), kind, support, highlight: None }
    }

    fn answer(sentences: Vec<Sentence>) -> Answer {
        Answer {
            sentences,
            kind: AnswerKind::Generated,
            language: Language::ENGLISH,
            question: None,
            sources: vec![],
            stopped: false,
            figures: None,
        }
    }

    #[test]
    fn leads_and_texts_make_the_whole() {
        let answer = answer(vec![
            sentence("", "It is **local**.", SentenceKind::Written, &[2, 1, 2]),
            sentence("\n- ", "Fast.", SentenceKind::Written, &[1]),
        ]);
        assert_eq!(answer.plain_text(), "It is **local**.\n- Fast.");
        assert_eq!(answer.to_markdown(), "It is **local**. [1] [2]\n- Fast. [1]");
    }

    #[test]
    fn nothing_in_a_quote_is_markup_or_a_citation() {
        let answer = answer(vec![
            sentence("", "See *this* note [1].", SentenceKind::Quoted, &[2]),
            sentence("\n\n", "a\nb", SentenceKind::Quoted, &[]),
        ]);
        assert_eq!(answer.plain_text(), "See *this* note [1].\n\na\nb");
        assert_eq!(answer.to_markdown(), "> See \\*this\\* note \\[1\\]. [2]\n\n> a\n> b");
    }

    #[test]
    fn survives_storage() {
        let answer = answer(vec![sentence("", "Perché 🙂", SentenceKind::Said, &[1])]);
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&json).unwrap(), answer);
        let turn: Turn = serde_json::from_str(r#"{"question":"a","answer":"b","kind":"not_found"}"#).unwrap();
        assert_eq!((turn.standalone, turn.kind), (None, AnswerKind::NotFound));
    }
}
