//! A folder in the layout of BEIR (Thakur et al. 2021) becomes documents, queries and judgements.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, bail};
use serde::{Deserialize, de::DeserializeOwned};

use super::metrics::Judgements;

/// A retrieval test set.
pub struct Beir {
    /// In the order of the file.
    pub documents: Vec<Document>,
    /// Those that have a judgement, in the order of the file.
    pub queries: Vec<Query>,
    /// By query.
    pub judgements: HashMap<String, Judgements>,
}

/// A line of `corpus.jsonl`.
#[derive(Debug, Deserialize)]
pub struct Document {
    /// Its name in the judgements.
    #[serde(rename = "_id")]
    pub id: String,
    /// Title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Text.
    pub text: String,
}

/// A line of `queries.jsonl`.
#[derive(Debug, Deserialize)]
pub struct Query {
    /// Its name in the judgements.
    #[serde(rename = "_id")]
    pub id: String,
    /// The question.
    pub text: String,
}

impl Beir {
    /// Reads `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`; `queries` names another file of queries, the same
    /// questions in another language for instance.
    ///
    /// # Errors
    /// Names the file and the line.
    pub fn read(folder: &Path, queries: Option<&Path>) -> anyhow::Result<Self> {
        let judgements = parse_judgements(&read(&folder.join("qrels/test.tsv"))?)
            .with_context(|| format!("{}/qrels/test.tsv is not valid", folder.display()))?;
        let documents = read_documents(folder)?;
        let path = queries.map_or_else(|| folder.join("queries.jsonl"), Path::to_owned);
        let mut queries: Vec<Query> = read_lines(&path)?;
        queries.retain(|query| judgements.contains_key(&query.id));
        if queries.is_empty() {
            bail!("no query of {} has a judgement in {}/qrels/test.tsv", path.display(), folder.display());
        }
        Ok(Self { documents, queries, judgements })
    }

    /// Keeps at most so many queries, spread over all.
    pub fn keep_queries(&mut self, most: usize) {
        let stride = self.queries.len().div_ceil(most.max(1)).max(1);
        let mut number = 0;
        self.queries.retain(|_| {
            number += 1;
            (number - 1) % stride == 0
        });
    }
}

/// Reads `corpus.jsonl` alone.
///
/// # Errors
/// Names the file and the line.
pub fn read_documents(folder: &Path) -> anyhow::Result<Vec<Document>> {
    read_lines(&folder.join("corpus.jsonl"))
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| {
        format!(
            "{} cannot be read; a BEIR folder has corpus.jsonl, queries.jsonl and qrels/test.tsv",
            path.display()
        )
    })
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = read(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).with_context(|| format!("{}, line {}", path.display(), i + 1))
        })
        .collect()
}

/// Lines of query, document and grade, separated by tabs, below a line of headings.
fn parse_judgements(text: &str) -> anyhow::Result<HashMap<String, Judgements>> {
    let mut judgements: HashMap<String, Judgements> = HashMap::new();
    for (i, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [query, document, grade] = fields.as_slice() else {
            bail!("line {} has {} fields instead of 3", i + 1, fields.len());
        };
        let grade: i64 =
            grade.trim().parse().with_context(|| format!("line {}: `{grade}` is not a grade", i + 1))?;
        // A negative grade says that a document is harmful, which counts as not relevant.
        let grade = u32::try_from(grade).unwrap_or(0);
        judgements.entry((*query).to_owned()).or_default().insert((*document).to_owned(), grade);
    }
    Ok(judgements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_are_grouped_by_query() {
        let judgements =
            parse_judgements("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t-1\nq2\td1\t2\n").unwrap();
        assert_eq!(judgements["q1"]["d1"], 1);
        assert_eq!(judgements["q1"]["d2"], 0);
        assert_eq!(judgements["q2"]["d1"], 2);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = parse_judgements("h\nq1\td1\t1\nq1 d2 1\n").map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
    }
}
