//! One answer from several prompts, each with a passage of its own: RAG-Sequence and RAG-Token (Lewis et al. 2020,
//! arXiv 2005.11401, section 2.1).
//!
//! With p(z) the probability of passage z and p(y | z) what the model makes of its prompt, RAG-Token draws each token from
//! Σ p(z) p(yᵢ | z, y₁…yᵢ₋₁), and RAG-Sequence takes, of the answers that the prompts give one by one, the one with the largest
//! Σ p(z) Π p(yᵢ | z, y₁…yᵢ₋₁): the paper's thorough decoding, with an answer for each passage in place of a beam.

use std::ops::ControlFlow;

use super::sequences::Read;
use super::{Answer, Finish, Generation, Generator, Piece};
use crate::sampling::Sampler;
use crate::{Error, Message, Sampling, clock};

/// A passage that is so much less probable than the likeliest is left out.
const LEAST_PRIOR: f32 = 0.05;
/// A path of RAG-Token is dropped where, with the tokens so far, it is so much less probable than the likeliest.
const LEAST_POSTERIOR: f32 = 1e-3;

/// Which of the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixture {
    /// The same passage is behind a whole answer.
    Sequence,
    /// Each token may come from another passage.
    Token,
}

/// A prompt that holds one passage.
#[derive(Clone, Debug)]
pub struct PassagePrompt {
    /// Instructions, passage, question: the question last, so that all before it is read once for every question.
    pub messages: Vec<Message>,
    /// How probable it is that the passage answers: more than 0, of any scale.
    pub probability: f32,
}

/// A prompt on its way to an answer.
struct Path {
    read: Read,
    log_prior: f32,
    /// Of the tokens so far.
    log_likelihood: f32,
    /// For the next token: (vocab_size).
    log_probs: Vec<f32>,
}

