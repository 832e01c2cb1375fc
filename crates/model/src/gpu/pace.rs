//! A long forward pass is cut into submissions of a bounded time, so that a page can be drawn between them.

use daneel_gpu::{Gpu, Plan};
use std::ops::ControlFlow;

use crate::{Error, clock};

/// Seconds that a submission should take: a page that is drawn 20 times a second still moves.
const TARGET: f64 = 0.05;

/// How many dispatches fit the time, learnt while they run.
#[derive(Debug)]
pub(super) struct Pace {
    dispatches: usize,
}

impl Pace {
    /// Before anything is known: few.
    pub(super) fn new() -> Self {
        Self { dispatches: 8 }
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
                let end = total.min(done + self.dispatches);
                next = Some((gpu.submit_part(plan, done..end, n_tokens)?, end - done));
                done = end;
            }
            if let Some((fence, dispatches)) = std::mem::replace(&mut running, next) {
                daneel_gpu::Fence::finish(fence, gpu).await?;
                self.learn(dispatches, since.elapsed().as_secs_f64());
                since = clock::now();
                if on_piece().is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Dispatches differ, so that one piece says little about the next: the step is never more than a doubling.
    fn learn(&mut self, dispatches: usize, seconds: f64) {
        let fitting = dispatches as f64 * TARGET / seconds.max(1e-6);
        self.dispatches = (fitting as usize).clamp(1.max(self.dispatches / 2), self.dispatches * 2);
    }
}
