//! A question that leans on the conversation becomes one that stands alone.

use daneel_corpus::Language;

use super::parts::capitalised;
use super::pattern::{find, find_prefix, without_politeness};
use crate::phrases::{Grammar, Phrases, phrases};
use crate::tokens::{Token, has, is_same, tokens};
use crate::{AnswerKind, Turn, question, words};

/// A question with more content words than this says by itself what it is about, pronoun or not.
const MOST_WORDS_OF_LEANING: usize = 3;
/// Most words of a question without opener or pronoun that still leans on the one before.
const MOST_WORDS_OF_SHORT: usize = 6;

/// One question to look up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LookUp {
    /// Standing alone.
    pub question: String,
    /// Language of the question.
    pub asked_in: Language,
    /// Language of the answer.
    pub language: Language,
    /// Whether it was rewritten.
    pub is_rewritten: bool,
    /// Whether what was said already should not be said again.
    pub wants_more: bool,
    /// Whether passages in [`Self::language`] should come first: the question was asked in another one.
    pub prefers_language: bool,
}

impl LookUp {
    /// A question as it is.
    pub fn new(question: &str, language: Language) -> Self {
        Self {
            question: question.to_owned(),
            asked_in: language,
            language,
            is_rewritten: false,
            wants_more: false,
            prefers_language: false,
        }
    }
}

/// The question before, which this one may lean on.
#[derive(Debug)]
pub(super) struct Base {
    /// Standing alone.
    question: String,
    language: Language,
    /// How it was answered.
    pub kind: AnswerKind,
}

impl Base {
    pub fn new(question: &str, kind: AnswerKind, language: Language) -> Self {
        Self { question: question.to_owned(), kind, language }
    }

    /// The last question of a conversation that was answered from the texts and has a subject of its own.
    pub fn of(history: &[Turn], of_corpus: &[Language]) -> Option<Self> {
        let is_topic = |turn: &&Turn| !matches!(turn.kind, AnswerKind::NotFound | AnswerKind::Conversation);
        let answered = || history.iter().rev().filter(is_topic);
        // "And why?" has no subject: what it leaned on is still the topic.
        let turn = answered().find(|turn| !has_no_subject(&turn.question)).or_else(|| answered().next())?;
        let question = turn.standalone.as_deref().unwrap_or(&turn.question);
        Some(Self::new(question, turn.kind, question::language(question, &[], of_corpus)))
    }

    /// What it is about, in its own words.
    fn topic(&self) -> String {
        // An earlier rewriting names the topic already.
        let question = self.question.trim_end_matches(['?', ' ']);
        if let Some((_, topic)) = question.strip_suffix(')').and_then(|question| question.rsplit_once('(')) {
            return topic.to_owned();
        }
        let tokens = tokens(&self.question);
        match self.place() {
            Some((start, end)) => slice(&self.question, &tokens[start..end]).to_owned(),
            None => subject(&self.question, &tokens, self.language).to_owned(),
        }
    }

    /// The tokens of its topic, where it has the shape of a definition or of a list.
    fn place(&self) -> Option<(usize, usize)> {
        let phrases = phrases(self.language);
        let tokens = tokens(&self.question);
        let questions = &phrases.questions;
        [questions.definitions, questions.list_topic]
            .into_iter()
            .find_map(|table| find(table, &tokens, phrases)?.topic)
    }
}

/// The look-up for a question, rewritten after `base` where it leans on it. `all` are the languages with tables, the
/// question's first.
pub(super) fn look_up(question: &str, language: Language, all: &[Language], base: Option<&Base>) -> LookUp {
    let as_it_is = LookUp::new(question, language);
    let Some(base) = base else { return as_it_is };
    let rewritten = LookUp { is_rewritten: true, ..as_it_is.clone() };
    let found = tokens(question);
    for &language in all {
        let phrases = phrases(language);
        let questions = &phrases.questions;
        let opener = find_prefix(questions.openers, &found, phrases).unwrap_or(0);
        for rest in [&found[..], &found[opener..], without_politeness(&found, phrases)] {
            if let Some(captures) = find(questions.in_language, rest, phrases)
                && let Some(language) = captures.language
            {
                let (question, asked_in) = (base.question.clone(), base.language);
                return LookUp { question, asked_in, language, prefers_language: true, ..rewritten };
            }
            if find(questions.more, rest, phrases).is_some() {
                let question = base.question.clone();
                return LookUp { question, asked_in: base.language, wants_more: true, ..rewritten };
            }
            if find(questions.bare, rest, phrases).is_some() {
                let asked = slice(question, rest).to_lowercase();
                let asked = translated(&asked, phrases, base.language);
                let question = format!("{} – {asked}?", base.question.trim_end_matches(['?', ' ']));
                return LookUp { question, asked_in: base.language, ..rewritten };
            }
        }
    }
    match standalone(question, &found, language, base) {
        Some(question) => LookUp { question, ..rewritten },
        None => as_it_is,
    }
}

