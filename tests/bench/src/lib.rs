//! The crates that the product's worker is made of, callable from a measuring page: one engine, one index.

mod engine;
mod haystack;
