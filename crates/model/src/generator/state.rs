//! A generator's memory becomes a file, and the file memory: the tokens read so far with their keys and values.
//!
//! The file is the same whatever engine wrote it, so that an author's CPU can prepare what a reader's GPU continues. Layout,
//! little-endian: magic, version, the model's identity (8 bytes), layers, numbers of a position, tokens; the tokens; for
//! each layer keys and values as f16, (tokens, n_kv_heads, head_dim) each.

use crate::Error;
use crate::layer_state::LayerState;

const MAGIC: [u8; 4] = *b"DKV1";
const HEADER: usize = 24;

/// What is saved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Tells models apart.
    pub(super) identity: u64,
    pub(super) tokens: Vec<u32>,
    pub(super) layers: Vec<LayerState>,
}

impl State {
    /// `width` numbers are keys of a position.
    pub(super) fn to_bytes(&self, width: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.identity.to_le_bytes());
        for number in [self.layers.len(), width, self.tokens.len()] {
            bytes.extend((number as u32).to_le_bytes());
        }
        bytes.extend(self.tokens.iter().flat_map(|token| token.to_le_bytes()));
        for numbers in self.layers.iter().flatten() {
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        bytes
    }

    /// # Errors
    /// If the bytes are no such file, or not of the model that `identity` names, with `n_layers` layers of `width` numbers a position.
    pub(super) fn from_bytes(
        bytes: &[u8],
        identity: u64,
        n_layers: usize,
        width: usize,
    ) -> Result<Self, Error> {
        let wrong = |what: &str| Err(Error::State(what.to_owned()));
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else { return wrong("it is too short") };
        let number = |at: usize| {
            let word = header[at..at + 4].try_into().unwrap_or_default();
            u32::from_le_bytes(word) as usize
        };
        if header[..4] != MAGIC {
            return wrong("it is no saved state of this version");
        }
        if header[4..12] != identity.to_le_bytes() || (number(12), number(16)) != (n_layers, width) {
            return wrong("it was saved by another model");
        }
        let n_tokens = number(20);
        let layer_bytes = n_tokens.saturating_mul(width).saturating_mul(4);
        let expected = n_layers.saturating_mul(layer_bytes).saturating_add(n_tokens.saturating_mul(4));
        if rest.len() != expected {
            return wrong("it was cut short");
        }
        let (tokens, rest) = rest.split_at(4 * n_tokens);
        let tokens =
            tokens.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let halves = |bytes: &[u8]| -> Vec<u16> {
            bytes.chunks_exact(2).map(|half| u16::from_le_bytes([half[0], half[1]])).collect()
        };
        let mut layers = Vec::with_capacity(n_layers);
        for layer_idx in 0..n_layers {
            let (keys, values) = rest[layer_idx * layer_bytes..][..layer_bytes].split_at(layer_bytes / 2);
            layers.push([halves(keys), halves(values)]);
        }
        Ok(Self { identity, tokens: tokens.collect(), layers })
    }
}

/// Numbers that only one model has become its identity: FNV-1a (Fowler, Noll, Vo) over their bits.
pub(super) fn identity(numbers: &[f32]) -> u64 {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_a_damaged_one_is_refused() {
        let layer = |first: u16| [vec![first; 6], (first..first + 6).collect()];
        let state = State { identity: 7, tokens: vec![5, 6, 70_000], layers: vec![layer(1), layer(500)] };
        let bytes = state.to_bytes(2);
        assert_eq!(State::from_bytes(&bytes, 7, 2, 2).expect("whole"), state);
        for len in 0..bytes.len() {
            assert!(State::from_bytes(&bytes[..len], 7, 2, 2).is_err(), "cut at {len}");
        }
        for (identity, n_layers, width) in [(8, 2, 2), (7, 1, 2), (7, 2, 3)] {
            assert!(State::from_bytes(&bytes, identity, n_layers, width).is_err());
        }
        let mut absurd = bytes;
        absurd[20..24].fill(0xff);
        assert!(State::from_bytes(&absurd, 7, 2, 2).is_err());
    }
}
