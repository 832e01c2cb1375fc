//! What works already, in one small button of the header; its panel shows each part.

use leptos::prelude::*;

use super::loading::LoadingPanel;
use crate::locales::i18n::{t_string, use_i18n};
use crate::page::parts::{Ability, Parts};
use crate::page::session::use_session;

/// The button and its panel.
#[component]
pub fn Status() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let settled = move || session.parts.with(Parts::is_settled);
    let limited = move || session.parts.with(Parts::has_failed) || session.lost.with(Option::is_some);
    let label = move || match (settled(), session.ability()) {
        (true, _) if limited() => t_string!(i18n, status_failed),
        (true, _) => t_string!(i18n, status_ready),
        (false, Ability::Nothing) => t_string!(i18n, status_loading),
        (false, Ability::Search) => t_string!(i18n, status_search),
        (false, _) => t_string!(i18n, status_quotes),
    };
    let percent = move || (!settled()).then(|| format!("{} %", session.parts.with(Parts::percent)));
    let ability = move || match session.ability() {
        Ability::Nothing => "nothing",
        Ability::Search => "search",
        Ability::Quote => "quote",
        Ability::Write => "write",
    };
    let tone = move || match (settled(), limited()) {
        (_, true) => "limited",
        (true, false) => "ready",
        (false, false) => "loading",
    };
    view! {
        <button
            class="status"
            data-testid="status"
            data-ability=ability
            data-tone=tone
            popovertarget="status-panel"
            title=move || t_string!(i18n, status_details)
        >
            <span class="status-dot" aria-hidden="true"></span>
            <span>{label}</span>
            <span class="status-percent">{percent}</span>
        </button>
        <div id="status-panel" class="status-panel" popover="auto">
            <LoadingPanel test_ids=false />
        </div>
    }
}
