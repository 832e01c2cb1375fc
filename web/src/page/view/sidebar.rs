//! The sidebar: conversations of this browser, theme and language. A drawer on narrow screens.

use leptos::prelude::*;

use super::icon::{Icon, Shape};
use super::preferences::PreferenceButtons;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::browser;
use crate::page::history::History;
use crate::page::session::use_session;

/// The sidebar.
#[component]
pub fn Sidebar(
    /// Whether the drawer is open, on narrow screens.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let name = move || {
        session.manifest.with(|site| {
            site.as_ref().map_or_else(
                || "Daneel".to_owned(),
                |site| site.persona.name.clone().unwrap_or_else(|| site.title.clone()),
            )
        })
    };
    view! {
        <aside class="sidebar" aria-label=move || t_string!(i18n, conversations)>
            <div class="sidebar-top">
                <span class="mark" aria-hidden="true"></span>
                <p class="sidebar-name">{name}</p>
                <button
                    id="close-menu"
                    class="icon-button close-menu"
                    aria-label=move || t_string!(i18n, close_menu)
                    on:click=move |_| {
                        open.set(false);
                        browser::focus("menu-button");
                    }
                >
                    <Icon shape=Shape::Close />
                </button>
            </div>
            <button
                class="new-conversation"
                data-testid="new-conversation"
                on:click=move |_| {
                    session.new_conversation();
                    open.set(false);
                    browser::focus("composer");
                }
            >
                <Icon shape=Shape::Compose />
                {t!(i18n, new_conversation)}
            </button>
            <Conversations open />
            <div class="sidebar-bottom">
                <PreferenceButtons />
                <details class="more">
                    <summary>{t!(i18n, settings)}<Icon shape=Shape::Expand /></summary>
                    <DeleteAll />
                    <button
                        class="quiet-button"
                        on:click=move |_| {
                            session.forget_models();
                            let message = t_string!(i18n, models_forgotten).to_owned();
                            session.notices.update(|notices| notices.push(message));
                        }
                    >
                        <Icon shape=Shape::Delete />
                        {t!(i18n, forget_models)}
                    </button>
                </details>
                <p class="privacy"><Icon shape=Shape::Shield />{t!(i18n, privacy)}</p>
            </div>
        </aside>
    }
}

#[component]
fn Conversations(
    /// Closed when a conversation is chosen.
    open: RwSignal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let list = move || {
        session.history.with(|history| {
            history
                .conversations()
                .iter()
                .map(|conversation| (conversation.id, conversation.title().to_owned()))
                .collect::<Vec<_>>()
        })
    };
    let is_empty = move || session.history.with(|history| history.conversations().is_empty());
    view! {
        <nav class="history" aria-label=move || t_string!(i18n, conversations)>
            <Show when=is_empty>
                <p class="history-empty">{t!(i18n, no_conversations)}</p>
            </Show>
            <ul>
                <For each=list key=|item| item.clone() let((id, title))>
                    <li
                        class="history-row"
                        class:current=move || session.conversation.get() == id
                    >
                        <button
                            class="history-item"
                            data-testid="history-item"
                            aria-current=move || (session.conversation.get() == id).then_some("true")
                            on:click=move |_| {
                                session.open_conversation(id);
                                open.set(false);
                            }
                        >
                            {title.clone()}
                        </button>
                        <button
                            class="icon-button history-delete"
                            aria-label={
                                let title = title.clone();
                                move || t_string!(i18n, delete_conversation, title = title.clone()).to_string()
                            }
                            on:click=move |_| session.delete_conversation(id)
                        >
                            <Icon shape=Shape::Delete />
                        </button>
                    </li>
                </For>
            </ul>
        </nav>
    }
}

/// Asks once more before it deletes: there is no way back.
#[component]
fn DeleteAll() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let asked = RwSignal::new(false);
    let label =
        move || if asked.get() { t_string!(i18n, delete_all_confirm) } else { t_string!(i18n, delete_all) };
    let nothing = move || session.history.with(|history| *history == History::default());
    view! {
        <button
            class="quiet-button"
            disabled=nothing
            on:click=move |_| {
                if asked.get_untracked() {
                    session.delete_all();
                }
                asked.update(|asked| *asked = !*asked);
            }
            on:blur=move |_| asked.set(false)
        >
            <Icon shape=Shape::Delete />
            {label}
        </button>
    }
}
