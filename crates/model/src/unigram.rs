//! Text becomes tokens by the likeliest split into pieces: the SentencePiece Unigram model (Kudo 2018, arXiv:1804.10959)
//! of XLM-R, over the vocabulary of a GGUF.
//!
//! The 250,000 pieces are kept sorted in one allocation and found by narrowing a range byte by byte: a tree with a hash map
//! in each node, as the `tokenizers` crate builds, would be hundreds of thousands of allocations at each start of a page.
//!
//! Where the reference program of the default embedder differs from SentencePiece, this follows the program, since its
//! vectors are what counts: a space at a text's end keeps its token, and unknown characters in a row are a token each.

mod charsmap;

pub(crate) use charsmap::{Charsmap, Replacement};

use std::ops::Range;

use crate::gguf::Gguf;
use crate::pieces::{Pieces, partition_point};
use crate::{Error, ModelFile};

/// What SentencePiece writes for a space.
const SPACE: char = '\u{2581}';
/// How much less likely than the rarest piece an unknown character is, in log probability.
const UNKNOWN_PENALTY: f32 = 10.0;
/// `tokenizer.ggml.token_type` of the tokens that text can never give.
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const UNUSED: i64 = 5;

/// The pieces with their log probabilities, and the way text is normalised before.
pub(crate) struct Unigram {
    pieces: Pieces,
    unknown_id: u32,
    unknown_score: f32,
    charsmap: Option<Charsmap>,
}

/// The best way to a place in the text: its log probability and its last token with where that begins.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    start: u32,
    id: u32,
}

