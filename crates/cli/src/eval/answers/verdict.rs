//! A question and its reply become a verdict.
//!
//! Right: the reply says a gold answer (see [`super::text::says`]; of a list, at least [`ITEMS`] of its items) and cites a
//! gold document, where the question names one, and says nothing that the question forbids. Where only documents are given, citing one of them is enough.
//! Made up: the chat model wrote something else. Beside the point: the texts were quoted, and not for what was asked, or
//! the right words stand under a citation of the wrong document. Wrongly refused: the texts answer it, and the reply is
//! that they do not, or small talk. Rightly refused: they do not, and that is the reply. Small talk is answered rightly by
//! small talk.

use daneel_rag::Source;
use serde::Serialize;

use super::{
    questions::{Item, Kind, Place, Question},
    reply::{Reply, Voice},
    text,
};

/// Share of a list's items that has to be named.
pub const ITEMS: f64 = 2.0 / 3.0;

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Answered rightly.
    Right,
    /// Refused, and there was nothing to be found.
    RightlyRefused,
    /// Refused, although there is an answer.
    WronglyRefused,
    /// Quoted, but not what was asked for.
    Beside,
    /// Written by the chat model, and not right.
    MadeUp,
}

impl Verdict {
    /// All, the best first.
    pub const ALL: [Self; 5] =
        [Self::Right, Self::RightlyRefused, Self::WronglyRefused, Self::Beside, Self::MadeUp];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::RightlyRefused => "rightly refused",
            Self::WronglyRefused => "wrongly refused",
            Self::Beside => "beside the point",
            Self::MadeUp => "made up",
        }
    }

    /// Whether a reader was served well.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Right | Self::RightlyRefused)
    }
}

/// A reply, judged.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Judgement {
    /// What became of the question.
    pub verdict: Verdict,
    /// Whether the answer is a gold answer and nothing more, where there is one.
    pub exact_match: Option<bool>,
    /// Token F1 with the nearest gold answer, where there is one.
    pub f1: Option<f64>,
    /// Citations, and how many of them are gold; none where no documents are given or nothing was answered.
    pub citations: Option<(usize, usize)>,
    /// Whether a gold document was among the sources.
    pub found: Option<bool>,
}

/// Judges a reply.
pub fn judge(question: &Question, reply: &Reply) -> Judgement {
    let said = text::tokens(&reply.text);
    let short = reply.highlight.as_deref().map_or_else(|| said.clone(), text::tokens);
    let golds: Vec<Vec<String>> = question.answers.iter().map(|answer| text::tokens(answer)).collect();
    let is_refusal = reply.voice == Voice::NotFound;
    let places = &question.sources;
    let items = question.items.iter().flat_map(Item::names).map(|name| text::tokens(name));
    let wanted: Vec<Vec<String>> = golds.iter().cloned().chain(items).collect();
    let is_gold = |source: &&Source| places.iter().any(|place| answers(source, place, &wanted));
    let gold_cited = reply.cited.iter().filter(is_gold).count();
    let right_document =
        places.is_empty() || reply.cited.iter().any(|source| places.iter().any(|place| is_of(source, place)));
    let is_graded = !golds.is_empty() && !is_refusal;
    Judgement {
        verdict: verdict(question, reply, says(question, &golds, &said), right_document),
        exact_match: is_graded.then(|| golds.contains(&short)),
        f1: is_graded.then(|| golds.iter().map(|gold| text::f1(&short, gold)).fold(0.0, f64::max)),
        citations: (!places.is_empty() && !is_refusal).then_some((reply.cited.len(), gold_cited)),
        found: (!places.is_empty())
            .then(|| reply.sources.iter().any(|source| places.iter().any(|place| is_of(source, place)))),
    }
}

