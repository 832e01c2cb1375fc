//! Warnings above the composer: what does not work, and what to do.

use leptos::prelude::*;

use super::icon::{Icon, Shape};
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::session::use_session;

/// The warnings.
#[component]
pub fn Notices() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    view! {
        <div class="notices" role="status">
            {move || {
                session
                    .lost
                    .get()
                    .map(|message| {
                        view! {
                            <div class="notice lost" data-testid="engine-lost">
                                <Icon shape=Shape::Warning />
                                <p>{move || t_string!(i18n, engine_lost, message = message.clone()).to_string()}</p>
                                <button
                                    class="quiet-button"
                                    on:click=move |_| {
                                        // Nothing is lost if the browser refuses: there is its own button.
                                        let _ = window().location().reload();
                                    }
                                >
                                    {t!(i18n, reload)}
                                </button>
                            </div>
                        }
                    })
            }}
            <For each=move || session.notices.get() key=|message| message.clone() let(message)>
                <div class="notice" data-testid="notice">
                    <Icon shape=Shape::Warning />
                    <p>{message.clone()}</p>
                    <button
                        class="icon-button"
                        aria-label=move || t_string!(i18n, dismiss)
                        on:click=move |_| session.notices.update(|notices| notices.retain(|other| *other != message))
                    >
                        <Icon shape=Shape::Close />
                    </button>
                </div>
            </For>
        </div>
    }
}
