//! A vocabulary of a quarter of a million pieces in a few blocks of memory.

use crate::Error;

/// Pieces in the order of their bytes, each with its score and token id.
pub(crate) struct Pieces {
    bytes: Vec<u8>,    // of all pieces, joined
    offsets: Vec<u32>, // (n_pieces + 1) where each begins in `bytes`
    scores: Vec<f32>,  // (n_pieces)
    ids: Vec<u32>,     // (n_pieces)
}

impl Pieces {
    /// Takes (piece, score, token id) in any order; of equal pieces the lowest id counts.
    ///
    /// # Errors
    /// If they are of 4 GiB.
    pub(crate) fn new(mut pieces: Vec<(&str, f32, u32)>) -> Result<Self, Error> {
        pieces.sort_unstable_by_key(|&(piece, _, id)| (piece, id));
        pieces.dedup_by_key(|&mut (piece, _, _)| piece);
        let mut offsets = vec![0];
        let mut bytes = Vec::new();
        for (piece, _, _) in &pieces {
            bytes.extend_from_slice(piece.as_bytes());
            let end = u32::try_from(bytes.len());
            offsets.push(end.map_err(|_| Error::Unsupported("a vocabulary of 4 GiB".to_owned()))?);
        }
        let scores = pieces.iter().map(|&(_, score, _)| score).collect();
        let ids = pieces.iter().map(|&(_, _, id)| id).collect();
        Ok(Self { bytes, offsets, scores, ids })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// A piece's bytes.
    pub(crate) fn bytes(&self, piece: usize) -> &[u8] {
        &self.bytes[self.offsets[piece] as usize..self.offsets[piece + 1] as usize]
    }

    /// A piece's score.
    pub(crate) fn score(&self, piece: usize) -> f32 {
        self.scores[piece]
    }

    /// A piece's token id.
    pub(crate) fn id(&self, piece: usize) -> u32 {
        self.ids[piece]
    }

    /// The piece of these bytes.
    pub(crate) fn find(&self, wanted: &[u8]) -> Option<usize> {
        let piece = partition_point(0, self.len(), |piece| self.bytes(piece) < wanted);
        (piece < self.len() && self.bytes(piece) == wanted).then_some(piece)
    }
}

/// The first index in low..high that is not `before`.
pub(crate) fn partition_point(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
