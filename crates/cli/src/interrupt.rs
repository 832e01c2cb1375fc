//! Ctrl-C becomes an error at the next safe point, so that nothing half-written stays behind.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Exit code of a command that was interrupted, as shells have it: 128 + SIGINT.
pub const EXIT_CODE: u8 = 130;

/// The work was broken off by the person at the terminal.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; nothing was changed")
    }
}

impl std::error::Error for Interrupted {}

/// From here on Ctrl-C no longer ends the program by itself: [`check`] does. A second Ctrl-C ends it at once.
///
/// # Errors
/// If the handler cannot be set.
pub fn catch() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(EXIT_CODE));
        }
    })
    .context("Ctrl-C cannot be handled")
}

/// Fails once Ctrl-C was pressed; long works call it between two steps.
///
/// # Errors
/// [`Interrupted`].
pub fn check() -> Result<(), Interrupted> {
    match INTERRUPTED.load(Ordering::Relaxed) {
        true => Err(Interrupted),
        false => Ok(()),
    }
}
