//! Passages in the order of how likely they are to answer, from what search, reader, headings and words say of each.

use std::collections::HashSet;

use daneel_corpus::Language;
use daneel_index::ChunkId;
use daneel_model::{Embedder, Reading, TextKind};

use crate::gate::Passage;
use crate::retrieval::Found;
use crate::units::units;
use crate::{Error, Source, gate, words};

/// Keeps logarithms finite.
const LEAST_PROBABILITY: f32 = 1e-4;
/// The share of words that counts where they cannot be compared, since passage and question are in different languages.
const NO_COVERAGE: f32 = 0.5;

/// Weights of [`Signals`]: a conditional logit (McFadden 1974), which of a question's passages answers, that `daneel eval fit`
/// makes over questions of several corpora; `docs/benchmarks.md` says which.
const WEIGHTS: Signals = Signals {
    answerable: 0.9,
    retrieval: 2.5,
    cosine: 23.5,
    heading: 10.2,
    path: 8.9,
    coverage: 1.4,
    unit_coverage: 1.24,
    same_language: 0.7,
};

/// What is known of a passage. Cosines are with the question's vector.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signals {
    /// Log-odds of the reader's judgement that it answers; 0 where there is no reader.
    answerable: f32,
    /// The search's score, 0 to 1.
    retrieval: f32,
    /// Cosine of the passage, less the largest of the question's passages; 0 where there is no embedder.
    cosine: f32,
    /// Cosine of the heading right above it, less the largest of the question's passages; 0 where there is no embedder.
    heading: f32,
    /// Cosine of title and headings together, less the largest.
    path: f32,
    /// Share of the question's words that passage and headings hold.
    coverage: f32,
    /// The largest share that one sentence, item or row holds, with the headings.
    unit_coverage: f32,
    /// 1 where it is in the question's language.
    same_language: f32,
}

impl Signals {
    /// Names of [`Self::values`].
    pub const NAMES: [&'static str; 8] = [
        "answerable",
        "retrieval",
        "cosine",
        "heading",
        "path",
        "coverage",
        "unit_coverage",
        "same_language",
    ];

    pub fn values(&self) -> [f32; 8] {
        [
            self.answerable,
            self.retrieval,
            self.cosine,
            self.heading,
            self.path,
            self.coverage,
            self.unit_coverage,
            self.same_language,
        ]
    }

    fn dot(&self, weights: &Self) -> f32 {
        self.values().into_iter().zip(weights.values()).map(|(value, weight)| value * weight).sum()
    }
}

/// A passage with what is known of it.
struct Candidate {
    source: Source,
    chunk: ChunkId,
    signals: Signals,
    reading: Option<Reading>,
}

impl Candidate {
    fn score(&self) -> f32 {
        self.signals.dot(&WEIGHTS)
    }
}

/// Passages in order, the likeliest to answer first.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    /// Numbered in order.
    pub sources: Vec<Source>,
    /// What a reader made of the first ones, in the same order; none where there is no reader.
    pub readings: Vec<Reading>,
    /// What tells whether they answer, where a reader read them.
    pub gate: Option<gate::Signals>,
    /// What the first ones, which the reader read, were put in order by.
    pub signals: Vec<Signals>,
    /// The chunk of each source.
    pub chunks: Vec<ChunkId>,
    /// The largest cosine that a heading, or a title with its headings, has with the question; none where there is no embedder.
    pub nearest_heading: Option<f32>,
    /// How likely each is to be the one that answers, if one of them does: together 1.
    pub shares: Vec<f32>,
}

/// The question, as passages are compared with it.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub text: &'a str,
    pub language: Language,
    /// The embedder and the question's vector, where there are any.
    pub meaning: Option<(&'a Embedder, &'a [f32])>,
}

/// The passages that were found in order, as many as `limit`, numbered anew from the lowest number that they had. Those
/// that a reader had no time for stay behind those that it read.
pub(crate) async fn rank(
    question: &Question<'_>,
    found: Found,
    readings: Vec<Reading>,
    limit: usize,
) -> Result<Ranking, Error> {
    let n_ranked = if readings.is_empty() { found.sources.len() } else { readings.len() };
    let mut sources = found.sources;
    let unread = sources.split_off(n_ranked.min(sources.len()));
    let unread = unread.into_iter().zip(found.hits[n_ranked.min(found.hits.len())..].iter());
    let first = sources.iter().map(|source| source.number).min().unwrap_or(1);
    let (headings, nearest_heading) = cosines(question, &sources).await?;
    let wanted = words::of_question(question.text, question.language);
    let mut readings = readings.into_iter();
    let mut ranked: Vec<Candidate> = Vec::with_capacity(sources.len());
    let most_cosine = found.hits.iter().filter_map(|hit| hit.cosine).fold(f32::MIN, f32::max);
    for ((source, hit), (heading, path)) in sources.into_iter().zip(&found.hits).zip(headings) {
        let reading = readings.next();
        let (coverage, unit_coverage) = coverages(&wanted, &source, question.language);
        let signals = Signals {
            answerable: reading.as_ref().map_or(0.0, |reading| log_odds(reading.answerable)),
            retrieval: hit.score,
            cosine: hit.cosine.map_or(0.0, |cosine| cosine - most_cosine),
            heading,
            path,
            coverage,
            unit_coverage,
            same_language: f32::from(u8::from(source.language == question.language)),
        };
        ranked.push(Candidate { source, chunk: hit.chunk, signals, reading });
    }
    let read = ranked.iter().filter(|candidate| candidate.reading.is_some());
    let read: Vec<Passage<'_>> = read
        .map(|Candidate { source, signals, .. }| Passage {
            source,
            answerable: signals.answerable,
            coverage: signals.coverage,
        })
        .collect();
    let gate = gate::Signals::of(question.text, question.language, &wanted, &read);
    ranked.sort_by(|a, b| b.score().total_cmp(&a.score()));
    ranked.truncate(limit);
    let shares = softmax(&ranked.iter().map(Candidate::score).collect::<Vec<_>>());
    let mut ranking = Ranking { shares, nearest_heading, gate, ..Ranking::default() };
    for Candidate { source, chunk, signals, reading } in ranked {
        ranking.sources.push(source);
        ranking.signals.push(signals);
        ranking.chunks.push(chunk);
        ranking.readings.extend(reading);
    }
    let room = limit - ranking.sources.len();
    for (source, hit) in unread.take(room) {
        ranking.sources.push(source);
        ranking.chunks.push(hit.chunk);
        ranking.shares.push(0.0);
    }
    for (number, source) in (first..).zip(&mut ranking.sources) {
        source.number = number;
    }
    Ok(ranking)
}

