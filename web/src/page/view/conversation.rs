//! The conversation: its exchanges, or the welcome while there is none.

use leptos::prelude::*;
use web_sys::ScrollLogicalPosition;

use super::exchange::ExchangeView;
use super::welcome::Welcome;
use crate::page::browser;
use crate::page::session::use_session;

/// The conversation.
#[component]
pub fn ConversationView() -> impl IntoView {
    let session = use_session();
    let is_empty = Memo::new(move |_| session.entries.with(Vec::is_empty));
    let last = Memo::new(move |_| session.entries.with(|entries| entries.last().map(|entry| entry.id)));
    // A new question moves to the top: its answer then grows below it without pushing anything about.
    Effect::new(move |_| {
        if let Some(id) = last.get() {
            request_animation_frame(move || {
                browser::scroll_to(&format!("exchange-{id}"), ScrollLogicalPosition::Start);
            });
        }
    });
    view! {
        <Show when=move || !is_empty.get() fallback=Welcome>
            <div class="exchanges">
                <For each=move || session.entries.get() key=|entry| entry.id let(entry)>
                    <ExchangeView entry=entry.clone() is_last=Signal::derive(move || last.get() == Some(entry.id)) />
                </For>
            </div>
        </Show>
    }
}