impl Generator {
    /// Answers from several prompts. What they begin with is not computed again if it was read before, by any of them.
    /// RAG-Token tells of pieces as they come, RAG-Sequence of all at once in the end.
    ///
    /// # Errors
    /// If there is no prompt, one does not fit, or the engine fails.
    pub async fn generate_mixture(
        &mut self,
        prompts: &[PassagePrompt],
        mixture: Mixture,
        sampling: &Sampling,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Generation, Error> {
        let mut generation = Generation::new(0);
        let Some(mut paths) = self.read_paths(prompts, &mut generation, on_piece).await? else {
            return Ok(generation);
        };
        let started = clock::now();
        let longest = paths.iter().map(|path| path.read.tokens.len()).max().unwrap_or_default();
        let most = sampling.max_tokens.min(self.context_length - longest);
        let mut answer = Answer::new(self, generation);
        let sampling = &Sampling { max_tokens: most, ..sampling.clone() };
        let finish = match mixture {
            Mixture::Token => self.mix_tokens(&mut paths, sampling, &mut answer, on_piece).await?,
            Mixture::Sequence => self.mix_sequences(&mut paths, sampling, &mut answer, on_piece).await?,
        };
        let mut generation = answer.finish(finish, on_piece);
        // The likeliest was read first, and is kept longest.
        paths.into_iter().rev().for_each(|path| self.aside.keep(path.read));
        generation.decode_seconds = started.elapsed().as_secs_f64();
        Ok(generation)
    }

    /// Reads the prompts, the likeliest first; none where `on_piece` wants to stop.
    async fn read_paths(
        &mut self,
        prompts: &[PassagePrompt],
        generation: &mut Generation,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Path>>, Error> {
        let is_possible =
            |prompt: &&PassagePrompt| prompt.probability > 0.0 && prompt.probability.is_finite();
        let mut prompts: Vec<&PassagePrompt> = prompts.iter().filter(is_possible).collect();
        prompts.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let most = prompts.first().map_or(0.0, |prompt| prompt.probability);
        prompts.retain(|prompt| prompt.probability >= LEAST_PRIOR * most);
        let sum: f32 = prompts.iter().map(|prompt| prompt.probability).sum();
        if prompts.is_empty() {
            return Err(Error::Unsupported("a mixture of no prompts".to_owned()));
        }
        let tokens =
            prompts.iter().map(|prompt| self.prompt(&prompt.messages)).collect::<Result<Vec<_>, _>>()?;
        let total = tokens.iter().map(Vec::len).sum();
        generation.prompt_tokens = total;
        let mut paths: Vec<Path> = Vec::with_capacity(prompts.len());
        let mut done = 0;
        for (prompt, tokens) in prompts.iter().zip(&tokens) {
            let mut of_prompt = Generation::new(tokens.len());
            let mut tell = |piece| match piece {
                Piece::Prefill(read, _) => on_piece(Piece::Prefill(done + read, total)),
                piece => on_piece(piece),
            };
            if let Some(first) = paths.first() {
                self.begin_like(&first.read, tokens)?;
            }
            let wish = self.prefill(tokens, &mut of_prompt, &mut tell).await?;
            generation.reused_tokens += of_prompt.reused_tokens;
            generation.prefill_seconds += of_prompt.prefill_seconds;
            done += tokens.len();
            if wish.is_break() {
                paths.into_iter().rev().for_each(|path| self.aside.keep(path.read));
                return Ok(None);
            }
            let log_probs = log_softmax(self.decoding.logits(self.tokenizer.vocab_size()).await?)?;
            let read = self.put_aside()?;
            let log_prior = (prompt.probability / sum).ln();
            paths.push(Path { read, log_prior, log_likelihood: 0.0, log_probs });
        }
        Ok(Some(paths))
    }

    /// RAG-Token.
    async fn mix_tokens(
        &mut self,
        paths: &mut [Path],
        sampling: &Sampling,
        answer: &mut Answer,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Finish, Error> {
        let mut sampler = Sampler::new(sampling);
        let mut said = paths[0].read.tokens.clone();
        let mut live: Vec<usize> = (0..paths.len()).collect();
        loop {
            if answer.generation.generated_tokens >= sampling.max_tokens {
                return Ok(Finish::Length);
            }
            let token = sampler.sample(&mut mixed(live.iter().map(|&idx| &paths[idx])), &said)?;
            if let Some(finish) = answer.push(&self.tokenizer, token, on_piece) {
                return Ok(finish);
            }
            said.push(token);
            for &idx in &live {
                paths[idx].log_likelihood += paths[idx].log_probs[token as usize];
            }
            drop_losers(&mut live, paths);
            for &idx in &live {
                self.step(&mut paths[idx], token).await?;
            }
        }
    }

    /// RAG-Sequence.
    async fn mix_sequences(
        &mut self,
        paths: &mut [Path],
        sampling: &Sampling,
        answer: &mut Answer,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<Finish, Error> {
        let mut best: Option<(f32, Vec<u32>, Finish)> = None;
        let mut tried: Vec<Vec<u32>> = Vec::new();
        let mut steps = 0;
        for idx in 0..paths.len() {
            let (tokens, finish, own) = self.follow(&mut paths[idx], sampling, on_piece).await?;
            if finish == Finish::Cancelled {
                return Ok(finish);
            }
            steps += tokens.len();
            if tried.contains(&tokens) {
                continue;
            }
            let mut log_joints = Vec::with_capacity(paths.len());
            for (other, path) in paths.iter_mut().enumerate() {
                let log_likelihood =
                    if other == idx { own } else { self.log_likelihood(path, &tokens).await? };
                log_joints.push(path.log_prior + log_likelihood);
                if on_piece(Piece::Text(String::new())).is_break() {
                    return Ok(Finish::Cancelled);
                }
            }
            let score = log_sum_exp(&log_joints);
            if best.as_ref().is_none_or(|(other, ..)| score > *other) {
                best = Some((score, tokens.clone(), finish));
            }
            tried.push(tokens);
        }
        let (_, tokens, mut finish) = best.unwrap_or((0.0, Vec::new(), Finish::Stop));
        for token in tokens {
            if let Some(earlier) = answer.push(&self.tokenizer, token, on_piece) {
                finish = earlier;
                break;
            }
        }
        // What was drawn for the answers that lost took its time too.
        answer.generation.generated_tokens = steps;
        Ok(finish)
    }

    /// What one prompt is answered with, the token that ends it included, why it ends, and its log-probability after that prompt;
    /// the path is then as before.
    async fn follow(
        &mut self,
        path: &mut Path,
        sampling: &Sampling,
        on_piece: &mut dyn FnMut(Piece) -> ControlFlow<()>,
    ) -> Result<(Vec<u32>, Finish, f32), Error> {
        let mut answer = Answer::new(self, Generation::new(path.read.tokens.len()));
        let mut sampler = Sampler::new(sampling);
        let (before, log_probs) = (path.read.tokens.len(), path.log_probs.clone());
        let (mut drawn, mut log_likelihood) = (Vec::new(), 0.0);
        let mut silent = |_: Piece| on_piece(Piece::Text(String::new()));
        let finish = loop {
            if drawn.len() >= sampling.max_tokens {
                break Finish::Length;
            }
            // A penalty is written into what is drawn from.
            let token = sampler.sample(&mut path.log_probs.clone(), &path.read.tokens)?;
            drawn.push(token);
            log_likelihood += path.log_probs[token as usize];
            if let Some(finish) = answer.push(&self.tokenizer, token, &mut silent) {
                break finish;
            }
            self.step(path, token).await?;
        };
        self.rewind(path, before, log_probs)?;
        Ok((drawn, finish, log_likelihood))
    }

    /// Log-probability of some tokens after a prompt; the path is then as before.
    async fn log_likelihood(&mut self, path: &mut Path, tokens: &[u32]) -> Result<f32, Error> {
        let (before, log_probs) = (path.read.tokens.len(), path.log_probs.clone());
        let mut sum = 0.0;
        for (idx, &token) in tokens.iter().enumerate() {
            sum += path.log_probs[token as usize];
            if idx + 1 < tokens.len() {
                self.step(path, token).await?;
            }
        }
        self.rewind(path, before, log_probs)?;
        Ok(sum)
    }

    /// Reads one more token of a path.
    async fn step(&mut self, path: &mut Path, token: u32) -> Result<(), Error> {
        let tokens = &mut path.read.tokens;
        self.decoding.take_up(&mut path.read.kv, tokens)?;
        let _ = self.decoding.read(&[token], &mut || ControlFlow::Continue(())).await?;
        tokens.push(token);
        path.log_probs = log_softmax(self.decoding.logits(self.tokenizer.vocab_size()).await?)?;
        self.decoding.put_aside(&mut path.read.kv)
    }

    /// Forgets what a path read after its first tokens.
    fn rewind(&mut self, path: &mut Path, len: usize, log_probs: Vec<f32>) -> Result<(), Error> {
        path.read.tokens.truncate(len);
        path.log_probs = log_probs;
        self.decoding.take_up(&mut path.read.kv, &path.read.tokens)?;
        self.decoding.put_aside(&mut path.read.kv)
    }
}

/// Log-probabilities of the next token: log Σ p(z) p(yᵢ | z, …), the passages' probabilities scaled to 1.
fn mixed<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<f32> {
    let mut mixed: Vec<f32> = Vec::new();
    let mut weight = 0.0;
    for path in paths {
        let prior = path.log_prior.exp();
        mixed.resize(path.log_probs.len(), 0.0);
        mixed.iter_mut().zip(&path.log_probs).for_each(|(sum, log_prob)| *sum += prior * log_prob.exp());
        weight += prior;
    }
    mixed.iter_mut().for_each(|sum| *sum = (*sum / weight).ln());
    mixed
}

fn drop_losers(live: &mut Vec<usize>, paths: &[Path]) {
    let posterior = |idx: usize| paths[idx].log_prior + paths[idx].log_likelihood;
    let best = live.iter().map(|&idx| posterior(idx)).fold(f32::MIN, f32::max);
    live.retain(|&idx| posterior(idx) >= best + LEAST_POSTERIOR.ln());
}

/// # Errors
/// If they are not numbers.
fn log_softmax(mut logits: Vec<f32>) -> Result<Vec<f32>, Error> {
    let sum = log_sum_exp(&logits);
    if !sum.is_finite() {
        return Err(Error::Compute(candle_core::Error::Msg("its logits are not numbers".to_owned())));
    }
    logits.iter_mut().for_each(|logit| *logit -= sum);
    Ok(logits)
}

fn log_sum_exp(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    most + logits.iter().map(|logit| (logit - most).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests;
