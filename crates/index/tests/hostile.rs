//! Damaged and hostile artifacts are refused, whatever is in them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers may fail as the tests do")]

mod common;

use daneel_corpus::Language;
use daneel_index::{ChunkId, Error, Index, Query, build};

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
