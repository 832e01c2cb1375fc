//! Data sets as their authors publish them become texts with questions.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// A text with the questions that it answers.
#[derive(Default)]
pub struct Document {
    /// All of it.
    pub text: String,
    /// In the data set's order.
    pub questions: Vec<Question>,
}

/// A question with its answers.
pub struct Question {
    /// The data set's name for it.
    pub id: String,
    /// As it is asked.
    pub text: String,
    /// In which language.
    pub language: &'static str,
    /// What is asked for, as question files write it.
    pub kind: &'static str,
    /// Any of them is right.
    pub answers: Vec<String>,
}

/// Stories of the validation and test sets of FairytaleQA, by name.
pub fn stories(data: &Path) -> Result<BTreeMap<String, Document>> {
    let folder = data.join("fairytaleqa");
    let mut documents = BTreeMap::<String, Document>::new();
    let mut questions = lines(&folder.join("val.jsonl"))?;
    questions.extend(lines(&folder.join("test.jsonl"))?);
    for line in &questions {
        if line["explicit"] == Value::Bool(true) {
            let id = text(line, "_id")?;
            let story = id.split('?').next().unwrap_or_default().to_owned();
            documents.entry(story).or_default().questions.push(Question {
                id,
                text: text(line, "question")?,
                language: "en",
                kind: "lookup",
                answers: texts(line, "answers"),
            });
        }
    }
    for line in lines(&folder.join("corpus.jsonl"))? {
        let id = text(&line, "_id")?;
        if let Some(document) = documents.get_mut(id.split('#').next().unwrap_or_default()) {
            if document.text.is_empty() {
                document.text = format!("{}\n", text(&line, "title")?);
            }
            document.text += &format!("\n{}\n", text(&line, "text")?);
        }
    }
    Ok(documents)
}

/// Italian articles of SQuAD-it, by title, with their questions in Italian and, from XQuAD, in English.
pub fn articles(data: &Path) -> Result<BTreeMap<String, Document>> {
    let folder = data.join("squad-it-dev");
    let mut documents = BTreeMap::<String, Document>::new();
    let mut titles = HashMap::new();
    for line in lines(&folder.join("corpus.jsonl"))? {
        let title = text(&line, "title")?;
        let document = documents.entry(title.clone()).or_default();
        if document.text.is_empty() {
            document.text = format!("# {title}\n");
        }
        document.text += &format!("\n{}\n", text(&line, "text")?);
        titles.insert(text(&line, "_id")?, title);
    }
    let english: HashMap<String, String> = lines(&data.join("xquad-en-dev/queries.jsonl"))?
        .iter()
        .map(|line| Ok((text(line, "_id")?, text(line, "text")?)))
        .collect::<Result<_>>()?;
    let answers: HashMap<String, Vec<String>> = lines(&folder.join("answers.jsonl"))?
        .iter()
        .map(|line| Ok((text(line, "_id")?, texts(line, "answers"))))
        .collect::<Result<_>>()?;
    let judgements = fs::read_to_string(folder.join("qrels/test.tsv"))?;
    let passages: HashMap<&str, &str> =
        judgements.lines().skip(1).filter_map(|line| line.split_once('\t')).collect();
    for line in lines(&folder.join("queries.jsonl"))? {
        let id = text(&line, "_id")?;
        let passage = passages.get(id.as_str()).and_then(|rest| rest.split('\t').next()).unwrap_or_default();
        let Some(document) = titles.get(passage).and_then(|title| documents.get_mut(title)) else { continue };
        let gold = answers.get(&id).cloned().unwrap_or_default();
        if let Some(question) = english.get(&id) {
            document.questions.push(Question {
                id: format!("{id}/en"),
                text: question.clone(),
                language: "en",
                kind: "cross-language",
                answers: gold.clone(),
            });
        }
        let text = text(&line, "text")?;
        document.questions.push(Question { id, text, language: "it", kind: "lookup", answers: gold });
    }
    Ok(documents)
}

fn lines(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.lines()
        .map(|line| {
            serde_json::from_str(line).with_context(|| format!("{} is no JSON Lines", path.display()))
        })
        .collect()
}

fn text(line: &Value, field: &str) -> Result<String> {
    line[field].as_str().map(str::to_owned).with_context(|| format!("a line has no text `{field}`: {line}"))
}

fn texts(line: &Value, field: &str) -> Vec<String> {
    let values = line[field].as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