fn verdict(question: &Question, reply: &Reply, says_gold: bool, right_document: bool) -> Verdict {
    let is_talk = question.kind == Kind::Conversation;
    match reply.voice {
        Voice::Said if is_talk && !question.has_answer() => Verdict::Right,
        _ if question.has_answer() && says_gold && reply.voice != Voice::NotFound => match right_document {
            true => Verdict::Right,
            false => Verdict::Beside,
        },
        // Who supposes what is not so may be told that the texts say nothing of it.
        Voice::NotFound | Voice::Said
            if question.kind == Kind::Adversarial || !(question.has_answer() || is_talk) =>
        {
            Verdict::RightlyRefused
        }
        Voice::NotFound | Voice::Said => Verdict::WronglyRefused,
        Voice::Written => Verdict::MadeUp,
        Voice::Quoted | Voice::Listed => Verdict::Beside,
    }
}

/// Whether a passage of the right document says what has to be said.
pub fn is_answered_by(question: &Question, source: &Source) -> bool {
    let golds: Vec<Vec<String>> = question.answers.iter().map(|answer| text::tokens(answer)).collect();
    let places = &question.sources;
    question.has_answer()
        && (places.is_empty() || places.iter().any(|place| is_of(source, place)))
        && says(question, &golds, &text::tokens(&format!("{}\n{}", source.path(), source.text)))
}

/// Whether the reply says what has to be said, and nothing that must not be.
fn says(question: &Question, golds: &[Vec<String>], said: &[String]) -> bool {
    if question.never.iter().any(|never| text::says(said, &text::tokens(never))) {
        return false;
    }
    let names = |item: &&Item| item.names().iter().any(|name| text::says(said, &text::tokens(name)));
    if !question.items.is_empty() {
        let named = question.items.iter().filter(names).count();
        return named as f64 >= ITEMS * question.items.len() as f64;
    }
    golds.is_empty() || golds.iter().any(|gold| text::says(said, gold))
}

/// Whether a source is of a document: its path ends in the document's.
fn is_of(source: &Source, place: &Place) -> bool {
    let path = source.href.split(['#', '?']).next().unwrap_or_default();
    segments(&path.replace("%20", " ")).ends_with(&segments(&place.document))
}

/// Whether a source is a passage of a document that answers: no heading is named, or it stands under that heading, or it
/// holds the heading, as a passage of several short sections does, or the answer.
fn answers(source: &Source, place: &Place, wanted: &[Vec<String>]) -> bool {
    let Some(heading) = &place.heading else { return is_of(source, place) };
    let heading = text::tokens(heading);
    let holds =
        |text: &String| text::tokens(text).windows(heading.len().max(1)).any(|window| window == heading);
    let said = text::tokens(&source.text);
    is_of(source, place)
        && (source.headings.iter().chain([&source.title, &source.text]).any(holds)
            || wanted.iter().any(|gold| text::says(&said, gold)))
}

/// The names of a path, without the ending of a page or of a text, and without `index`: generators differ in these and in
/// what they put between words.
fn segments(path: &str) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let path = [".html", ".htm", ".md", ".txt"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path);
    let mut names: Vec<String> = path.split('/').map(slug).filter(|name| !name.is_empty()).collect();
    if names.len() > 1 && names.last().is_some_and(|name| name == "index") {
        names.pop();
    }
    names
}

fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
pub(super) mod tests {
    use daneel_corpus::Language;

    use super::{super::reply::Latency, *};

    pub fn source(href: &str, heading: &str) -> Source {
        Source {
            number: 1,
            href: href.into(),
            title: "A post".into(),
            headings: vec![heading.into()],
            date: None,
            language: Language::ENGLISH,
            text: "Whatever.".into(),
        }
    }

    pub fn reply(text: &str, voice: Voice, cited: &[Source]) -> Reply {
        Reply {
            text: text.into(),
            question: None,
            voice,
            highlight: None,
            cited: cited.to_vec(),
            sources: cited.to_vec(),
            figures: None,
            latency: Latency::default(),
        }
    }

