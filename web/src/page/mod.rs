//! The page: what the reader sees and types. It computes nothing; the engine does, in its worker.

mod block;
mod browser;
mod engine;
mod excerpt;
mod history;
mod markdown;
mod panel;
mod parts;
mod reply;
mod sentences;
mod session;
mod units;
mod view;

use leptos::prelude::*;

/// Shows the page in place of its static beginning.
pub fn start() {
    if let Some(element) = document().get_element_by_id("start") {
        element.remove();
    }
    mount_to_body(view::App);
}
