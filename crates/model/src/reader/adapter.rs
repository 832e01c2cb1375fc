//! The reader's file: adapter and heads, in a GGUF of type `adapter` as `daneel tune reader` writes it.

use std::collections::HashMap;

use super::input::ReaderInput;
use super::spans::best_spans;
use super::{AnswerSpan, Reading};
use crate::gguf::Gguf;
use crate::low_rank::{LowRank, Pair};
use crate::{Error, ModelFile};

/// Version of the file's tensors and of what the reader reads.
const VERSION: usize = 1;
/// Spans given for each passage.
const SPANS: usize = 5;
/// What stands after a matrix's name in the names of its two factors.
const A: &str = ".lora_a";
const B: &str = ".lora_b";

/// What a file holds.
pub(super) struct Adapter {
    pub(super) low_rank: LowRank,
    pub(super) heads: Heads,
    pub(super) info: ReaderInfo,
}

/// What a reader's file says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ReaderInfo {
    /// SHA-256 of the file of the embedder that it was trained on, in lower-case hexadecimal.
    pub base_sha256: String,
    /// What that embedder is called.
    pub base_name: String,
    /// SPDX expression, or the terms in words.
    pub license: String,
}

impl ReaderInfo {
    /// Reads the head of a file.
    ///
    /// # Errors
    /// If it is damaged, no reader, or one of another version.
    pub async fn read(file: &impl ModelFile) -> Result<Self, Error> {
        Self::of(&Gguf::open(file, &mut |_, _| {}).await?)
    }

    fn of<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        match gguf.optional_usize("daneel.reader.version")? {
            Some(VERSION) => {}
            Some(other) => {
                return Err(Error::Unsupported(format!(
                    "a reader of version {other}; this program reads version {VERSION}"
                )));
            }
            None => return Err(Error::Unsupported("a file that is no reader".to_owned())),
        }
        let text = |key| Ok::<_, Error>(gguf.optional_string(key)?.unwrap_or("unknown").to_owned());
        Ok(Self {
            base_sha256: gguf.string("daneel.reader.base_sha256")?.to_owned(),
            base_name: text("general.base_model.0.name")?,
            license: text("general.license")?,
        })
    }
}

/// Linear layers on the last layer's states.
pub(super) struct Heads {
    start: Vec<f32>,      // (hidden_size)
    end: Vec<f32>,        // (hidden_size)
    answerable: Vec<f32>, // (hidden_size)
    answerable_bias: f32,
}

impl Adapter {
    /// Reads a file for an encoder of `hidden_size`.
    ///
    /// # Errors
    /// If it is damaged, no reader, of another version, or for an encoder of another size.
    pub(super) async fn load(file: &impl ModelFile, hidden_size: usize) -> Result<Self, Error> {
        let mut ignored = |_, _| {};
        let mut gguf = Gguf::open(file, &mut ignored).await?;
        let info = ReaderInfo::of(&gguf)?;
        let alpha = gguf.f32("adapter.lora.alpha")?;
        let mut pairs = HashMap::new();
        let names: Vec<String> =
            gguf.tensor_names().filter_map(|name| Some(name.strip_suffix(A)?.to_owned())).collect();
        for name in names {
            let (a, b) = (format!("{name}{A}"), format!("{name}{B}"));
            let rank = gguf.shape(&a).and_then(|shape| shape.first().copied()).unwrap_or(0);
            let a = gguf.floats(&a).await?.flatten_all()?.to_vec1()?;
            let b = gguf.floats(&b).await?.flatten_all()?.to_vec1()?;
            pairs.insert(name, Pair { rank, a, b });
        }
        let mut head = async |name: &str, len: usize| -> Result<Vec<f32>, Error> {
            let values: Vec<f32> = gguf.floats(&format!("reader.{name}")).await?.flatten_all()?.to_vec1()?;
            if values.len() != len {
                let found = values.len();
                return Err(Error::Damaged(format!(
                    "the reader's head `{name}` has {found} weights, not {len}"
                )));
            }
            Ok(values)
        };
        let heads = Heads {
            start: head("start", hidden_size).await?,
            end: head("end", hidden_size).await?,
            answerable: head("answerable", hidden_size).await?,
            answerable_bias: head("answerable_bias", 1).await?[0],
        };
        Ok(Self { low_rank: LowRank { alpha, pairs }, heads, info })
    }
}

impl Heads {
    /// The judgement on an input from the last layer's states, (tokens, hidden_size).
    pub(super) fn reading(&self, input: &ReaderInput, states: &[f32]) -> Reading {
        let row = |index: usize| &states[index * self.start.len()..(index + 1) * self.start.len()];
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let logits =
            |head: &[f32]| -> Vec<f32> { input.text.clone().map(|index| dot(head, row(index))).collect() };
        let answerable = dot(&self.answerable, row(0)) + self.answerable_bias;
        let best = best_spans(&logits(&self.start), &logits(&self.end), SPANS);
        let spans = best.into_iter().map(|(tokens, probability)| {
            let range = input.offsets[tokens.start].start..input.offsets[tokens.end - 1].end;
            AnswerSpan { range, probability }
        });
        Reading { answerable: 1.0 / (1.0 + (-answerable).exp()), spans: spans.collect() }
    }
}
