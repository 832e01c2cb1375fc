//! PolicyQA: questions about the privacy policies of websites.

use std::path::Path;

use serde::Deserialize;

use super::{DataSet, Question, find, json_lines};
use crate::Error;

#[derive(Deserialize)]
struct Row {
    title: String,
    question: String,
    context: String,
    answer: String,
}

/// The sites of the test part. None is trained on: too many of the set's answers are whole paragraphs that another
/// annotator would not have marked.
pub(super) fn read(folder: &Path) -> Result<DataSet, Error> {
    Ok(part(json_lines(&folder.join("test.jsonl"))?))
}

fn part(rows: Vec<Row>) -> DataSet {
    let mut set = DataSet::new("policies");
    let mut keys = Vec::new();
    for row in rows {
        let document = set.document(&mut keys, &row.title, &row.title);
        let gold = set.add_passage(document, &row.context);
        let span = find(&row.context, &row.answer);
        set.questions.push(Question {
            text: row.question,
            gold: Some(gold),
            document,
            span,
            answers: vec![row.answer],
            negatives: Vec::new(),
        });
    }
    set
}
