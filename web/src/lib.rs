//! What runs in the reader's browser: a small page and, in a worker with its own WebAssembly, the engine.
//! They share nothing but the messages of `daneel_rag`.

pub mod engine;
pub mod page;

#[allow(missing_docs, dead_code, unused_imports, clippy::all, clippy::expect_used, reason = "generated code")]
/// The messages of `locales`, made by the build script.
mod locales {
    std::include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}
