//! The answer as far as it has come, and what the reader waits for.

use leptos::prelude::*;

use super::blocks::Blocks;
use super::footer::Footer;
use super::icon::{Icon, Shape};
use super::place::Place;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::parts::{Ability, Parts};
use crate::page::reply::{Phase, Reply};
use crate::page::session::use_session;

/// The answer.
#[component]
pub fn AnswerView(
    /// Where its citations lead.
    place: Place,
    /// The reply.
    reply: ArcRwSignal<Reply>,
    /// Whether it is the latest.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let language = {
        let reply = reply.clone();
        move || match reply.get().phase {
            Phase::Done(answer) => Some(answer.language.to_string()),
            _ => None,
        }
    };
    let sentences = {
        let reply = reply.clone();
        Signal::derive(move || reply.with(|reply| (reply.sentences.clone(), reply.sources.clone())))
    };
    let is_writing = {
        let reply = reply.clone();
        move || reply.with(|reply| reply.phase == Phase::Writing)
    };
    view! {
        <div class="answer" data-testid="answer" class:writing=is_writing lang=language>
            <Blocks place sentences />
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
            // The first sentence is shown when it has been checked, which takes a while.
            Phase::Reading(100) => Some(t_string!(i18n, writing).to_owned()),
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
