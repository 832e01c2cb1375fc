//! The artifact comes back as it was, and what does not fit is not built.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers may fail as the tests do")]

mod common;

use daneel_corpus::Language;
use daneel_index::{ChunkId, DocumentId, Embedder, Error, Index, Query, build};

fn bilingual() -> Vec<u8> {
    let (chunks, vectors) = common::bilingual();
    build(common::documents(&chunks), chunks, vectors, common::recipe(8), &mut |_, _| {})
        .unwrap()
        .to_bytes()
        .unwrap()
}

#[test]
fn what_is_written_comes_back() {
    let (chunks, vectors) = common::bilingual();
    let built =
        build(common::documents(&chunks), chunks.clone(), vectors.clone(), common::recipe(8), &mut |_, _| {})
            .unwrap();
    let bytes = built.to_bytes().unwrap();
    let read = Index::from_bytes(&bytes).unwrap();

    assert_eq!(read.recipe(), &common::recipe(8));
    assert_eq!(read.len(), chunks.len());
    assert_eq!(read.documents(), common::documents(&chunks));
    for (id, (chunk, vector)) in (0..).map(ChunkId).zip(chunks.iter().zip(&vectors)) {
        assert_eq!(&read.chunk(id).unwrap(), chunk);
        let error = read.vector(id).iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error <= 0.5 / 127.0, "half a step");
    }
    let query = Query { text: "indici e browser", language: None, vector: Some(&vectors[1]), limit: 5 };
    assert_eq!(read.search(&query), built.search(&query));
    assert_eq!(read.to_bytes().unwrap(), bytes);
}

#[test]
fn many_chunks_come_back_from_many_blocks() {
    let chunks: Vec<_> =
        (0..100).map(|i| common::chunk(Language::ENGLISH, &format!("Post {i}"), "text")).collect();
    let vectors = (0..100).map(|axis| common::vector(8, axis)).collect();
    let mut calls = Vec::new();
    let index =
        build(common::documents(&chunks), chunks.clone(), vectors, common::recipe(8), &mut |done, total| {
            calls.push((done, total))
        });
    let index = Index::from_bytes(&index.unwrap().to_bytes().unwrap()).unwrap();
    for position in [0, 31, 32, 63, 64, 99] {
        assert_eq!(index.chunk(ChunkId(position)).unwrap(), chunks[position as usize]);
    }
    assert!(matches!(index.chunk(ChunkId(100)), Err(Error::NoSuchChunk { id: 100, len: 100 })));
    assert!(index.vector(ChunkId(100)).is_empty());
    assert_eq!((calls[0], calls[100]), ((0, 100), (100, 100)));
}

#[test]
fn chunks_share_their_document() {
    let (one, two) = ("https://example.org/1.html", "https://example.org/2.html");
    let chunk = |url: &str, title: &str, text: &str| daneel_corpus::Chunk {
        url: url.to_owned(),
        ..common::chunk(Language::ENGLISH, title, text)
    };
    // The title of the last one was too long for a chunk.
    let chunks = vec![
        chunk(one, "One", "a"),
        chunk(two, "Two and more", "b"),
        chunk(one, "One", "c"),
        chunk(two, "Two", "d"),
    ];
    let mut documents = common::documents(&chunks);
    documents.push(daneel_corpus::DocumentInfo {
        url: "https://example.org/empty.html".to_owned(),
        ..documents[0].clone()
    });
    let vectors = (0..4).map(|axis| common::vector(8, axis)).collect();
    let index = build(documents.clone(), chunks.clone(), vectors, common::recipe(8), &mut |_, _| {}).unwrap();
    let index = Index::from_bytes(&index.to_bytes().unwrap()).unwrap();
    assert_eq!(index.documents(), documents);
    let of_chunks: Vec<_> = (0..5).map(|chunk| index.document_of(ChunkId(chunk))).collect();
    assert_eq!(of_chunks, [Some(0), Some(1), Some(0), Some(1), None].map(|id| id.map(DocumentId)));
    for (id, chunk) in (0..).map(ChunkId).zip(&chunks) {
        assert_eq!(&index.chunk(id).unwrap(), chunk);
    }
}

