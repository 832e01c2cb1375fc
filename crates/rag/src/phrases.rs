//! What is said, asked and understood in each language: one table a language, in a file of its own.
//!
//! Patterns of questions are written in a small language, see `plan::pattern`: `a|b` is one of two words, `[a|b]` may be
//! left out, `<class>` is a word of a class, `{topic}` is what the question is about, `{n}` a number, `{period}` a year, a
//! month or both. A pattern has to fit a whole question, so that what a table does not know stays a look-up.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod nl;
mod pt;

use daneel_corpus::Language;

/// All of one language.
pub(crate) struct Phrases {
    code: &'static str,
    pub prompt: Prompt,
    pub replies: Replies,
    pub grammar: Grammar,
    pub questions: Questions,
}

/// What the chat model is told.
pub(crate) struct Prompt {
    /// Instructions before the persona's; `{author}` stands for whose texts they are.
    pub system: &'static str,
    /// Whose texts they are, where the persona has no name.
    pub author: &'static str,
    /// In front of the passages.
    pub passages: &'static str,
    /// In front of the question.
    pub question: &'static str,
    /// Instructions that a very small model can follow.
    pub small_system: &'static str,
    /// In front of the question, for a very small model.
    pub small_question: &'static str,
}

/// What Daneel says itself. `{…}` stand for what the site is called, who writes it, and so on.
pub(crate) struct Replies {
    /// Nothing relevant was found.
    pub not_found: &'static str,
    /// After it, where passages are shown nonetheless.
    pub nearest: &'static str,
    pub greeting: &'static str,
    pub thanks: &'static str,
    pub farewell: &'static str,
    pub small_talk: &'static str,
    /// Who answers, and how: `{title}`, `{author}`.
    pub about_chat: &'static str,
    /// In front of questions to try.
    pub suggestions: &'static str,
    /// What the site is: `{title}`, `{author}`.
    pub about_site: &'static str,
    /// Who writes: `{author}`.
    pub author: &'static str,
    /// How many documents: `{n}`.
    pub count: (&'static str, &'static str),
    /// From when to when: `{from}`, `{to}`.
    pub dates: &'static str,
    /// The most frequent tags: `{tags}`.
    pub tags: &'static str,
    /// In front of documents about `{topic}`.
    pub list_topic: &'static str,
    /// In front of the latest documents.
    pub list_latest: &'static str,
    /// In front of the first documents.
    pub list_oldest: &'static str,
    /// In front of the documents of a `{period}`.
    pub list_period: &'static str,
    /// In front of all documents, of which there are `{n}`; not all may be shown.
    pub list_all: &'static str,
    /// No document about `{topic}`.
    pub none_topic: &'static str,
    /// No document of a `{period}`.
    pub none_period: &'static str,
    /// The documents have no dates to order them by.
    pub no_dates: &'static str,
}

/// Words that change what a sentence says, or what it takes to understand it. Lower case.
pub(crate) struct Grammar {
    /// Words that negate.
    pub negations: &'static [&'static str],
    /// Words after which another statement begins.
    pub contrasts: &'static [&'static str],
    /// First words of a sentence that goes on from the one before.
    pub leaning: &'static [&'static str],
    /// Pronouns that stand for something said before.
    pub pronouns: &'static [&'static str],
    /// Pronouns that do so only as the last word, or before one of [`Self::after_demonstrative`].
    pub demonstratives: &'static [&'static str],
    /// Verbs after a demonstrative that is a pronoun, not an article.
    pub after_demonstrative: &'static [&'static str],
    /// Words that questions begin with.
    pub interrogatives: &'static [&'static str],
    /// Why, how, when, where and who, as whole questions.
    pub questions_alone: [&'static str; 5],
    /// Prepositions of place, time, means and purpose, with or without an article.
    pub prepositions: &'static [&'static str],
    /// Articles, and prepositions that hold one.
    pub articles: &'static [&'static str],
    /// Articles of what is spoken of for the first time.
    pub indefinites: &'static [&'static str],
    /// Words that join two questions.
    pub conjunctions: &'static [&'static str],
    /// Number words, without those that are articles too.
    pub numbers: &'static [(&'static str, u32)],
    /// January to December, as they are written in a sentence.
    pub months: [&'static str; 12],
    /// Names of the languages that Daneel has phrases for, as in "in Italian".
    pub languages: &'static [(&'static str, &'static str)],
    /// "Yes" and "no" as whole answers.
    pub particles: &'static [&'static str],
    /// Patterns of "the texts do not say", anywhere in a sentence.
    pub abstentions: &'static [&'static str],
}

