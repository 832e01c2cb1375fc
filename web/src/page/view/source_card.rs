//! The passages of an answer as cards: number, title, where it stands, date; opened, the passage and the way to the post.

use std::cell::RefCell;

use daneel_rag::{SearchTier, Source};
use js_sys::Array;
use js_sys::Intl::DateTimeFormat;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::icon::{Icon, Shape};
use super::place::Place;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::excerpt::{Piece, marked};
use crate::page::markdown::safe_link;
use crate::page::panel::{Card, Heading, Panel};
use crate::page::reply::Reply;

/// The cards: first those that the answer cites.
#[component]
pub fn SourceList(
    /// The exchange they belong to.
    place: Place,
    /// The reply.
    reply: ArcRwSignal<Reply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let panel = Memo::new(move |_| reply.with(Panel::of));
    let (shown, others) =
        (move || panel.with(|panel| panel.shown.clone()), move || panel.with(|panel| panel.others.clone()));
    let heading = move || match panel.with(|panel| panel.heading) {
        Heading::Found => t_string!(i18n, sources_found),
        Heading::Cited => t_string!(i18n, sources),
        Heading::Nearest => t_string!(i18n, sources_nearest),
    };
    let heading_name = move || match panel.with(|panel| panel.heading) {
        Heading::Found => "found",
        Heading::Cited => "cited",
        Heading::Nearest => "nearest",
    };
    let tier = move || {
        panel.with(|panel| panel.tier).map(|tier| match tier {
            SearchTier::Keyword => t_string!(i18n, by_words),
            SearchTier::Semantic => t_string!(i18n, by_meaning),
        })
    };
    view! {
        <Show when=move || panel.with(|panel| !panel.shown.is_empty())>
            <section class="sources" data-testid="sources" data-heading=heading_name>
                <h3 class="sources-heading">{heading} <span class="sources-tier">{tier}</span></h3>
                <ul class="source-list">
                    <For each=shown key=Card::key let(card)>
                        <li><SourceCard place card panel /></li>
                    </For>
                </ul>
            </section>
        </Show>
        <Show when=move || panel.with(|panel| !panel.others.is_empty())>
            <details class="sources other-sources">
                <summary class="sources-heading">
                    {t!(i18n, other_passages)} " (" {move || others().len()} ")" <Icon shape=Shape::Expand />
                </summary>
                <ul class="source-list">
                    <For each=others key=Card::key let(card)>
                        <li><SourceCard place card panel /></li>
                    </For>
                </ul>
            </details>
        </Show>
    }
}

/// One card. It stays the same, opened or not, when the passages are put into another order.
#[component]
fn SourceCard(
    /// The exchange it belongs to.
    place: Place,
    /// The passage, as it was when it was first shown.
    card: Card,
    /// Where it stands now.
    panel: Memo<Panel>,
) -> impl IntoView {
    let i18n = use_i18n();
    let source = card.source.clone();
    let key = card.key();
    let now = Memo::new(move |_| {
        panel.with(|panel| {
            let mut cards = panel.shown.iter().chain(&panel.others);
            cards.find(|card| card.key() == key).cloned().unwrap_or_else(|| card.clone())
        })
    });
    let number = Memo::new(move |_| now.with(|card| card.source.number));
    // The words that the reader came for, else all that are cited.
    let followed = move || place.followed.get().filter(|span| span.source == number.get());
    let cited = move || match followed() {
        Some(span) => vec![span],
        None => now.with(|card| card.cited.clone()),
    };
    let href = move || {
        let cited = cited();
        now.with(|card| match cited.first() {
            Some(span) => safe_link(&card.source.href_at(span)),
            None => safe_link(&card.source.href),
        })
    };
    let text = move || {
        let cited = cited();
        now.with(|card| {
            // A passage that is cited as a whole needs no marks.
            let parts = cited.iter().filter(|span| **span != card.source.whole());
            let ranges: Vec<_> = parts.map(|span| span.start..span.end).collect();
            piece_views(marked(&card.source.text, &ranges))
        })
    };
    let label = {
        let title = source.title.clone();
        move || {
            let number = number.get();
            let source = t_string!(i18n, citation, number = number, title = title.clone()).to_string();
            format!("{source}: {}", t_string!(i18n, show_passage, number = number))
        }
    };
    let id = move || card_id(place.exchange, number.get());
    let path = heading_path(&source);
    let date = source.date.clone();
    let language = source.language.to_string();
    let open_label = move || format!("{} ({})", t_string!(i18n, open_post), t_string!(i18n, new_tab));
    view! {
        <details id=id class="source-card" data-testid="source-card" data-number=move || number.get().to_string()>
            <summary id=move || format!("{}-summary", id()) aria-label=label>
                <span class="source-number" aria-hidden="true">{move || number.get()}</span>
                <span class="source-names" lang=language.clone()>
                    <span class="source-title">{source.title.clone()}</span>
                    <span class="source-path">{path}</span>
                </span>
                {date.map(|date| view! { <time class="source-date" datetime=date.clone()>{shown_date(&date)}</time> })}
                <Icon shape=Shape::Expand />
            </summary>
            <div class="source-body">
                <p class="source-text" lang=language>{text}</p>
                <Show when=move || href().is_some()>
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
                </Show>
            </div>
        </details>
    }
}

/// Pieces of a text, the marked ones as `mark`.
pub fn piece_views(pieces: Vec<Piece>) -> Vec<AnyView> {
    let piece = |(text, is_marked): Piece| match is_marked {
        true => view! { <mark>{text}</mark> }.into_any(),
        false => text.into_any(),
    };
    pieces.into_iter().map(piece).collect()
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
pub fn shown_date(date: &str) -> String {
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
