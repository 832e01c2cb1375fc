//! The index to and from its one file, and nothing else reads or writes it.
//!
//! ```text
//! 8 bytes   magic, `DNLINDEX`
//! 4 bytes   format version
//! 4 bytes   length of the header
//! 4 bytes   CRC-32 of the header
//! header    JSON: recipe, number of chunks, languages, length and CRC-32 of each section
//! sections  one after the other, in the order of `Header::sections`
//! ```
//! Numbers are little-endian. A change of any section's layout is a new format version.

use flate2::Crc;
use serde::{Deserialize, Serialize};

use crate::bm25::{Bm25, Partition, Sections};
use crate::documents::Documents;
use crate::flat::{Flat, MAX_DIMENSIONS};
use crate::graph::Graph;
use crate::texts::Texts;
use crate::varint::word;
use crate::vectors::Vectors;
use crate::{Error, Index, Recipe};

const MAGIC: &[u8; 8] = b"DNLINDEX";
const VERSION: u32 = 2;
/// Bytes before the header.
const PREFIX: usize = 20;
/// terms, term_ends, postings, posting_ends, lengths, vectors, graph, blocks, block_ends, documents, document_of_chunks
const N_SECTIONS: usize = 11;

#[derive(Serialize, Deserialize)]
struct Header {
    recipe: Recipe,
    n_chunks: u32,
    partitions: Vec<Partition>,
    sections: [Section; N_SECTIONS],
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Section {
    length: u64,
    crc32: u32,
}

impl Index {
    /// The artifact's bytes.
    ///
    /// # Errors
    /// If a section cannot be encoded.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        encode(self)
    }

    /// Reads an artifact. Hostile bytes give an error, never a panic.
    ///
    /// # Errors
    /// If the bytes are damaged or of another format version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        decode(bytes)
    }
}

/// Writes an index. Of the sections `vectors` and `graph` one is empty: the graph holds its vectors.
fn encode(index: &Index) -> Result<Vec<u8>, Error> {
    let keyword = index.bm25.sections();
    let (vectors, graph) = match &index.vectors {
        Vectors::Flat(flat) => (flat.encode(), Vec::new()),
        Vectors::Graph(graph) => (Vec::new(), graph.encode()?),
    };
    let [blocks, block_ends] = index.texts.sections();
    let [documents, document_of_chunks] = index.documents.sections()?;
    let sections: [&[u8]; N_SECTIONS] = [
        keyword.terms,
        keyword.term_ends,
        keyword.postings,
        keyword.posting_ends,
        keyword.lengths,
        &vectors,
        &graph,
        blocks,
        block_ends,
        &documents,
        &document_of_chunks,
    ];
    let header = Header {
        recipe: index.recipe.clone(),
        n_chunks: u32::try_from(index.n_chunks).map_err(|_| Error::TooLarge("the number of chunks"))?,
        partitions: index.bm25.partitions().to_vec(),
        sections: sections.map(|section| Section { length: section.len() as u64, crc32: crc32(section) }),
    };
    let header = serde_json::to_vec(&header).map_err(|_| Error::TooLarge("the header"))?;
    let header_length = u32::try_from(header.len()).map_err(|_| Error::TooLarge("the header"))?;

    let length = PREFIX + header.len() + sections.iter().map(|section| section.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(header_length.to_le_bytes());
    bytes.extend(crc32(&header).to_le_bytes());
    bytes.extend(header);
    sections.iter().for_each(|section| bytes.extend_from_slice(section));
    Ok(bytes)
}

/// Reads an index.
fn decode(bytes: &[u8]) -> Result<Index, Error> {
    let (header, body) = header(bytes)?;
    let n_chunks = header.n_chunks as usize;
    let dimensions = header.recipe.embedder.dimensions;
    if dimensions > MAX_DIMENSIONS {
        return Err(Error::Damaged(format!("it claims vectors of {dimensions} dimensions")));
    }
    let [
        terms,
        term_ends,
        postings,
        posting_ends,
        lengths,
        vectors,
        graph,
        blocks,
        block_ends,
        documents,
        document_of_chunks,
    ] = sections(&header.sections, body)?;
    let keyword = Sections { terms, term_ends, postings, posting_ends, lengths };
    Ok(Index {
        bm25: Bm25::decode(header.partitions, keyword, n_chunks)?,
        vectors: match graph {
            [] => Vectors::Flat(Flat::decode(vectors, n_chunks, dimensions)?),
            graph => Vectors::Graph(Graph::decode(graph, n_chunks, dimensions)?),
        },
        texts: Texts::decode(blocks, block_ends, n_chunks)?,
        documents: Documents::decode(documents, document_of_chunks, n_chunks)?,
        recipe: header.recipe,
        n_chunks,
    })
}

/// The header and what follows it.
fn header(bytes: &[u8]) -> Result<(Header, &[u8]), Error> {
    let damaged = |why: &str| Error::Damaged(why.to_owned());
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it does not begin like one"))?;
    let short = || damaged("it ends within its header");
    let found = word(rest, 0).ok_or_else(short)?;
    if found != VERSION {
        return Err(Error::OtherVersion { found, expected: VERSION });
    }
    let length = word(rest, 1).ok_or_else(short)? as usize;
    let crc = word(rest, 2).ok_or_else(short)?;
    let (header, body) =
        bytes.get(PREFIX..).and_then(|rest| rest.split_at_checked(length)).ok_or_else(short)?;
    if crc32(header) != crc {
        return Err(damaged("its header fails its checksum"));
    }
    let header = serde_json::from_slice(header).map_err(|error| damaged(&format!("its header: {error}")))?;
    Ok((header, body))
}

/// Cuts the body into its sections and verifies each.
fn sections<'a>(table: &[Section; N_SECTIONS], mut body: &'a [u8]) -> Result<[&'a [u8]; N_SECTIONS], Error> {
    let mut sections: [&[u8]; N_SECTIONS] = [&[]; N_SECTIONS];
    for (number, (section, entry)) in sections.iter_mut().zip(table).enumerate() {
        let split = usize::try_from(entry.length).ok().and_then(|length| body.split_at_checked(length));
        (*section, body) = split.ok_or_else(|| Error::Damaged(format!("it ends within section {number}")))?;
        if crc32(section) != entry.crc32 {
            return Err(Error::Damaged(format!("section {number} fails its checksum")));
        }
    }
    if body.is_empty() { Ok(sections) } else { Err(Error::Damaged("bytes follow its end".to_owned())) }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
