//! Chunks become an inverted index, and the words of a query become a BM25 score for each chunk.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the idf of Lucene, which
//! is never negative. Each language has terms, document frequencies and stop words of its own: a query meets the chunks of
//! a language through that language's stemmer, so that names and technical terms are found across languages.

use std::collections::{BTreeMap, HashSet};

use daneel_corpus::Language;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::analysis::{Analyzer, words};
use crate::varint::{item, put_varint, take_varint};

/// How soon a repeated term stops counting; 0.5 to 2, higher counts repetitions longer.
const K1: f32 = 0.9;
/// How much a long chunk is held against its terms; 0 (not at all) to 1 (in proportion).
const B: f32 = 0.75;
/// Characters of a query that are read: a visitor's question fits many times over, a pasted book does not cost seconds.
const MAX_QUERY_CHARACTERS: usize = 4_096;
/// Terms of a query that are scored in each language, the rarest first: they decide the ranking.
const MAX_QUERY_TERMS: usize = 48;

/// The chunks that share an analyzer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partition {
    /// `None` for languages without stemmer.
    pub language: Option<Language>,
    /// How many chunks.
    pub n_chunks: u32,
}

/// The inverted index, encoded as it lies in the artifact.
#[derive(Default)]
pub struct Bm25 {
    partitions: Vec<Partition>,
    analyzers: Vec<Analyzer>,
    /// All terms in order: the byte of the partition, then the stem.
    terms: Vec<u8>,
    /// End of each term in `terms`, a table of `u32`.
    term_ends: Vec<u8>,
    /// For each term: its number of chunks, then (gap to the chunk before, frequency) for each, all varints.
    postings: Vec<u8>,
    /// End of each term's list in `postings`, a table of `u32`.
    posting_ends: Vec<u8>,
    /// Terms in each chunk, a table of `u16`.
    lengths: Vec<u8>,
    /// `K1 * (1 - B + B * length / mean length)` of each chunk.
    norms: Vec<f32>,
}

/// The sections of the artifact that hold an inverted index.
pub struct Sections<B> {
    /// See the field of [`Bm25`] of that name; so with the others.
    pub terms: B,
    pub term_ends: B,
    pub postings: B,
    pub posting_ends: B,
    pub lengths: B,
}

/// One term's list while it grows.
#[derive(Default)]
struct Posting {
    n_chunks: u32,
    last_chunk: u32,
    bytes: Vec<u8>,
}

impl Bm25 {
    /// Counts the terms of every chunk: its language and its text, title and headings included.
    pub fn build<'a>(
        chunks: impl Iterator<Item = (Language, std::borrow::Cow<'a, str>)>,
    ) -> Result<Self, Error> {
        let mut index = Self::default();
        let mut lists: BTreeMap<Vec<u8>, Posting> = BTreeMap::new();
        for (chunk, (language, text)) in (0_u32..).zip(chunks) {
            let partition = index.partition(language)?;
            let mut frequencies: BTreeMap<String, u32> = BTreeMap::new();
            let mut length = 0_u16;
            for term in index.analyzers[partition].terms(&text) {
                *frequencies.entry(term).or_default() += 1;
                length = length.saturating_add(1);
            }
            index.partitions[partition].n_chunks += 1;
            index.lengths.extend(length.to_le_bytes());
            for (term, frequency) in frequencies {
                let list = lists.entry(key(partition, &term)).or_default();
                put_varint(&mut list.bytes, chunk - list.last_chunk);
                put_varint(&mut list.bytes, frequency);
                list.last_chunk = chunk;
                list.n_chunks += 1;
            }
        }
        for (term, list) in lists {
            index.terms.extend(term);
            put_varint(&mut index.postings, list.n_chunks);
            index.postings.extend(list.bytes);
            put_end(&mut index.term_ends, index.terms.len())?;
            put_end(&mut index.posting_ends, index.postings.len())?;
        }
        index.norms = norms(&index.lengths);
        Ok(index)
    }

    /// Takes an inverted index over `n_chunks` chunks out of its sections.
    pub fn decode(
        partitions: Vec<Partition>,
        sections: Sections<&[u8]>,
        n_chunks: usize,
    ) -> Result<Self, Error> {
        let damaged = |what: &str| Err(Error::Damaged(format!("its keyword index {what}")));
        if sections.lengths.len() != n_chunks * 2 {
            return damaged("has not one length for each chunk");
        }
        if sections.term_ends.len() != sections.posting_ends.len()
            || !sections.term_ends.len().is_multiple_of(4)
        {
            return damaged("has not one list for each term");
        }
        if partitions.len() > usize::from(u8::MAX) {
            return damaged("has too many languages");
        }
        Ok(Self {
            analyzers: partitions.iter().map(|partition| Analyzer::new(partition.language)).collect(),
            partitions,
            terms: sections.terms.to_vec(),
            term_ends: sections.term_ends.to_vec(),
            postings: sections.postings.to_vec(),
            posting_ends: sections.posting_ends.to_vec(),
            norms: norms(sections.lengths),
            lengths: sections.lengths.to_vec(),
        })
    }

