//! The command line from outside: what goes in, what comes out, and what it says when it cannot.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod answers;
mod bad_input;
mod models;
mod serve;
mod site;
mod support;
