//! SQuAD-it's development half in the layout of BEIR, with answers beside it.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::{DataSet, Document, PassageRef, Question, find, json_lines};
use crate::Error;

#[derive(Deserialize)]
pub(super) struct Passage {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) title: String,
    text: String,
}

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Answers {
    #[serde(rename = "_id")]
    id: String,
    answers: Vec<String>,
}

/// Articles that no part is trained on, in Italian and in English.
const HELD: [&str; 8] = [
    "Varsavia",
    "Sistema immunitario",
    "Ossigeno",
    "Kenya",
    "Warsaw",
    "Immune_system",
    "Immune system",
    "Oxygen",
];

pub(super) fn is_held_title(title: &str) -> bool {
    HELD.contains(&title)
}

pub(super) fn is_held(document: &Document) -> bool {
    is_held_title(&document.title)
}

/// The article of each passage, and the passage of each question.
pub(super) fn judgements(folder: &Path) -> Result<HashMap<String, String>, Error> {
    let path = folder.join("qrels/test.tsv");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::Data(format!("{}: {error}", path.display())))?;
    let line = |line: &str| {
        let mut fields = line.split('\t');
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    Ok(text.lines().skip(1).filter_map(line).collect())
}

/// Reads passages, questions, judgements and answers.
pub(super) fn read(folder: &Path, name: &str) -> Result<DataSet, Error> {
    let mut set = DataSet::new(name);
    let mut keys = Vec::new();
    let mut places: HashMap<String, PassageRef> = HashMap::new();
    for passage in json_lines::<Passage>(&folder.join("corpus.jsonl"))? {
        let document = set.document(&mut keys, &passage.title, &passage.title);
        places.insert(passage.id, set.add_passage(document, &passage.text));
    }
    let judgements = judgements(folder)?;
    let answers: HashMap<String, Vec<String>> = json_lines::<Answers>(&folder.join("answers.jsonl"))?
        .into_iter()
        .map(|answers| (answers.id, answers.answers))
        .collect();
    for query in json_lines::<Query>(&folder.join("queries.jsonl"))? {
        let Some(&gold) = judgements.get(&query.id).and_then(|passage| places.get(passage)) else { continue };
        let answers = answers.get(&query.id).cloned().unwrap_or_default();
        // Annotators differ in how much they mark; the longest is whole, unless it is a sentence.
        let longest = answers.iter().filter(|answer| answer.len() <= 100).max_by_key(|answer| answer.len());
        let span = longest.or(answers.first()).and_then(|answer| find(set.passage(gold), answer));
        let document = gold.document;
        set.questions.push(Question {
            text: query.text,
            gold: Some(gold),
            document,
            span,
            answers,
            negatives: Vec::new(),
        });
    }
    Ok(set)
}
