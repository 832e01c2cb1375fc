//! Chunks become compressed blocks, and one chunk comes back without the others being read.

use std::io::{Read, Write};

use daneel_corpus::Chunk;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};

use crate::varint::{item, word};
use crate::{ChunkId, Error};

/// Chunks in one block: more compress better, fewer open sooner.
const BLOCK_CHUNKS: usize = 32;
/// Most bytes of a block once it is open; a hostile file cannot make it swell further.
const MAX_BLOCK_BYTES: usize = 16 << 20;

/// All chunks, encoded as they lie in the artifact.
#[derive(Default)]
pub struct Texts {
    /// Blocks of JSON lines, one chunk a line, each block deflated by itself.
    blocks: Vec<u8>,
    /// End of each block in `blocks`, a table of `u32`.
    block_ends: Vec<u8>,
}

impl Texts {
    /// Compresses the chunks.
    pub fn build(chunks: &[Chunk]) -> Result<Self, Error> {
        let mut texts = Self::default();
        for block in chunks.chunks(BLOCK_CHUNKS) {
            let mut lines = Vec::new();
            for chunk in block {
                serde_json::to_writer(&mut lines, chunk).map_err(unwritable)?;
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

    /// One chunk, its block decompressed up to it.
    pub fn chunk(&self, id: ChunkId) -> Result<Chunk, Error> {
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
        serde_json::from_slice(line.unwrap_or_default()).map_err(|_| damaged("is malformed"))
    }
}

/// Writing to memory fails for no other reason.
fn unwritable<E>(_: E) -> Error {
    Error::TooLarge("the text")
}
