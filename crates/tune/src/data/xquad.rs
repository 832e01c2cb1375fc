//! XQuAD: the same questions and passages in twelve languages, and in Italian by SQuAD-it; asked within a language and
//! across two.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use super::beir::{Passage, is_held_title, judgements};
use super::{DataSet, PassageRef, Question, json_lines};
use crate::Error;

const LANGUAGES: [&str; 12] = ["en", "es", "de", "ro", "ru", "ar", "el", "hi", "th", "tr", "vi", "zh"];

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    question: String,
    context: String,
    answer: String,
    /// In characters.
    answer_start: usize,
}

/// One language's form of a question.
struct Form {
    question: String,
    context: String,
    answers: Vec<String>,
    span: Option<Range<usize>>,
}

/// Training questions, and the held articles: English, Italian on English, English on Italian.
pub(super) fn read(folder: &Path) -> Result<(DataSet, Vec<DataSet>), Error> {
    let mut forms: BTreeMap<String, BTreeMap<&str, Form>> = BTreeMap::new();
    for language in LANGUAGES {
        for row in json_lines::<Row>(&folder.join("xquad-dev").join(format!("{language}.jsonl")))? {
            let start = row.context.char_indices().nth(row.answer_start).map_or(0, |(at, _)| at);
            let span = row.context[start..].starts_with(&row.answer).then(|| start..start + row.answer.len());
            let form = Form { question: row.question, context: row.context, answers: vec![row.answer], span };
            forms.entry(row.id).or_default().insert(language, form);
        }
    }
    let italian = super::beir::read(&folder.join("squad-it-dev"), "squad-it")?;
    let italian_ids: Vec<String> = {
        #[derive(Deserialize)]
        struct Id {
            #[serde(rename = "_id")]
            id: String,
        }
        json_lines::<Id>(&folder.join("squad-it-dev/queries.jsonl"))?.into_iter().map(|id| id.id).collect()
    };
    let judged = judgements(&folder.join("squad-it-dev"))?;
    let judged_ids = italian_ids.iter().filter(|id| judged.contains_key(*id));
    for (id, question) in judged_ids.zip(&italian.questions) {
        let (Some(of_id), Some(gold)) = (forms.get_mut(id), question.gold) else { continue };
        let form = Form {
            question: question.text.clone(),
            context: italian.passage(gold).to_owned(),
            answers: question.answers.clone(),
            span: question.span.clone(),
        };
        of_id.insert("it", form);
    }
    let titles = titles(&folder.join("xquad-en-dev"))?;
    let mut train = Builder::new("xquad");
    let (mut english, mut italian_on_english, mut english_on_italian) =
        (Builder::new("xquad-en"), Builder::new("it-on-en"), Builder::new("en-on-it"));
    for (id, of_id) in &forms {
        let Some(title) = titles.get(id) else { continue };
        if is_held_title(title) {
            english.add(of_id, "en", "en", title);
            italian_on_english.add(of_id, "it", "en", title);
            english_on_italian.add(of_id, "en", "it", title);
            continue;
        }
        let turn = id.bytes().map(usize::from).sum::<usize>();
        for (number, language) in LANGUAGES.into_iter().enumerate() {
            // Of the other languages a third by turns: within the language, and in each direction with Italian or English.
            if language != "en" && (number + turn).is_multiple_of(3) {
                let other = if turn.is_multiple_of(2) { "it" } else { "en" };
                train.add(of_id, language, language, title);
                train.add(of_id, language, other, title);
                train.add(of_id, other, language, title);
            }
        }
        for _ in 0..5 {
            train.add(of_id, "it", "en", title);
            train.add(of_id, "en", "it", title);
            train.add(of_id, "en", "en", title);
        }
    }
    Ok((train.set, vec![english.set, italian_on_english.set, english_on_italian.set]))
}

/// The article of each question.
fn titles(folder: &Path) -> Result<HashMap<String, String>, Error> {
    let passages: HashMap<String, String> = json_lines::<Passage>(&folder.join("corpus.jsonl"))?
        .into_iter()
        .map(|passage| (passage.id, passage.title))
        .collect();
    let judged = judgements(folder)?;
    Ok(judged.into_iter().filter_map(|(id, passage)| Some((id, passages.get(&passage)?.clone()))).collect())
}

struct Builder {
    set: DataSet,
    keys: Vec<String>,
    places: HashMap<(usize, String), PassageRef>,
}

impl Builder {
    fn new(name: &str) -> Self {
        let set = DataSet { parallel: true, ..DataSet::new(name) };
        Self { set, keys: Vec::new(), places: HashMap::new() }
    }

    /// A question in one language about a passage in another.
    fn add(&mut self, forms: &BTreeMap<&str, Form>, asked: &str, written: &str, title: &str) {
        let (Some(question), Some(form)) = (forms.get(asked), forms.get(written)) else { return };
        let document = self.set.document(&mut self.keys, &format!("{title}/{written}"), title);
        let set = &mut self.set;
        let place = self.places.entry((document, form.context.clone()));
        let gold = *place.or_insert_with(|| set.add_passage(document, &form.context));
        set.questions.push(Question {
            text: question.question.clone(),
            gold: Some(gold),
            document,
            span: form.span.clone(),
            answers: form.answers.clone(),
            negatives: Vec::new(),
        });
    }
}
