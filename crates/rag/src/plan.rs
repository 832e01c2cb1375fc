//! A question becomes a plan, before anything is looked up: rules over phrase tables, no model.
//!
//! The rules fit whole questions. Whatever they do not know is a look-up, which is what most questions are.

mod follow_up;
mod parts;
mod pattern;
mod period;
#[cfg(test)]
mod tests;

use daneel_corpus::Language;

use crate::phrases::{Phrases, Questions, languages, phrases};
use crate::tokens::{Token, tokens};
use crate::{AnswerKind, Turn, question};
pub(crate) use follow_up::LookUp;
pub(crate) use pattern::occurs;
use pattern::{Captures, find, without_politeness};
pub(crate) use period::Period;

/// A message of more words is no mere remark.
const WORDS_OF_REMARK: usize = 16;
/// Documents that "the latest posts" lists where no number is given.
const LATEST: usize = 5;
/// Most documents listed.
const MOST_LISTED: usize = 20;

/// What a question asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Intent {
    /// Nothing of the corpus: Daneel answers by itself.
    Remark(Remark),
    /// What the site is about, and how much there is.
    AboutSite,
    /// Who writes.
    AboutAuthor,
    /// Documents.
    List(ListRequest),
    /// Passages, for one question or several.
    LookUp(Vec<LookUp>),
}

/// What is said to somebody rather than asked of the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remark {
    Greeting,
    Thanks,
    Farewell,
    SmallTalk,
    /// "Who are you?", "What can you do?"
    AboutChat,
}

/// Which documents to list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListRequest {
    /// What they are about, in the question's words.
    pub topic: Option<String>,
    /// When they were written.
    pub period: Option<Period>,
    pub order: Order,
    /// Most documents.
    pub limit: usize,
}

impl ListRequest {
    /// All documents.
    pub fn all() -> Self {
        Self { topic: None, period: None, order: Order::Best, limit: MOST_LISTED }
    }
}

/// Which documents come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The most relevant; without a topic the latest, and any order where there are no dates.
    Best,
    Latest,
    Oldest,
}

/// What to do about a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub intent: Intent,
    /// Language of the answer.
    pub language: Language,
}

impl Plan {
    /// The question as it is looked up, where it was rewritten to stand alone.
    pub(crate) fn rewritten(&self) -> Option<String> {
        let Intent::LookUp(look_ups) = &self.intent else { return None };
        let is_rewritten = look_ups.iter().any(|look_up| look_up.is_rewritten);
        let questions: Vec<_> = look_ups.iter().map(|look_up| look_up.question.as_str()).collect();
        is_rewritten.then(|| questions.join(" "))
    }
}

/// The plan for a question that follows `history`, on a site in `of_corpus`'s languages.
pub(crate) fn plan(question: &str, history: &[Turn], of_corpus: &[Language]) -> Plan {
    let language = question::language(question, history, of_corpus);
    let all = all_languages(language);
    if let Some((remark, language)) = remark(&tokens(question), &all) {
        return Plan { intent: Intent::Remark(remark), language };
    }
    let parts = parts::without_remarks(question, |part| remark(&tokens(part), &all).is_some());
    let base = follow_up::Base::of(history, of_corpus);
    if let [only] = parts.as_slice() {
        for &language in &all {
            if let Some(intent) = intent(only, language, base.as_ref()) {
                return Plan { intent, language };
            }
        }
    }
    let mut look_ups: Vec<LookUp> = Vec::new();
    let mut base = base;
    for part in parts::questions(&parts, language) {
        let look_up = follow_up::look_up(&part, language, &all, base.as_ref());
        base = Some(follow_up::Base::new(&look_up.question, AnswerKind::Extractive, language));
        look_ups.push(look_up);
    }
    // "And in Italian?" asks for the answer in that language.
    let language = match look_ups.as_slice() {
        [only] => only.language,
        _ => language,
    };
    Plan { intent: Intent::LookUp(look_ups), language }
}

/// The languages with tables, the question's first.
fn all_languages(language: Language) -> Vec<Language> {
    std::iter::once(language).chain(languages().filter(|&other| other != language)).collect()
}

