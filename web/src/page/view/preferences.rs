//! Theme and language: the system's and the browser's, unless the reader chose others, which is remembered.

use leptos::prelude::*;

use crate::locales::i18n::{Locale, t_string, use_i18n};
use crate::page::browser;

const THEME_KEY: &str = "daneel:theme";
const LANGUAGE_KEY: &str = "daneel:language";

/// The reader's choices.
#[derive(Clone, Copy)]
pub struct Preferences {
    /// `light`, `dark`, or empty for the system's.
    theme: RwSignal<String>,
}

impl Preferences {
    /// Reads the choices of earlier visits and keeps the document in step with them.
    pub fn start() -> Self {
        let i18n = use_i18n();
        match browser::stored(LANGUAGE_KEY).as_deref() {
            Some("it") => i18n.set_locale(Locale::it),
            Some("en") => i18n.set_locale(Locale::en),
            _ => {}
        }
        let theme = RwSignal::new(browser::stored(THEME_KEY).unwrap_or_default());
        Effect::new(move |_| {
            if let Some(root) = document().document_element() {
                // Fails for names that are no attribute's, which this is not.
                let _ = theme.with(|theme| match theme.as_str() {
                    "" => root.remove_attribute("data-theme"),
                    chosen => root.set_attribute("data-theme", chosen),
                });
            }
        });
        Self { theme }
    }
}

/// The choices, as two rows of buttons.
#[component]
pub fn PreferenceButtons() -> impl IntoView {
    let i18n = use_i18n();
    let Preferences { theme } = expect_context();
    let choose_theme = move |chosen: &str| {
        browser::store(THEME_KEY, chosen);
        theme.set(chosen.to_owned());
    };
    let choose_language = move |locale: Locale| {
        browser::store(LANGUAGE_KEY, if locale == Locale::it { "it" } else { "en" });
        i18n.set_locale(locale);
    };
    let theme_button = move |name: &'static str, label: Signal<&'static str>| {
        view! {
            <button
                aria-pressed=move || (theme.get() == name).to_string()
                on:click=move |_| choose_theme(name)
            >
                {label}
            </button>
        }
    };
    let language_button = move |locale: Locale, label: &'static str, code: &'static str| {
        view! {
            <button
                lang=code
                aria-pressed=move || (i18n.get_locale() == locale).to_string()
                on:click=move |_| choose_language(locale)
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="choices" role="group" aria-label=move || t_string!(i18n, theme)>
            {theme_button("", Signal::derive(move || t_string!(i18n, theme_system)))}
            {theme_button("light", Signal::derive(move || t_string!(i18n, theme_light)))}
            {theme_button("dark", Signal::derive(move || t_string!(i18n, theme_dark)))}
        </div>
        <div class="choices" role="group" aria-label=move || t_string!(i18n, language)>
            {language_button(Locale::en, "English", "en")}
            {language_button(Locale::it, "Italiano", "it")}
        </div>
    }
}
