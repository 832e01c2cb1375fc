//! Passages found while the reader types: useful before any model is here.

use daneel_rag::{SearchTier, Source};
use leptos::prelude::*;

use super::icon::{Icon, Shape};
use super::source_card::{heading_path, piece_views};
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::excerpt::excerpt;
use crate::page::markdown::safe_link;
use crate::page::session::use_session;

/// Characters of each excerpt.
const EXCERPT_CHARS: usize = 150;

/// The list above the composer.
#[component]
pub fn QuickResultList() -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let is_shown =
        move || !session.is_answering() && session.draft_length() > 0 && session.quick.with(Option::is_some);
    let tier = Memo::new(move |_| session.quick.with(|quick| quick.as_ref().map(|quick| quick.results.tier)));
    let hits = move || {
        session.quick.get().map_or_else(Vec::new, |quick| {
            let query = quick.query;
            quick.results.hits.into_iter().map(|hit| (hit.source, query.clone())).collect()
        })
    };
    let is_empty =
        move || session.quick.with(|quick| quick.as_ref().is_some_and(|quick| quick.results.hits.is_empty()));
    let tier_name = move || match tier.get() {
        Some(SearchTier::Semantic) => "semantic",
        _ => "keyword",
    };
    let tier_label = move || match tier.get() {
        Some(SearchTier::Semantic) => t_string!(i18n, by_meaning),
        _ => t_string!(i18n, by_words),
    };
    view! {
        <Show when=is_shown>
            <section
                class="quick-results"
                data-testid="quick-results"
                data-tier=tier_name
                aria-label=move || t_string!(i18n, quick_results)
            >
                <p class="quick-heading">
                    <Icon shape=Shape::Search />
                    {t!(i18n, quick_results)}
                    <span class="sources-tier">{tier_label}</span>
                </p>
                <Show when=is_empty>
                    <p class="quick-empty">{t!(i18n, no_quick_results)}</p>
                </Show>
                <ul>
                    <For each=hits key=|hit| (hit.0.number, hit.0.text.clone(), hit.1.clone()) let((source, query))>
                        <li>{quick_result(&source, &query)}</li>
                    </For>
                </ul>
            </section>
        </Show>
    }
}

fn quick_result(source: &Source, query: &str) -> impl IntoView + use<> {
    let pieces = piece_views(excerpt(&source.text, query, EXCERPT_CHARS));
    view! {
        <a
            class="quick-result"
            data-testid="quick-result"
            href=safe_link(&source.href)
            target="_blank"
            rel="noopener"
            lang=source.language.to_string()
        >
            <span class="quick-title">{source.title.clone()}</span>
            <span class="quick-path">{heading_path(source)}</span>
            <span class="quick-text">{pieces}</span>
        </a>
    }
}
