//! A question and a passage, read together, become a judgement: whether the passage answers, and with which words.
//!
//! The reader is the embedder's own encoder with a low-rank adapter merged into its matrices, and linear heads: where the
//! answer starts and ends (Devlin et al. 2018, arXiv:1810.04805, section 4.2) over the tokens of the text, and whether
//! there is one (Rajpurkar et al. 2018, arXiv:1806.03822) on the first token.

mod adapter;
mod input;
mod spans;

pub use adapter::ReaderInfo;
pub use input::ReaderInput;
pub use spans::best_spans;

use std::ops::Range;

use crate::clock::{self, yield_now};
use crate::embedder::Encoding;
use crate::gguf::Gguf;
use crate::{Embedder, Error, ModelFile};
use adapter::{Adapter, Heads};

/// Most tokens read at once: the question, and more than the largest chunk.
const MAX_TOKENS: usize = 448;

/// A reader on top of an embedder, whose tables and tokenizer it shares.
pub struct Reader {
    encoding: Encoding,
    heads: Heads,
    info: ReaderInfo,
}

/// A passage to be read.
#[derive(Clone, Copy, Debug)]
pub struct PassageText<'a> {
    /// Title and headings: context, never part of an answer.
    pub title: &'a str,
    /// What may answer.
    pub text: &'a str,
}

/// What the reader says of a passage.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Probability that the passage answers the question.
    pub answerable: f32,
    /// The likeliest answers, the likeliest first, none of which overlap. None where the text has no words.
    pub spans: Vec<AnswerSpan>,
}

/// Words of a passage that may be the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerSpan {
    /// Bytes of the passage's text.
    pub range: Range<usize>,
    /// Probability that the answer is just this, if the passage answers.
    pub probability: f32,
}

impl Reader {
    /// Loads the reader in `file` onto `embedder`, which was itself loaded from `base`; it computes where the embedder does.
    ///
    /// # Errors
    /// If the file is damaged, no reader, or one of another embedder.
    pub async fn load(
        embedder: &Embedder,
        base: &impl ModelFile,
        file: &impl ModelFile,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        let Adapter { low_rank, heads, info } = Adapter::load(file, embedder.dimensions()).await?;
        embedder.unigram()?;
        let mut gguf = Gguf::open(base, progress).await?;
        gguf.adapt(&low_rank);
        let encoding = match embedder.encoding() {
            Encoding::Cpu(encoder) => Encoding::Cpu(Box::new(encoder.with_layers_of(&mut gguf).await?)),
            Encoding::Gpu(encoder) => Encoding::Gpu(Box::new(encoder.with_layers_of(&mut gguf).await?)),
        };
        Ok(Self { encoding, heads, info })
    }

    /// What it is.
    pub fn info(&self) -> &ReaderInfo {
        &self.info
    }

    /// Reads passages in order, each together with the question: `least` of them, and more as long as all of it takes no
    /// more than `seconds`. One reading for each passage read. Passages are shared out among the processor's cores; in a
    /// browser the event loop runs between one and the next.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(
        &self,
        embedder: &Embedder,
        question: &str,
        passages: &[PassageText<'_>],
        least: usize,
        seconds: f64,
    ) -> Result<Vec<Reading>, Error> {
        let begin = clock::now();
        let mut readings = Vec::with_capacity(passages.len());
        for batch in passages.chunks(least.max(1)) {
            let elapsed = begin.elapsed().as_secs_f64();
            let of_one = elapsed / readings.len().max(1) as f64;
            if !readings.is_empty() && elapsed + of_one * batch.len() as f64 > seconds {
                break;
            }
            readings.extend(self.read_all(embedder, question, batch).await?);
        }
        Ok(readings)
    }

    async fn read_all(
        &self,
        embedder: &Embedder,
        question: &str,
        passages: &[PassageText<'_>],
    ) -> Result<Vec<Reading>, Error> {
        let input = |passage: &PassageText<'_>| {
            ReaderInput::new(embedder, question, passage.title, passage.text, MAX_TOKENS)
        };
        match &self.encoding {
            Encoding::Cpu(encoder) => {
                let read = |passage: &PassageText<'_>| {
                    let input = input(passage)?;
                    Ok(self.heads.reading(&input, &encoder.hidden_states(&input.ids)?))
                };
                read_on_cpu(passages, read).await
            }
            Encoding::Gpu(encoder) => {
                let mut readings = Vec::with_capacity(passages.len());
                for passage in passages {
                    let input = input(passage)?;
                    let states = encoder.hidden_states(&input.ids).await?;
                    readings.push(self.heads.reading(&input, &states));
                }
                Ok(readings)
            }
        }
    }
}

/// A passage a thread.
#[cfg(not(target_arch = "wasm32"))]
async fn read_on_cpu(
    passages: &[PassageText<'_>],
    read: impl Fn(&PassageText<'_>) -> Result<Reading, Error> + Send + Sync,
) -> Result<Vec<Reading>, Error> {
    use rayon::prelude::*;
    let readings = passages.par_iter().with_max_len(1).map(read).collect();
    yield_now().await;
    readings
}

/// One passage after the other.
#[cfg(target_arch = "wasm32")]
async fn read_on_cpu(
    passages: &[PassageText<'_>],
    read: impl Fn(&PassageText<'_>) -> Result<Reading, Error>,
) -> Result<Vec<Reading>, Error> {
    let mut readings = Vec::with_capacity(passages.len());
    for passage in passages {
        readings.push(read(passage)?);
        yield_now().await;
    }
    Ok(readings)
}

#[cfg(test)]
mod tests;
