//! The assistant: an index, an embedder and a generator, each of which may still be on its way.

use std::ops::ControlFlow;

use daneel_corpus::Language;
use daneel_index::Index;
use daneel_model::{Embedder, Generator, Message, Reader, Role, Sampling};
use serde::{Deserialize, Serialize};

use crate::exemplars::Exemplars;
use crate::manifest::FORMAT_VERSION;
use crate::plan::{Intent, LookUp};
use crate::prompt::Style;
use crate::reply::{LookedUp, Reply};
use crate::retrieval::Retriever;
use crate::{
    Answer, AnswerEvent, AnswerKind, AnswerStyle, Error, Manifest, ReadSearch, Source, Strategy, Turn, about,
    listing, phrases, plan, prompt, question,
};

/// Prefill speed assumed until one is measured, tokens per second.
const ASSUMED_RATE: f64 = 60.0;

/// A model file below this size is a very small model: fewer than about half a billion parameters.
const SMALL_MODEL_BYTES: u64 = 256 << 20;

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
    pub(crate) manifest: Manifest,
    pub(crate) index: Option<Index>,
    pub(crate) embedder: Option<Embedder>,
    pub(crate) reader: Option<Reader>,
    pub(crate) generator: Option<Generator>,
    /// Embedded when they are first needed.
    exemplars: Option<Exemplars>,
    /// Measured prefill speed, tokens per second.
    pub(crate) prefill_rate: f64,
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
        Ok(Self {
            manifest,
            index: None,
            embedder: None,
            reader: None,
            generator: None,
            exemplars: None,
            prefill_rate: ASSUMED_RATE,
        })
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

    /// Sets the reader, after its embedder: from here on it decides what answers a question, and with which words.
    ///
    /// # Errors
    /// If it was trained on another embedder than the manifest names.
    pub fn set_reader(&mut self, reader: Reader) -> Result<(), Error> {
        let (info, embedder) = (reader.info(), &self.manifest.embedder);
        if info.base_sha256 != embedder.sha256 {
            return Err(Error::Mismatch(format!(
                "its reader was trained on `{}`, the site has `{}`",
                info.base_name, embedder.name
            )));
        }
        self.reader = Some(reader);
        Ok(())
    }

    /// Sets the chat model: generated answers work from here on.
    pub fn set_generator(&mut self, generator: Generator) {
        self.generator = Some(generator);
    }

    /// Has the chat model write, whatever the site says, with passages reaching it in this way.
    pub fn write_with(&mut self, strategy: Strategy) {
        self.manifest.answers = AnswerStyle::Written;
        self.manifest.strategy = strategy;
    }

    /// Examples of what is meant for the chat, embedded when they are first wanted; known only where there is a reader, whose
    /// embedder's cosines are known.
    pub(crate) async fn exemplars(&mut self) -> Result<Option<&Exemplars>, Error> {
        let (Some(embedder), Some(_)) = (&self.embedder, &self.reader) else { return Ok(None) };
        if self.exemplars.is_none() {
            self.exemplars = Some(Exemplars::new(embedder).await?);
        }
        Ok(self.exemplars.as_ref())
    }

    /// Does ahead of the first question what it would have to wait for: embeds the examples, reads the instructions and learns the
    /// speed, as far as the parts for it are there.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn warm_up(&mut self, language: Language) -> Result<(), Error> {
        self.exemplars().await?;
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

    /// The index, once it is there.
    pub fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    /// The search that an answer begins with, for measurements; none where index, embedder or reader is missing.
    pub fn read_search(&self) -> Option<ReadSearch<'_>> {
        let (index, embedder, reader) = (&self.index, &self.embedder, &self.reader);
        Some(ReadSearch { index: index.as_ref()?, embedder: embedder.as_ref()?, reader: reader.as_ref()? })
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
        let as_it_is = [LookUp::new(question, language)];
        let (look_ups, said) = match &plan.intent {
            Intent::LookUp(look_ups) => (look_ups.as_slice(), None),
            intent => (&as_it_is[..], self.say(intent, language, &mut reply).await?),
        };
        let mut looked_up = match said {
            Some(kind) => LookedUp::new(kind, None),
            None => self.look_up_all(look_ups, history, sampling, true, &mut reply).await?,
        };
        if let Some(intent) = looked_up.meant.take() {
            looked_up = match self.say(&intent, language, &mut reply).await? {
                Some(kind) => LookedUp::new(kind, None),
                None => self.look_up_all(look_ups, history, sampling, false, &mut reply).await?,
            };
        }
        let (kind, figures) = (looked_up.kind, looked_up.figures);
        Ok(reply.finish(kind, language, rewritten, figures))
    }

    /// Says what needs no look-up; none, and nothing is said, where the site does not know.
    async fn say(
        &self,
        intent: &Intent,
        language: Language,
        reply: &mut Reply<'_>,
    ) -> Result<Option<AnswerKind>, Error> {
        let documents = self.index.as_ref().map_or(&[][..], Index::documents);
        Ok(match intent {
            Intent::Remark(remark) => {
                about::remark(*remark, &self.manifest, language, reply);
                Some(AnswerKind::Conversation)
            }
            Intent::AboutSite => {
                about::site(&self.manifest, documents, language, reply);
                Some(AnswerKind::Conversation)
            }
            Intent::AboutAuthor => {
                about::author(&self.manifest, documents, language, reply).then_some(AnswerKind::Conversation)
            }
            // Without a document table only a topic can be listed, by what is found for it.
            Intent::List(list) if list.topic.is_some() || !documents.is_empty() => {
                Some(listing::list(list, self.retriever()?, language, reply).await?)
            }
            Intent::List(_) | Intent::LookUp(_) => None,
        })
    }

    pub(crate) fn retriever(&self) -> Result<Retriever<'_>, Error> {
        let index = self.index.as_ref().ok_or(Error::NotReady("the index"))?;
        Ok(Retriever { index, embedder: self.embedder.as_ref() })
    }

    /// How much the chat model can be asked to do.
    pub(crate) fn style(&self) -> Style {
        let size = |model: &crate::ModelEntry| model.shards.iter().map(|shard| shard.size).sum::<u64>();
        match &self.manifest.chat {
            Some(model) if size(model) < SMALL_MODEL_BYTES => Style::Small,
            _ => Style::Full,
        }
    }

    pub(crate) fn learn_rate(&mut self, tokens: usize, seconds: f64) {
        if tokens >= 16 && seconds > 0.0 {
            self.prefill_rate = tokens as f64 / seconds;
        }
    }
}

#[cfg(test)]
mod tests;
