//! Logits become the next token, which goes to the end of the sequence; see `penalize.wgsl`, `shortlist.wgsl`, `sample.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Recorder, Tensor};

pub(crate) static PENALIZE: Kernel = Kernel {
    name: "penalize",
    sources: &[include_str!("penalize.wgsl")],
    bindings: &[Uniform, Read, Write, Uniform],
    subgroups: false,
};

pub(crate) static SHORTLIST: Kernel = Kernel {
    name: "shortlist",
    sources: &[include_str!("best.wgsl"), include_str!("shortlist.wgsl")],
    bindings: &[Uniform, Read, Write],
    subgroups: false,
};

pub(crate) static SAMPLE: Kernel = Kernel {
    name: "sample",
    sources: &[include_str!("best.wgsl"), include_str!("sample.wgsl")],
    bindings: &[Uniform, Uniform, Read, Write, Write, Write],
    subgroups: false,
};

/// Logits of a slice, whose best is kept.
const SLICE: usize = 512;

/// How the next token is drawn: penalty, top-k, temperature and min-p, top-p, in this order.
///
/// They lie in a tensor of [`Self::WORDS`] numbers, `gpu.upload("settings", &[settings])`, and can be written anew for each answer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct SampleSettings {
    /// Tokens of the vocabulary.
    pub vocab_size: u32,
    /// Only so many of the likeliest; 0 or more than [`Self::MOST_CANDIDATES`] for as many as that.
    pub top_k: u32,
    /// Same seed, same answer.
    pub seed: u32,
    /// How many recent tokens the penalty covers.
    pub repeat_last_n: u32,
    /// Divides the logits of recent tokens; 1 for none.
    pub repeat_penalty: f32,
    /// 0 takes the likeliest; higher is more varied.
    pub temperature: f32,
    /// Only the likeliest that together have this probability; 1 for all.
    pub top_p: f32,
    /// Only tokens at least this likely relative to the likeliest; 0 for all.
    pub min_p: f32,
}

impl SampleSettings {
    /// Most tokens that are drawn from.
    pub const MOST_CANDIDATES: usize = 128;
    /// Numbers of 4 bytes.
    pub const WORDS: usize = size_of::<Self>() / 4;
    /// Stands for no token: the logits were not numbers.
    pub const NO_TOKEN: u32 = u32::MAX;
}

impl Recorder<'_> {
    /// Draws one of the first `vocab_size` tokens from `logits`, (at least vocab_size), writes it behind the step's tokens in `tokens`, (context), and moves the cursor
    /// on to it. The penalty is written into `logits`. At the end of the context nothing is written.
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn sample(
        &mut self,
        logits: &Tensor,
        vocab_size: usize,
        settings: &Tensor,
        tokens: &Tensor,
    ) -> Result<(), Error> {
        settings.holds("sample", "settings", SampleSettings::WORDS)?;
        logits.holds("sample", "logits", vocab_size)?;
        let threads = ("THREADS", f64::from(self.gpu.tuning().threads));
        let cursor = &self.cursor.state;
        self.dispatch(&PENALIZE, &[threads], &[settings, tokens, logits, cursor], [Extent::ONE; 3])?;
        let n_slices = vocab_size.div_ceil(SLICE);
        let shortlist = self.gpu.tensor("shortlist", 2 * n_slices)?;
        let params = self.uniform(&[vocab_size as u32, SLICE as u32, 0, 0])?;
        let grid = [Extent::Fixed(n_slices), Extent::ONE, Extent::ONE];
        self.dispatch(&SHORTLIST, &[threads], &[&params, logits, &shortlist], grid)?;
        let params = self.uniform(&[n_slices as u32, SLICE as u32, tokens.len() as u32, 0])?;
        let tensors = [settings, &params, logits, &shortlist, tokens, cursor];
        self.dispatch(&SAMPLE, &[threads], &tensors, [Extent::ONE; 3])
    }
}

#[cfg(test)]
mod tests {
    use super::SampleSettings;
    use crate::testing::{on_all_cuts, run};
    use crate::{Cursor, Gpu, Recorder};
    use futures_lite::future::block_on;

    const GREEDY: SampleSettings = SampleSettings {
        vocab_size: 0,
        top_k: 0,
        seed: 1,
        repeat_last_n: 64,
        repeat_penalty: 1.0,
        temperature: 0.0,
        top_p: 1.0,
        min_p: 0.0,
    };

    /// Logits of no token, as the rows of an embedding table that is longer than the vocabulary give.
    const PADDING: usize = 3;

    /// What is drawn after the tokens of `before`.
    fn drawn(gpu: &Gpu, settings: SampleSettings, logits: &[f32], before: &[u32]) -> u32 {
        let settings = SampleSettings { vocab_size: logits.len() as u32, ..settings };
        let settings = gpu.upload("settings", &[settings]).expect("a short tensor");
        // What is behind the vocabulary is never drawn.
        let padded = [logits, &[99.0; PADDING]].concat();
        let logits = gpu.upload("logits", &padded).expect("a short tensor");
        let mut places = before.to_vec();
        places.extend([77; 3]);
        let tokens = gpu.upload("tokens", &places).expect("a short tensor");
        let n = before.len();
        run(gpu, n - 1, 1, 1, |pass| pass.sample(&logits, logits.len() - PADDING, &settings, &tokens));
        let after: Vec<u32> = block_on(gpu.read(&tokens, 0, n + 3)).expect("a working device");
        assert_eq!((&after[..n], &after[n + 1..]), (before, &[77, 77][..]), "one token is written");
        after[n]
    }

