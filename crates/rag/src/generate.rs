//! Messages become the sentences of a written answer: each is checked when it is complete, and only then told.

use std::ops::ControlFlow;

use daneel_model::{Embedder, Finish, Generator, Message, Mixture, PassagePrompt, Piece, Sampling};

use crate::claims::{Claim, Claims};
use crate::reply::Reply;
use crate::verify::{Verdict, Verifier};
use crate::{AnswerEvent, Error, Figures, Sentence, SentenceKind, Span};

/// How a generation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// At least one sentence was told, or the reader broke off.
    Written,
    /// Nothing was told, and the model says that the texts do not answer.
    Abstained,
    /// Nothing that the model said is in the passages.
    Unsupported,
}

/// A generation that has ended.
pub(crate) struct Written {
    pub outcome: Outcome,
    pub figures: Figures,
}

/// What an answer is generated from.
pub(crate) enum Prompts {
    /// All passages in one prompt.
    Packed(Vec<Message>),
    /// A passage in each.
    Mixed(Mixture, Vec<PassagePrompt>),
}

/// Generates an answer, and tells of each sentence that the passages support.
///
/// # Errors
/// If an engine fails.
pub(crate) async fn write(
    generator: &mut Generator,
    embedder: Option<&Embedder>,
    prompts: &Prompts,
    sampling: &Sampling,
    verifier: Verifier<'_>,
    reply: &mut Reply<'_>,
) -> Result<Written, Error> {
    let mut draft = Draft::new(verifier, reply);
    let mut claims = Claims::default();
    let mut on_piece = |piece| match piece {
        Piece::Prefill(done, total) => draft.reply.tell(AnswerEvent::Prefill(done, total)),
        Piece::Text(text) => {
            draft.take(claims.push(&text));
            if draft.has_ended || draft.reply.is_stopped() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    };
    let gpu = generator.is_on_gpu();
    let generation = match prompts {
        Prompts::Packed(messages) => generator.generate(messages, sampling, &mut on_piece).await?,
        Prompts::Mixed(mixture, prompts) => {
            generator.generate_mixture(prompts, *mixture, sampling, &mut on_piece).await?
        }
    };
    if !draft.has_ended && !draft.reply.is_stopped() {
        let is_cut_off = generation.finish == Finish::Length;
        draft.take(claims.finish(is_cut_off));
    }
    draft.compare_meanings(embedder).await?;
    let outcome = match (draft.n_told, draft.abstains) {
        (0, true) => Outcome::Abstained,
        (0, false) if !draft.reply.is_stopped() => Outcome::Unsupported,
        _ => Outcome::Written,
    };
    let figures = Figures {
        prompt_tokens: generation.prompt_tokens,
        reused_tokens: generation.reused_tokens,
        generated_tokens: generation.generated_tokens,
        prefill_seconds: generation.prefill_seconds,
        decode_seconds: generation.decode_seconds,
        gpu,
    };
    Ok(Written { outcome, figures })
}

/// The answer so far.
struct Draft<'a, 'r, 'e> {
    verifier: Verifier<'a>,
    reply: &'r mut Reply<'e>,
    /// Claims that say nothing alone, until the one after them is known to be supported.
    held: Vec<Claim>,
    /// Claims from the first one on that only a comparison of meanings can tell about, which has to wait for the model.
    waiting: Vec<(Claim, Verdict)>,
    /// A line break, with its bullet, before a claim that was dropped: the next one stands there instead.
    line_break: Option<String>,
    /// Whether the claim before was dropped.
    dropped_last: bool,
    n_told: usize,
    abstains: bool,
    has_ended: bool,
}

impl<'a, 'r, 'e> Draft<'a, 'r, 'e> {
    fn new(verifier: Verifier<'a>, reply: &'r mut Reply<'e>) -> Self {
        Self {
            verifier,
            reply,
            held: Vec::new(),
            waiting: Vec::new(),
            line_break: None,
            dropped_last: false,
            n_told: 0,
            abstains: false,
            has_ended: false,
        }
    }

    fn take(&mut self, claims: Vec<Claim>) {
        for claim in claims {
            if self.has_ended {
                return;
            }
            match self.verifier.verify(&claim) {
                Verdict::Abstains => (self.abstains, self.has_ended) = (true, true),
                Verdict::Repeats => self.has_ended = true,
                verdict if verdict == Verdict::Unknown || !self.waiting.is_empty() => {
                    self.waiting.push((claim, verdict));
                }
                verdict => self.settle(claim, verdict),
            }
        }
    }

    /// Tells of a claim, holds it back or drops it.
    fn settle(&mut self, claim: Claim, verdict: Verdict) {
        // What begins in the middle of a sentence goes with its beginning.
        let is_rest = self.dropped_last
            && !claim.lead.contains('\n')
            && claim.text.starts_with(|first: char| first.is_lowercase());
        let verdict = if is_rest { Verdict::Unsupported } else { verdict };
        self.dropped_last = verdict == Verdict::Unsupported;
        match verdict {
            Verdict::Supported(support) => {
                let claim = self.placed(claim);
                for held in std::mem::take(&mut self.held) {
                    self.tell(held, support.clone());
                }
                self.tell(claim, support);
            }
            Verdict::Incomplete => {
                let claim = self.placed(claim);
                self.held.push(claim);
            }
            _ => {
                // A list outlives one of its items, "Yes." does not outlive what it was said to.
                let is_item = !claim.lead.trim().is_empty();
                let leads = |held: &Claim| is_item && held.text.ends_with(':');
                let dropped: Vec<Claim> = self.held.extract_if(.., |held| !leads(held)).collect();
                let leads = dropped.into_iter().map(|held| held.lead).chain([claim.lead]);
                if let Some(lead) = leads.into_iter().find(|lead| lead.contains('\n')) {
                    self.line_break.get_or_insert(lead);
                }
            }
        }
    }

    /// The claim in the place of what was dropped before it.
    fn placed(&mut self, claim: Claim) -> Claim {
        match self.line_break.take() {
            Some(lead) if !claim.lead.contains('\n') => Claim { lead, ..claim },
            _ => claim,
        }
    }

    fn tell(&mut self, claim: Claim, support: Vec<Span>) {
        let highlight = self.verifier.highlight(&claim.text, &support);
        let kind = SentenceKind::Written;
        self.reply.push(Sentence { lead: claim.lead, text: claim.text, kind, support, highlight });
        self.n_told += 1;
    }

    async fn compare_meanings(&mut self, embedder: Option<&Embedder>) -> Result<(), Error> {
        for (claim, verdict) in std::mem::take(&mut self.waiting) {
            let verdict = match (verdict, embedder) {
                (Verdict::Unknown, Some(embedder)) => self.verifier.verify_meaning(&claim, embedder).await?,
                (verdict, _) => verdict,
            };
            self.settle(claim, verdict);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
