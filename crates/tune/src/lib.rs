//! Labelled questions become a trained adapter: gradients through the very weights that the page uses.

pub mod data;
mod evaluate;
mod export;
mod ops;
mod optimizer;
mod parameters;
mod reader;
mod sample;
mod train;
mod weights;

pub use evaluate::Figures;
pub use export::{About, export};
pub use optimizer::OptimizerConfig;
pub use parameters::Parameters;
pub use sample::tells;
pub use train::{Progress, TrainConfig, Trained, train};

/// Why nothing could be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The data or a checkpoint is not what it should be.
    #[error("{0}")]
    Data(String),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] daneel_model::Error),
    /// A computation failed.
    #[error("the computation failed: {0}")]
    Compute(#[from] candle_core::Error),
}