/// Patterns of questions that are no look-ups, or that lean on the question before.
pub(crate) struct Questions {
    /// Words of a class, in one string.
    pub classes: &'static [(&'static str, &'static str)],
    /// What politeness puts around a question.
    pub polite: &'static [&'static str],
    pub greeting: &'static [&'static str],
    pub thanks: &'static [&'static str],
    pub farewell: &'static [&'static str],
    pub small_talk: &'static [&'static str],
    pub about_chat: &'static [&'static str],
    pub about_site: &'static [&'static str],
    pub about_author: &'static [&'static str],
    pub count: &'static [&'static str],
    /// With `{topic}`, and perhaps `{n}`.
    pub list_topic: &'static [&'static str],
    /// The latest; with `{n}` and `{topic}` where they are given.
    pub list_latest: &'static [&'static str],
    /// When one document was written: it is listed, which shows its date.
    pub list_dated: &'static [&'static str],
    /// The first.
    pub list_oldest: &'static [&'static str],
    /// With `{period}`.
    pub list_period: &'static [&'static str],
    pub list_all: &'static [&'static str],
    /// More of the same answer.
    pub more: &'static [&'static str],
    /// A question without a subject, such as "and why?".
    pub bare: &'static [&'static str],
    /// The same in another language: `<language>`.
    pub in_language: &'static [&'static str],
    /// What goes on from the question before: at its beginning.
    pub openers: &'static [&'static str],
    /// "What is {topic}": complete by itself, and the shape that "and {topic}?" repeats.
    pub definitions: &'static [&'static str],
}

const ALL: [&Phrases; 7] =
    [&en::PHRASES, &it::PHRASES, &fr::PHRASES, &de::PHRASES, &es::PHRASES, &pt::PHRASES, &nl::PHRASES];

/// The phrases of a language; English where it has none.
pub(crate) fn phrases(language: Language) -> &'static Phrases {
    ALL.into_iter().find(|phrases| phrases.code == language.code()).unwrap_or(&en::PHRASES)
}

/// Languages a question is recognised in, whatever the corpus is written in.
pub(crate) fn languages() -> impl Iterator<Item = Language> {
    ALL.iter().filter_map(|phrases| Language::from_tag(phrases.code))
}

#[cfg(test)]
impl Questions {
    /// Every table of patterns.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static [&'static str]> {
        [
            self.polite,
            self.greeting,
            self.thanks,
            self.farewell,
            self.small_talk,
            self.about_chat,
            self.about_site,
            self.about_author,
            self.count,
            self.list_topic,
            self.list_latest,
            self.list_oldest,
            self.list_dated,
            self.list_period,
            self.list_all,
            self.more,
            self.bare,
            self.in_language,
            self.openers,
            self.definitions,
        ]
        .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_whose_texts_and_how_to_cite() {
        for phrases in ALL {
            let (code, prompt) = (phrases.code, &phrases.prompt);
            assert!(Language::from_tag(code).is_some());
            assert!(prompt.system.contains("{author}") && prompt.system.contains("[1]"), "{code}");
            assert!(!prompt.system.contains("  "), "a line break left two blanks in {code}");
        }
        assert_eq!(phrases(Language::from_tag("ja").unwrap()).code, "en");
    }

    #[test]
    fn every_reply_names_what_it_is_about() {
        for phrases in ALL {
            let replies = &phrases.replies;
            for (reply, place) in [
                (replies.greeting, "{title}"),
                (replies.about_chat, "{author}"),
                (replies.about_site, "{title}"),
                (replies.author, "{author}"),
                (replies.count.1, "{n}"),
                (replies.dates, "{to}"),
                (replies.tags, "{tags}"),
                (replies.list_topic, "{topic}"),
                (replies.list_period, "{period}"),
                (replies.list_all, "{n}"),
                (replies.none_topic, "{topic}"),
                (replies.none_period, "{period}"),
            ] {
                assert!(reply.contains(place), "{}: {reply}", phrases.code);
                assert!(!reply.contains("  "), "a line break left two blanks in {}: {reply}", phrases.code);
            }
        }
    }
}
