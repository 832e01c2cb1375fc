//! The document table: one row a document, and for every chunk the row that it belongs to.

use std::collections::HashMap;
use std::io::{Read, Write};

use daneel_corpus::{Chunk, DocumentInfo};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use crate::varint::word;
use crate::{ChunkId, DocumentId, Error};

/// Most bytes of the table once it is open; a hostile file cannot make it swell further.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// All documents, and which of them each chunk belongs to.
pub struct Documents {
    rows: Vec<DocumentInfo>,
    /// One for each chunk; each names a row.
    of_chunks: Vec<DocumentId>,
}

impl Documents {
    /// Finds the document of every chunk by its URL.
    pub fn build(rows: Vec<DocumentInfo>, chunks: &[Chunk]) -> Result<Self, Error> {
        if rows.len() >= u32::MAX as usize {
            return Err(Error::TooLarge("the number of documents"));
        }
        let ids: HashMap<&str, DocumentId> =
            rows.iter().map(|row| row.url.as_str()).zip((0..).map(DocumentId)).collect();
        let find = |(position, chunk): (usize, &Chunk)| {
            let id = ids.get(chunk.url.as_str()).copied();
            let fits = |id: &DocumentId| {
                let row = &rows[id.0 as usize];
                row.date == chunk.date && row.language == chunk.language
            };
            id.filter(fits).ok_or_else(|| Error::NoDocument { position, url: chunk.url.clone() })
        };
        let of_chunks = chunks.iter().enumerate().map(find).collect::<Result<_, _>>()?;
        Ok(Self { rows, of_chunks })
    }

    /// Takes the table over `n_chunks` chunks out of its two sections.
    pub fn decode(rows: &[u8], of_chunks: &[u8], n_chunks: usize) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Damaged(format!("its document table {what}"));
        let mut json = Vec::new();
        DeflateDecoder::new(rows)
            .take(MAX_TABLE_BYTES)
            .read_to_end(&mut json)
            .map_err(|_| damaged("cannot be decompressed"))?;
        let rows: Vec<DocumentInfo> = serde_json::from_slice(&json).map_err(|_| damaged("is malformed"))?;
        if n_chunks.checked_mul(4) != Some(of_chunks.len()) {
            return Err(damaged("has not one document for each chunk"));
        }
        let of_chunks: Vec<DocumentId> =
            (0..n_chunks).filter_map(|chunk| word(of_chunks, chunk)).map(DocumentId).collect();
        if of_chunks.iter().any(|document| document.0 as usize >= rows.len()) {
            return Err(damaged("lacks a document that a chunk belongs to"));
        }
        Ok(Self { rows, of_chunks })
    }

    /// The two sections as they are written: the rows as JSON, deflated, and a table of `u32`.
    pub fn sections(&self) -> Result<[Vec<u8>; 2], Error> {
        let unwritable = || Error::TooLarge("the document table");
        let json = serde_json::to_vec(&self.rows).map_err(|_| unwritable())?;
        if json.len() as u64 > MAX_TABLE_BYTES {
            return Err(unwritable());
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        let rows = encoder.write_all(&json).and_then(|()| encoder.finish()).map_err(|_| unwritable())?;
        Ok([rows, self.of_chunks.iter().flat_map(|document| document.0.to_le_bytes()).collect()])
    }

    /// The rows, in the order in which they were given.
    pub fn rows(&self) -> &[DocumentInfo] {
        &self.rows
    }

    /// Which row a chunk belongs to.
    pub fn id(&self, chunk: ChunkId) -> Option<DocumentId> {
        self.of_chunks.get(chunk.0 as usize).copied()
    }

    /// The row that a chunk belongs to.
    pub fn of(&self, chunk: ChunkId) -> Option<&DocumentInfo> {
        self.rows.get(self.id(chunk)?.0 as usize)
    }
}
