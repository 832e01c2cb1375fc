//! Where questions are typed.

use daneel_rag::MAX_QUESTION_CHARS;
use leptos::ev;
use leptos::prelude::*;

use super::icon::{Icon, Shape};
use super::quick_results::QuickResultList;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::browser;
use crate::page::session::use_session;

/// Where questions are typed: Enter sends, Shift+Enter begins a new line.
#[component]
pub fn Composer() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let wanted_too_early = RwSignal::new(false);
    let problem = move || {
        let length = session.draft_length();
        if length > MAX_QUESTION_CHARS {
            Some(t_string!(i18n, too_long, length = length, limit = MAX_QUESTION_CHARS).to_string())
        } else if wanted_too_early.get() && session.is_answering() {
            Some(t_string!(i18n, busy).to_owned())
        } else if wanted_too_early.get() && length == 0 {
            Some(t_string!(i18n, empty_question).to_owned())
        } else {
            None
        }
    };
    let has_problem = Memo::new(move |_| problem().is_some());
    let send = move || {
        let ready = session.draft_length() > 0 && !has_problem.get_untracked() && !session.is_answering();
        wanted_too_early.set(!ready);
        if ready {
            let question = session.draft.get_untracked();
            session.draft.set(String::new());
            session.ask(&question);
            browser::dismiss_touch_keyboard("composer");
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        // Enter also confirms a choice of an input method; that is not for us.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            untrack(send);
        }
    };
    view! {
        <form
            class="composer"
            on:submit=move |event| {
                event.prevent_default();
                untrack(send);
            }
        >
            <QuickResultList />
            <div class="composer-box" class:invalid=has_problem>
                <label class="visually-hidden" for="composer">{t!(i18n, composer_label)}</label>
                <div class="composer-text" data-text=move || session.draft.get()>
                    <textarea
                        id="composer"
                        data-testid="composer"
                        rows="1"
                        autocomplete="off"
                        enterkeyhint="send"
                        placeholder=move || t_string!(i18n, composer_placeholder)
                        aria-invalid=move || has_problem.get().to_string()
                        aria-describedby="composer-problem"
                        prop:value=move || session.draft.get()
                        on:input=move |event| {
                            wanted_too_early.set(false);
                            session.type_draft(event_target_value(&event));
                        }
                        on:keydown=on_key
                    ></textarea>
                </div>
                <Show
                    when=move || session.is_answering()
                    fallback=move || view! {
                        <button
                            type="submit"
                            class="send"
                            data-testid="send"
                            aria-label=move || t_string!(i18n, send)
                            title=move || t_string!(i18n, send)
                            aria-disabled=move || (session.draft_length() == 0 || has_problem.get()).to_string()
                        >
                            <Icon shape=Shape::Send />
                        </button>
                    }
                >
                    <button
                        type="button"
                        class="send stop"
                        data-testid="stop"
                        aria-label=move || t_string!(i18n, stop)
                        title=move || format!("{} (Esc)", t_string!(i18n, stop))
                        on:click=move |_| session.stop()
                    >
                        <Icon shape=Shape::Stop />
                    </button>
                </Show>
            </div>
            <p id="composer-problem" class="composer-note" class:problem=has_problem role="status" data-testid="composer-note">
                {move || problem().unwrap_or_else(|| t_string!(i18n, disclaimer).to_owned())}
            </p>
        </form>
    }
}
