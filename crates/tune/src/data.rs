//! Sets of labelled questions, each over documents of its own.

mod authored;
mod beir;
mod fairytale;
mod policy;
mod xquad;

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;

/// A document in passages.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Title, shown with each passage.
    pub title: String,
    /// Passages in order.
    pub passages: Vec<Passage>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// What it stands under, beside the document's title; empty where nothing.
    pub heading: String,
    /// What it says.
    pub text: String,
}

/// A passage of a set: document, and passage in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageRef {
    /// Index in [`DataSet::documents`].
    pub document: usize,
    /// Index in [`Document::passages`].
    pub passage: usize,
}

/// A question with what is known of its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// As it is asked.
    pub text: String,
    /// The passage that answers; none where the document does not.
    pub gold: Option<PassageRef>,
    /// The document that it is asked about.
    pub document: usize,
    /// Bytes of the passage that answer, where the answer is a span.
    pub span: Option<Range<usize>>,
    /// All answers that count as right.
    pub answers: Vec<String>,
    /// Passages that a search finds and that do not answer, best first.
    pub negatives: Vec<PassageRef>,
}

/// Questions of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// What it is called in reports.
    pub name: String,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Its questions.
    pub questions: Vec<Question>,
    /// Whether documents are translations of each other, so that only the asked one's passages can be wrong.
    pub parallel: bool,
}

/// What is trained on, with how often each set is drawn from, and what is reported on. They share no document.
pub struct Data {
    /// Sets and their shares.
    pub train: Vec<(DataSet, f32)>,
    /// Sets that no part is trained on.
    pub held: Vec<DataSet>,
}

impl DataSet {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), documents: Vec::new(), questions: Vec::new(), parallel: false }
    }

    /// The text of a passage.
    pub fn passage(&self, at: PassageRef) -> &str {
        &self.documents[at.document].passages[at.passage].text
    }

    /// Title and heading that a passage is shown with, as the page puts them together.
    pub fn title(&self, at: PassageRef) -> String {
        let document = &self.documents[at.document];
        match document.passages[at.passage].heading.as_str() {
            "" => document.title.clone(),
            heading => format!("{} — {heading}", document.title),
        }
    }

    /// The document with this key, added where it is new.
    fn document(&mut self, keys: &mut Vec<String>, key: &str, title: &str) -> usize {
        if let Some(found) = keys.iter().position(|other| other == key) {
            return found;
        }
        keys.push(key.to_owned());
        self.documents.push(Document { title: title.to_owned(), passages: Vec::new() });
        self.documents.len() - 1
    }

    /// The passage with this text in a document, added where it is new.
    fn add_passage(&mut self, document: usize, text: &str) -> PassageRef {
        self.add_passage_under(document, "", text)
    }

    /// The passage with this text under a heading of a document, added where it is new.
    fn add_passage_under(&mut self, document: usize, heading: &str, text: &str) -> PassageRef {
        let passages = &mut self.documents[document].passages;
        let known = passages.iter().position(|other| other.heading == heading && other.text == text);
        let passage = known.unwrap_or_else(|| {
            passages.push(Passage { heading: heading.to_owned(), text: text.to_owned() });
            passages.len() - 1
        });
        PassageRef { document, passage }
    }
}

/// Reads all sets below a folder: `squad-it-dev`, `xquad-en-dev`, `xquad-dev`, `fairytaleqa`, `policyqa`; and the authored
/// set, where it is given.
///
/// # Errors
/// If a set is missing or damaged.
pub fn read(folder: &Path, authored: Option<&Path>) -> Result<Data, Error> {
    let squad = beir::read(&folder.join("squad-it-dev"), "squad-it")?;
    let (squad_train, squad_held) = squad.split(beir::is_held)?;
    let (xquad_train, mut xquad_held) = xquad::read(folder)?;
    let (fairy_train, fairy_held) = fairytale::read(&folder.join("fairytaleqa"))?;
    let policy_held = policy::read(&folder.join("policyqa"))?;
    let mut train = vec![(squad_train, 0.14), (xquad_train, 0.19), (fairy_train, 0.12)];
    let mut held = vec![squad_held];
    held.append(&mut xquad_held);
    held.extend([fairy_held, policy_held]);
    if let Some(authored) = authored {
        let (authored_train, mut authored_held) = authored::read(authored)?;
        train.push((authored_train, 0.55));
        held.append(&mut authored_held);
    }
    Ok(Data { train, held })
}

/// The values of a file with one JSON object a line.
fn json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Error::Data(format!("{}: {error}", path.display())))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| Error::Data(format!("{}, line {}: {error}", path.display(), number + 1)))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// Where an answer stands in a text, whatever its case; none where it does not.
fn find(text: &str, answer: &str) -> Option<Range<usize>> {
    let answer = answer.trim().trim_end_matches(['.', '!', '?']).trim();
    if answer.is_empty() {
        return None;
    }
    if let Some(start) = text.find(answer) {
        return Some(start..start + answer.len());
    }
    let wanted: Vec<char> = answer.chars().flat_map(char::to_lowercase).collect();
    let starts = text.char_indices().map(|(start, _)| start);
    starts.into_iter().find_map(|start| {
        let mut left = wanted.as_slice();
        for (at, character) in text[start..].char_indices() {
            for lower in character.to_lowercase() {
                left = left.strip_prefix(&[lower])?;
            }
            if left.is_empty() {
                return Some(start..start + at + character.len_utf8());
            }
        }
        None
    })
}

impl DataSet {
    /// Two sets: the documents that are not held back, and those that are.
    fn split(self, is_held: impl Fn(&Document) -> bool) -> Result<(Self, Self), Error> {
        let (mut train, mut held) = (Self::new(&self.name), Self::new(&self.name));
        let mut places = Vec::with_capacity(self.documents.len());
        for document in &self.documents {
            let part = if is_held(document) { &mut held } else { &mut train };
            places.push(part.documents.len());
            part.documents.push(document.clone());
        }
        for question in self.questions {
            let part = if is_held(&self.documents[question.document]) { &mut held } else { &mut train };
            let document = places[question.document];
            let gold = question.gold.map(|gold| PassageRef { document, ..gold });
            part.questions.push(Question { document, gold, ..question });
        }
        if train.questions.is_empty() || held.questions.is_empty() {
            return Err(Error::Data(format!("the set `{}` cannot be split", self.name)));
        }
        Ok((train, held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_whatever_their_case() {
        assert_eq!(find("È un Grafo di mondi.", "grafo di mondi."), Some(6..20));
        assert_eq!(find("abc", "d"), None);
        assert_eq!(find("abc", " . "), None);
        assert_eq!(find("İstanbul e Roma", "roma"), Some(12..16));
    }

    #[test]
    fn a_document_is_on_one_side_only() {
        let mut set = DataSet::new("s");
        let mut keys = Vec::new();
        for title in ["a", "b", "c"] {
            let document = set.document(&mut keys, title, title);
            let gold = set.add_passage(document, "text");
            let text = title.to_owned();
            let question =
                Question { text, gold: Some(gold), document, span: None, answers: vec![], negatives: vec![] };
            set.questions.push(question);
        }
        let (train, held) = set.split(|document| document.title == "b").unwrap();
        assert_eq!((train.documents.len(), held.documents.len()), (2, 1));
        assert_eq!(train.questions[1].text, train.documents[train.questions[1].document].title);
        assert_eq!(held.questions[0].gold, Some(PassageRef { document: 0, passage: 0 }));
    }
}
