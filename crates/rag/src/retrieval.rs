//! A question becomes the passages that come nearest to it.

use daneel_corpus::Language;
use daneel_index::{ChunkId, Hit, Index, Query};
use daneel_model::{Embedder, TextKind};

use crate::plan::LookUp;
use crate::{Error, Source, words};

/// Hits fetched before near-duplicates are dropped.
const HITS: usize = 24;
/// Two passages with at least this cosine say the same.
const NEAR_DUPLICATE: f32 = 0.97;

/// Searches with what is there.
#[derive(Clone, Copy)]
pub(crate) struct Retriever<'a> {
    pub index: &'a Index,
    pub embedder: Option<&'a Embedder>,
}

/// The passages for a question, best first.
pub(crate) struct Found {
    /// Numbered in order.
    pub sources: Vec<Source>,
    /// The hit of each source.
    pub hits: Vec<Hit>,
    /// The question's vector, where there is an embedder.
    pub vector: Option<Vec<f32>>,
}

impl Retriever<'_> {
    /// At most `limit` passages without near-duplicates, numbered from `first`. Where the look-up prefers its
    /// language, passages in that one come before the others.
    pub async fn passages(&self, look_up: &LookUp, first: usize, limit: usize) -> Result<Found, Error> {
        let (hits, vector) = self.hits(&look_up.question, look_up.asked_in, HITS.max(limit)).await?;
        let mut kept: Vec<(Hit, Source)> = Vec::with_capacity(limit);
        let mut kept_vectors: Vec<Vec<f32>> = Vec::with_capacity(limit);
        for hit in hits {
            let candidate = self.index.vector(hit.chunk);
            if kept_vectors.iter().all(|other| words::dot(other, &candidate) < NEAR_DUPLICATE) {
                kept.push((hit, self.source(hit.chunk, 0)?));
                kept_vectors.push(candidate);
            }
            if kept.len() == limit {
                break;
            }
        }
        if look_up.prefers_language {
            kept.sort_by_key(|(_, source)| source.language != look_up.language);
        }
        let (hits, mut sources): (Vec<Hit>, Vec<Source>) = kept.into_iter().unzip();
        for (number, source) in (first..).zip(&mut sources) {
            source.number = number;
        }
        Ok(Found { sources, hits, vector })
    }

    /// At most `limit` chunks, and the query's vector.
    pub async fn hits(
        &self,
        query: &str,
        language: Language,
        limit: usize,
    ) -> Result<(Vec<Hit>, Option<Vec<f32>>), Error> {
        let vector = match self.embedder {
            Some(embedder) => embedder.embed(&[query], TextKind::Query).await?.pop(),
            None => None,
        };
        let query = Query { text: query, language: Some(language), vector: vector.as_deref(), limit };
        Ok((self.index.search(&query), vector))
    }

    /// What follows a chunk in its section, cut after at most about `bytes`, as it goes on after the chunk's text; nothing where the
    /// section ends with it.
    pub fn continuation(&self, chunk: ChunkId, bytes: usize) -> Result<String, Error> {
        let first = self.index.chunk(chunk)?;
        let mut text = first.text.clone();
        for id in (chunk.0 + 1..).map(ChunkId) {
            let is_same_document = self.index.document_of(id) == self.index.document_of(chunk);
            if !is_same_document || text.len() - first.text.len() >= bytes {
                break;
            }
            let next = self.index.chunk(id)?;
            if next.headings != first.headings || next.anchor != first.anchor {
                break;
            }
            match overlap(&text, &next.text) {
                0 => {
                    text.push_str("\n\n");
                    text.push_str(&next.text);
                }
                overlap => text.push_str(&next.text[overlap..]),
            }
        }
        Ok(text.split_off(first.text.len()))
    }

    /// A chunk as a source.
    pub fn source(&self, chunk: ChunkId, number: usize) -> Result<Source, Error> {
        let chunk = self.index.chunk(chunk)?;
        Ok(Source {
            number,
            href: chunk.href(),
            title: chunk.title,
            headings: chunk.headings,
            date: chunk.date,
            language: chunk.language,
            text: chunk.text,
        })
    }
}

/// Bytes of `next` that repeat the end of `text`: chunks of a section overlap in whole sentences.
fn overlap(text: &str, next: &str) -> usize {
    let (mut end, mut repeated) = (0, 0);
    for sentence in words::sentences(next) {
        end += sentence.len();
        let beginning = next[..end].trim_end();
        if text.ends_with(beginning) {
            repeated = beginning.len();
        }
    }
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_chunk_repeats_of_the_one_before_is_found() {
        assert_eq!(overlap("One. Two. Three.", "Two. Three. Four."), 11);
        assert_eq!(overlap("One. Two.", "Three. Four."), 0);
        assert_eq!(overlap("One.", ""), 0);
    }
}
