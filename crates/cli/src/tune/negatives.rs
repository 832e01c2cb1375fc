//! Wrong passages that our own search takes for right: what the reader has to learn to tell.

use std::collections::HashMap;

use daneel_corpus::{Chunk, ChunkConfig, DocumentInfo, Language};
use daneel_index::{Embedder, Query, Recipe};
use daneel_model::TextKind;
use daneel_tune::{
    data::{DataSet, Document, Passage, PassageRef},
    tells,
};

use crate::{build::DENSE_WEIGHT, console::Console, embed::CachedEmbedder};

/// Hits looked at for each question, and in a set of translations, where most are the right passage in another language.
const DEPTH: usize = 24;
const PARALLEL_DEPTH: usize = 150;
/// Wrong passages kept for each question.
const KEPT: usize = 12;

/// Searches for every question of a set among all its passages, and keeps the best ones that do not answer.
pub fn find(set: &mut DataSet, embedder: &mut CachedEmbedder, console: Console) -> anyhow::Result<()> {
    let row = |(number, document): (usize, &Document)| DocumentInfo {
        url: number.to_string(),
        title: document.title.clone(),
        date: None,
        tags: Vec::new(),
        language: language(document).unwrap_or(Language::ENGLISH),
        summary: String::new(),
    };
    let table: Vec<DocumentInfo> = set.documents.iter().enumerate().map(row).collect();
    let mut places = Vec::new();
    let mut chunks = Vec::new();
    for (document, Document { title, passages }) in set.documents.iter().enumerate() {
        for (passage, Passage { heading, text }) in passages.iter().enumerate() {
            places.push(PassageRef { document, passage });
            chunks.push(Chunk {
                id: format!("{document}/{passage}"),
                url: document.to_string(),
                anchor: None,
                title: title.clone(),
                headings: Some(heading.clone()).filter(|heading| !heading.is_empty()).into_iter().collect(),
                date: None,
                language: table[document].language,
                text: text.clone(),
            });
        }
    }
    let passages: Vec<String> = chunks.iter().map(Chunk::embedding_text).collect();
    let label = format!("{}: embedding passages", set.name);
    let vectors = embedder.embed(&label, &passages, TextKind::Passage, console)?;
    let mut questions: Vec<String> = set.questions.iter().map(|question| question.text.clone()).collect();
    questions.sort();
    questions.dedup();
    let label = format!("{}: embedding questions", set.name);
    let of_questions = embedder.embed(&label, &questions, TextKind::Query, console)?;
    let of_questions: HashMap<&str, Vec<f32>> =
        questions.iter().map(String::as_str).zip(of_questions).collect();
    let recipe = Recipe {
        embedder: Embedder {
            name: "reader".to_owned(),
            sha256: embedder.sha256.clone(),
            dimensions: embedder.embedder.dimensions(),
        },
        chunk: ChunkConfig::default(),
        dense_weight: DENSE_WEIGHT,
    };
    let index = daneel_index::build(table, chunks, vectors, recipe, &mut |_, _| {})?;
    let mut found = Vec::with_capacity(set.questions.len());
    for question in &set.questions {
        let hits = index.search(&Query {
            text: &question.text,
            language: Language::detect(&question.text),
            vector: of_questions.get(question.text.as_str()).map(Vec::as_slice),
            limit: if set.parallel { PARALLEL_DEPTH } else { DEPTH },
        });
        let wrong = hits
            .iter()
            .filter_map(|hit| places.get(hit.chunk.0 as usize).copied())
            .filter(|place| !set.parallel || place.document == question.document)
            .filter(|&place| Some(place) != question.gold && !tells(set.passage(place), question))
            .take(KEPT);
        found.push(wrong.collect());
    }
    for (question, negatives) in set.questions.iter_mut().zip(found) {
        question.negatives = negatives;
    }
    Ok(())
}

fn language(document: &Document) -> Option<Language> {
    let text: String = document.passages.iter().map(|passage| passage.text.as_str()).collect();
    Language::detect(&text)
}
