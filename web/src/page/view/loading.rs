//! Each part of the engine with its bytes and time left, and a plain statement of what can be done meanwhile.

use daneel_rag::{EngineReason, EngineReport, Stage};
use leptos::prelude::*;

use super::icon::{Icon, Shape};
use crate::locales::i18n::{Locale, t, t_string, use_i18n};
use crate::page::parts::{Ability, Part, Parts};
use crate::page::session::use_session;
use crate::page::units;

/// The panel.
#[component]
pub fn LoadingPanel(
    /// Whether this is the panel that tests look at; there may be two.
    test_ids: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let downloading = move || session.parts.with(Parts::is_downloading);
    let summary = move || {
        let parts = session.parts.get();
        let now = match parts.ability() {
            Ability::Nothing => t_string!(i18n, can_nothing),
            Ability::Search => t_string!(i18n, can_search),
            Ability::Quote if parts.is_settled() => t_string!(i18n, can_all_quotes),
            Ability::Quote => t_string!(i18n, can_quote),
            Ability::Write => t_string!(i18n, can_all),
        };
        let next = next_step(&parts, i18n);
        [now.to_owned(), next].join(" ")
    };
    view! {
        <section class="loading-panel">
            <p class="loading-summary" data-testid=test_ids.then_some("loading-summary")>{summary}</p>
            <ul class="stages">
                {Parts::STAGES
                    .map(|stage| view! { <StageRow stage test_ids /> })
                    .collect_view()}
            </ul>
            {move || session.report.get().map(|report| view! { <EngineRow report /> })}
            <Show when=downloading>
                <p class="loading-note">{t!(i18n, first_visit)}</p>
            </Show>
        </section>
    }
}

/// What computes, and why it is not the graphics card.
#[component]
fn EngineRow(
    /// What the engine says of itself.
    report: EngineReport,
) -> impl IntoView {
    let i18n = use_i18n();
    let on_gpu = report.gpu.is_some();
    let text = move || {
        if let Some(name) = &report.gpu {
            return t_string!(i18n, engine_gpu, name = name.clone()).to_string();
        }
        let reason = match &report.reason {
            EngineReason::Wanted => t_string!(i18n, engine_wanted).to_owned(),
            EngineReason::NoGpu { .. } => t_string!(i18n, engine_no_gpu).to_owned(),
            EngineReason::Software { .. } => t_string!(i18n, engine_software).to_owned(),
            EngineReason::Race { .. } => t_string!(i18n, engine_slower).to_owned(),
            EngineReason::Failed { message } => {
                t_string!(i18n, engine_failed, reason = message.clone()).to_string()
            }
        };
        [t_string!(i18n, engine_cpu).to_owned(), reason].join(" ")
    };
    view! {
        <p class="loading-note" data-testid="engine" data-engine=if on_gpu { "gpu" } else { "cpu" }>
            {text}
        </p>
    }
}

type I18n = leptos_i18n::I18nContext<Locale>;

/// When the best answers will come, as far as that can be told.
fn next_step(parts: &Parts, i18n: I18n) -> String {
    let is_preparing = |stage| matches!(parts.get(stage), Part::Preparing { .. });
    let wanted = |stage| !matches!(parts.get(stage), Part::Ready | Part::Failed(_) | Part::Absent);
    if wanted(Stage::Chat) {
        match parts.seconds_until(Stage::Chat).map(units::rough_duration) {
            Some(time) => t_string!(i18n, answers_in, time = time).to_string(),
            None if is_preparing(Stage::Chat) => t_string!(i18n, answers_soon).to_owned(),
            None => String::new(),
        }
    } else if wanted(Stage::Embedder) {
        match parts.seconds_until(Stage::Embedder).map(units::rough_duration) {
            Some(time) => t_string!(i18n, quotes_in, time = time).to_string(),
            None if is_preparing(Stage::Embedder) => t_string!(i18n, quotes_soon).to_owned(),
            None => String::new(),
        }
    } else {
        String::new()
    }
}

#[component]
fn StageRow(
    /// Which part.
    stage: Stage,
    /// Whether tests look at it.
    test_ids: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let part = Memo::new(move |_| session.parts.with(|parts| parts.get(stage).clone()));
    let label = move || match stage {
        Stage::Index => t_string!(i18n, stage_index),
        Stage::Embedder => t_string!(i18n, stage_embedder),
        Stage::Chat => t_string!(i18n, stage_chat),
    };
    let test_id = test_ids.then_some(match stage {
        Stage::Index => "stage-index",
        Stage::Embedder => "stage-embedder",
        Stage::Chat => "stage-chat",
    });
    let state = move || match part.get() {
        Part::Waiting => "waiting",
        Part::Downloading { .. } => "downloading",
        Part::Preparing { .. } => "preparing",
        Part::Ready => "ready",
        Part::Failed(_) => "failed",
        Part::Absent => "absent",
    };
    let bytes = move |count| units::bytes(count, i18n.get_locale() == Locale::it);
    let detail = move || match part.get() {
        Part::Waiting => match session.parts.with(|parts| parts.size(stage)) {
            0 => t_string!(i18n, stage_waiting).to_owned(),
            size => bytes(size),
        },
        Part::Downloading { done, total } => {
            let amount =
                t_string!(i18n, stage_downloading, done = bytes(done), total = bytes(total)).to_string();
            let left = session.parts.with(|parts| parts.seconds_until(stage)).map(units::rough_duration);
            match left {
                Some(time) => format!("{amount} · {}", t_string!(i18n, stage_left, time = time)),
                None => amount,
            }
        }
        Part::Preparing { .. } => t_string!(i18n, stage_preparing).to_owned(),
        Part::Ready => t_string!(i18n, stage_ready).to_owned(),
        Part::Failed(_) | Part::Absent => t_string!(i18n, stage_failed).to_owned(),
    };
    let fraction = move || match part.get() {
        Part::Downloading { done, total } | Part::Preparing { done, total } => Some((done, total)),
        _ => None,
    };
    // What keeps several parts away is said once.
    let reason = move || match part.get() {
        Part::Failed(reason) if !session.parts.with(|parts| parts.failed_before(stage, &reason)) => {
            Some(reason)
        }
        _ => None,
    };
    view! {
        <Show when=move || part.get() != Part::Absent>
            <li class="stage" data-testid=test_id data-state=state>
                <span class="stage-mark" aria-hidden="true">
                    {move || match part.get() {
                        Part::Ready => Some(view! { <Icon shape=Shape::Done /> }.into_any()),
                        Part::Failed(_) => Some(view! { <Icon shape=Shape::Warning /> }.into_any()),
                        _ => None,
                    }}
                </span>
                <span class="stage-label">{label}</span>
                <span class="stage-detail">{detail}</span>
                {move || {
                    fraction()
                        .map(|(done, total)| {
                            view! {
                                <progress
                                    class="stage-progress"
                                    aria-label=label
                                    max=total.max(1).to_string()
                                    value=done.to_string()
                                ></progress>
                            }
                        })
                }}
                {move || reason().map(|reason| view! { <span class="stage-reason" lang="en">{reason}</span> })}
            </li>
        </Show>
    }
}