/// "Why" and its like in the language of the question that it is put to.
fn translated<'a>(asked: &'a str, from: &Phrases, language: Language) -> &'a str {
    let of = |phrases: &Phrases| phrases.grammar.questions_alone;
    let place = of(from).iter().position(|word| *word == asked);
    place.map_or(asked, |place| of(crate::phrases::phrases(language))[place])
}

/// Whether a question is nothing but "and why?", "tell me more", "and in Italian?".
fn has_no_subject(question: &str) -> bool {
    let found = tokens(question);
    crate::phrases::languages().any(|language| {
        let phrases = phrases(language);
        let opener = find_prefix(phrases.questions.openers, &found, phrases).unwrap_or(0);
        let tables = [phrases.questions.bare, phrases.questions.more, phrases.questions.in_language];
        [&found[..], &found[opener..]]
            .into_iter()
            .any(|rest| tables.iter().any(|table| find(table, rest, phrases).is_some()))
    })
}

/// The question with the topic of `base`, where it has none of its own.
fn standalone(question: &str, found: &[Token], language: Language, base: &Base) -> Option<String> {
    let phrases = phrases(language);
    let grammar = &phrases.grammar;
    let opener = find_prefix(phrases.questions.openers, found, phrases).unwrap_or(0);
    let rest = &found[opener..];
    let content: Vec<&Token> = rest.iter().filter(|token| is_content(token, language, grammar)).collect();
    let asks = rest.first().is_some_and(|token| has(grammar.interrogatives, &token.word));
    let names = |token: &&Token| is_name(question, token) && token.range.start != rest[0].range.start;
    let has_name = content.iter().any(names);
    let body = slice(question, rest);
    let with_topic = || Some(format!("{} ({})?", capitalised(body), base.topic()));

    if refers(rest, language, grammar) && content.len() <= MOST_WORDS_OF_LEANING {
        return with_topic();
    }
    if opener > 0 && !asks && !content.is_empty() && rest.len() <= MOST_WORDS_OF_SHORT {
        // "And the risks?" asks about the topic; "and LoRA?" asks the same about another one.
        let is_like_topic =
            !is_definite(question, rest, grammar) && !has(grammar.prepositions, &rest[0].word);
        return match base.place().filter(|_| is_like_topic) {
            Some((start, end)) => {
                let tokens = tokens(&base.question);
                let (start, end) = (tokens[start].range.start, tokens[end - 1].range.end);
                Some(format!("{}{body}{}", &base.question[..start], &base.question[end..]))
            }
            None => in_place(question, rest, language, base).or_else(with_topic),
        };
    }
    if opener > 0 && content.len() < MOST_WORDS_OF_LEANING && !has_name {
        return with_topic();
    }
    if content.len() < 2
        && asks
        && rest.len() <= MOST_WORDS_OF_SHORT
        && !has_name
        && !is_complete(rest, phrases)
    {
        return with_topic();
    }
    None
}

