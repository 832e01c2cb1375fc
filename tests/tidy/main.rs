//! What a reader of this code may rely on, held as tests: who depends on whom, sizes, openings, links, languages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod edges;
mod links;
mod locales;
mod sources;
mod versions;