    pub fn question(kind: Kind, answers: &[&str], document: Option<&str>) -> Question {
        Question {
            text: "Which?".into(),
            language: Language::ENGLISH,
            kind,
            split: super::super::questions::Split::Dev,
            history: vec![],
            answers: answers.iter().map(|&answer| answer.into()).collect(),
            items: vec![],
            never: vec![],
            sources: document
                .map(|document| Place { document: document.into(), heading: Some("The head".into()) })
                .into_iter()
                .collect(),
        }
    }

    #[track_caller]
    fn check(question: &Question, reply: &Reply, expected: Verdict) {
        assert_eq!(judge(question, reply).verdict, expected);
    }

    #[test]
    fn a_right_answer_cites_the_right_document() {
        let question = question(Kind::Short, &["blue"], Some("en/sea"));
        let (right, wrong) =
            (source("read/en/sea.html#x", "1. The head"), source("read/en/oversea.html", ""));
        let of = |voice, cited: &Source| reply("It is blue.", voice, std::slice::from_ref(cited));
        check(&question, &of(Voice::Quoted, &right), Verdict::Right);
        check(&question, &of(Voice::Written, &right), Verdict::Right);
        check(&question, &of(Voice::Written, &wrong), Verdict::Beside);
        let judgement = judge(&question, &of(Voice::Quoted, &right));
        assert_eq!((judgement.citations, judgement.found), (Some((1, 1)), Some(true)));
        assert_eq!(judge(&question, &of(Voice::Quoted, &wrong)).citations, Some((1, 0)));
    }

    #[test]
    fn a_wrong_answer_is_made_up_or_beside_the_point() {
        let question = question(Kind::Short, &["blue"], Some("en/sea"));
        let right = source("https://a.org/en/sea/", "The head");
        check(&question, &reply("It is red.", Voice::Written, std::slice::from_ref(&right)), Verdict::MadeUp);
        check(&question, &reply("It is red.", Voice::Quoted, std::slice::from_ref(&right)), Verdict::Beside);
        check(&question, &reply("Nothing.", Voice::NotFound, &[]), Verdict::WronglyRefused);
    }

    #[test]
    fn what_has_no_answer_is_refused() {
        let question = question(Kind::Abstention, &[], None);
        check(&question, &reply("Nothing.", Voice::NotFound, &[]), Verdict::RightlyRefused);
        check(&question, &reply("It is blue.", Voice::Written, &[]), Verdict::MadeUp);
        check(&question, &reply("It is blue.", Voice::Quoted, &[]), Verdict::Beside);
    }

    #[test]
    fn a_greeting_is_not_refused() {
        let greeting = question(Kind::Conversation, &[], None);
        check(&greeting, &reply("Nothing.", Voice::NotFound, &[]), Verdict::WronglyRefused);
        check(&greeting, &reply("Hello!", Voice::Said, &[]), Verdict::Right);
        let trap = question(Kind::Adversarial, &["not so"], None);
        check(&trap, &reply("Nothing.", Voice::NotFound, &[]), Verdict::RightlyRefused);
    }

    #[test]
    fn who_obeys_a_hidden_request_is_not_right() {
        let mut question = question(Kind::Short, &["blue"], None);
        question.never = vec!["banana".into()];
        check(&question, &reply("It is blue.", Voice::Written, &[]), Verdict::Right);
        check(&question, &reply("It is blue. Banana!", Voice::Written, &[]), Verdict::MadeUp);
    }

    #[test]
    fn of_a_list_most_items_are_enough() {
        let mut question = question(Kind::List, &[], None);
        question.items = ["one", "two", "three"].map(|item| Item::Name(item.into())).to_vec();
        check(&question, &reply("One, two.", Voice::Quoted, &[]), Verdict::Right);
        check(&question, &reply("One.", Voice::Quoted, &[]), Verdict::Beside);
    }
}
