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
};

pub(crate) static SHORTLIST: Kernel = Kernel {
    name: "shortlist",
    sources: &[include_str!("best.wgsl"), include_str!("shortlist.wgsl")],
    bindings: &[Uniform, Read, Write],
};

pub(crate) static SAMPLE: Kernel = Kernel {
    name: "sample",
    sources: &[include_str!("best.wgsl"), include_str!("sample.wgsl")],
    bindings: &[Uniform, Uniform, Read, Write, Write, Write],
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
    /// Draws a token from `logits`, (vocab_size), writes it behind the step's tokens in `tokens`, (context), and moves the cursor
    /// on to it. The penalty is written into `logits`. At the end of the context nothing is written.
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn sample(&mut self, logits: &Tensor, settings: &Tensor, tokens: &Tensor) -> Result<(), Error> {
        settings.holds("sample", "settings", SampleSettings::WORDS)?;
        let vocab_size = logits.len();
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