    #[test]
    fn the_likeliest_is_found_wherever_it_is() {
        on_all_cuts(|gpu| {
            for (vocab_size, likeliest) in [(1, 0), (511, 510), (1500, 0), (1500, 513), (1500, 1499)] {
                let mut logits: Vec<f32> = (0..vocab_size).map(|i| -1.0 - (i % 7) as f32).collect();
                logits[likeliest] = 0.5;
                assert_eq!(drawn(gpu, GREEDY, &logits, &[3]), likeliest as u32);
            }
            assert_eq!(drawn(gpu, GREEDY, &[1.0, 2.0, 2.0], &[3]), 1, "of equal ones the first");
            assert_eq!(drawn(gpu, GREEDY, &[f32::NAN; 5], &[3]), SampleSettings::NO_TOKEN);
        });
    }

    #[test]
    fn recent_tokens_are_penalised_once() {
        on_all_cuts(|gpu| {
            let logits = [1.0, 3.0, 2.9, -1.0, 2.0, -5.0];
            let settings = SampleSettings { repeat_penalty: 2.0, repeat_last_n: 3, ..GREEDY };
            assert_eq!(drawn(gpu, settings, &logits, &[4, 2, 1, 1, 3, 9]), 2, "3.0 becomes 1.5, not 0.75");
            assert_eq!(drawn(gpu, settings, &[0.0, 3.0, -9.0, 1.6], &[1, 1, 1]), 3);
            assert_eq!(drawn(gpu, settings, &[0.0, 3.0, -9.0, 1.4], &[1, 1, 1]), 1);
            assert_eq!(drawn(gpu, settings, &logits, &[1, 2, 0, 0, 0]), 1, "the others are longer ago");
        });
    }

    #[test]
    fn each_knob_narrows_the_choice_as_it_does_on_the_cpu() {
        on_all_cuts(|gpu| {
            let logits = [1.0, 3.0, 2.9, -1.0, 2.0, -90.0];
            let free = SampleSettings { temperature: 1.0, ..GREEDY };
            let all = |settings: SampleSettings| -> Vec<u32> {
                let mut ids: Vec<u32> = (0..160)
                    .map(|seed| drawn(gpu, SampleSettings { seed, ..settings }, &logits, &[0]))
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            };
            let all_likely = all(SampleSettings { temperature: 1.8, ..free });
            assert!([0, 1, 2, 4].iter().all(|id| all_likely.contains(id)) && !all_likely.contains(&5));
            assert_eq!(all(SampleSettings { top_k: 3, ..free }), [1, 2, 4]);
            assert_eq!(all(SampleSettings { min_p: 0.2, ..free }), [1, 2, 4]);
            assert_eq!(all(SampleSettings { min_p: 0.2, temperature: 0.5, ..free }), [1, 2]);
            assert_eq!(all(SampleSettings { top_p: 0.7, ..free }), [1, 2]);
        });
    }

    #[test]
    fn draws_come_as_often_as_they_are_likely_and_again_with_the_seed() {
        let Some(gpu) = crate::testing::gpu() else { return };
        let logits = [0.0, 1.0, -1.0];
        let settings = SampleSettings { temperature: 1.0, ..GREEDY };
        let ids: Vec<u32> =
            (0..600).map(|seed| drawn(&gpu, SampleSettings { seed, ..settings }, &logits, &[0])).collect();
        let total: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
        for (id, logit) in (0..).zip(logits) {
            let share = ids.iter().filter(|&&drawn| drawn == id).count() as f64 / 600.0;
            assert!((share - f64::from(logit).exp() / total).abs() < 0.07, "token {id} in {share}");
        }
        let again: Vec<u32> =
            (0..9).map(|seed| drawn(&gpu, SampleSettings { seed, ..settings }, &logits, &[0])).collect();
        assert_eq!(again, ids[..9]);
    }

    #[test]
    fn steps_can_be_submitted_ahead_for_the_cursor_moves_by_itself() {
        on_all_cuts(|gpu| {
            let settings = SampleSettings { vocab_size: 600, ..GREEDY };
            let settings = gpu.upload("settings", &[settings]).expect("a short tensor");
            let mut logits = vec![0.0_f32; 600];
            logits[555] = 1.0;
            let logits = gpu.upload("logits", &logits).expect("a short tensor");
            let tokens = gpu.tensor("tokens", 6).expect("a short tensor");
            let cursor = Cursor::new(gpu).expect("a short tensor");
            cursor.set(gpu, 0, 2).expect("two numbers");
            let mut pass = Recorder::new(gpu, &cursor, 1);
            pass.sample(&logits, 600, &settings, &tokens).expect("shapes that fit");
            let plan = pass.finish();
            // The last step is past the end of the context.
            gpu.submit(&[(&plan, 1); 3]).expect("a working device");
            gpu.submit(&[(&plan, 1); 2]).expect("a working device");
            let found: Vec<u32> = block_on(gpu.read(&tokens, 0, 6)).expect("a working device");
            assert_eq!(found, [0, 0, 555, 555, 555, 555]);
        });
    }
}
