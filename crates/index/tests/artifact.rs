//! The artifact comes back as it was, old ones still open, and hostile ones are refused.
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

/// Opens the bytes and uses all that is in them.
fn use_all(bytes: &[u8]) -> Result<(), Error> {
    let index = Index::from_bytes(bytes)?;
    let vector = common::vector(8, 2);
    for text in ["indice università Daneel quantized browser", "la the", ""] {
        index.search(&Query { text, language: Some(Language::ITALIAN), vector: Some(&vector), limit: 10 });
    }
    for id in (0..index.len().min(10) as u32).map(ChunkId) {
        index.vector(id);
        let chunk = index.chunk(id)?;
        let document = index.document_of(id).unwrap();
        assert_eq!(index.documents()[document.0 as usize].url, chunk.url);
    }
    Ok(())
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
    use_all(fixture).unwrap();
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
fn an_artifact_cut_anywhere_is_refused() {
    let bytes = bilingual();
    for length in 0..bytes.len() {
        assert!(matches!(Index::from_bytes(&bytes[..length]), Err(Error::Damaged(_))), "{length} bytes");
    }
    assert!(matches!(Index::from_bytes(&[&bytes[..], b"x"].concat()), Err(Error::Damaged(_))));
}

#[test]
fn a_flipped_byte_is_noticed() {
    let bytes = bilingual();
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x10;
        assert!(Index::from_bytes(&flipped).is_err(), "byte {position}");
    }
}

/// Damage behind valid checksums, as a hostile hand would do it: any answer but a panic.
#[test]
fn hostile_sections_do_not_panic() {
    let bytes = bilingual();
    let mut state = 7_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let body = 20 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let (mut refused, mut opened) = (0, 0);
    for _ in 0..3_000 {
        let mut hostile = bytes.clone();
        for _ in 0..1 + next(4) {
            let position = body + next(bytes.len() - body);
            hostile[position] = next(256) as u8;
        }
        match use_all(&sign(&hostile, body)) {
            Ok(()) => opened += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 100 && opened > 100, "the checksums were right: {refused} refused, {opened} opened");
}

#[test]
fn a_hostile_header_does_not_allocate() {
    let bytes = bilingual();
    let body = 20 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[20..body]).unwrap();
    for (pointer, value) in [
        ("/n_chunks", serde_json::json!(u32::MAX)),
        ("/recipe/embedder/dimensions", serde_json::json!(u64::MAX)),
        ("/recipe/embedder/dimensions", serde_json::json!(0)),
        ("/sections/5/length", serde_json::json!(u64::MAX)),
        ("/sections/9/length", serde_json::json!(u64::MAX)),
        ("/partitions/0/n_chunks", serde_json::json!(-1)),
    ] {
        let mut header = header.clone();
        *header.pointer_mut(pointer).unwrap() = value;
        assert!(
            matches!(use_all(&with_header(&header, &bytes[body..])), Err(Error::Damaged(_))),
            "{pointer}"
        );
    }
}

#[test]
fn a_block_does_not_swell_without_bound() {
    // Valid JSON but for its size: blanks without end, then a chunk.
    let bomb = bomb(serde_json::json!({"id": "", "anchor": null, "headings": [], "text": ""}));
    let end = (bomb.len() as u32).to_le_bytes();
    let index = Index::from_bytes(&with_sections(&bilingual(), &[(7, &bomb), (8, &end)])).unwrap();
    assert!(matches!(index.chunk(ChunkId(0)), Err(Error::Damaged(_))));
}

#[test]
fn a_document_table_does_not_swell_without_bound() {
    let rows = serde_json::to_value(common::documents(&common::bilingual().0)).unwrap();
    let hostile = with_sections(&bilingual(), &[(9, &bomb(rows))]);
    assert!(matches!(Index::from_bytes(&hostile), Err(Error::Damaged(_))));
}

#[test]
fn a_chunk_of_no_document_is_refused() {
    let bytes = bilingual();
    let table = |document: u32| [0, 1, 2, 3, document].map(u32::to_le_bytes).concat();
    assert!(use_all(&with_sections(&bytes, &[(10, &table(0))])).is_ok());
    for document in [5, u32::MAX] {
        let hostile = with_sections(&bytes, &[(10, &table(document))]);
        assert!(matches!(Index::from_bytes(&hostile), Err(Error::Damaged(_))), "{document}");
    }
    assert!(matches!(
        Index::from_bytes(&with_sections(&bytes, &[(10, &table(0)[4..])])),
        Err(Error::Damaged(_))
    ));
    assert!(matches!(Index::from_bytes(&with_sections(&bytes, &[(9, b"no table")])), Err(Error::Damaged(_))));
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

/// What opens to 64 MiB of blanks before `value`, deflated.
fn bomb(value: serde_json::Value) -> Vec<u8> {
    let mut json = vec![b' '; 64 << 20];
    json.extend(serde_json::to_vec(&value).unwrap());
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &json).unwrap();
    encoder.finish().unwrap()
}

/// The artifact with some of its sections replaced, every checksum right.
fn with_sections(bytes: &[u8], replaced: &[(usize, &[u8])]) -> Vec<u8> {
    let body = 20 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[20..body]).unwrap();
    let mut rest = &bytes[body..];
    let mut sections = Vec::new();
    for (number, section) in header["sections"].as_array_mut().unwrap().iter_mut().enumerate() {
        let (this, after) = rest.split_at(section["length"].as_u64().unwrap() as usize);
        let this = replaced.iter().find(|(other, _)| *other == number).map_or(this, |(_, new)| new);
        section["length"] = this.len().into();
        sections.extend_from_slice(this);
        rest = after;
    }
    let hostile = with_header(&header, &sections);
    sign(&hostile, hostile.len() - sections.len())
}

/// The artifact with another header, its own checksum right.
fn with_header(header: &serde_json::Value, sections: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap();
    let mut bytes = b"DNLINDEX".to_vec();
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(crc32(&header).to_le_bytes());
    bytes.extend(header);
    bytes.extend(sections);
    bytes
}

/// The artifact with every checksum made right again.
fn sign(bytes: &[u8], body: usize) -> Vec<u8> {
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[20..body]).unwrap();
    let mut rest = &bytes[body..];
    for section in header["sections"].as_array_mut().unwrap() {
        let (this, after) = rest.split_at(section["length"].as_u64().unwrap() as usize);
        section["crc32"] = crc32(this).into();
        rest = after;
    }
    with_header(&header, &bytes[body..])
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
