//! What a search finds, and the scores it reports.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers may fail as the tests do")]

mod common;

use daneel_corpus::Language;
use daneel_index::{ChunkId, Hit, Index, Query, build};

fn bilingual() -> Index {
    let (chunks, vectors) = common::bilingual();
    build(common::documents(&chunks), chunks, vectors, common::recipe(8), &mut |_, _| {}).unwrap()
}

fn keyword<'a>(text: &'a str, language: Option<Language>) -> Query<'a> {
    Query { text, language, vector: None, limit: 10 }
}

#[track_caller]
fn finds(text: &str, language: Option<Language>, expected: u32) {
    let hits = bilingual().search(&keyword(text, language));
    assert_eq!(hits.first().map(|hit| hit.chunk), Some(ChunkId(expected)), "{text}: {hits:?}");
}

#[test]
fn words_are_found_in_other_forms() {
    finds("gli indici rovesciati", Some(Language::ITALIAN), 0);
    finds("quantize the weight", Some(Language::ENGLISH), 1);
    finds("L'universita", Some(Language::ITALIAN), 4);
    finds("L’UNIVERSITÀ", None, 4);
}

#[test]
fn titles_are_searched() {
    finds("asimov", None, 2);
}

#[test]
fn names_and_terms_are_found_across_languages() {
    finds("Che cos'è WebGPU?", Some(Language::ITALIAN), 3);
    finds("come funziona la quantization", Some(Language::ITALIAN), 1);
    finds("Who is Olivaw?", Some(Language::ENGLISH), 2);
    finds("Wer ist Olivaw?", Language::from_tag("de"), 2);
}

#[test]
fn stop_words_alone_find_nothing() {
    for text in ["", "   ", "perché la", "?!", "the of and"] {
        let language = Some(if text.contains("the") { Language::ENGLISH } else { Language::ITALIAN });
        assert_eq!(bilingual().search(&keyword(text, language)), [], "{text}");
    }
}

#[test]
fn the_stop_words_are_those_of_the_asker() {
    let chunks = vec![common::chunk(Language::ENGLISH, "Hats", "A man and his hat.")];
    let index = build(
        common::documents(&chunks),
        chunks,
        vec![common::vector(8, 0)],
        common::recipe(8),
        &mut |_, _| {},
    )
    .unwrap();
    assert_eq!(index.search(&keyword("What hat?", Some(Language::ENGLISH))).len(), 1);
    assert_eq!(index.search(&keyword("Was hat man?", Language::from_tag("de"))), [], "`has one` is no hat");
}

#[test]
fn a_keyword_search_reports_bm25_only() {
    let hits = bilingual().search(&keyword("Daneel Olivaw", Some(Language::ITALIAN)));
    let [Hit { chunk: ChunkId(2), score, bm25: Some(bm25), cosine: None }] = hits[..] else {
        panic!("{hits:?}");
    };
    assert_eq!(score, 1.0, "a single hit divides by no zero");
    assert!(bm25 > 0.0);
}

#[test]
fn every_hit_of_a_hybrid_search_has_its_cosine() {
    let vector = common::vector(8, 3);
    let query = Query { vector: Some(&vector), ..keyword("università", Some(Language::ITALIAN)) };
    let hits = bilingual().search(&query);
    assert_eq!(hits.len(), 5);
    assert!(hits.iter().all(|hit| hit.cosine.is_some() && (0.0..=1.0).contains(&hit.score)), "{hits:?}");
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
    assert_eq!(hits[0].chunk, ChunkId(3), "0.6 for the vectors, 0.4 for the words");
    assert!((hits[0].cosine.unwrap() - 1.0).abs() < 0.01);
    assert_eq!(hits[1].chunk, ChunkId(4));
    assert!(hits[1].bm25.is_some() && hits[0].bm25.is_none());
}

#[test]
fn where_no_word_matches_the_vectors_decide() {
    let vector = common::vector(8, 1);
    let query = Query { vector: Some(&vector), limit: 2, ..keyword("zzz", None) };
    let hits = bilingual().search(&query);
    assert_eq!(hits.len(), 2);
    assert_eq!((hits[0].chunk, hits[0].score), (ChunkId(1), 1.0));
}

#[test]
fn strange_queries_are_survived() {
    let index = bilingual();
    let long = "indice ".repeat(20_000);
    let nan = [f32::NAN; 8];
    for (text, vector) in [(long.as_str(), None), ("indice", Some(&[1.0; 3][..])), ("indice", Some(&nan))] {
        let hits = index.search(&Query { vector, limit: usize::MAX, ..keyword(text, None) });
        assert_eq!(hits[0].chunk, ChunkId(0));
        assert!(hits.iter().all(|hit| hit.score.is_finite()));
    }
    assert_eq!(index.search(&Query { limit: 0, ..keyword("indice", None) }), []);
}

#[test]
fn an_empty_index_finds_nothing() {
    let index = build(Vec::new(), Vec::new(), Vec::new(), common::recipe(8), &mut |_, _| {}).unwrap();
    let index = Index::from_bytes(&index.to_bytes().unwrap()).unwrap();
    assert!(index.is_empty());
    assert_eq!(index.search(&Query { vector: Some(&[0.0; 8]), ..keyword("indice", None) }), []);
}
