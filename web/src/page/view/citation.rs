//! A citation in the text: leads to its card, and shows the passage at a glance.

use daneel_rag::{Source, Span};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, MouseEvent, ScrollLogicalPosition};

use super::place::Place;
use super::source_card::{card_id, heading_path, piece_views};
use crate::locales::i18n::{t_string, use_i18n};
use crate::page::browser;
use crate::page::excerpt::around;
use crate::page::markdown::safe_link;

/// Characters of the passage in the preview.
const PREVIEW_CHARS: usize = 240;

/// Pixels of the preview, margins of the window included.
const PREVIEW_WIDTH: f64 = 340.0;

/// What is shown at a glance, and where.
#[derive(Clone, PartialEq)]
pub struct Preview {
    source: Source,
    span: Span,
    /// Pixels from the left of the window.
    left: f64,
    /// Pixels from the top of the window to the citation's top.
    top: f64,
    /// Whether there is more room below.
    bottom: Option<f64>,
}

/// A citation.
#[component]
pub fn Citation(
    /// Where its card is.
    place: Place,
    /// What it cites.
    source: Source,
    /// The words that it cites.
    span: Span,
) -> impl IntoView {
    let i18n = use_i18n();
    let preview = expect_context::<RwSignal<Option<Preview>>>();
    let id = card_id(place.exchange, source.number);
    let href = safe_link(&source.href_at(&span)).unwrap_or_else(|| format!("#{id}"));
    let number = source.number;
    let title = source.title.clone();
    let label = move || t_string!(i18n, citation, number = number, title = title.clone()).to_string();
    let show = {
        let source = source.clone();
        move |event: Event| {
            let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
                return;
            };
            let bounds = element.get_bounding_client_rect();
            let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(PREVIEW_WIDTH);
            let left = (bounds.left() - 24.0).min(width - PREVIEW_WIDTH).max(8.0);
            let bottom = (bounds.top() < 220.0).then(|| bounds.bottom());
            preview.set(Some(Preview { source: source.clone(), span, left, top: bounds.top(), bottom }));
        }
    };
    let show_on_focus = show.clone();
    view! {
        <a
            class="citation"
            data-testid="citation"
            data-number=number.to_string()
            href=href
            aria-label=label
            on:mouseenter=move |event| show(event.into())
            on:focus=move |event| show_on_focus(event.into())
            on:mouseleave=move |_| preview.set(None)
            on:blur=move |_| preview.set(None)
            on:click=move |event| {
                preview.set(None);
                // Whoever asks for a tab or a window gets the text itself, at the words cited.
                if is_modified(&event) {
                    return;
                }
                event.prevent_default();
                place.followed.set(Some(span));
                open_card(&id);
            }
        >
            {number}
        </a>
    }
}

/// Where previews appear: above everything, so that no column cuts them off.
#[component]
pub fn PreviewLayer() -> impl IntoView {
    let preview = expect_context::<RwSignal<Option<Preview>>>();
    move || {
        preview.get().map(|Preview { source, span, left, top, bottom }| {
            let pieces = around(&source.text, &(span.start..span.end), PREVIEW_CHARS);
            let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
            let (above, below) = match bottom {
                Some(bottom) => ("auto".to_owned(), format!("{}px", bottom + 8.0)),
                None => (format!("{}px", height - top + 8.0), "auto".to_owned()),
            };
            view! {
                <div
                    class="preview"
                    aria-hidden="true"
                    style:left=format!("{left}px")
                    style:bottom=above
                    style:top=below
                >
                    <p class="preview-title">{source.title.clone()}</p>
                    <p class="preview-path">{heading_path(&source)}</p>
                    <p class="preview-text" lang=source.language.to_string()>{piece_views(pieces)}</p>
                </div>
            }
        })
    }
}

/// Whether a click asks for another tab or window.
fn is_modified(event: &MouseEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.shift_key()
}

/// Opens a card, brings it into view and moves the focus there.
fn open_card(id: &str) {
    if let Some(card) = document().get_element_by_id(id) {
        // Fails for names that are no attribute's, which this is not.
        let _ = card.set_attribute("open", "");
    }
    browser::scroll_to(id, ScrollLogicalPosition::Nearest);
    browser::focus(&format!("{id}-summary"));
}
