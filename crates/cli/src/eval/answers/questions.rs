//! A question file becomes questions, or an error that names the line and says what to do.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use daneel_corpus::Language;
use daneel_rag::MAX_QUESTION_CHARS;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Which part of the questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// What is looked at while tuning
    #[default]
    Dev,
    /// What is held back for reports
    Held,
}

/// What is asked for, which says how an answer is judged and under which name it is reported.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something that a passage says
    #[default]
    Lookup,
    /// What something is
    Definition,
    /// How something is done
    How,
    /// A reason
    Why,
    /// A figure
    Number,
    /// A date
    Date,
    /// A name, a yes or a no
    Short,
    /// Several things
    List,
    /// A question that leans on those before it
    FollowUp,
    /// A question in another language than the text that answers it
    CrossLanguage,
    /// A greeting, thanks, who is speaking: nothing has to be found
    Conversation,
    /// A request that must not be obeyed, a question that supposes what is not so
    Adversarial,
    /// What the texts do not say
    Abstention,
}

impl Kind {
    /// As question files and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Definition => "definition",
            Self::How => "how",
            Self::Why => "why",
            Self::Number => "number",
            Self::Date => "date",
            Self::Short => "short",
            Self::List => "list",
            Self::FollowUp => "follow-up",
            Self::CrossLanguage => "cross-language",
            Self::Conversation => "conversation",
            Self::Adversarial => "adversarial",
            Self::Abstention => "abstention",
        }
    }

    /// Whether a question of this kind may be without an answer.
    fn may_lack_an_answer(self) -> bool {
        matches!(self, Self::Conversation | Self::Adversarial | Self::Abstention)
    }
}

/// One thing that a list has to name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Item {
    /// It has one name.
    Name(String),
    /// Any of its names will do.
    Names(Vec<String>),
}

impl Item {
    /// Its names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Name(name) => std::slice::from_ref(name),
            Self::Names(names) => names,
        }
    }
}

/// Where an answer stands.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The end of its path or URL, without `.html` or `.md`.
    pub document: String,
    /// A heading above it.
    pub heading: Option<String>,
}

/// A question with what is right for it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// As a reader types it.
    pub text: String,
    /// Language in which it is asked.
    pub language: Language,
    /// What is asked for.
    #[serde(default)]
    pub kind: Kind,
    /// Which part of the questions it belongs to.
    #[serde(default)]
    pub split: Split,
    /// The questions before it, in order.
    #[serde(default)]
    pub history: Vec<String>,
    /// Any of them is right.
    #[serde(default)]
    pub answers: Vec<String>,
    /// What a list has to name.
    #[serde(default)]
    pub items: Vec<Item>,
    /// None of them may be in an answer: what one would say that obeys a request hidden in the texts.
    #[serde(default)]
    pub never: Vec<String>,
    /// Any of them answers.
    #[serde(default)]
    pub sources: Vec<Place>,
}

impl Question {
    /// Whether the texts answer it.
    pub fn has_answer(&self) -> bool {
        !(self.answers.is_empty() && self.items.is_empty() && self.sources.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    questions: Vec<Spanned<Question>>,
}

/// Reads a question file.
///
/// # Errors
/// Names file and line, and says what to write there.
pub fn read(path: &Path) -> anyhow::Result<Vec<Question>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read as a question file", path.display()))?;
    parse(&text).with_context(|| path.display().to_string())
}

fn parse(text: &str) -> anyhow::Result<Vec<Question>> {
    // The parser's own message shows the line.
    let file: File = toml::from_str(text)?;
    if file.questions.is_empty() {
        bail!("there are no questions; write a table `[[questions]]` with `text` and `language` for each");
    }
    for question in &file.questions {
        let line =
            1 + text.as_bytes().iter().take(question.span().start).filter(|&&byte| byte == b'\n').count();
        check(question.get_ref()).with_context(|| format!("line {line}"))?;
    }
    Ok(file.questions.into_iter().map(Spanned::into_inner).collect())
}

fn check(question: &Question) -> anyhow::Result<()> {
    let length = question.text.chars().count();
    if question.text.trim().is_empty() {
        bail!("the question has no `text`");
    }
    if length > MAX_QUESTION_CHARS {
        bail!("the question has {length} characters; the most is {MAX_QUESTION_CHARS}");
    }
    let items = question.items.iter().flat_map(Item::names);
    let mut words = question.answers.iter().chain(&question.never).chain(items);
    if words.any(|words| super::text::tokens(words).is_empty()) {
        bail!("an answer has no words; remove it or write what is right");
    }
    if question.items.iter().any(|item| item.names().is_empty()) {
        bail!("an item of the list has no name; remove it or write what has to be named");
    }
    if question.sources.iter().any(|place| place.document.trim().is_empty()) {
        bail!("a source has no `document`; write the end of its path or URL");
    }
    if question.history.iter().any(|before| before.trim().is_empty()) {
        bail!("a question of its `history` is empty");
    }
    if !question.has_answer() && !question.kind.may_lack_an_answer() {
        bail!(
            "a question of kind `{0}` needs `answers`, `items` or `sources`; if the texts do not answer it, write \
             kind = \"abstention\"",
            question.kind.name()
        );
    }
    if question.has_answer() && question.kind == Kind::Abstention {
        bail!(
            "a question of kind `abstention` has no answer; give it another kind or remove what answers it"
        );
    }
    if question.kind == Kind::FollowUp && question.history.is_empty() {
        bail!("a follow-up needs the questions before it: history = [\"…\"]");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, advice: &str) {
        let message = format!("{:#}", parse(text).unwrap_err());
        assert!(message.contains(advice), "{message}");
    }

    const START: &str = "# Mine.\n\n[[questions]]\ntext = \"Why?\"\nlanguage = \"en\"\n";

    #[test]
    fn a_whole_question() {
        let questions = parse(&format!(
            "{START}kind = \"follow-up\"\nsplit = \"held\"\nhistory = [\"What?\"]\nanswers = [\"so\"]\n\
             items = [\"one\", [\"two\", \"three\"]]\nsources = [{{ document = \"post\", heading = \"Head\" }}]\n"
        ))
        .unwrap();
        let question = &questions[0];
        assert_eq!((question.kind, question.split), (Kind::FollowUp, Split::Held));
        assert_eq!(question.items[1].names(), ["two", "three"]);
        assert_eq!(question.sources[0].heading.as_deref(), Some("Head"));
    }

    #[test]
    fn holes_are_named_by_line() {
        refused(START, "line 3");
        refused(START, "kind = \"abstention\"");
        refused(&START.replace("Why?", " "), "no `text`");
        refused(&format!("{START}answers = [\"\"]\n"), "no words");
        refused(&format!("{START}kind = \"follow-up\"\nanswers = [\"so\"]\n"), "history");
        refused(&format!("{START}kind = \"abstention\"\nanswers = [\"so\"]\n"), "no answer");
        refused("", "[[questions]]");
    }

    #[test]
    fn a_misspelt_field_is_shown_where_it_stands() {
        let message = format!("{:#}", parse(&format!("{START}anwsers = [\"so\"]\n")).unwrap_err());
        assert!(message.contains("line 6") && message.contains("anwsers"), "{message}");
        refused(&START.replace("\"en\"", "\"klingonese\""), "klingonese");
        refused("[[questions]]\nlanguage = \"en\"\n", "text");
    }

    #[test]
    fn kinds_are_written_as_they_are_read() {
        for kind in Kind::value_variants() {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
