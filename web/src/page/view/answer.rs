//! The answer as far as it has come, how it came about, and what can be done with it.

use daneel_rag::{Answer, AnswerKind, Figures, Source};
use leptos::prelude::*;

use super::icon::{Icon, Shape};
use super::markdown::MarkdownView;
use crate::locales::i18n::{Locale, t, t_string, use_i18n};
use crate::page::browser;
use crate::page::parts::{Ability, Parts};
use crate::page::reply::{Entry, Phase, Reply};
use crate::page::session::use_session;

/// The answer.
#[component]
pub fn AnswerView(
    /// The question and its reply.
    entry: Entry,
    /// Whether it is the latest.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let id = entry.id;
    let reply = entry.reply.clone();
    let language = {
        let reply = reply.clone();
        move || match reply.get().phase {
            Phase::Done(answer) => Some(answer.language.to_string()),
            _ => None,
        }
    };
    let text = {
        let reply = reply.clone();
        Signal::derive(move || reply.with(|reply| (reply.text.clone(), reply.sources.clone())))
    };
    let is_writing = {
        let reply = reply.clone();
        move || reply.with(|reply| reply.phase == Phase::Writing)
    };
    view! {
        <div class="answer" data-testid="answer" class:writing=is_writing lang=language>
            <MarkdownView exchange=id text />
        </div>
        <Pending reply=reply.clone() />
        <Ending reply is_last />
    }
}

/// What the reader waits for.
#[component]
fn Pending(
    /// The reply.
    reply: ArcRwSignal<Reply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let label = move || {
        let (phase, found) = reply.with(|reply| (reply.phase.clone(), !reply.sources.is_empty()));
        match phase {
            Phase::Reading(percent) => Some(t_string!(i18n, reading, percent = percent).to_string()),
            Phase::Waiting => {
                let text = match (session.ability(), found) {
                    (Ability::Nothing, _) => t_string!(i18n, waiting_index),
                    (_, true) if session.parts.with(Parts::answers_at_once) => t_string!(i18n, waiting_soon),
                    (_, true) => t_string!(i18n, waiting_models),
                    (_, false) => t_string!(i18n, waiting_search),
                };
                Some(text.to_owned())
            }
            _ => None,
        }
    };
    move || {
        label().map(|label| {
            view! {
                <p class="pending" data-testid="pending">
                    <span class="pulse" aria-hidden="true"></span>
                    {label}
                </p>
            }
        })
    }
}

/// What stands below a finished answer, or in place of one that failed.
#[component]
fn Ending(
    /// The reply.
    reply: ArcRwSignal<Reply>,
    /// Whether it is the latest.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    move || match reply.get().phase {
        Phase::Done(answer) => Some(view! { <Footer answer=*answer is_last /> }.into_any()),
        Phase::Failed(message) => Some(
            view! {
                <div class="failure" role="alert" data-testid="failure">
                    <Icon shape=Shape::Warning />
                    <p>{move || t_string!(i18n, failed, message = message.clone()).to_string()}</p>
                    <Show when=move || is_last.get()>
                        <button class="quiet-button" on:click=move |_| session.ask_again()>
                            <Icon shape=Shape::Again />
                            {t!(i18n, try_again)}
                        </button>
                    </Show>
                </div>
            }
            .into_any(),
        ),
        _ => None,
    }
}

#[component]
fn Footer(
    /// The finished answer.
    answer: Answer,
    /// Whether it is the latest.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let kind = answer.kind;
    let is_empty = answer.text.is_empty();
    let (name, shape) = match kind {
        AnswerKind::Generated => ("generated", Shape::Written),
        AnswerKind::Extractive => ("extractive", Shape::Quoted),
        AnswerKind::NotFound => ("not_found", Shape::Search),
    };
    let label = move || match kind {
        AnswerKind::Generated => t_string!(i18n, generated),
        AnswerKind::Extractive => t_string!(i18n, extractive),
        AnswerKind::NotFound => t_string!(i18n, not_found),
    };
    // A model that was still on its way when this was quoted may write the answer now.
    let model_speaks = {
        let language = answer.language;
        let was_missing = kind == AnswerKind::Extractive && answer.figures.is_none();
        move || {
            was_missing
                && session.ability() == Ability::Write
                && session.manifest.with(|site| {
                    site.as_ref()
                        .and_then(|site| site.chat.as_ref())
                        .is_some_and(|chat| chat.languages.is_empty() || chat.languages.contains(&language))
                })
        }
    };
    let can_ask = move || is_last.get() && !session.is_answering();
    view! {
        <Show when=move || is_empty>
            <p class="stopped-note">{t!(i18n, stopped_empty)}</p>
        </Show>
        <footer class="answer-footer">
            <Show when=move || !is_empty>
                <span class="badge" data-testid="answer-kind" data-kind=name><Icon shape />{label}</span>
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
                    <CopyButton text=with_sources(&answer.text, &answer.sources) />
                </Show>
                <Show when=can_ask>
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

/// The answer as Markdown, with the sources it cites below.
fn with_sources(text: &str, sources: &[Source]) -> String {
    let mut copied = text.to_owned();
    for source in sources.iter().filter(|source| text.contains(&format!("[{}]", source.number))) {
        let address = browser::absolute(&source.href);
        copied.push_str(&format!("\n\n[{}] {}: {address}", source.number, source.title));
    }
    copied
}
