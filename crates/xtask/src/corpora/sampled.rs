//! Data sets with answers become corpora and question files: some of their texts, always the same, with questions about
//! these and about texts that were left out.
//!
//! A question about a king can be asked of any story, so only those are taken that name something of their own text alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::create_folder;
use super::data_sets::{Document, Question, articles, stories};

/// Another number is another sample.
const SEED: u32 = 8;
/// Words of an answer that another answer can be expected to say.
const ANSWER_WORDS: usize = 15;
/// One question of so many is held back.
const HELD: usize = 4;

/// What to take.
struct Plan {
    name: &'static str,
    head: &'static str,
    ending: &'static str,
    /// Texts that are indexed, texts that are left out.
    documents: (usize, usize),
    /// Questions of each kind about the former, questions about the latter.
    questions: (usize, usize),
}

/// Writes the corpora whose data sets are in `data`.
pub fn write_all(data: &Path, out: &Path) -> Result<()> {
    write(
        &Plan {
            name: "stories",
            head: "FairytaleQA (Apache-2.0), stories of its validation and test sets",
            ending: "txt",
            documents: (12, 4),
            questions: (45, 15),
        },
        stories(data)?,
        out,
    )?;
    write(
        &Plan {
            name: "articles",
            head: "SQuAD-it and XQuAD (CC BY-SA 4.0), Italian articles asked about in Italian and English",
            ending: "md",
            documents: (10, 4),
            questions: (40, 20),
        },
        articles(data)?,
        out,
    )
}

fn write(plan: &Plan, documents: BTreeMap<String, Document>, out: &Path) -> Result<()> {
    let folder = out.join(plan.name);
    let texts = folder.join("texts");
    create_folder(&texts)?;
    let mut documents: Vec<(String, Document)> = documents.into_iter().collect();
    documents.sort_by_key(|(name, _)| order(name));
    documents.truncate(plan.documents.0 + plan.documents.1);
    let left_out = documents.split_off(plan.documents.0.min(documents.len()));
    let mut words = BTreeSet::new();
    for (name, document) in &documents {
        fs::write(texts.join(format!("{}.{}", slug(name), plan.ending)), &document.text)?;
        words.extend(names(&document.text, false));
    }
    let others = |name: &str, word: &str| {
        documents.iter().any(|(other, document)| other != name && document.text.contains(word))
    };
    let mut asked: BTreeMap<&str, Vec<(&Question, &str)>> = BTreeMap::new();
    for (name, document) in &documents {
        for question in &document.questions {
            let holds = |answer: &String| {
                answer.split_whitespace().count() <= ANSWER_WORDS && document.text.contains(answer.as_str())
            };
            let is_its_own = |word: &String| document.text.contains(word.as_str()) && !others(name, word);
            let is_clear = names(&question.text, true).iter().any(is_its_own);
            if is_clear && question.answers.iter().any(holds) {
                asked.entry(question.kind).or_default().push((question, name));
            }
        }
    }
    let mut taken: Vec<(&Question, Option<&str>)> = Vec::new();
    for (kind, mut questions) in asked {
        questions.sort_by_key(|(question, _)| order(&question.id));
        // Across languages half as many are enough.
        let most = if kind == "lookup" { plan.questions.0 } else { plan.questions.0 / 2 };
        taken.extend(questions.into_iter().take(most).map(|(question, name)| (question, Some(name))));
    }
    let mut missing: Vec<&Question> = left_out
        .iter()
        .flat_map(|(_, document)| document.questions.iter().map(move |question| (question, document)))
        .filter(|(question, document)| {
            let own = names(&question.text, true);
            names_something(question, &document.text) && own.iter().all(|name| !words.contains(name))
        })
        .map(|(question, _)| question)
        .collect();
    missing.sort_by_key(|question| order(&question.id));
    taken.extend(missing.into_iter().take(plan.questions.1).map(|question| (question, None)));

    let mut file = format!("# {}. Made by `cargo xtask corpora`; not to be published.\n", plan.head);
    for (i, (question, document)) in taken.iter().enumerate() {
        file += &entry(question, *document, i % HELD == HELD - 1)?;
    }
    fs::write(folder.join("questions.toml"), file)?;
    println!("{}: {} texts, {} questions", plan.name, documents.len(), taken.len());
    Ok(())
}

/// One `[[questions]]` table. JSON's strings and lists of strings are TOML's too.
fn entry(question: &Question, document: Option<&str>, is_held: bool) -> Result<String> {
    let kind = if document.is_some() { question.kind } else { "abstention" };
    let mut entry = format!(
        "\n[[questions]]\ntext = {}\nlanguage = \"{}\"\nkind = \"{kind}\"\n",
        serde_json::to_string(question.text.trim())?,
        question.language
    );
    if is_held {
        entry += "split = \"held\"\n";
    }
    if let Some(document) = document {
        let short = |answer: &&str| answer.split_whitespace().count() <= ANSWER_WORDS;
        let answers: BTreeSet<&str> =
            question.answers.iter().map(|answer| answer.trim()).filter(short).collect();
        entry += &format!("answers = {}\n", serde_json::to_string(&answers)?);
        entry += &format!("sources = [{{ document = {} }}]\n", serde_json::to_string(&slug(document))?);
    }
    Ok(entry)
}

/// A place in an order that has nothing to do with the name, and is always the same.
fn order(name: &str) -> Vec<u8> {
    Sha256::digest(format!("{SEED} {name}")).to_vec()
}

/// A file's name.
fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

/// Whether the question names something that its text speaks of.
fn names_something(question: &Question, text: &str) -> bool {
    names(&question.text, true).iter().any(|name| text.contains(name.as_str()))
}

/// Words that begin with a capital; the first of a question does so in any case.
fn names(text: &str, without_first: bool) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .skip(usize::from(without_first))
        .filter(|word| word.chars().count() > 2 && word.starts_with(char::is_uppercase))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        Question {
            id: "1".into(),
            text: text.into(),
            language: "en",
            kind: "lookup",
            answers: vec!["a \"b\"".into()],
        }
    }

    #[test]
    fn a_question_is_taken_that_names_its_text() {
        assert!(names_something(&question("What did Sigurd see?"), "Sigurd saw a door."));
        assert!(!names_something(&question("What did the prince see?"), "What a prince."));
    }

    #[test]
    fn strings_are_quoted() -> Result<()> {
        let entry = entry(&question("Why?"), Some("The Sea"), true)?;
        assert!(entry.contains(r#"answers = ["a \"b\""]"#), "{entry}");
        assert!(entry.contains(r#"document = "the-sea""#) && entry.contains(r#"split = "held""#), "{entry}");
        Ok(())
    }
}
