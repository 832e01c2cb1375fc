//! GGUF files become tokens and vectors.
//!
//! [`Embedder`] and [`Generator`] are the whole interface; behind it runs one of two [`Engine`]s, on the CPU or on the GPU.

mod bpe;
#[cfg(test)]
mod candle_reference;
mod chat;
mod clock;
mod decoder;
mod e5;
mod embedder;
mod encoder;
mod engine;
mod generator;
mod gguf;
mod gpu;
mod info;
mod kernel;
mod layer_state;
mod linear;
mod low_rank;
mod pieces;
mod reader;
mod sampling;
mod speed;
mod storage;
#[cfg(test)]
mod test_models;
mod text_stream;
mod unigram;
mod wordpiece;

pub use chat::{Message, Role};
pub use e5::e5_bin_to_gguf;
pub use embedder::{Embedder, TextKind};
pub use engine::{Adapter, Engine, EngineChoice, EngineReason, EngineWish, GpuDevice, TokenCost};
pub use generator::{Finish, Generation, Generator, Mixture, PassagePrompt, Piece};
pub use info::{ModelInfo, inspect};
pub use reader::{AnswerSpan, PassageText, Reader, ReaderInfo, ReaderInput, Reading, best_spans};
pub use sampling::Sampling;
pub use speed::{GpuFigures, SpeedReport};
pub use storage::{MemoryFile, ModelFile};

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file's bytes could not be had.
    #[error("the file cannot be read: {0}")]
    Read(String),
    /// Not a GGUF file, cut short, or of absurd sizes.
    #[error("the model file is damaged: {0}; fetch it again with `daneel models pull`")]
    Damaged(String),
    /// A well-formed file of a kind that is not supported.
    #[error("the model is not supported: {0}")]
    Unsupported(String),
    /// A saved state that does not belong to the model, or is damaged.
    #[error("the saved state cannot be used: {0}")]
    State(String),
    /// The text does not fit the model's context.
    #[error("the text needs {needed} tokens but the model has room for {available}; shorten it")]
    TooLong {
        /// Tokens of the text.
        needed: usize,
        /// Tokens there is room for.
        available: usize,
    },
    /// The GPU cannot be used, or failed.
    #[error(transparent)]
    Gpu(#[from] daneel_gpu::Error),
    /// The engine failed while computing.
    #[error("the engine failed: {0}")]
    Compute(candle_core::Error),
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(without_backtrace(error))
    }
}

/// The error itself: with `RUST_BACKTRACE` set, candle's messages carry pages of addresses.
fn without_backtrace(error: candle_core::Error) -> candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => without_backtrace(*inner),
        error => error,
    }
}
