//! SentencePiece BPE (Kudo & Richardson 2018, [arXiv:1808.06226](https://arxiv.org/abs/1808.06226)): of all neighbours, those whose
//! union has the highest score merge first.
//!
//! `tokenizers` would want the half a million merges that Gemma's scores imply, as pairs of texts: 80 MB in a browser. Here
//! the vocabulary lies sorted in one block of memory.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::{TokenType, byte_token};
use crate::Error;
use crate::pieces::Pieces;

/// A vocabulary whose pieces have scores.
pub(super) struct ScoredBpe {
    pieces: Pieces,
    /// What bytes of unknown characters become.
    byte_ids: Vec<Option<u32>>, // (256)
    unknown: Option<u32>,
}

/// A part of the text that is one token, or a character that is none.
#[derive(Clone, Copy)]
struct Symbol {
    start: usize,
    /// Equal to `start` once it is part of the symbol before it.
    end: usize,
    /// Its place in the vocabulary.
    piece: Option<usize>,
    previous: Option<usize>,
    next: Option<usize>,
}

/// Two neighbours that may become one: the best is the greatest.
struct Merge {
    score: f32,
    id: Reverse<u32>,
    left: Reverse<usize>,
    right: usize,
    /// Where the union ends; if the neighbours have changed since, it does not any more.
    end: usize,
    piece: usize,
}

impl ScoredBpe {
    /// Takes the pieces that text may become; the others are bytes, unknown, or never made from text.
    ///
    /// # Errors
    /// If they are of 4 GiB.
    pub(super) fn new(tokens: &[&str], types: &[TokenType], scores: &[f32]) -> Result<Self, Error> {
        let mut byte_ids = vec![None; 256];
        let mut unknown = None;
        let mut pieces = Vec::new();
        for ((id, token), (token_type, score)) in (0_u32..).zip(tokens).zip(types.iter().zip(scores)) {
            match (token_type, byte_token(token)) {
                (TokenType::Byte, Some(byte)) => byte_ids[usize::from(byte)] = Some(id),
                (TokenType::Other, _) if matches!(*token, "<unk>" | "[UNK]") => unknown = Some(id),
                (TokenType::Normal | TokenType::UserDefined, None) => pieces.push((*token, *score, id)),
                _ => {}
            }
        }
        Ok(Self { pieces: Pieces::new(pieces)?, byte_ids, unknown })
    }

    /// The tokens of a text, whose spaces are written as the vocabulary has them.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        let mut symbols: Vec<Symbol> = text
            .char_indices()
            .enumerate()
            .map(|(idx, (start, character))| {
                let end = start + character.len_utf8();
                let piece = self.pieces.find(&text.as_bytes()[start..end]);
                Symbol { start, end, piece, previous: idx.checked_sub(1), next: Some(idx + 1) }
            })
            .collect();
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        let mut merges: BinaryHeap<Merge> =
            (1..symbols.len()).filter_map(|right| self.merge(text, &symbols, right - 1, right)).collect();
        while let Some(Merge { left: Reverse(left), right, end, piece, .. }) = merges.pop() {
            let is_gone = symbols[left].start == symbols[left].end || symbols[right].end != end;
            if is_gone || symbols[left].next != Some(right) {
                continue;
            }
            let next = symbols[right].next;
            symbols[right].end = symbols[right].start;
            symbols[left] = Symbol { end, piece: Some(piece), next, ..symbols[left] };
            if let Some(next) = next {
                symbols[next].previous = Some(left);
                merges.extend(self.merge(text, &symbols, left, next));
            }
            if let Some(previous) = symbols[left].previous {
                merges.extend(self.merge(text, &symbols, previous, left));
            }
        }
        let mut after_unknown = false;
        for symbol in symbols.iter().filter(|symbol| symbol.start < symbol.end) {
            let known_before = ids.len();
            match symbol.piece {
                Some(piece) => ids.push(self.pieces.id(piece)),
                None => {
                    let bytes = text[symbol.start..symbol.end].bytes();
                    let spelled =
                        bytes.map(|byte| self.byte_ids[usize::from(byte)]).collect::<Option<Vec<_>>>();
                    ids.extend(spelled.into_iter().flatten());
                }
            }
            // Unknown neighbours are one unknown token.
            let is_unknown = ids.len() == known_before;
            if is_unknown && !after_unknown {
                ids.extend(self.unknown);
            }
            after_unknown = is_unknown;
        }
    }

    /// What two neighbours would become, if that is a piece.
    fn merge(&self, text: &str, symbols: &[Symbol], left: usize, right: usize) -> Option<Merge> {
        let (start, end) = (symbols[left].start, symbols[right].end);
        symbols[left].piece.and(symbols[right].piece)?;
        let piece = self.pieces.find(&text.as_bytes()[start..end])?;
        let (score, id) = (self.pieces.score(piece), Reverse(self.pieces.id(piece)));
        Some(Merge { score, id, left: Reverse(left), right, end, piece })
    }
}

