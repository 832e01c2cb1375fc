//! The whole page: sidebar, header, conversation, composer.

use leptos::ev;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::citation::{Preview, PreviewLayer};
use super::composer::Composer;
use super::conversation::ConversationView;
use super::icon::{Icon, Shape};
use super::live_region::LiveRegion;
use super::notices::Notices;
use super::preferences::Preferences;
use super::sidebar::Sidebar;
use super::source_card::date_format;
use super::status::Status;
use crate::locales::i18n::{I18nContextProvider, t, t_string, use_i18n};
use crate::page::browser;
use crate::page::session::{Session, use_session};

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <I18nContextProvider>
            <Page />
        </I18nContextProvider>
    }
}

#[component]
fn Page() -> impl IntoView {
    provide_context(Session::start());
    provide_context(Preferences::start());
    provide_context(RwSignal::new(None::<Preview>));
    let i18n = use_i18n();
    let session = use_session();
    let menu_open = RwSignal::new(false);
    let title = move || {
        session
            .manifest
            .with(|site| site.as_ref().map_or_else(|| "Daneel".to_owned(), |site| site.title.clone()))
    };

    // Before the first answer has need of it, and after the page is there.
    set_timeout(|| drop(date_format()), std::time::Duration::from_millis(500));
    let on_key = window_event_listener(ev::keydown, move |event| obey_key(&event, session, menu_open));
    on_cleanup(move || on_key.remove());

    view! {
        <a class="skip-link" href="#composer">{t!(i18n, skip_to_composer)}</a>
        <div class="page" class:menu-open=menu_open>
            <Sidebar open=menu_open />
            <button
                class="backdrop"
                tabindex="-1"
                aria-hidden="true"
                on:click=move |_| menu_open.set(false)
            ></button>
            <div class="column">
                <header class="header">
                    <button
                        id="menu-button"
                        class="icon-button menu-button"
                        aria-label=move || t_string!(i18n, open_menu)
                        aria-expanded=move || menu_open.get().to_string()
                        on:click=move |_| {
                            menu_open.set(true);
                            request_animation_frame(|| browser::focus("close-menu"));
                        }
                    >
                        <Icon shape=Shape::Menu />
                    </button>
                    <p class="header-title">{title}</p>
                    <Status />
                    <button
                        class="icon-button new-button"
                        aria-label=move || t_string!(i18n, new_conversation)
                        on:click=move |_| {
                            session.new_conversation();
                            browser::focus("composer");
                        }
                    >
                        <Icon shape=Shape::Compose />
                    </button>
                </header>
                <main class="main" data-testid="messages" aria-label=move || t_string!(i18n, messages)>
                    <ConversationView />
                </main>
                <div class="dock">
                    <Notices />
                    <Composer />
                </div>
            </div>
        </div>
        <PreviewLayer />
        <LiveRegion />
    }
}

/// `/` goes to the question box; Escape closes what is open, or stops the answer.
fn obey_key(event: &KeyboardEvent, session: Session, menu_open: RwSignal<bool>) {
    let typing = document()
        .active_element()
        .is_some_and(|element| matches!(element.tag_name().as_str(), "TEXTAREA" | "INPUT" | "SELECT"));
    match event.key().as_str() {
        "/" if !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() => {
            event.prevent_default();
            browser::focus("composer");
        }
        "Escape" if menu_open.get_untracked() => {
            menu_open.set(false);
            browser::focus("menu-button");
        }
        "Escape" if session.quick.with_untracked(Option::is_some) => session.quick.set(None),
        "Escape" => session.stop(),
        _ => {}
    }
}
