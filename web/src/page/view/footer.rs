//! What stands below a finished answer: how it came about, how fast, and what can be done with it.

use daneel_rag::{Answer, AnswerKind, Figures};
use leptos::prelude::*;

use super::icon::{Icon, Shape};
use crate::locales::i18n::{Locale, t, t_string, use_i18n};
use crate::page::browser;
use crate::page::panel::copied;
use crate::page::parts::Ability;
use crate::page::session::use_session;

/// The footer.
#[component]
pub fn Footer(
    /// The finished answer.
    answer: Answer,
    /// Whether it is the latest.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let kind = answer.kind;
    let is_empty = answer.sentences.is_empty();
    let has_badge = !is_empty && kind != AnswerKind::Conversation;
    let shape = match kind {
        AnswerKind::Generated => Shape::Written,
        AnswerKind::Extractive => Shape::Quoted,
        AnswerKind::Listing => Shape::Menu,
        AnswerKind::Conversation | AnswerKind::NotFound => Shape::Search,
    };
    let label = move || match kind {
        AnswerKind::Generated => t_string!(i18n, generated),
        AnswerKind::Extractive => t_string!(i18n, extractive),
        AnswerKind::Listing => t_string!(i18n, listing),
        AnswerKind::Conversation => "",
        AnswerKind::NotFound => t_string!(i18n, not_found),
    };
    // A model that was still on its way when this was quoted may write the answer now.
    let model_speaks = {
        let language = answer.language;
        let was_missing = kind == AnswerKind::Extractive && answer.figures.is_none();
        move || {
            was_missing
                && session.ability() == Ability::Write
                && session.manifest.with(|site| site.as_ref().is_some_and(|site| site.speaks(language)))
        }
    };
    let can_ask = move || is_last.get() && !session.is_answering();
    // Only what a model draws, or what was broken off, can come out otherwise.
    let can_change = answer.figures.is_some() || answer.stopped;
    let text = copied(&answer, browser::absolute);
    view! {
        <Show when=move || is_empty>
            <p class="stopped-note">{t!(i18n, stopped_empty)}</p>
        </Show>
        <footer class="answer-footer">
            <Show when=move || has_badge>
                <span class="badge" data-testid="answer-kind" data-kind=kind_name(kind)><Icon shape />{label}</span>
            </Show>
            <Show when=move || answer.stopped && !is_empty>
                <span class="badge" data-testid="stopped">{t!(i18n, stopped)}</span>
            </Show>
            {answer.figures.map(|figures| view! { <Speed figures /> })}
            <span class="answer-actions">
                <Show when=move || can_ask() && model_speaks()>
                    <button class="quiet-button accent" on:click=move |_| session.ask_again()>
                        <Icon shape=Shape::Written />
                        {t!(i18n, write_now)}
                    </button>
                </Show>
                <Show when=move || !is_empty>
                    <CopyButton text=text.clone() />
                </Show>
                <Show when=move || can_change && can_ask()>
                    <button
                        class="icon-button"
                        data-testid="regenerate"
                        aria-label=move || t_string!(i18n, regenerate)
                        title=move || t_string!(i18n, regenerate)
                        on:click=move |_| session.ask_again()
                    >
                        <Icon shape=Shape::Again />
                    </button>
                </Show>
            </span>
        </footer>
    }
}

#[component]
fn CopyButton(
    /// What is copied.
    text: String,
) -> impl IntoView {
    let i18n = use_i18n();
    let copied = RwSignal::new(false);
    let label = move || if copied.get() { t_string!(i18n, copied) } else { t_string!(i18n, copy) };
    view! {
        <button
            class="icon-button"
            data-testid="copy"
            aria-label=label
            title=label
            on:click=move |_| {
                browser::copy(&text);
                copied.set(true);
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
            }
        >
            {move || view! { <Icon shape=if copied.get() { Shape::Done } else { Shape::Copy } /> }}
        </button>
    }
}

/// How fast the engine was: honest, and small.
#[component]
fn Speed(
    /// The figures of the generation.
    figures: Figures,
) -> impl IntoView {
    let i18n = use_i18n();
    let number = move |value: f64| {
        let text = format!("{value:.1}");
        if i18n.get_locale() == Locale::it { text.replace('.', ",") } else { text }
    };
    let engine = if figures.gpu { "GPU" } else { "CPU" };
    let rate =
        (figures.decode_seconds > 0.0).then(|| figures.generated_tokens as f64 / figures.decode_seconds);
    let details = move || {
        t_string!(
            i18n,
            speed_details,
            prompt = figures.prompt_tokens - figures.reused_tokens.min(figures.prompt_tokens),
            prefill = number(figures.prefill_seconds),
            generated = figures.generated_tokens,
            decode = number(figures.decode_seconds)
        )
        .to_string()
    };
    rate.map(|rate| {
        view! {
            <span class="speed" data-testid="speed" title=details>
                {move || t_string!(i18n, speed, engine = engine, rate = number(rate)).to_string()}
            </span>
        }
    })
}

/// The name of a kind, for tests and style sheets.
pub fn kind_name(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Generated => "generated",
        AnswerKind::Extractive => "extractive",
        AnswerKind::Listing => "listing",
        AnswerKind::Conversation => "conversation",
        AnswerKind::NotFound => "not_found",
    }
}