/// What a question remarks, if it is nothing but a remark, and in which language.
fn remark(tokens: &[Token], all: &[Language]) -> Option<(Remark, Language)> {
    if tokens.len() > WORDS_OF_REMARK {
        return None;
    }
    all.iter().find_map(|&language| Some((remark_in(tokens, phrases(language))?, language)))
}

/// Remarks may follow one another, "Hi, how are you?": the last one is answered, but thanks and greetings give way.
fn remark_in(tokens: &[Token], phrases: &Phrases) -> Option<Remark> {
    let tables = |questions: &Questions| {
        [
            (questions.about_chat, Remark::AboutChat),
            (questions.small_talk, Remark::SmallTalk),
            (questions.farewell, Remark::Farewell),
            (questions.thanks, Remark::Thanks),
            (questions.greeting, Remark::Greeting),
        ]
    };
    let whole = |tokens: &[Token]| {
        let found =
            tables(&phrases.questions).into_iter().find(|(table, _)| find(table, tokens, phrases).is_some());
        found.map(|(_, remark)| remark)
    };
    if let Some(remark) = whole(tokens) {
        return Some(remark);
    }
    (1..tokens.len()).find_map(|end| {
        let first = whole(&tokens[..end])?;
        let second = remark_in(&tokens[end..], phrases)?;
        Some(if matches!(second, Remark::Thanks | Remark::Greeting) { first } else { second })
    })
}

/// What is asked for other than a look-up.
fn intent(question: &str, language: Language, base: Option<&follow_up::Base>) -> Option<Intent> {
    let phrases = phrases(language);
    let tokens = tokens(question);
    let tokens = without_politeness(&tokens, phrases);
    let questions = &phrases.questions;
    let is_in = |table: &[&str]| find(table, tokens, phrases).is_some();
    if is_in(questions.about_site) || is_in(questions.count) {
        return Some(Intent::AboutSite);
    }
    if is_in(questions.about_author) {
        return Some(Intent::AboutAuthor);
    }
    list(question, tokens, language, base).map(Intent::List)
}

fn list(
    question: &str,
    tokens: &[Token],
    language: Language,
    base: Option<&follow_up::Base>,
) -> Option<ListRequest> {
    let phrases = phrases(language);
    let questions = &phrases.questions;
    let request = |captures: Captures, order, limit: usize| {
        let limit = captures.number.map_or(limit, |number| number as usize).min(MOST_LISTED);
        let topic = captures
            .topic
            .map(|(start, end)| follow_up::topic(question, &tokens[start..end], language, phrases, base));
        // A topic without words of its own, such as "it" with nothing before it, is none of the tables' business.
        match topic {
            Some(None) => None,
            topic => Some(ListRequest { topic: topic.flatten(), period: captures.period, order, limit }),
        }
    };
    // "And about X?" after a list asks for another list.
    let again: &[&str] = match base {
        Some(base) if base.kind == AnswerKind::Listing => &["<about> {topic}"],
        _ => &[],
    };
    for (table, order, limit) in [
        (questions.list_latest, Order::Latest, LATEST),
        (questions.list_oldest, Order::Oldest, LATEST),
        (questions.list_dated, Order::Best, 1),
        (questions.list_period, Order::Best, MOST_LISTED),
        (questions.list_topic, Order::Best, MOST_LISTED),
        (again, Order::Best, MOST_LISTED),
        (questions.list_all, Order::Best, MOST_LISTED),
    ] {
        if let Some(captures) = find(table, tokens, phrases) {
            let is_one = captures.number.is_none() && order != Order::Best && asks_for_one(tokens, phrases);
            let request = request(captures, order, if is_one { 1 } else { limit });
            if request.is_some() {
                return request;
            }
        }
    }
    None
}

/// Whether "the latest post" is asked for, not "the latest posts".
fn asks_for_one(tokens: &[Token], phrases: &Phrases) -> bool {
    tokens.iter().any(|token| find(&["<one>"], std::slice::from_ref(token), phrases).is_some())
}
