//! One interface over both engines' decoders: tokens are read, then tokens are drawn.

use std::ops::ControlFlow;

use crate::decoder::{CpuSequence, Decoder, DecoderConfig};
use crate::gguf::Gguf;
use crate::gpu::{GpuDecoder, GpuSequence};
use crate::layer_state::LayerState;
use crate::sampling::Sampler;
use crate::{Engine, Error, ModelFile, Sampling, clock};

/// Prompt tokens that the CPU reads at a time: enough for the matrix product to reuse each weight many times, few enough
/// that a stop is heard, and the event loop runs, several times a second.
pub(super) const CPU_CHUNK: usize = 64;

/// A decoder on one of the engines.
pub(super) enum Decoding {
    Cpu(Box<CpuDecoding>),
    Gpu(Box<GpuDecoder>),
}

/// The CPU's decoder, and what it draws tokens with.
pub(super) struct CpuDecoding {
    decoder: Decoder,
    sampler: Sampler,
    vocab_size: usize,
}

/// Keys and values of a sequence that stands aside.
pub(super) enum Sequence {
    Cpu(CpuSequence),
    Gpu(GpuSequence),
}

impl Sequence {
    /// Of what it keeps while it is taken up, only the first `len` tokens stay the same.
    pub(super) fn truncate(&mut self, len: usize) {
        match self {
            // It moved.
            Self::Cpu(_) => {}
            Self::Gpu(sequence) => sequence.truncate(len),
        }
    }

    /// Bytes of memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Cpu(sequence) => sequence.bytes(),
            Self::Gpu(sequence) => sequence.bytes(),
        }
    }
}

fn other_engine() -> Error {
    Error::State("it was read by another engine".to_owned())
}

impl Decoding {
    /// Loads the tensors that `config` asks for, with room for `most_context` tokens; also says how many there is room for.
    ///
    /// # Errors
    /// If a tensor is missing, of another shape or of an unknown type, or memory is short.
    pub(super) async fn load<F: ModelFile>(
        engine: &Engine,
        gguf: &mut Gguf<'_, F>,
        config: DecoderConfig,
        vocab_size: usize,
        most_context: usize,
    ) -> Result<(Self, usize), Error> {
        match engine {
            Engine::Cpu => {
                let context = config.context_length.min(most_context);
                let decoder = Decoder::load(gguf, config).await?;
                let sampler = Sampler::new(&Sampling::default());
                let cpu = CpuDecoding { decoder, sampler, vocab_size };
                Ok((Self::Cpu(Box::new(cpu)), context))
            }
            Engine::Gpu(device) => {
                let gpu = device.0.clone();
                let decoder = GpuDecoder::load(gpu, gguf, config, vocab_size, most_context).await?;
                let context = decoder.context();
                Ok((Self::Gpu(Box::new(decoder)), context))
            }
        }
    }

    /// Most tokens that are read at once.
    pub(super) fn chunk_tokens(&self) -> usize {
        match self {
            Self::Cpu(_) => CPU_CHUNK,
            Self::Gpu(decoder) => decoder.chunk_tokens(),
        }
    }

    /// Forgets all but the first `len` tokens.
    pub(super) fn truncate(&mut self, len: usize) {
        match self {
            Self::Cpu(cpu) => cpu.decoder.truncate(len),
            Self::Gpu(decoder) => decoder.truncate(len),
        }
    }

    /// Reads tokens, which go to the end of the cache. Where it takes long, `on_piece` is asked now and then whether to go
    /// on; if not, the cache is as before.
    ///
    /// # Errors
    /// If the engine fails.
    pub(super) async fn read(
        &mut self,
        tokens: &[u32],
        on_piece: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        match self {
            Self::Cpu(cpu) => {
                clock::yield_now().await;
                cpu.decoder.forward(tokens)?;
                Ok(ControlFlow::Continue(()))
            }
            Self::Gpu(decoder) => decoder.read(tokens, on_piece).await,
        }
    }

    /// Prepares to draw up to `most` tokens after those read.
    ///
    /// # Errors
    /// If the engine fails.
    pub(super) fn begin(&mut self, sampling: &Sampling, most: usize) -> Result<(), Error> {
        match self {
            Self::Cpu(cpu) => {
                cpu.sampler = Sampler::new(sampling);
                Ok(())
            }
            Self::Gpu(decoder) => decoder.begin(sampling, most),
        }
    }