impl Unigram {
    /// Takes the vocabulary and the normalisation from a file's metadata.
    ///
    /// # Errors
    /// If the lists are missing or do not fit together.
    pub(crate) fn load<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let scores = gguf
            .optional_f32s("tokenizer.ggml.scores")?
            .ok_or_else(|| Error::Damaged("it has no `tokenizer.ggml.scores`".to_owned()))?;
        let types = gguf.optional_i64s("tokenizer.ggml.token_type")?.unwrap_or_else(|| vec![1; tokens.len()]);
        if tokens.len() != scores.len() || tokens.len() != types.len() {
            return Err(Error::Damaged(format!(
                "its vocabulary has {} tokens but {} scores and {} types",
                tokens.len(),
                scores.len(),
                types.len()
            )));
        }
        let unknown_id = gguf
            .optional_usize("tokenizer.ggml.unknown_token_id")?
            .or_else(|| types.iter().position(|&kind| kind == UNKNOWN))
            .filter(|&id| id < tokens.len())
            .ok_or_else(|| Error::Damaged("its vocabulary has no token for unknown characters".to_owned()))?;
        let charsmap = gguf.optional_i64s("tokenizer.ggml.precompiled_charsmap")?;
        let charsmap = charsmap.map(|bytes| Charsmap::from_metadata(&bytes)).transpose()?;
        let pieces = (0_u32..)
            .zip(tokens)
            .zip(scores.into_iter().zip(types))
            .filter(|((_, piece), (_, kind))| !piece.is_empty() && ![UNKNOWN, CONTROL, UNUSED].contains(kind))
            .map(|((id, piece), (score, _))| (piece, score, id))
            .collect();
        Self::new(pieces, unknown_id as u32, charsmap)
    }

    /// A model of `pieces`: text, log probability, token id.
    fn new(
        pieces: Vec<(&str, f32, u32)>,
        unknown_id: u32,
        charsmap: Option<Charsmap>,
    ) -> Result<Self, Error> {
        if pieces.iter().any(|(_, score, _)| !score.is_finite()) {
            return Err(Error::Damaged("its vocabulary has a score that is no number".to_owned()));
        }
        let rarest = pieces.iter().map(|&(_, score, _)| score).fold(0.0, f32::min);
        Ok(Self {
            pieces: Pieces::new(pieces)?,
            unknown_id,
            unknown_score: rarest - UNKNOWN_PENALTY,
            charsmap,
        })
    }

    /// The likeliest tokens of a text, without special tokens.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        self.tokens(&self.normalize(text, &mut |_, _| {})).map(|(id, _)| id).collect()
    }

    /// The tokens of [`Self::encode`], each with the bytes of `text` that it stands for. A space in front of a word is
    /// part of the word's first token but not of its bytes.
    pub(crate) fn encode_with_offsets(&self, text: &str) -> Vec<(u32, Range<usize>)> {
        // origins[i] is where in `text` byte i of the normal form comes from.
        let mut origins: Vec<Range<usize>> = Vec::new();
        let normal = self.normalize(text, &mut |origin, len| {
            origins.extend(std::iter::repeat_n(origin, len));
        });
        self.tokens(&normal)
            .map(|(id, range)| {
                let spaces =
                    normal[range.clone()].len() - normal[range.clone()].trim_start_matches(SPACE).len();
                let word = if spaces < range.len() { range.start + spaces..range.end } else { range };
                let origin = |index: usize| origins.get(index).cloned().unwrap_or(text.len()..text.len());
                (id, origin(word.start).start..origin(word.end.saturating_sub(1)).end)
            })
            .collect()
    }

    /// The likeliest split of a normal form: tokens with their bytes in it.
    fn tokens(&self, text: &str) -> impl Iterator<Item = (u32, Range<usize>)> + use<> {
        // best[i] is the best way to tokenize the first i bytes; a start before any step is unreachable.
        let unreached = Step { score: f32::NEG_INFINITY, start: 0, id: self.unknown_id };
        let mut best = vec![unreached; text.len() + 1];
        best[0].score = 0.0;
        for (start, character) in text.char_indices() {
            let score = best[start].score;
            let mut reach = |len: usize, id, step_score: f32| {
                let end = &mut best[start + len];
                if score + step_score > end.score {
                    *end = Step { score: score + step_score, start: start as u32, id };
                }
            };
            self.pieces_at(&text.as_bytes()[start..], |len, piece| {
                reach(len, self.pieces.id(piece), self.pieces.score(piece));
            });
            reach(character.len_utf8(), self.unknown_id, self.unknown_score);
        }
        let mut tokens = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Step { start, id, .. } = best[end];
            tokens.push((id, start as usize..end));
            end = start as usize;
        }
        tokens.into_iter().rev()
    }

    /// Characters replaced by the map, runs of spaces made one, a space in front, and spaces written visibly.
    ///
    /// `written` is told, piece by piece, which bytes of `text` became how many bytes.
    fn normalize(&self, text: &str, written: &mut dyn FnMut(Range<usize>, usize)) -> String {
        let mut normal = String::with_capacity(text.len() + text.len() / 4 + SPACE.len_utf8());
        normal.push(SPACE);
        written(0..0, SPACE.len_utf8());
        let mut after_space = true;
        let mut push = |origin: Range<usize>, replacement: &str| {
            let before = normal.len();
            for character in replacement.chars() {
                if character != ' ' {
                    normal.push(character);
                } else if !after_space {
                    normal.push(SPACE);
                }
                after_space = character == ' ';
            }
            written(origin, normal.len() - before);
        };
        match &self.charsmap {
            Some(charsmap) => charsmap.apply(text, &mut push),
            None => text.char_indices().for_each(|(at, character)| {
                let end = at + character.len_utf8();
                push(at..end, &text[at..end]);
            }),
        }
        normal
    }

    /// Calls `found` with the length and index of each piece that `text` begins with, shortest first.
    fn pieces_at(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        // All pieces in low..high begin with text[..depth]; the one that ends there, if any, sorts first.
        let piece = |index: usize| self.pieces.bytes(index);
        let (mut low, mut high) = (0, self.pieces.len());
        for (depth, &byte) in text.iter().enumerate() {
            low = partition_point(low, high, |index| piece(index)[depth] < byte);
            high = partition_point(low, high, |index| piece(index)[depth] <= byte);
            if low < high && piece(low).len() == depth + 1 {
                found(depth + 1, low);
                low += 1;
            }
            if low == high {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(pieces: &[(&str, f32)]) -> Unigram {
        let pieces = pieces.iter().zip(1..).map(|(&(piece, score), id)| (piece, score, id)).collect();
        Unigram::new(pieces, 0, None).unwrap()
    }

    #[test]
    fn the_likeliest_split_wins_over_the_longest_piece() {
        let model = model(&[("▁", -1.0), ("a", -2.0), ("ab", -9.0), ("b", -2.0), ("▁a", -2.5)]);
        assert_eq!(model.encode("ab"), [5, 4]); // ▁a + b = -4.5; ▁ + ab = -10
    }

    #[test]
    fn unknown_characters_are_a_token_each() {
        let model = model(&[("▁", -1.0), ("a", -2.0)]);
        assert_eq!(model.encode("a🙂🙂a"), [1, 2, 0, 0, 2]);
    }

    #[test]
    fn spaces_run_together_and_the_last_one_stays() {
        let model = model(&[("▁", -1.0), ("a", -2.0)]);
        assert_eq!(model.encode("  a   a  "), [1, 2, 1, 2, 1]);
        assert_eq!(model.encode(""), [1]);
    }

    #[test]
    fn tokens_know_their_bytes() {
        let table =
            Charsmap::compile(vec![Replacement { from: "ﬁ".to_owned(), to: "fi".to_owned() }]).unwrap();
        let bytes: Vec<i64> = table.into_iter().map(i64::from).collect();
        let mut model = model(&[("▁", -1.0), ("▁f", -2.0), ("i", -2.0), ("è", -2.0)]);
        model.charsmap = Some(Charsmap::from_metadata(&bytes).unwrap());
        // "ﬁ" has three bytes, "è" two; two spaces become one.
        assert_eq!(model.encode_with_offsets("  è  ﬁ"), [(1, 0..0), (4, 2..4), (2, 6..9), (3, 6..9)]);
        assert_eq!(model.encode("  è  ﬁ"), [1, 4, 2, 3]);
    }

    #[test]
    fn a_piece_that_begins_others_is_found_with_them() {
        let model = model(&[("a", -3.0), ("ab", -2.0), ("abc", -1.0), ("ac", -1.0), ("▁", -1.0)]);
        let mut found = Vec::new();
        model.pieces_at(b"abcd", |len, piece| found.push((len, model.pieces.id(piece))));
        assert_eq!(found, [(1, 1), (2, 2), (3, 3)]);
    }
}
