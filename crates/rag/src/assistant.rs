//! The assistant: an index, an embedder and a generator, each of which may still be on its way.

use std::ops::{ControlFlow, Range};

use daneel_corpus::Language;
use daneel_index::Index;
use daneel_model::{Embedder, Generator, Message, Role, Sampling};
use serde::{Deserialize, Serialize};

use crate::generate::Outcome;
use crate::manifest::FORMAT_VERSION;
use crate::plan::{Intent, LookUp};
use crate::prompt::{Prompt, Style};
use crate::quote::Asked;
use crate::reply::Reply;
use crate::retrieval::Retriever;
use crate::verify::Verifier;
use crate::{
    Answer, AnswerEvent, AnswerKind, Error, Figures, Manifest, Reading, Sentence, Source, Turn, about,
    generate, listing, phrases, plan, prompt, question, quote, reading, relevance,
};

/// Most passages offered to an answer.
const SOURCES: usize = 5;
/// Passages that a reader looks at to find those.
const READ_SOURCES: usize = 10;
/// Passages shown where none answers.
const NEAREST: usize = 3;
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

/// What a look-up came to.
struct LookedUp {
    kind: AnswerKind,
    /// Where a model wrote.
    figures: Option<Figures>,
}

/// What everything that is done for one question needs to know.
struct Request<'a> {
    history: &'a [Turn],
    sampling: &'a Sampling,
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
            Message { role: Role::User, content: phrases::phrases(language).prompt.passages.to_owned() },
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
        let query = question::check_question(query)?;
        let language = question::language(query, &[], &self.manifest.languages);
        let retriever = self.retriever()?;
        let (hits, vector) = retriever.hits(query, language, limit).await?;
        let tier = if vector.is_some() { SearchTier::Semantic } else { SearchTier::Keyword };
        let hits = (1..)
            .zip(&hits)
            .map(|(number, hit)| {
                let source = retriever.source(hit.chunk, number)?;
                Ok(SourceHit { source, score: hit.score, bm25: hit.bm25, cosine: hit.cosine })
            })
            .collect::<Result<_, Error>>()?;
        Ok(SearchResults { tier, hits })
    }

    /// Answers a question that follows `history`; `on_event` breaks it off within one token.
    ///
    /// The sentences told are those of the answer. A very small model takes the likeliest token as long as temperature and
    /// seed are the default ones: what it draws it makes up. Another seed asks for another answer.
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
        let question = question::check_question(question)?;
        let plan = plan::plan(question, history, &self.manifest.languages);
        let (language, rewritten) = (plan.language, plan.rewritten());
        let mut reply = Reply::new(on_event);
        if let Some(question) = &rewritten {
            let _ = reply.tell(AnswerEvent::Question(question.clone()));
        }
        let request = Request { history, sampling };
        let as_it_is = [LookUp::new(question, language)];
        let documents = self.index.as_ref().map_or(&[][..], Index::documents);
        let done = |kind| Ok(LookedUp { kind, figures: None });
        let LookedUp { kind, figures } = match &plan.intent {
            Intent::Remark(remark) => {
                about::remark(*remark, &self.manifest, language, &mut reply);
                done(AnswerKind::Conversation)
            }
            Intent::AboutSite => {
                about::site(&self.manifest, documents, language, &mut reply);
                done(AnswerKind::Conversation)
            }
            Intent::AboutAuthor if about::author(&self.manifest, documents, language, &mut reply) => {
                done(AnswerKind::Conversation)
            }
            // Without a document table only a topic can be listed, by what is found for it.
            Intent::List(list) if list.topic.is_some() || !documents.is_empty() => {
                done(listing::list(list, self.retriever()?, language, &mut reply).await?)
            }
            Intent::AboutAuthor | Intent::List(_) => self.look_up_all(&as_it_is, &request, &mut reply).await,
            Intent::LookUp(look_ups) => self.look_up_all(look_ups, &request, &mut reply).await,
        }?;
        Ok(reply.finish(kind, language, rewritten, figures))
    }

    /// Several questions, one after the other. What was found for any of them makes it an answer.
    async fn look_up_all(
        &mut self,
        look_ups: &[LookUp],
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<LookedUp, Error> {
        let mut all = LookedUp { kind: AnswerKind::NotFound, figures: None };
        for look_up in look_ups {
            if reply.is_stopped() {
                break;
            }
            reply.begin_paragraph();
            let one = self.look_up(look_up, request, reply).await?;
            if one.kind != AnswerKind::NotFound && all.kind != AnswerKind::Generated {
                all.kind = one.kind;
            }
            all.figures = one.figures.or(all.figures);
        }
        Ok(all)
    }

    /// One question: retrieve, decide whether it is answered, write or quote.
    async fn look_up(
        &mut self,
        look_up: &LookUp,
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<LookedUp, Error> {
        let kept = reply.n_sources();
        let question = look_up.question.as_str();
        let limit = if self.has_reader() { READ_SOURCES } else { SOURCES };
        let found = self.retriever()?.passages(look_up, kept + 1, limit).await?;
        reply.offer(kept, &found.sources);
        let (sources, spans, is_answered) = match self.read(question, &found.sources).await? {
            Some(readings) => {
                let (sources, readings) = reading::rank(found.sources, readings, SOURCES);
                reply.offer(kept, &sources);
                let spans = reading::spans(&sources, &readings);
                (sources, spans, reading::answers(&readings))
            }
            None => {
                let embedder = &self.manifest.embedder.name;
                let language = look_up.asked_in;
                let relevance = relevance::of(question, language, &found.sources, &found.hits, embedder);
                (found.sources, Vec::new(), relevance >= relevance::THRESHOLD)
            }
        };
        if !is_answered {
            return Ok(not_found(look_up.language, kept, &sources, reply));
        }
        let mut figures = None;
        // To "tell me more" the model would write the same again.
        if !look_up.wants_more && self.generator.is_some() && self.manifest.speaks(look_up.language) {
            let written = self.write(look_up, &sources, &spans, request, reply).await?;
            figures = Some(written.figures);
            match written.outcome {
                Outcome::Written => return Ok(LookedUp { kind: AnswerKind::Generated, figures }),
                // A reader that found the words knows better.
                Outcome::Abstained if spans.is_empty() => {
                    return Ok(LookedUp { figures, ..not_found(look_up.language, kept, &sources, reply) });
                }
                Outcome::Abstained | Outcome::Unsupported => {}
            }
        }
        let quotes = self.quotes(look_up, &sources, &spans, found.vector.as_deref(), request).await?;
        if quotes.is_empty() {
            return Ok(LookedUp { figures, ..not_found(look_up.language, kept, &sources, reply) });
        }
        quotes.into_iter().for_each(|sentence| reply.push(sentence));
        Ok(LookedUp { kind: AnswerKind::Extractive, figures })
    }

    /// What a reader makes of the passages, where there is one: one reading each, in order.
    async fn read(&self, _question: &str, _sources: &[Source]) -> Result<Option<Vec<Reading>>, Error> {
        Ok(None)
    }

    /// Whether [`Self::read`] reads.
    fn has_reader(&self) -> bool {
        false
    }

    /// The chat model's answer, as far as the passages support it.
    async fn write(
        &mut self,
        look_up: &LookUp,
        sources: &[Source],
        spans: &[(usize, Range<usize>)],
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<generate::Written, Error> {
        let style = self.style();
        let sampling = adapted(request.sampling, style);
        let generator = self.generator.as_mut().ok_or(Error::NotReady("the chat model"))?;
        let room = generator.context_length().saturating_sub(sampling.max_tokens);
        let affordable = (self.prefill_rate * PREFILL_SECONDS) as usize;
        let budget = affordable.clamp(PROMPT_TOKENS.0, PROMPT_TOKENS.1).min(room);
        let (question, language) = (look_up.question.as_str(), look_up.language);
        let persona = &self.manifest.persona;
        let task = Prompt { persona, language, style, question, history: request.history };
        let messages =
            prompt::pack(&task, sources, budget, |messages| generator.count_prompt_tokens(messages))?;
        let embedder = self.embedder.as_ref();
        let verifier = Verifier::new(question, language, sources, spans, embedder.is_some());
        let written = generate::write(generator, embedder, &messages, &sampling, verifier, reply).await?;
        let figures = written.figures;
        self.learn_rate(figures.prompt_tokens - figures.reused_tokens, figures.prefill_seconds);
        Ok(written)
    }

    /// What the passages themselves say.
    async fn quotes(
        &self,
        look_up: &LookUp,
        sources: &[Source],
        spans: &[(usize, Range<usize>)],
        vector: Option<&[f32]>,
        request: &Request<'_>,
    ) -> Result<Vec<Sentence>, Error> {
        let mut said = String::new();
        if look_up.wants_more {
            request.history.iter().for_each(|turn| said.push_str(&turn.answer));
        } else if !spans.is_empty() {
            return Ok(quote::around(spans, sources));
        }
        let meaning = self.embedder.as_ref().zip(vector);
        let (question, language) = (look_up.question.as_str(), look_up.asked_in);
        quote::closest(&Asked { question, language, meaning, said: &said }, sources).await
    }

    fn retriever(&self) -> Result<Retriever<'_>, Error> {
        let index = self.index.as_ref().ok_or(Error::NotReady("the index"))?;
        Ok(Retriever { index, embedder: self.embedder.as_ref() })
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

/// Says that nothing was found, and offers what comes nearest.
fn not_found(language: Language, kept: usize, sources: &[Source], reply: &mut Reply<'_>) -> LookedUp {
    let replies = &phrases::phrases(language).replies;
    let nearest = &sources[..sources.len().min(NEAREST)];
    reply.offer(kept, nearest);
    reply.say("", replies.not_found);
    if !nearest.is_empty() {
        reply.say(" ", replies.nearest);
    }
    LookedUp { kind: AnswerKind::NotFound, figures: None }
}

/// Sampling as a style of model wants it.
fn adapted(sampling: &Sampling, style: Style) -> Sampling {
    let mut sampling = sampling.clone();
    if style == Style::Small {
        sampling.max_tokens = sampling.max_tokens.min(SMALL_ANSWER_TOKENS);
        let usual = Sampling::default();
        if sampling.seed == usual.seed && sampling.temperature == usual.temperature {
            sampling.temperature = 0.0;
        }
    }
    sampling
}

#[cfg(test)]
mod tests;
