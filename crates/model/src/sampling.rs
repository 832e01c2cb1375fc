//! Logits become the next token.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Draw};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// 0 takes the likeliest token; higher is more varied. 0 to 2.
    pub temperature: f32,
    /// Only the `k` likeliest tokens; 0 for all.
    pub top_k: usize,
    /// Only the likeliest tokens that together have this probability; 1 for all.
    pub top_p: f32,
    /// Only tokens at least this likely relative to the likeliest; 0 for all.
    pub min_p: f32,
    /// Divides the logits of recent tokens; 1 for none.
    pub repeat_penalty: f32,
    /// How many recent tokens that covers.
    pub repeat_last_n: usize,
    /// Same seed, same answer.
    pub seed: u64,
    /// Most tokens of the answer.
    pub max_tokens: usize,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.2,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            repeat_last_n: 64,
            seed: 42,
            max_tokens: 256,
        }
    }
}

/// Draws tokens as a [`Sampling`] says: penalty, then top-k, temperature, min-p, top-p.
pub(crate) struct Sampler {
    sampling: Sampling,
    draw: LogitsProcessor,
    candidates: Vec<u32>,
}

impl Sampler {
    pub(crate) fn new(sampling: &Sampling) -> Self {
        let temperature = f64::from(sampling.temperature);
        // Also false for NaN, which then means no restriction.
        let draw = if sampling.top_p > 0.0 && sampling.top_p < 1.0 {
            Draw::TopP { p: f64::from(sampling.top_p), temperature }
        } else {
            Draw::All { temperature }
        };
        Self {
            sampling: sampling.clone(),
            draw: LogitsProcessor::from_sampling(sampling.seed, draw),
            candidates: Vec::new(),
        }
    }

    /// The next token; `context` is every token so far. The penalty is written into `logits`.
    ///
    /// # Errors
    /// If the model computed no likeliest token, for its logits are not numbers.
    pub(crate) fn sample(&mut self, logits: &mut [f32], context: &[u32]) -> Result<u32, Error> {
        self.penalise(logits, context);
        let likeliest = argmax(logits)?;
        if self.sampling.temperature.is_nan() || self.sampling.temperature <= 0.0 {
            return Ok(likeliest);
        }
        let order = |a: &u32, b: &u32| {
            // Ties go to the lower id, so that the choice does not depend on how the selection partitions.
            logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b))
        };
        self.candidates.clear();
        self.candidates.extend(0..logits.len() as u32);
        let top_k = self.sampling.top_k;
        if top_k > 0 && top_k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(top_k - 1, order);
            self.candidates.truncate(top_k);
            self.candidates.sort_unstable_by(order);
        }
        if self.sampling.min_p > 0.0 {
            // p / p_max >= min_p, written for logits.
            let threshold =
                logits[likeliest as usize] + self.sampling.min_p.min(1.0).ln() * self.sampling.temperature;
            self.candidates.retain(|&id| logits[id as usize] >= threshold);
        }
        let kept: Vec<f32> = self.candidates.iter().map(|&id| logits[id as usize]).collect();
        let kept = Tensor::from_vec(kept, self.candidates.len(), &Device::Cpu)?;
        let drawn = self.draw.sample(&kept)?;
        Ok(self.candidates.get(drawn as usize).copied().unwrap_or(likeliest))
    }

    /// Makes each of the recent tokens less likely, once however often it occurred (Keskar et al. 2019).
    fn penalise(&self, logits: &mut [f32], context: &[u32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty == 1.0 || !penalty.is_finite() || penalty <= 0.0 {
            return;
        }
        let recent = &context[context.len().saturating_sub(self.sampling.repeat_last_n)..];
        for (idx, id) in recent.iter().enumerate() {
            if recent[..idx].contains(id) {
                continue;
            }
            if let Some(logit) = logits.get_mut(*id as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }
}

/// The first of the likeliest tokens.
pub(crate) fn argmax(logits: &[f32]) -> Result<u32, Error> {
    let mut best = None;
    let mut best_logit = f32::NEG_INFINITY;
    for (id, &logit) in (0_u32..).zip(logits) {
        if logit > best_logit {
            (best, best_logit) = (Some(id), logit);
        }
    }
    best.filter(|_| best_logit.is_finite())
        .ok_or_else(|| Error::Compute(candle_core::Error::Msg("its logits are not numbers".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 6] = [1.0, 3.0, 2.9, -1.0, 2.0, f32::NEG_INFINITY];

    fn plain() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            ..Sampling::default()
        }
    }

    /// Which tokens come up in many draws.
    fn drawn(sampling: &Sampling) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        let mut ids: Vec<u32> =
            (0..2000).map(|_| sampler.sample(&mut LOGITS.clone(), &[]).expect("finite logits")).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    #[test]
    fn each_knob_narrows_the_choice() {
        assert_eq!(drawn(&plain()), [0, 1, 2, 3, 4]);
        assert_eq!(drawn(&Sampling { temperature: 0.0, ..plain() }), [1]);
        assert_eq!(drawn(&Sampling { top_k: 3, ..plain() }), [1, 2, 4]);
        // e^(2.9-3) = 0.905, e^(2-3) = 0.37, e^(1-3) = 0.135
        assert_eq!(drawn(&Sampling { min_p: 0.2, ..plain() }), [1, 2, 4]);
        assert_eq!(drawn(&Sampling { min_p: 0.2, temperature: 0.5, ..plain() }), [1, 2]);
        // Probabilities 0.408, 0.369, 0.150, 0.055, 0.007.
        assert_eq!(drawn(&Sampling { top_p: 0.7, ..plain() }), [1, 2]);
        assert_eq!(drawn(&Sampling { top_k: 4, top_p: 0.9, min_p: 0.01, ..plain() }), [1, 2, 4]);
    }

    #[test]
    fn the_same_seed_draws_the_same_tokens() {
        let draw = |seed| -> Vec<u32> {
            let mut sampler = Sampler::new(&Sampling { seed, ..plain() });
            (0..50).map(|_| sampler.sample(&mut LOGITS.clone(), &[]).expect("finite logits")).collect()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn the_penalty_covers_recent_tokens_once() {
        let sampling = Sampling { repeat_penalty: 2.0, repeat_last_n: 3, temperature: 0.0, ..plain() };
        let mut logits = LOGITS;
        let id = Sampler::new(&sampling).sample(&mut logits, &[4, 1, 1, 3, 9]).expect("finite logits");
        assert_eq!(id, 2);
        assert_eq!(logits[..5], [1.0, 1.5, 2.9, -2.0, 2.0]);
    }

    #[test]
    fn logits_that_are_no_numbers_are_refused() {
        assert!(Sampler::new(&plain()).sample(&mut [f32::NAN; 4], &[]).is_err());
        assert!(Sampler::new(&plain()).sample(&mut [], &[]).is_err());
    }

    #[test]
    fn odd_settings_do_no_harm() {
        let odd = Sampling {
            temperature: f32::NAN,
            top_p: f32::NAN,
            min_p: f32::NAN,
            repeat_penalty: f32::NAN,
            ..plain()
        };
        assert_eq!(drawn(&odd), [1]);
        assert_eq!(drawn(&Sampling { min_p: 9.0, top_k: usize::MAX, top_p: -1.0, ..plain() }), [1]);
    }
}
