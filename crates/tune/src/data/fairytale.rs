//! FairytaleQA: stories in sections; answers that are spans, and answers in other words.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::{DataSet, PassageRef, Question, find, json_lines};
use crate::Error;

#[derive(Deserialize)]
struct Section {
    #[serde(rename = "_id")]
    id: String,
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Row {
    question: String,
    passages: Vec<String>,
    answers: Vec<String>,
}

/// The training stories, and those of the validation and test parts: questions whose answer is a span.
pub(super) fn read(folder: &Path) -> Result<(DataSet, DataSet), Error> {
    let sections = json_lines::<Section>(&folder.join("corpus.jsonl"))?;
    let train = part(&sections, "stories", json_lines(&folder.join("train.jsonl"))?);
    let mut rows: Vec<Row> = json_lines(&folder.join("val.jsonl"))?;
    rows.extend(json_lines::<Row>(&folder.join("test.jsonl"))?);
    let mut held = part(&sections, "stories", rows);
    held.questions.retain(|question| question.span.is_some());
    Ok((train, held))
}

/// The stories that some questions are about.
fn part(sections: &[Section], name: &str, rows: Vec<Row>) -> DataSet {
    let story = |id: &str| id.rsplit_once('#').map_or(id, |(story, _)| story).to_owned();
    let wanted: std::collections::HashSet<String> =
        rows.iter().flat_map(|row| &row.passages).map(|id| story(id)).collect();
    let mut set = DataSet::new(name);
    let mut keys = Vec::new();
    let mut places: HashMap<&str, PassageRef> = HashMap::new();
    for section in sections.iter().filter(|section| wanted.contains(&story(&section.id))) {
        let document = set.document(&mut keys, &story(&section.id), &section.title);
        places.insert(&section.id, set.add_passage(document, &section.text));
    }
    for row in rows {
        // A question about several sections is answered by none of them alone.
        let [id] = row.passages.as_slice() else { continue };
        let Some(&gold) = places.get(id.as_str()) else { continue };
        let span = row.answers.iter().find_map(|answer| find(set.passage(gold), answer));
        set.questions.push(Question {
            text: row.question,
            gold: Some(gold),
            document: gold.document,
            span,
            answers: row.answers,
            negatives: Vec::new(),
        });
    }
    set
}