/// Written by the first release of this version. If this fails, the format changed: raise its version.
#[test]
fn an_artifact_of_this_version_opens() {
    let fixture = include_bytes!("fixtures/v2.daneel-index");
    let index = Index::from_bytes(fixture).unwrap();
    assert_eq!((index.len(), index.documents().len()), (5, 5));
    assert_eq!(index.chunk(ChunkId(2)).unwrap().title, "Asimov");
    let query = Query { text: "gli indici", language: Some(Language::ITALIAN), vector: None, limit: 1 };
    assert_eq!(index.search(&query)[0].chunk, ChunkId(0));
}

/// Run by hand after the format's version was raised, with the version in the file's name.
#[test]
#[ignore = "writes the fixture of the current version"]
fn write_the_fixture() {
    std::fs::write("tests/fixtures/v2.daneel-index", bilingual()).unwrap();
}

#[test]
fn an_older_artifact_says_what_to_do() {
    let error = Index::from_bytes(include_bytes!("fixtures/v1.daneel-index")).err().unwrap();
    assert!(matches!(error, Error::OtherVersion { found: 1, expected: 2 }));
    assert!(error.to_string().contains("daneel build"), "{error}");
}

#[test]
fn another_version_says_what_to_do() {
    let mut bytes = bilingual();
    bytes[8] = 9;
    let error = Index::from_bytes(&bytes).err().unwrap();
    assert!(matches!(error, Error::OtherVersion { found: 9, expected: 2 }));
    assert!(error.to_string().contains("daneel build"), "{error}");
}

#[test]
fn another_embedder_is_refused() {
    let index = Index::from_bytes(&bilingual()).unwrap();
    assert!(index.check_embedder(&common::recipe(8).embedder).is_ok());
    let other = Embedder { sha256: "cd".repeat(32), ..common::recipe(8).embedder };
    assert!(matches!(index.check_embedder(&other), Err(Error::OtherEmbedder { .. })));
}

#[test]
fn what_does_not_fit_is_not_built() {
    let (chunks, vectors) = common::bilingual();
    let with = |vectors: Vec<Vec<f32>>, weight| {
        let recipe = daneel_index::Recipe { dense_weight: weight, ..common::recipe(8) };
        build(common::documents(&chunks), chunks.clone(), vectors, recipe, &mut |_, _| {}).err()
    };
    assert!(with(vectors.clone(), 1.0).is_none());
    assert!(matches!(with(vectors[1..].to_vec(), 0.6), Some(Error::VectorCount { chunks: 5, vectors: 4 })));
    assert!(matches!(with(vectors.clone(), 1.5), Some(Error::DenseWeight(_))));
    assert!(matches!(with(vectors.clone(), f32::NAN), Some(Error::DenseWeight(_))));
    let documents = common::documents(&chunks);
    let lacking =
        build(documents[1..].to_vec(), chunks.clone(), vectors.clone(), common::recipe(8), &mut |_, _| {});
    assert!(matches!(lacking, Err(Error::NoDocument { position: 0, .. })));
    let mut other = documents;
    other[3].language = Language::ITALIAN;
    let lacking = build(other, chunks.clone(), vectors.clone(), common::recipe(8), &mut |_, _| {});
    assert!(matches!(lacking, Err(Error::NoDocument { position: 3, .. })));
    let replaced = |vector: Vec<f32>| [&vectors[..2], &[vector], &vectors[3..]].concat();
    let short = with(replaced(vec![0.0; 7]), 0.6);
    assert!(matches!(short, Some(Error::Dimensions { position: 2, found: 7, expected: 8 })));
    assert!(matches!(with(replaced(vec![f32::NAN; 8]), 0.6), Some(Error::NotFinite { position: 2 })));
}
