//! A question with its answer and sources.

use leptos::prelude::*;

use super::answer::AnswerView;
use super::footer::kind_name;
use super::place::Place;
use super::source_card::SourceList;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::reply::{Entry, Phase, Reply};

/// A question with its answer and sources.
#[component]
pub fn ExchangeView(
    /// The question and its reply.
    entry: Entry,
    /// Whether it is the latest: only that one can be asked again.
    #[prop(into)]
    is_last: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = entry.id;
    let place = Place { exchange: id, followed: RwSignal::new(None) };
    let reply = entry.reply.clone();
    let state = {
        let reply = reply.clone();
        move || match reply.get().phase {
            Phase::Done(_) => "done",
            Phase::Failed(_) => "failed",
            _ => "open",
        }
    };
    let kind = {
        let reply = reply.clone();
        move || match reply.get().phase {
            Phase::Done(answer) => Some(kind_name(answer.kind)),
            _ => None,
        }
    };
    let is_busy = {
        let reply = reply.clone();
        move || reply.with(|reply| reply.is_open()).to_string()
    };
    view! {
        <article
            id=format!("exchange-{id}")
            class="exchange"
            class:last=is_last
            data-testid="exchange"
            data-state=state
            data-kind=kind
            aria-busy=is_busy
        >
            <h2 class="question" data-testid="question">
                <span class="visually-hidden">{t!(i18n, you_asked)}": "</span>
                <span class="question-text">{entry.question.clone()}</span>
            </h2>
            <section class="reply" aria-label=move || t_string!(i18n, answer)>
                <Rewritten reply=reply.clone() />
                <AnswerView place reply=reply.clone() is_last />
                <SourceList place reply />
            </section>
        </article>
    }
}

/// The question as it was looked up, where it leaned on the conversation.
#[component]
fn Rewritten(
    /// The reply.
    reply: ArcRwSignal<Reply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let question = Memo::new(move |_| reply.with(|reply| reply.question.clone()));
    move || {
        question.get().map(|question| {
            let text = move || t_string!(i18n, searched_for, question = question.clone()).to_string();
            view! { <p class="rewritten" data-testid="rewritten">{text}</p> }
        })
    }
}
