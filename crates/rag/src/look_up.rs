//! A question becomes an answer from the texts: retrieve, decide whether they answer it, write or quote.

use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::{Message, Mixture, PassagePrompt, Reading, Sampling};

use crate::exemplars::Evidence;
use crate::generate::{Outcome, Prompts};
use crate::plan::LookUp;
use crate::prompt::{Prompt, Style};
use crate::quote::Asked;
use crate::ranking::{Ranking, log_odds};
use crate::reply::{LookedUp, Reply};
use crate::verify::Verifier;
use crate::{
    AnswerKind, AnswerStyle, Assistant, Error, Sentence, Source, Strategy, Turn, exemplars, generate,
    phrases, prompt, quote, ranking, reading, relevance,
};

/// Most passages offered to an answer.
const SOURCES: usize = 5;
/// Passages that a reader looks at to find those.
const READ_SOURCES: usize = 10;
/// How long the reader may look at more passages than [`SOURCES`], in seconds.
const READ_SECONDS: f64 = 1.2;
/// Sources that are shown with what follows them in their section, up to so many bytes: a list may go on in the next chunk.
const CONTINUED: usize = 2;
const CONTINUED_BYTES: usize = 400;
/// Passages shown where none answers.
const NEAREST: usize = 3;
/// How long a reader should wait for the first word, in seconds: it bounds the prompt.
const PREFILL_SECONDS: f64 = 8.0;
/// Tokens of a prompt, whatever the engine's speed: less is no use, more does not make an answer better.
const PROMPT_TOKENS: (usize, usize) = (448, 2048);
/// Most passages that get a prompt each: the others are seldom likely enough to count.
const MIXED_SOURCES: usize = 3;
/// Most tokens of a very small model's answer: what it says later is repetition.
const SMALL_ANSWER_TOKENS: usize = 128;

/// What every look-up of one message needs to know.
struct Request<'a> {
    history: &'a [Turn],
    sampling: &'a Sampling,
    /// Whether the message may be meant for the chat rather than for the texts.
    may_be_remark: bool,
}

