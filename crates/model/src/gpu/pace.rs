//! A long forward pass is cut into submissions of a bounded time, so that a page can be drawn between them.

use std::ops::ControlFlow;

use daneel_gpu::{Fence, Gpu, Plan};

use crate::{Error, clock};

/// Seconds that a submission should take. Two are under way at a time, and what a page draws waits for both: it is still
/// drawn 20 times a second.
pub(super) const TARGET: f64 = 0.025;
/// Fewest tokens that a matrix product is worth its while with.
const LEAST_TOKENS: usize = 8;

/// How much work fits the time, learnt while it runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Dispatches times tokens.
    work: f64,
}

impl Pace {
    /// Before anything is known: little.
    pub(super) fn new() -> Self {
        Self { work: 256.0 }
    }

    /// Most tokens of which a single dispatch fits the time, up to `most`.
    pub(super) fn tokens(self, most: usize) -> usize {
        (self.work as usize).max(LEAST_TOKENS).min(most)
    }

    /// Whether a plan fits one submission.
    pub(super) fn fits(self, plan: &Plan, n_tokens: usize) -> bool {
        plan.n_dispatches() <= self.dispatches(n_tokens)
    }

    /// Runs a plan in pieces, one of which waits while another runs; `on_piece` breaks it off between them.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub(super) async fn run(
        &mut self,
        gpu: &Gpu,
        plan: &Plan,
        n_tokens: usize,
        on_piece: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let total = plan.n_dispatches();
        let mut running = None;
        let (mut done, mut since) = (0, clock::now());
        while done < total || running.is_some() {
            let mut next = None;
            if done < total {
                let end = total.min(done + self.dispatches(n_tokens));
                next = Some((gpu.submit_part(plan, done..end, n_tokens)?, end - done));
                done = end;
            }
            if let Some((fence, dispatches)) = std::mem::replace(&mut running, next) {
                Fence::finish(fence, gpu).await?;
                self.learn(dispatches * n_tokens, since.elapsed().as_secs_f64());
                since = clock::now();
                if on_piece().is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn dispatches(self, n_tokens: usize) -> usize {
        (self.work as usize / n_tokens.max(1)).max(1)
    }

    /// Dispatches differ, so that one piece says little about the next: the step is never more than a doubling.
    fn learn(&mut self, work: usize, seconds: f64) {
        let fitting = work as f64 * TARGET / seconds.max(1e-6);
        self.work = fitting.clamp(1_f64.max(self.work / 2.0), self.work * 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_device_gets_short_pieces_and_few_tokens() {
        let mut pace = Pace::new();
        for _ in 0..10 {
            // A tenth of a second for each dispatch of 16 tokens.
            pace.learn(16, 0.1);
        }
        assert_eq!((pace.dispatches(16), pace.tokens(128)), (1, LEAST_TOKENS));
        for _ in 0..20 {
            // 2 us for each dispatch of a token.
            pace.learn(1000, 0.002);
        }
        assert_eq!((pace.dispatches(100), pace.tokens(128)), (125, 128));
    }
}