    /// The sections as they are written.
    pub fn sections(&self) -> Sections<&[u8]> {
        Sections {
            terms: &self.terms,
            term_ends: &self.term_ends,
            postings: &self.postings,
            posting_ends: &self.posting_ends,
            lengths: &self.lengths,
        }
    }

    /// The languages, and how many chunks each has.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The score of every chunk for a query, 0 where no term of the query occurs.
    pub fn scores(&self, text: &str, language: Option<Language>) -> Vec<f32> {
        let mut scores = vec![0.0; self.norms.len()];
        let end = text.char_indices().nth(MAX_QUERY_CHARACTERS).map_or(text.len(), |(end, _)| end);
        let mut query: Vec<String> = words(&text[..end]).collect();
        // "come" is "how" to an Italian, and a verb in an English chunk: the asker's language decides.
        let own =
            self.analyzers.iter().find(|analyzer| language.is_some() && analyzer.language() == language);
        if let Some(own) = own {
            query.retain(|word| !own.is_stop_word(word));
        }
        for (partition, analyzer) in self.analyzers.iter().enumerate() {
            let terms: HashSet<String> = query.iter().filter_map(|word| analyzer.term(word)).collect();
            let mut lists: Vec<(u32, &[u8])> =
                terms.iter().filter_map(|term| self.list(&key(partition, term))).collect();
            lists.sort_unstable();
            lists.truncate(MAX_QUERY_TERMS);
            let n_chunks = self.partitions[partition].n_chunks;
            for (frequency, list) in lists {
                self.add(list, idf(n_chunks, frequency), &mut scores);
            }
        }
        scores
    }

    /// Adds one term's share to the scores of the chunks it occurs in.
    fn add(&self, mut list: &[u8], idf: f32, scores: &mut [f32]) {
        let mut chunk = 0_u32;
        while let (Some(gap), Some(frequency)) = (take_varint(&mut list), take_varint(&mut list)) {
            chunk = chunk.saturating_add(gap);
            let (Some(score), Some(norm)) = (scores.get_mut(chunk as usize), self.norms.get(chunk as usize))
            else {
                return;
            };
            let frequency = frequency as f32;
            *score += idf * frequency * (K1 + 1.0) / (frequency + norm);
        }
    }

    /// A term's number of chunks and its list, found by binary search.
    fn list(&self, key: &[u8]) -> Option<(u32, &[u8])> {
        let (mut low, mut high) = (0, self.term_ends.len() / 4);
        while low < high {
            let middle = low + (high - low) / 2;
            match item(&self.terms, &self.term_ends, middle)?.cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let mut list = item(&self.postings, &self.posting_ends, middle)?;
                    return Some((take_varint(&mut list)?, list));
                }
            }
        }
        None
    }

    /// The partition of a language, made at its first chunk. Languages without stemmer share one.
    fn partition(&mut self, language: Language) -> Result<usize, Error> {
        let known = |wanted| self.partitions.iter().position(|partition| partition.language == wanted);
        if let Some(found) = known(Some(language)) {
            return Ok(found);
        }
        let analyzer = Analyzer::new(Some(language));
        if let Some(found) = known(analyzer.language()) {
            return Ok(found);
        }
        self.partitions.push(Partition { language: analyzer.language(), n_chunks: 0 });
        self.analyzers.push(analyzer);
        Ok(self.partitions.len() - 1)
    }
}

/// Inverse document frequency: `ln(1 + (n - df + 0.5) / (df + 0.5))`.
fn idf(n_chunks: u32, frequency: u32) -> f32 {
    let (n, df) = (n_chunks as f32, frequency.min(n_chunks) as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

/// What the length of each chunk does to its terms.
fn norms(lengths: &[u8]) -> Vec<f32> {
    let lengths = || lengths.as_chunks::<2>().0.iter().map(|bytes| f32::from(u16::from_le_bytes(*bytes)));
    let total: f64 = lengths().map(f64::from).sum();
    let mean = (total / lengths().len().max(1) as f64).max(1.0) as f32;
    lengths().map(|length| K1 * (1.0 - B + B * length / mean)).collect()
}

fn key(partition: usize, term: &str) -> Vec<u8> {
    // There are fewer analyzers than a byte can count.
    let mut key = Vec::with_capacity(1 + term.len());
    key.push(partition as u8);
    key.extend(term.as_bytes());
    key
}

fn put_end(ends: &mut Vec<u8>, end: usize) -> Result<(), Error> {
    let end = u32::try_from(end).map_err(|_| Error::TooLarge("the keyword index"))?;
    ends.extend(end.to_le_bytes());
    Ok(())
}
