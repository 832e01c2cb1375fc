//! What a screen reader is told: whole sentences of the answer, as they come.

use leptos::prelude::*;

use crate::page::session::use_session;

/// The region; additions are spoken politely, one after the other.
#[component]
pub fn LiveRegion() -> impl IntoView {
    let session = use_session();
    view! {
        <div
            class="visually-hidden"
            data-testid="live-region"
            role="log"
            aria-live="polite"
            aria-relevant="additions"
            aria-atomic="false"
        >
            <For each=move || session.spoken.get() key=|(position, _)| *position let((_, sentence))>
                <p>{sentence.clone()}</p>
            </For>
        </div>
    }
}