impl Ord for Merge {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |merge: &Self| (merge.id, merge.left);
        self.score.total_cmp(&other.score).then_with(|| key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Merge {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tokenizers::Tokenizer;
    use tokenizers::models::bpe::{BPE, Vocab};

    use super::*;
    use crate::test_models::Noise;

    /// `tokenizers` with the merges that the scores imply: best first, of a piece the shorter left half.
    fn reference(tokens: &[&str], types: &[TokenType], scores: &[f32]) -> Tokenizer {
        let usable = |kind: &TokenType| !matches!(kind, TokenType::Control);
        let vocabulary = (0..).zip(tokens).zip(types).filter(|(_, kind)| usable(kind));
        let vocabulary: Vocab = vocabulary.map(|((id, token), _)| ((*token).to_owned(), id)).collect();
        let is_half = |half: &str| vocabulary.contains_key(half) && byte_token(half).is_none();
        let mut merges = Vec::new();
        for ((token, kind), score) in tokens.iter().zip(types).zip(scores) {
            for (middle, _) in token.char_indices().skip(1) {
                let (left, right) = token.split_at(middle);
                if *kind == TokenType::Normal && is_half(left) && is_half(right) {
                    merges.push((*score, (left.to_owned(), right.to_owned())));
                }
            }
        }
        merges.sort_by(|a, b| b.0.total_cmp(&a.0));
        let pairs = merges.into_iter().map(|(_, pair)| pair).collect();
        let bpe = BPE::builder().vocab_and_merges(vocabulary, pairs).byte_fallback(true).fuse_unk(true);
        Tokenizer::new(bpe.unk_token("<unk>".to_owned()).build().unwrap())
    }

    #[test]
    fn random_vocabularies_cut_random_texts_as_the_library_does() {
        let mut noise = Noise(5);
        for round in 0..60 {
            let mut letters = |most: usize, alphabet: &[char]| -> String {
                let len = 1 + noise.below(most) as usize;
                (0..len).map(|_| alphabet[noise.below(alphabet.len()) as usize]).collect()
            };
            let mut pieces: HashSet<String> =
                (0..80).map(|_| letters(5, &['a', 'b', 'c', 'è', '\u{2581}'])).collect();
            // The library puts an unknown token behind bytes that come after it; here none is unknown.
            pieces.extend(["b", "c", "\u{2581}"].map(String::from));
            let mut tokens: Vec<String> = pieces.into_iter().collect();
            tokens.sort();
            tokens.push("<unk>".to_owned());
            // Some of the bytes, so that `a` and `è` can be spelled out.
            tokens.extend(["<0x61>", "<0xC3>", "<0xA8>", "</s>"].map(String::from));
            let texts: Vec<String> =
                (0..30).map(|_| letters(40, &['a', 'b', 'c', 'è', '\u{2581}'])).collect();
            let types: Vec<TokenType> = tokens
                .iter()
                .map(|token| match token.as_str() {
                    "<unk>" => TokenType::Other,
                    "</s>" => TokenType::Control,
                    token if byte_token(token).is_some() => TokenType::Byte,
                    _ => TokenType::Normal,
                })
                .collect();
            // No two alike: of equal ones the library's order depends on how its heap falls.
            let mut scores: Vec<f32> = (0..tokens.len()).map(|idx| -(idx as f32)).collect();
            for idx in (1..scores.len()).rev() {
                scores.swap(idx, noise.below(idx + 1) as usize);
            }
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            let ours = ScoredBpe::new(&tokens, &types, &scores).unwrap();
            let theirs = reference(&tokens, &types, &scores);
            for text in texts {
                let mut ids = Vec::new();
                ours.encode(&text, &mut ids);
                let expected = theirs.encode_fast(text.as_str(), false).unwrap();
                assert_eq!(ids, expected.get_ids(), "{text} in round {round}");
            }
        }
    }

    #[test]
    fn unknown_neighbours_are_one_unknown_token() {
        use TokenType::{Byte, Normal, Other};
        let tokens = ["<unk>", "<0x61>", "b"];
        let bpe = ScoredBpe::new(&tokens, &[Other, Byte, Normal], &[0.0; 3]).unwrap();
        let encode = |text: &str| {
            let mut ids = Vec::new();
            bpe.encode(text, &mut ids);
            ids
        };
        assert_eq!(encode("b🤖🤖ab🤖"), [2, 0, 1, 2, 0]);
        assert!(encode("").is_empty());
    }
}
