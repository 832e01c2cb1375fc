//! Texts written for this: blogs, essays and manuals in Italian and English, with questions in both languages, a fifth of
//! which they do not answer.

use std::path::Path;

use serde::Deserialize;

use super::{DataSet, Question, find, json_lines};
use crate::Error;

/// One document in so many is held back.
const HELD_EVERY: usize = 9;

#[derive(Deserialize)]
struct Row {
    title: String,
    passages: Vec<String>,
    questions: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    question: String,
    passage: Option<usize>,
    answer: Option<String>,
}

/// Every `.jsonl` of a folder: what is trained on, and what is held back by file name's first word (`it`, `en`, `tech`).
pub(super) fn read(folder: &Path) -> Result<(DataSet, Vec<DataSet>), Error> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    let mut train = DataSet::new("authored");
    let mut held: Vec<DataSet> = Vec::new();
    for path in &paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("authored-{}", stem.split('-').next().unwrap_or_default());
        if held.last().is_none_or(|set| set.name != name) {
            held.push(DataSet::new(&name));
        }
        for (number, row) in json_lines::<Row>(path)?.into_iter().enumerate() {
            match held.last_mut().filter(|_| number % HELD_EVERY == HELD_EVERY - 1) {
                Some(held) => add(held, row)?,
                None => add(&mut train, row)?,
            }
        }
    }
    Ok((train, held))
}

fn add(set: &mut DataSet, row: Row) -> Result<(), Error> {
    let key = format!("{}/{}", set.documents.len(), row.title);
    let document = set.document(&mut Vec::new(), &key, &row.title);
    let answers_of = |passage: usize| -> Vec<&str> {
        let of_passage = row.questions.iter().filter(|asked| asked.passage == Some(passage));
        of_passage.filter_map(|asked| asked.answer.as_deref()).collect()
    };
    let mut places = Vec::with_capacity(row.passages.len());
    for (number, passage) in row.passages.iter().enumerate() {
        let (heading, text) = as_chunk(passage);
        // What a question is answered with has to stay as it is.
        places.push(match answers_of(number).iter().all(|answer| text.contains(answer)) {
            true => set.add_passage_under(document, heading, &text),
            false => set.add_passage(document, passage),
        });
    }
    for asked in row.questions {
        let gold = match asked.passage {
            None => None,
            Some(passage) => Some(
                *places
                    .get(passage)
                    .ok_or_else(|| Error::Data(format!("`{}` has no passage {passage}", row.title)))?,
            ),
        };
        let span = gold.zip(asked.answer.as_ref()).and_then(|(gold, answer)| {
            let text = set.passage(gold);
            text.find(answer.as_str()).map(|at| at..at + answer.len()).or_else(|| find(text, answer))
        });
        if gold.is_some() && span.is_none() {
            return Err(Error::Data(format!(
                "`{}`: the answer to “{}” is not in its passage",
                row.title, asked.question
            )));
        }
        let answers = asked.answer.into_iter().collect();
        set.questions.push(Question {
            text: asked.question,
            gold,
            document,
            span,
            answers,
            negatives: Vec::new(),
        });
    }
    Ok(())
}

/// Heading and text of a passage in the form of a chunk: the heading apart, each row of a table with the names of its
/// columns.
fn as_chunk(passage: &str) -> (&str, String) {
    let (heading, body) = match passage.split_once('\n') {
        Some((first, rest)) if first.starts_with('#') => {
            (first.trim_start_matches('#').trim(), rest.trim_start())
        }
        _ => ("", passage),
    };
    let mut lines = Vec::new();
    let mut head: Vec<&str> = Vec::new();
    for line in body.lines() {
        let Some(row) = line.strip_prefix('|').map(|row| row.trim().trim_end_matches('|')) else {
            head.clear();
            lines.push(line.to_owned());
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if head.is_empty() {
            head = cells;
        } else if row.contains(char::is_alphanumeric) {
            let named = head.iter().zip(&cells).map(|(name, cell)| format!("{name}: {cell}"));
            lines.push(named.collect::<Vec<_>>().join("; "));
        }
    }
    (heading, lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_has_the_form_of_a_chunk() {
        let passage =
            "## Prices\n\nBy day:\n| who | price |\n|---|---|\n| child | 3 |\n| adult | 5 |\nThat is all.";
        let text = "By day:\nwho: child; price: 3\nwho: adult; price: 5\nThat is all.";
        assert_eq!(as_chunk(passage), ("Prices", text.to_owned()));
        assert_eq!(as_chunk("One line."), ("", "One line.".to_owned()));
    }
}
