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

/// The sites of the development part, and those of the test part.
pub(super) fn read(folder: &Path) -> Result<(DataSet, DataSet), Error> {
    let train = part(json_lines(&folder.join("dev.jsonl"))?);
    let held = part(json_lines(&folder.join("test.jsonl"))?);
    Ok((train, held))
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
