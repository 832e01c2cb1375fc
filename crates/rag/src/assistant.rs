//! The assistant: an index, an embedder and a generator, each of which may still be on its way.

use std::ops::ControlFlow;

use daneel_corpus::Language;
use daneel_index::{ChunkId, Hit, Index, Query};
use daneel_model::{Embedder, Finish, Generator, Message, Piece, Role, Sampling, TextKind};
use serde::{Deserialize, Serialize};

use crate::cite::Citer;
use crate::manifest::FORMAT_VERSION;
use crate::prompt::Style;
use crate::relevance::{self, Signals};
use crate::{
    Answer, AnswerEvent, AnswerKind, Error, Figures, Manifest, Sentence, SentenceKind, Source, Turn, extract,
    phrases, prompt, question, words,
};

/// Most passages offered to an answer.
const SOURCES: usize = 5;
/// Hits fetched before near-duplicates are dropped.
const HITS: usize = 24;
/// Two passages with at least this cosine say the same.
const NEAR_DUPLICATE: f32 = 0.97;
/// Passages whose words count for relevance.
const RELEVANCE_DEPTH: usize = 3;
/// How long a reader should wait for the first word, in seconds: it bounds the prompt.
const PREFILL_SECONDS: f64 = 8.0;
/// Tokens of a prompt, whatever the engine's speed: less is no use, more does not make an answer better.
const PROMPT_TOKENS: (usize, usize) = (448, 2048);
/// Prefill speed assumed until one is measured, tokens per second.
const ASSUMED_RATE: f64 = 60.0;

/// A model file below this size is a very small model: fewer than about half a billion parameters.
const SMALL_MODEL_BYTES: u64 = 256 << 20;
/// Most tokens of a very small model's answer: what it says later is repetition.
const SMALL_ANSWER_TOKENS: usize = 128;

/// How far the search has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchTier {
    /// By words alone: the embedder is not there yet.
    Keyword,
    /// By words and meaning.
    Semantic,
}

/// One passage found, with the scores of each arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceHit {
    /// The passage.
    pub source: Source,
    /// Fused score.
    pub score: f32,
    /// BM25 score, where the keyword arm found it.
    pub bm25: Option<f32>,
    /// Cosine, where the vector arm found it.
    pub cosine: Option<f32>,
}

/// What a search found, best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// How it was searched.
    pub tier: SearchTier,
    /// The passages.
    pub hits: Vec<SourceHit>,
}

/// Answers questions from one site. Parts are set as they arrive.
pub struct Assistant {
    manifest: Manifest,
    pub(crate) index: Option<Index>,
    pub(crate) embedder: Option<Embedder>,
    pub(crate) generator: Option<Generator>,
    /// Measured prefill speed, tokens per second.
    prefill_rate: f64,
}

/// What was found for a question.
struct Found {
    hits: Vec<Hit>,
    /// The question's vector, where there is an embedder.
    vector: Option<Vec<f32>>,
    /// Probability that the corpus answers the question.
    relevance: f32,
}

impl Assistant {
    /// An assistant that knows the site but has nothing loaded.
    ///
    /// # Errors
    /// If the manifest is of another format version.
    pub fn new(manifest: Manifest) -> Result<Self, Error> {
        if manifest.format_version != FORMAT_VERSION {
            return Err(Error::Mismatch(format!(
                "its format is version {}, this program reads version {FORMAT_VERSION}",
                manifest.format_version
            )));
        }
        Ok(Self { manifest, index: None, embedder: None, generator: None, prefill_rate: ASSUMED_RATE })
    }

    /// The site.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Sets the index: keyword search works from here on.
    ///
    /// # Errors
    /// If the index was built with another embedder than the manifest names.
    pub fn set_index(&mut self, index: Index) -> Result<(), Error> {
        let built_with = &index.recipe().embedder;
        if built_with.sha256 != self.manifest.embedder.sha256 {
            return Err(Error::Mismatch(format!(
                "the index was built with `{}`, the site has `{}`",
                built_with.name, self.manifest.embedder.name
            )));
        }
        self.index = Some(index);
        Ok(())
    }