impl Assistant {
    /// Several questions, one after the other. What was found for any of them makes it an answer. `may_be_remark` lets a
    /// single one turn out to be meant for the chat.
    pub(crate) async fn look_up_all(
        &mut self,
        look_ups: &[LookUp],
        history: &[Turn],
        sampling: &Sampling,
        may_be_remark: bool,
        reply: &mut Reply<'_>,
    ) -> Result<LookedUp, Error> {
        let may_be_remark = may_be_remark
            && look_ups.len() == 1
            && !look_ups[0].is_rewritten
            && exemplars::is_short(&look_ups[0].question);
        let request = &Request { history, sampling, may_be_remark };
        let mut all = LookedUp::new(AnswerKind::NotFound, None);
        for look_up in look_ups {
            if reply.is_stopped() {
                break;
            }
            reply.begin_paragraph();
            let one = self.look_up(look_up, request, reply).await?;
            if one.meant.is_some() {
                return Ok(one);
            }
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
        let limit = if self.reader.is_some() { READ_SOURCES } else { SOURCES };
        let found = self.retriever()?.passages(look_up, kept + 1, limit).await?;
        reply.offer(kept, &found.sources);
        let readings = self.read(question, &found.sources).await?;
        let relevance = readings.is_none().then(|| {
            let embedder = &self.manifest.embedder.name;
            relevance::of(question, look_up.asked_in, &found.sources, &found.hits, embedder)
        });
        let vector = found.vector.clone();
        let meaning = self.embedder.as_ref().zip(vector.as_deref());
        let asked = ranking::Question { text: question, language: look_up.asked_in, meaning };
        let mut ranking = ranking::rank(&asked, found, readings.unwrap_or_default(), SOURCES).await?;
        let retriever = self.retriever()?;
        for (source, &chunk) in ranking.sources.iter_mut().zip(&ranking.chunks).take(CONTINUED) {
            source.text += &retriever.continuation(chunk, CONTINUED_BYTES)?;
        }
        let Ranking { sources, readings, .. } = &ranking;
        reply.offer(kept, sources);
        let is_answered = ranking
            .gate
            .map(|signals| signals.are_answered())
            .or(relevance.map(|relevance| relevance >= relevance::THRESHOLD))
            .unwrap_or_default();
        if request.may_be_remark {
            let answerable = readings.iter().map(|reading| log_odds(reading.answerable));
            let answerable = answerable.fold(f32::MIN, f32::max);
            let is_answered = ranking.gate.is_some_and(|signals| signals.are_clearly_answered());
            let meant = match (&vector, ranking.nearest_heading, self.exemplars().await?) {
                (Some(vector), Some(nearest_heading), Some(exemplars)) => {
                    exemplars.meant(vector, &Evidence { nearest_heading, answerable, is_answered })
                }
                _ => None,
            };
            if meant.is_some() {
                reply.offer(kept, &[]);
                return Ok(LookedUp { meant, ..LookedUp::new(AnswerKind::Conversation, None) });
            }
        }
        if !is_answered {
            return Ok(not_found(look_up.language, kept, sources, reply));
        }
        let mut figures = None;
        if let Some(spans) = self.spans_to_write_from(look_up, sources, readings) {
            let written = self.write(look_up, &ranking, &spans, request, reply).await?;
            figures = Some(written.figures);
            match written.outcome {
                Outcome::Written => return Ok(LookedUp::new(AnswerKind::Generated, figures)),
                // A reader that found the words knows better.
                Outcome::Abstained if spans.is_empty() => {
                    return Ok(LookedUp { figures, ..not_found(look_up.language, kept, sources, reply) });
                }
                Outcome::Abstained | Outcome::Unsupported => {}
            }
        }
        let quotes = quotes(look_up, &ranking, request);
        if quotes.is_empty() {
            return Ok(LookedUp { figures, ..not_found(look_up.language, kept, sources, reply) });
        }
        quotes.into_iter().for_each(|sentence| reply.push(sentence));
        Ok(LookedUp::new(AnswerKind::Extractive, figures))
    }

    /// The words that answer, where the chat model is there and should write, and speaks the language of the answer as well as
    /// that of the text it is found in.
    fn spans_to_write_from(
        &self,
        look_up: &LookUp,
        sources: &[Source],
        readings: &[Reading],
    ) -> Option<Vec<(usize, Range<usize>)>> {
        let writes = match self.manifest.answers {
            AnswerStyle::Best => self.reader.is_none() || self.style() == Style::Full,
            AnswerStyle::Written => true,
            AnswerStyle::Quoted => false,
        };
        // To "tell me more" the model would write the same again.
        let writes = writes && !look_up.wants_more && self.generator.is_some();
        if !writes || !self.manifest.speaks(look_up.language) {
            return None;
        }
        let spans = reading::spans(&look_up.question, look_up.asked_in, sources, readings);
        let best = sources.get(spans.first().map_or(0, |(position, _)| *position));
        best.is_none_or(|source| self.manifest.speaks(source.language)).then_some(spans)
    }

    /// What the reader makes of the first passages, as many as it has time for, where there is one: one reading each, in order.
    async fn read(&self, question: &str, sources: &[Source]) -> Result<Option<Vec<Reading>>, Error> {
        let (Some(embedder), Some(reader)) = (&self.embedder, &self.reader) else { return Ok(None) };
        Ok(Some(reading::read(reader, embedder, question, sources, SOURCES, READ_SECONDS).await?))
    }

    /// The chat model's answer, as far as the passages support it.
    async fn write(
        &mut self,
        look_up: &LookUp,
        ranking: &Ranking,
        spans: &[(usize, Range<usize>)],
        request: &Request<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<generate::Written, Error> {
        let sources = &ranking.sources;
        let style = self.style();
        let sampling = adapted(request.sampling, style);
        let generator = self.generator.as_mut().ok_or(Error::NotReady("the chat model"))?;
        let room = generator.context_length().saturating_sub(sampling.max_tokens);
        let affordable = (self.prefill_rate * PREFILL_SECONDS) as usize;
        let budget = affordable.clamp(PROMPT_TOKENS.0, PROMPT_TOKENS.1).min(room);
        let (question, language) = (look_up.question.as_str(), look_up.language);
        let persona = &self.manifest.persona;
        let task = Prompt { persona, language, style, question, history: request.history };
        // A model makes nothing of passages in a language that it does not speak.
        let speaks = |source: &&Source| self.manifest.speaks(source.language);
        let count = |messages: &[Message]| generator.count_prompt_tokens(messages);
        let mixture = match self.manifest.strategy {
            Strategy::Pack => None,
            Strategy::Sequence => Some(Mixture::Sequence),
            Strategy::Token => Some(Mixture::Token),
        };
        let prompts = match mixture {
            None => {
                let mut readable = sources.to_vec();
                readable.sort_by_key(|source| !speaks(&source));
                Prompts::Packed(prompt::pack(&task, &readable, budget, count)?)
            }
            Some(mixture) => {
                let readable = sources.iter().zip(&ranking.shares).filter(|(source, _)| speaks(source));
                let of_passage = |(source, &probability): (&Source, &f32)| -> Result<_, Error> {
                    let task = Prompt { history: &[], ..task };
                    let messages = prompt::pack(&task, std::slice::from_ref(source), PROMPT_TOKENS.0, count)?;
                    Ok(PassagePrompt { messages, probability })
                };
                let prompts = readable.take(MIXED_SOURCES).map(of_passage).collect::<Result<_, _>>()?;
                Prompts::Mixed(mixture, prompts)
            }
        };
        let embedder = self.embedder.as_ref();
        let verifier = Verifier::new(question, language, sources, spans, embedder.is_some());
        let written = generate::write(generator, embedder, &prompts, &sampling, verifier, reply).await?;
        let figures = written.figures;
        self.learn_rate(figures.prompt_tokens - figures.reused_tokens, figures.prefill_seconds);
        Ok(written)
    }
}

/// What the passages themselves say.
fn quotes(look_up: &LookUp, ranking: &Ranking, request: &Request<'_>) -> Vec<Sentence> {
    let mut said = String::new();
    if look_up.wants_more {
        request.history.iter().for_each(|turn| said.push_str(&turn.answer));
    }
    let asked = Asked { question: &look_up.question, language: look_up.asked_in, said: &said };
    quote::closest(&asked, ranking)
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
    LookedUp::new(AnswerKind::NotFound, None)
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