    /// The next token; `unread`, the one drawn before, is read first. `context` is every token so far.
    ///
    /// # Errors
    /// If the logits are not numbers, or the engine fails.
    pub(super) async fn draw(&mut self, unread: Option<u32>, context: &[u32]) -> Result<u32, Error> {
        match self {
            Self::Cpu(cpu) => {
                if let Some(token) = unread {
                    cpu.decoder.forward(&[token])?;
                    clock::yield_now().await;
                }
                // The table of embeddings may be longer than the vocabulary.
                let logits = &mut cpu.decoder.logits()?[..cpu.vocab_size];
                cpu.sampler.sample(logits, context)
            }
            // It stands where the next step reads it.
            Self::Gpu(decoder) => decoder.draw().await,
        }
    }

    /// Logits for the token after the last one read: (vocab_size).
    ///
    /// # Errors
    /// If nothing was read, or the engine fails.
    pub(super) async fn logits(&mut self, vocab_size: usize) -> Result<Vec<f32>, Error> {
        let mut logits = match self {
            Self::Cpu(cpu) => cpu.decoder.logits()?.to_vec(),
            Self::Gpu(decoder) => decoder.logits().await?,
        };
        // The table of embeddings may be longer than the vocabulary.
        logits.truncate(vocab_size);
        Ok(logits)
    }

    /// A place for a sequence to stand aside.
    pub(super) fn sequence(&self) -> Sequence {
        match self {
            Self::Cpu(_) => Sequence::Cpu(CpuSequence::default()),
            Self::Gpu(_) => Sequence::Gpu(GpuSequence::default()),
        }
    }

    /// Puts what was read aside; nothing is then read.
    ///
    /// # Errors
    /// If memory is short.
    pub(super) fn put_aside(&mut self, aside: &mut Sequence) -> Result<(), Error> {
        match (self, aside) {
            (Self::Cpu(cpu), Sequence::Cpu(aside)) => {
                cpu.decoder.swap(aside);
                cpu.decoder.truncate(0);
                Ok(())
            }
            (Self::Gpu(decoder), Sequence::Gpu(aside)) => decoder.put_aside(aside),
            _ => Err(other_engine()),
        }
    }

    /// Takes up a sequence's first tokens, which are these, in place of what was read; it is for the decoder's use until it is
    /// put aside again.
    ///
    /// # Errors
    /// If it has not so many, or the engine fails.
    pub(super) fn take_up(&mut self, aside: &mut Sequence, tokens: &[u32]) -> Result<(), Error> {
        match (self, aside) {
            (Self::Cpu(cpu), Sequence::Cpu(aside)) => {
                cpu.decoder.swap(aside);
                cpu.decoder.truncate(tokens.len());
                Ok(())
            }
            (Self::Gpu(decoder), Sequence::Gpu(aside)) => decoder.take_up(aside, tokens),
            _ => Err(other_engine()),
        }
    }

    /// The same for a sequence that stays as it is.
    ///
    /// # Errors
    /// If it has not so many, or the engine fails.
    pub(super) fn copy_up(&mut self, aside: &Sequence, tokens: &[u32]) -> Result<(), Error> {
        match (self, aside) {
            (Self::Cpu(cpu), Sequence::Cpu(aside)) => {
                cpu.decoder.copy_up(aside, tokens.len());
                Ok(())
            }
            (Self::Gpu(decoder), Sequence::Gpu(aside)) => decoder.copy_up(aside, tokens),
            _ => Err(other_engine()),
        }
    }

    /// Keys and values of the first `positions`, layer by layer.
    ///
    /// # Errors
    /// If the engine fails.
    pub(super) async fn save(&self, positions: usize) -> Result<Vec<LayerState>, Error> {
        match self {
            Self::Cpu(cpu) => Ok(cpu.decoder.save(positions)),
            Self::Gpu(decoder) => decoder.save(positions).await,
        }
    }

    /// Takes back what [`Self::save`] gave, in place of all that was read.
    ///
    /// # Errors
    /// If it does not fit.
    pub(super) fn restore(&mut self, tokens: &[u32], layers: &[LayerState]) -> Result<(), Error> {
        self.truncate(0);
        match self {
            Self::Cpu(cpu) => {
                cpu.decoder.restore(tokens.len(), layers);
                Ok(())
            }
            Self::Gpu(decoder) => decoder.restore(tokens, layers),
        }
    }
}
