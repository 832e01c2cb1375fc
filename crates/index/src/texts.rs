//! Chunks become compressed blocks, and one chunk comes back without the others being read.

use std::borrow::Cow;
use std::io::{Read, Write};

use daneel_corpus::{Chunk, DocumentInfo};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize};

use crate::varint::{item, word};
use crate::{ChunkId, Error};

/// Chunks in one block: more compress better, fewer open sooner.
const BLOCK_CHUNKS: usize = 32;
/// Most bytes of a block once it is open; a hostile file cannot make it swell further.
const MAX_BLOCK_BYTES: usize = 16 << 20;

/// What a chunk has for itself; the rest is its document's.
#[derive(Serialize, Deserialize)]
struct Passage<'a> {
    id: Cow<'a, str>,
    anchor: Option<Cow<'a, str>>,
    /// Where it is not the document's: one that is too long for a chunk is shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    headings: Cow<'a, [String]>,
    text: Cow<'a, str>,
}

/// All chunks, encoded as they lie in the artifact.
#[derive(Default)]
pub struct Texts {
    /// Blocks of JSON lines, one [`Passage`] a line, each block deflated by itself.
    blocks: Vec<u8>,
    /// End of each block in `blocks`, a table of `u32`.
    block_ends: Vec<u8>,
}

impl Texts {
    /// Compresses the chunks, each beside its document.
    pub fn build(chunks: &[(&Chunk, &DocumentInfo)]) -> Result<Self, Error> {
        let mut texts = Self::default();
        for block in chunks.chunks(BLOCK_CHUNKS) {
            let mut lines = Vec::new();
            for (chunk, document) in block {
                serde_json::to_writer(&mut lines, &Passage::of(chunk, document)).map_err(unwritable)?;
                lines.push(b'\n');
            }
            if lines.len() > MAX_BLOCK_BYTES {
                return Err(Error::TooLarge("a chunk with its title and headings"));
            }
            let mut encoder = DeflateEncoder::new(&mut texts.blocks, Compression::best());
            encoder.write_all(&lines).and_then(|()| encoder.finish()).map_err(unwritable)?;
            let end = u32::try_from(texts.blocks.len()).map_err(|_| Error::TooLarge("the text"))?;
            texts.block_ends.extend(end.to_le_bytes());
        }
        Ok(texts)
    }

    /// Takes the text of `n_chunks` chunks out of its two sections.
    pub fn decode(blocks: &[u8], block_ends: &[u8], n_chunks: usize) -> Result<Self, Error> {
        let n_blocks = n_chunks.div_ceil(BLOCK_CHUNKS);
        let whole = match n_blocks.checked_sub(1) {
            Some(last) => word(block_ends, last).map(|end| end as usize),
            None => Some(0),
        };
        if block_ends.len() != n_blocks * 4 || whole != Some(blocks.len()) {
            return Err(Error::Damaged("its text has not the promised blocks".to_owned()));
        }
        Ok(Self { blocks: blocks.to_vec(), block_ends: block_ends.to_vec() })
    }

    /// The two sections as they are written.
    pub fn sections(&self) -> [&[u8]; 2] {
        [&self.blocks, &self.block_ends]
    }

    /// One chunk of a document, its block decompressed up to it.
    pub fn chunk(&self, id: ChunkId, document: &DocumentInfo) -> Result<Chunk, Error> {
        let position = id.0 as usize;
        let damaged = |why: &str| Error::Damaged(format!("the text of chunk {position} {why}"));
        let block = item(&self.blocks, &self.block_ends, position / BLOCK_CHUNKS)
            .ok_or_else(|| damaged("is not in it"))?;
        let mut lines = Vec::new();
        DeflateDecoder::new(block)
            .take(MAX_BLOCK_BYTES as u64)
            .read_to_end(&mut lines)
            .map_err(|_| damaged("cannot be decompressed"))?;
        let line = lines.split(|&byte| byte == b'\n').nth(position % BLOCK_CHUNKS);
        let passage: Passage<'_> =
            serde_json::from_slice(line.unwrap_or_default()).map_err(|_| damaged("is malformed"))?;
        Ok(passage.join(document))
    }
}

impl<'a> Passage<'a> {
    fn of(chunk: &'a Chunk, document: &DocumentInfo) -> Self {
        Self {
            id: Cow::Borrowed(&chunk.id),
            anchor: chunk.anchor.as_deref().map(Cow::Borrowed),
            title: (chunk.title != document.title).then_some(Cow::Borrowed(&chunk.title)),
            headings: Cow::Borrowed(&chunk.headings),
            text: Cow::Borrowed(&chunk.text),
        }
    }

    fn join(self, document: &DocumentInfo) -> Chunk {
        Chunk {
            id: self.id.into_owned(),
            url: document.url.clone(),
            anchor: self.anchor.map(Cow::into_owned),
            title: self.title.map_or_else(|| document.title.clone(), Cow::into_owned),
            headings: self.headings.into_owned(),
            date: document.date.clone(),
            language: document.language,
            text: self.text.into_owned(),
        }
    }
}

/// Writing to memory fails for no other reason.
fn unwritable<E>(_: E) -> Error {
    Error::TooLarge("the text")
}
