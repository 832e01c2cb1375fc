//! The passages of an answer as cards: number, title, where it stands, date; opened, the passage and the way to the post.

use std::cell::RefCell;

use daneel_rag::Source;
use js_sys::Array;
use js_sys::Intl::DateTimeFormat;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::icon::{Icon, Shape};
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::markdown::safe_link;
use crate::page::reply::{Phase, Reply};

/// The cards: first those that the answer cites.
#[component]
pub fn SourceList(
    /// The exchange they belong to.
    exchange: u32,
    /// The reply.
    reply: ArcRwSignal<Reply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let groups = Memo::new(move |_| reply.with(group));
    let (cited, others) = (
        move || groups.with(|groups| groups.cited.clone()),
        move || groups.with(|groups| groups.others.clone()),
    );
    let heading = move || match groups.with(|groups| groups.is_cited) {
        true => t_string!(i18n, sources),
        false => t_string!(i18n, sources_found),
    };
    let tier = move || {
        groups.with(|groups| groups.tier).map(|tier| match tier {
            daneel_rag::SearchTier::Keyword => t_string!(i18n, by_words),
            daneel_rag::SearchTier::Semantic => t_string!(i18n, by_meaning),
        })
    };
    view! {
        <Show when=move || groups.with(|groups| !groups.cited.is_empty())>
            <section class="sources">
                <h3 class="sources-heading">{heading} <span class="sources-tier">{tier}</span></h3>
                <ul class="source-list">
                    <For each=cited key=|source| (source.number, source.text.clone()) let(source)>
                        <li><SourceCard exchange source /></li>
                    </For>
                </ul>
            </section>
        </Show>
        <Show when=move || groups.with(|groups| !groups.others.is_empty())>
            <details class="sources other-sources">
                <summary class="sources-heading">
                    {t!(i18n, other_passages)} " (" {move || others().len()} ")" <Icon shape=Shape::Expand />
                </summary>
                <ul class="source-list">
                    <For each=others key=|source| (source.number, source.text.clone()) let(source)>
                        <li><SourceCard exchange source /></li>
                    </For>
                </ul>
            </details>
        </Show>
    }
}

/// One card.
#[component]
fn SourceCard(
    /// The exchange it belongs to.
    exchange: u32,
    /// The passage.
    source: Source,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = card_id(exchange, source.number);
    let number = source.number;
    let href = safe_link(&source.href);
    let path = heading_path(&source);
    let date = source.date.clone();
    let language = source.language.to_string();
    let open_label = move || format!("{} ({})", t_string!(i18n, open_post), t_string!(i18n, new_tab));
    view! {
        <details id=id.clone() class="source-card" data-testid="source-card" data-number=number.to_string()>
            <summary id=format!("{id}-summary") aria-label={
                let title = source.title.clone();
                move || format!("{}: {}", t_string!(i18n, citation, number = number, title = title.clone()), t_string!(i18n, show_passage, number = number))
            }>
                <span class="source-number" aria-hidden="true">{number}</span>
                <span class="source-names" lang=language.clone()>
                    <span class="source-title">{source.title.clone()}</span>
                    <span class="source-path">{path}</span>
                </span>
                {date.map(|date| view! { <time class="source-date" datetime=date.clone()>{shown_date(&date)}</time> })}
                <Icon shape=Shape::Expand />
            </summary>
            <div class="source-body">
                <p class="source-text" lang=language>{source.text.clone()}</p>
                {href
                    .map(|href| {
                        view! {
                            <a
                                class="source-link"
                                data-testid="source-link"
                                href=href
                                target="_blank"
                                rel="noopener"
                                aria-label=open_label
                            >
                                {t!(i18n, open_post)}
                                <Icon shape=Shape::Open />
                            </a>
                        }
                    })}
            </div>
        </details>
    }
}

#[derive(Clone, PartialEq)]
struct Groups {
    cited: Vec<Source>,
    others: Vec<Source>,
    tier: Option<daneel_rag::SearchTier>,
    is_cited: bool,
}

/// Once the answer is finished, the passages that it cites stand apart from the others, if it cites any.
fn group(reply: &Reply) -> Groups {
    let cites = |source: &Source| reply.text.contains(&format!("[{}]", source.number));
    let is_cited = matches!(reply.phase, Phase::Done(_)) && reply.sources.iter().any(cites);
    let (cited, others) = reply.sources.iter().cloned().partition(|source| !is_cited || cites(source));
    Groups { cited, others, tier: reply.tier, is_cited }
}

/// The id of a card.
pub fn card_id(exchange: u32, number: usize) -> String {
    format!("source-{exchange}-{number}")
}

/// The headings above a passage, as one line; the title is not said twice.
pub fn heading_path(source: &Source) -> String {
    let headings = source.headings.iter().filter(|heading| **heading != source.title);
    headings.map(String::as_str).collect::<Vec<_>>().join(" › ")
}

/// A date as it is written where the reader is, in the page's language.
fn shown_date(date: &str) -> String {
    let parsed = js_sys::Date::new(&date.into());
    if parsed.get_time().is_nan() {
        return date.to_owned();
    }
    let written = date_format().format().call1(&JsValue::UNDEFINED, &parsed);
    written.ok().and_then(|written| written.as_string()).unwrap_or_else(|| date.to_owned())
}

/// How dates are written in the page's language. The first one takes a browser tens of milliseconds, so that the page asks for
/// it before anything waits for it.
pub fn date_format() -> DateTimeFormat {
    thread_local! {
        static FORMAT: RefCell<Option<(String, DateTimeFormat)>> = const { RefCell::new(None) };
    }
    let page = document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default();
    let language = window().navigator().language().filter(|own| own.starts_with(&page)).unwrap_or(page);
    FORMAT.with_borrow_mut(|format| match format {
        Some((known, format)) if *known == language => format.clone(),
        _ => {
            let options = js_sys::Object::new();
            for (key, value) in
                [("year", "numeric"), ("month", "short"), ("day", "numeric"), ("timeZone", "UTC")]
            {
                // Fails for frozen objects, which this is not.
                let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
            }
            let made = DateTimeFormat::new(&Array::of1(&language.as_str().into()), &options);
            format.insert((language, made)).1.clone()
        }
    })
}