/// For each source, how near its heading and how near title and headings together come to the question, each less the
/// nearest: encoders crowd cosines into a narrow band, and only differences within a question say something. And the nearest of all.
async fn cosines(
    question: &Question<'_>,
    sources: &[Source],
) -> Result<(Vec<(f32, f32)>, Option<f32>), Error> {
    let Some((embedder, vector)) = question.meaning else {
        return Ok((vec![(0.0, 0.0); sources.len()], None));
    };
    let headings: Vec<&str> =
        sources.iter().map(|source| source.headings.last().unwrap_or(&source.title).as_str()).collect();
    let paths: Vec<String> = sources.iter().map(Source::path).collect();
    let texts: Vec<&str> = headings.into_iter().chain(paths.iter().map(String::as_str)).collect();
    // A heading and a question are of one kind: both name what is spoken of.
    let vectors = embedder.embed(&texts, TextKind::Query).await?;
    let cosines: Vec<f32> = vectors.iter().map(|other| words::dot(other, vector)).collect();
    let (headings, paths) = cosines.split_at(sources.len());
    let most = |cosines: &[f32]| cosines.iter().copied().fold(f32::MIN, f32::max);
    let (most_heading, most_path) = (most(headings), most(paths));

    let differences = headings.iter().zip(paths).map(|(a, b)| (a - most_heading, b - most_path)).collect();
    Ok((differences, Some(most_heading.max(most_path)).filter(|_| !sources.is_empty())))
}

/// Shares of the question's words that the whole source holds, and that the best of its units does.
fn coverages(wanted: &HashSet<String>, source: &Source, language: Language) -> (f32, f32) {
    if wanted.is_empty() || source.language != language {
        return (NO_COVERAGE, NO_COVERAGE);
    }
    let header = words::of_header(source);
    let of_unit = units(&source.text, source.language).into_iter().map(|unit| {
        let mut offered = words::content_words(&unit.words(&source.text), source.language);
        offered.extend(header.iter().cloned());
        words::coverage(wanted, &offered)
    });
    (words::coverage(wanted, &words::of_source(source)), of_unit.fold(0.0, f32::max))
}

/// Log-odds of a probability, finite for 0 and 1 too.
pub(crate) fn log_odds(probability: f32) -> f32 {
    let probability = probability.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
    (probability / (1.0 - probability)).ln()
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let exps: Vec<f32> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let sum: f32 = exps.iter().sum();
    exps.iter().map(|exp| exp / sum).collect()
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use daneel_index::Hit;

    fn reading(answerable: f32) -> Reading {
        Reading { answerable, spans: vec![] }
    }

    fn ranked(texts: &[(&str, f32, f32)], readings: Vec<Reading>, limit: usize) -> Ranking {
        let sources = (4..).zip(texts).map(|(number, (text, ..))| Source::of_text(number, text)).collect();
        let hits = (0..).zip(texts).map(|(id, (_, score, cosine))| Hit {
            chunk: ChunkId(id),
            score: *score,
            bm25: None,
            cosine: Some(*cosine),
        });
        let found = Found { sources, hits: hits.collect(), vector: None };
        let question =
            Question { text: "When was the tower built?", language: Language::ENGLISH, meaning: None };
        block_on(rank(&question, found, readings, limit)).unwrap()
    }

    #[test]
    fn the_likeliest_passage_comes_first_and_is_number_one() {
        let texts = [("a", 0.5, 0.8), ("b", 0.4, 0.8), ("c", 0.9, 0.8), ("not read", 0.1, 0.8)];
        let readings = vec![reading(0.2), reading(0.99), reading(0.2)];
        let ranking = ranked(&texts, readings, 4);
        let order: Vec<_> =
            ranking.sources.iter().map(|source| (source.number, source.text.as_str())).collect();
        assert_eq!(order, [(4, "b"), (5, "c"), (6, "a"), (7, "not read")]);
        assert_eq!(ranking.readings[0].answerable, 0.99);
        assert_eq!(ranking.chunks, [1, 2, 0, 3].map(ChunkId));
        assert!((ranking.shares.iter().sum::<f32>() - 1.0).abs() < 1e-5 && ranking.shares[3] == 0.0);
    }
}
