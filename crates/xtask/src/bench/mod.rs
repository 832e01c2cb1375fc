//! `cargo xtask bench …`: both sides of a comparison run in turns on one machine and become one table.

mod browser;
mod embed;

pub use browser::browser;
pub use embed::embed;
