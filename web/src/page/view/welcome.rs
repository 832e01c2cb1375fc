//! The empty conversation: who answers, what may be asked, what is loading.

use daneel_rag::Suggestion;
use leptos::prelude::*;

use super::loading::LoadingPanel;
use crate::locales::i18n::{Locale, t, t_string, use_i18n};
use crate::page::session::use_session;

/// Most suggested questions.
const SUGGESTIONS: usize = 4;

/// The empty conversation.
#[component]
pub fn Welcome() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let heading = move || {
        let name = session.manifest.with(|site| site.as_ref().and_then(|site| site.persona.name.clone()));
        match name {
            Some(name) => t_string!(i18n, greeting_named, name = name).to_string(),
            None => t_string!(i18n, greeting).to_owned(),
        }
    };
    let text = move || {
        session.manifest.with(|site| site.as_ref().map(|site| site.n_documents)).map(|count| match count {
            1 => t_string!(i18n, greeting_text_one).to_owned(),
            count => t_string!(i18n, greeting_text, count = count).to_string(),
        })
    };
    let is_settled = move || session.parts.with(|parts| parts.is_settled() && !parts.has_failed());
    view! {
        <div class="welcome">
            <span class="mark mark-large" aria-hidden="true"></span>
            <h1>{heading}</h1>
            <p class="welcome-text">{text}</p>
            <Suggestions />
            <Show when=move || !is_settled()>
                <LoadingPanel test_ids=true />
            </Show>
            <p class="welcome-privacy">{t!(i18n, privacy)}</p>
        </div>
    }
}

#[component]
fn Suggestions() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let suggestions = move || {
        let code = if i18n.get_locale() == Locale::it { "it" } else { "en" };
        session
            .manifest
            .with(|site| site.as_ref().map(|site| choose(&site.suggestions, code)).unwrap_or_default())
    };
    view! {
        <ul class="suggestions" aria-label=move || t_string!(i18n, suggestions)>
            <For each=suggestions key=|suggestion| suggestion.text.clone() let(suggestion)>
                <li>
                    <button
                        class="suggestion"
                        data-testid="suggestion"
                        lang=suggestion.language.to_string()
                        on:click={
                            let text = suggestion.text.clone();
                            move |_| session.ask(&text)
                        }
                    >
                        {suggestion.text.clone()}
                    </button>
                </li>
            </For>
        </ul>
    }
}

/// Suggestions in the reader's language; those in others only if there is none.
fn choose(suggestions: &[Suggestion], code: &str) -> Vec<Suggestion> {
    let (own, others): (Vec<_>, Vec<_>) =
        suggestions.iter().cloned().partition(|suggestion| suggestion.language.code() == code);
    let mut chosen = if own.is_empty() { others } else { own };
    chosen.truncate(SUGGESTIONS);
    chosen
}
