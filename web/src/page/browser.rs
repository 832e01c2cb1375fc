//! The few things asked of the browser: storage, clock, clipboard, focus.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Reads a stored text; none also where storage is forbidden.
pub fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Stores a text; false if there is no room or storage is forbidden.
pub fn store(key: &str, text: &str) -> bool {
    window().local_storage().ok().flatten().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

/// Milliseconds since 1970.
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// Makes an address absolute.
pub fn absolute(address: &str) -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    web_sys::Url::new_with_base(address, &base).map_or_else(|_| address.to_owned(), |url| url.href())
}

/// A parameter of the page's address.
pub fn query(name: &str) -> Option<String> {
    web_sys::UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()?.get(name)
}

/// The path of the site: what is stored for one site of a host is not another's.
pub fn site_path() -> String {
    let path = window().location().pathname().unwrap_or_default();
    path.rfind('/').map_or_else(String::new, |slash| path[..=slash].to_owned())
}

/// Copies a text.
pub fn copy(text: &str) {
    // Without permission nothing is copied, and nothing else is lost.
    let _ = window().navigator().clipboard().write_text(text);
}

/// Moves the focus to an element.
pub fn focus(id: &str) {
    if let Some(element) =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        // A hidden element cannot have it.
        let _ = element.focus();
    }
}

/// Brings an element to the top of the view.
pub fn scroll_to(id: &str, position: ScrollLogicalPosition) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        let calm = window()
            .match_media("(prefers-reduced-motion: reduce)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches());
        options.set_behavior(if calm { ScrollBehavior::Instant } else { ScrollBehavior::Smooth });
        options.set_block(position);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Takes the focus away where it holds a keyboard open that covers half of the screen.
pub fn dismiss_touch_keyboard(id: &str) {
    let is_touch = window().match_media("(hover: none)").ok().flatten().is_some_and(|query| query.matches());
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element.filter(|_| is_touch) {
        // An element without the focus has nothing to lose.
        let _ = element.blur();
    }
}
