//! A GGUF's header becomes a short description.

use crate::{console::Console, models::Reference};

/// Runs `daneel models info`.
///
/// # Errors
/// If the file is not a GGUF, or a damaged one.
pub fn run(_model: &Reference, _console: Console) -> anyhow::Result<()> {
    anyhow::bail!("not there yet")
}