    /// Sets the embedder: semantic search and better extractive answers work from here on.
    ///
    /// # Errors
    /// If its vectors are of another length than the index's.
    pub fn set_embedder(&mut self, embedder: Embedder) -> Result<(), Error> {
        if let Some(index) = &self.index {
            let dimensions = index.recipe().embedder.dimensions;
            if embedder.dimensions() != dimensions {
                return Err(Error::Mismatch(format!(
                    "the index has vectors of {dimensions} dimensions, the embedder makes {}",
                    embedder.dimensions()
                )));
            }
        }
        self.embedder = Some(embedder);
        Ok(())
    }

    /// Sets the chat model: generated answers work from here on.
    pub fn set_generator(&mut self, generator: Generator) {
        self.generator = Some(generator);
    }

    /// Reads the instructions ahead of the first question, so that it need not wait for them, and learns the speed.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn warm_up(&mut self, language: Language) -> Result<(), Error> {
        let language = self.manifest.prompt_language(language);
        let style = self.style();
        let Some(generator) = &mut self.generator else { return Ok(()) };
        let messages = [
            prompt::system_message(&self.manifest.persona, language, style),
            Message { role: Role::User, content: phrases::phrases(language).passages.to_owned() },
        ];
        let sampling = Sampling { max_tokens: 1, temperature: 0.0, ..Sampling::default() };
        let generation = generator.generate(&messages, &sampling, &mut |_| ControlFlow::Continue(())).await?;
        self.learn_rate(generation.prompt_tokens - generation.reused_tokens, generation.prefill_seconds);
        Ok(())
    }

    /// Reads the instructions as [`Self::warm_up`] does, and gives what came of it, for [`Part::restore_prompt`](crate::Part::restore_prompt).
    ///
    /// # Errors
    /// If there is no chat model, or the engine fails.
    pub async fn read_prompt(&mut self, language: Language) -> Result<Vec<u8>, Error> {
        self.warm_up(language).await?;
        let generator = self.generator.as_ref().ok_or(Error::NotReady("the chat model"))?;
        Ok(generator.save_state().await?)
    }

    /// Searches with what is there.
    ///
    /// # Errors
    /// If the index is missing or the query empty.
    pub async fn search(&self, query: &str, limit: usize) -> Result<SearchResults, Error> {
        let query = question::checked(query)?;
        let (hits, vector) = self.hits(query, self.language_of(query), limit).await?;
        let tier = if vector.is_some() { SearchTier::Semantic } else { SearchTier::Keyword };
        let hits = hits
            .iter()
            .enumerate()
            .map(|(position, hit)| {
                let source = self.source(hit.chunk, position + 1)?;
                Ok(SourceHit { source, score: hit.score, bm25: hit.bm25, cosine: hit.cosine })
            })
            .collect::<Result<_, Error>>()?;
        Ok(SearchResults { tier, hits })
    }

    /// Answers a question that follows `history`; `on_event` breaks it off within one token.
    ///
    /// # Errors
    /// If the question is empty or too long, or an engine fails.
    pub async fn ask(
        &mut self,
        question: &str,
        history: &[Turn],
        sampling: &Sampling,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, Error> {
        let question = question::checked(question)?;
        let language = self.language_of(question);
        let found = self.find(question, language, history).await?;
        if found.relevance < relevance::THRESHOLD {
            let answer = not_found(language);
            let stopped = tell(&answer.sentences, on_event).is_break();
            return Ok(Answer { stopped, ..answer });
        }
        let sources: Vec<Source> = (1..)
            .zip(&found.hits)
            .map(|(number, hit)| self.source(hit.chunk, number))
            .collect::<Result<_, _>>()?;
        if self.generator.is_none() || !self.manifest.speaks(language) {
            return self.extract(question, language, found.vector, sources, on_event).await;
        }
        let offered = sources.clone();
        let (answer, is_grounded) =
            self.generate(question, language, offered, history, sampling, on_event).await?;
        if is_grounded || answer.stopped {
            return Ok(answer);
        }
        // The model made something up: what the texts themselves say takes its place.
        let quoted = self.extract(question, language, found.vector, sources, on_event).await?;
        Ok(Answer { figures: answer.figures, ..quoted })
    }

    /// The model's answer, and whether the passages support it.
    async fn generate(
        &mut self,
        question: &str,
        language: Language,
        mut sources: Vec<Source>,
        history: &[Turn],
        sampling: &Sampling,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<(Answer, bool), Error> {
        let style = self.style();
        let mut sampling = sampling.clone();
        if style == Style::Small {
            sampling.max_tokens = sampling.max_tokens.min(SMALL_ANSWER_TOKENS);
        }
        let generator = self.generator.as_mut().ok_or(Error::NotReady("the chat model"))?;
        let room = generator.context_length().saturating_sub(sampling.max_tokens);
        let affordable = (self.prefill_rate * PREFILL_SECONDS) as usize;
        let budget = affordable.clamp(PROMPT_TOKENS.0, PROMPT_TOKENS.1).min(room);
        let messages = prompt::pack(
            &self.manifest.persona,
            language,
            style,
            question,
            &mut sources,
            history,
            budget,
            |messages| generator.count_prompt_tokens(messages),
        )?;
        let mut flow = on_event(AnswerEvent::Sources(sources.clone()));
        let mut on_piece = |piece| {
            if flow.is_continue() {
                if let Piece::Prefill(done, total) = piece {
                    flow = on_event(AnswerEvent::Prefill(done, total));
                }
            }
            flow
        };
        let gpu = generator.is_on_gpu();
        let generation = generator.generate(&messages, &sampling, &mut on_piece).await?;
        self.learn_rate(generation.prompt_tokens - generation.reused_tokens, generation.prefill_seconds);
        let text = match generation.finish {
            Finish::Length => without_broken_end(&generation.text),
            Finish::Stop | Finish::Cancelled => generation.text.trim(),
        };
        let cited = Citer::new(&sources).cite(text, language);
        let is_grounded = cited.is_grounded();
        let stopped = generation.finish == Finish::Cancelled
            || (is_grounded && tell(&cited.sentences, on_event).is_break());
        let answer = Answer {
            sentences: cited.sentences,
            kind: AnswerKind::Generated,
            language,
            question: None,
            sources,
            stopped,
            figures: Some(Figures {
                prompt_tokens: generation.prompt_tokens,
                reused_tokens: generation.reused_tokens,
                generated_tokens: generation.generated_tokens,
                prefill_seconds: generation.prefill_seconds,
                decode_seconds: generation.decode_seconds,
                gpu,
            }),
        };
        Ok((answer, is_grounded))
    }

    async fn extract(
        &self,
        question: &str,
        language: Language,
        vector: Option<Vec<f32>>,
        sources: Vec<Source>,
        on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>,
    ) -> Result<Answer, Error> {
        let mut stopped = on_event(AnswerEvent::Sources(sources.clone())).is_break();
        let query = self.embedder.as_ref().zip(vector.as_deref());
        let sentences = extract::extract(question, language, query, &sources).await?;
        stopped = stopped || tell(&sentences, on_event).is_break();
        let kind = AnswerKind::Extractive;
        Ok(Answer { sentences, kind, language, question: None, sources, stopped, figures: None })
    }

    /// The passages for a question, near-duplicates dropped, and whether they answer it.
    async fn find(&self, question: &str, language: Language, history: &[Turn]) -> Result<Found, Error> {
        let index = self.index.as_ref().ok_or(Error::NotReady("the index"))?;
        let standalone = question::standalone(question, language, history);
        let (hits, vector) = self.hits(&standalone, language, HITS).await?;
        let mut kept: Vec<Hit> = Vec::with_capacity(SOURCES);
        let mut kept_vectors: Vec<Vec<f32>> = Vec::with_capacity(SOURCES);
        for hit in hits {
            let candidate = index.vector(hit.chunk);
            if kept_vectors.iter().all(|other| dot(other, &candidate) < NEAR_DUPLICATE) {
                kept.push(hit);
                kept_vectors.push(candidate);
            }
            if kept.len() == SOURCES {
                break;
            }
        }
        let relevance = self.relevance(&standalone, language, &kept, vector.is_some())?;
        Ok(Found { hits: kept, vector, relevance })
    }

    fn relevance(
        &self,
        question: &str,
        language: Language,
        hits: &[Hit],
        semantic: bool,
    ) -> Result<f32, Error> {
        let calibrated = semantic && self.manifest.embedder.name == relevance::CALIBRATED_EMBEDDER;
        let cosine = hits.iter().filter_map(|hit| hit.cosine).reduce(f32::max).filter(|_| calibrated);
        let wanted = words::content_words(question, language);
        let mut coverage: Option<f32> = None;
        for hit in hits.iter().take(RELEVANCE_DEPTH) {
            let source = self.source(hit.chunk, 0)?;
            // Words are not shared across languages, but names are, and without a cosine they are all there is.
            if source.language == language || cosine.is_none() {
                let held = words::coverage(&wanted, &words::of_source(&source));
                coverage = Some(coverage.map_or(held, |most| most.max(held)));
            }
        }
        Ok(relevance::probability(Signals { cosine, coverage }))
    }

    async fn hits(
        &self,
        query: &str,
        language: Language,
        limit: usize,
    ) -> Result<(Vec<Hit>, Option<Vec<f32>>), Error> {
        let index = self.index.as_ref().ok_or(Error::NotReady("the index"))?;
        let vector = match &self.embedder {
            Some(embedder) => embedder.embed(&[query], TextKind::Query).await?.pop(),
            None => None,
        };
        let hits =
            index.search(&Query { text: query, language: Some(language), vector: vector.as_deref(), limit });
        Ok((hits, vector))
    }

    fn source(&self, chunk: ChunkId, number: usize) -> Result<Source, Error> {
        let chunk = self.index.as_ref().ok_or(Error::NotReady("the index"))?.chunk(chunk)?;
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

    fn language_of(&self, question: &str) -> Language {
        question::language(question, &self.manifest.languages)
    }

    /// How much the chat model can be asked to do.
    fn style(&self) -> Style {
        let size = |model: &crate::ModelEntry| model.shards.iter().map(|shard| shard.size).sum::<u64>();
        match &self.manifest.chat {
            Some(model) if size(model) < SMALL_MODEL_BYTES => Style::Small,
            _ => Style::Full,
        }
    }

    fn learn_rate(&mut self, tokens: usize, seconds: f64) {
        if tokens >= 16 && seconds > 0.0 {
            self.prefill_rate = tokens as f64 / seconds;
        }
    }
}

/// Streams finished sentences until nobody listens.
fn tell(sentences: &[Sentence], on_event: &mut dyn FnMut(AnswerEvent) -> ControlFlow<()>) -> ControlFlow<()> {
    sentences.iter().cloned().map(AnswerEvent::Sentence).try_for_each(on_event)
}

fn not_found(language: Language) -> Answer {
    let said = Sentence {
        lead: String::new(),
        text: phrases::phrases(language).not_found.to_owned(),
        kind: SentenceKind::Said,
        support: Vec::new(),
        highlight: None,
    };
    Answer {
        sentences: vec![said],
        kind: AnswerKind::NotFound,
        language,
        question: None,
        sources: Vec::new(),
        stopped: false,
        figures: None,
    }
}

/// A text that ran out of tokens, up to the end of its last whole sentence.
fn without_broken_end(text: &str) -> &str {
    let text = text.trim();
    text.rfind(['.', '!', '?', '\n']).map_or(text, |end| text[..=end].trim_end())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