/// The question before with the new phrase where its like stood: "and with B?" after "… with A", "and B2?" after one that
/// names B1 and nothing else.
fn in_place(question: &str, rest: &[Token], language: Language, base: &Base) -> Option<String> {
    let grammar = &phrases(base.language).grammar;
    let before = tokens(&base.question);
    let is_content = |token: &Token| is_content(token, base.language, grammar);
    let first = rest.first()?;
    let (start, end) = if is_content(first) {
        // A name for a name.
        let names = |token: &Token| is_name(&base.question, token) && is_content(token);
        let start = (1..before.len()).find(|&at| names(&before[at]))?;
        let end = (start..before.len()).find(|&at| !names(&before[at])).unwrap_or(before.len());
        let is_only = !before[end..].iter().any(names);
        (is_only && rest.iter().all(|token| is_name(question, token))).then_some((start, end))?
    } else {
        // "And the risks?" is no phrase with a preposition; "e nel 2024?" is.
        let is_year = rest.get(1).is_some_and(|token| token.word.bytes().all(|byte| byte.is_ascii_digit()));
        let is_preposition = has(phrases(language).grammar.prepositions, &first.word);
        if has(grammar.articles, &first.word) && !is_year && !is_preposition {
            return None;
        }
        // From the same preposition to the end of its phrase.
        let start = before.iter().rposition(|token| is_same(&token.word, &first.word));
        let noun = start.and_then(|start| (start..before.len()).find(|&at| is_content(&before[at])));
        let Some((start, noun)) = start.zip(noun).filter(|(start, _)| *start > 0) else {
            // "And in B?" of a question that says of no place yet.
            let before = base.question.trim_end_matches(['?', '.', '!', ' ']);
            return is_preposition.then(|| format!("{before} {}?", slice(question, rest)));
        };
        (start, (noun..before.len()).find(|&at| !is_content(&before[at])).unwrap_or(before.len()))
    };
    let (from, to) = (before[start].range.start, before[end - 1].range.end);
    (start > 0)
        .then(|| format!("{}{}{}", &base.question[..from], slice(question, rest), &base.question[to..]))
}

/// Whether a question refers back by a pronoun. One that comes after a noun with its article stands for that noun.
fn refers(rest: &[Token], language: Language, grammar: &Grammar) -> bool {
    let is_noun =
        |pair: &[Token]| has(grammar.articles, &pair[0].word) && is_content(&pair[1], language, grammar);
    rest.iter().enumerate().any(|(at, token)| {
        let next = rest.get(at + 1);
        if rest[..at].windows(2).any(is_noun) {
            return false;
        }
        has(grammar.pronouns, &token.word)
            || (has(grammar.demonstratives, &token.word)
                && next.is_none_or(|next| has(grammar.after_demonstrative, &next.word)))
    })
}

/// Whether a question asks for a definition and says of what: an article there speaks of something known.
fn is_complete(rest: &[Token], phrases: &Phrases) -> bool {
    let Some((start, _)) = find(phrases.questions.definitions, rest, phrases).and_then(|found| found.topic)
    else {
        return false;
    };
    rest.get(start).is_some_and(|token| !has(phrases.grammar.articles, &token.word))
}

/// Whether a phrase speaks of something of the topic: "the risks", not "LoRA" or "a graph".
fn is_definite(question: &str, rest: &[Token], grammar: &Grammar) -> bool {
    let [article, noun, ..] = rest else { return false };
    has(grammar.articles, &article.word)
        && !has(grammar.indefinites, &article.word)
        && !rest[1..].iter().any(|token| is_name(question, token))
        && !noun.word.is_empty()
}

/// Whether a word is written like a name: with a capital or a digit.
fn is_name(question: &str, token: &Token) -> bool {
    question[token.range.clone()].contains(|c: char| c.is_uppercase() || c.is_numeric())
}

fn is_content(token: &Token, language: Language, grammar: &Grammar) -> bool {
    !has(grammar.interrogatives, &token.word) && !words::content_words(&token.word, language).is_empty()
}

/// The stretch of a question from its first to its last content word.
fn subject<'a>(question: &'a str, tokens: &[Token], language: Language) -> &'a str {
    let grammar = &phrases(language).grammar;
    let mut content = (0..tokens.len()).filter(|&at| is_content(&tokens[at], language, grammar));
    let Some(first) = content.next() else { return question.trim_end_matches(['?', ' ']) };
    let last = content.next_back().unwrap_or(first);
    slice(question, &tokens[first..=last])
}

/// A list's topic: its words without the article before them. What "it" stands for is the topic of `base`.
pub(super) fn topic(
    question: &str,
    found: &[Token],
    language: Language,
    phrases: &Phrases,
    base: Option<&Base>,
) -> Option<String> {
    let grammar = &phrases.grammar;
    if refers(found, language, grammar) && found.len() <= 2 {
        return base.map(Base::topic);
    }
    let first = found.iter().position(|token| !has(grammar.articles, &token.word))?;
    Some(slice(question, &found[first..]).to_owned())
}

/// The text of tokens, with the signs that belong to the last word: `C++`, `C#`.
fn slice<'a>(text: &'a str, tokens: &[Token]) -> &'a str {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return "" };
    let after = &text[last.range.end..];
    let signs = after.len() - after.trim_start_matches(['+', '#']).len();
    &text[first.range.start..last.range.end + signs]
}
