//! A question with its answer and sources.

use leptos::prelude::*;

use super::answer::AnswerView;
use super::source_card::SourceList;
use crate::locales::i18n::{t, t_string, use_i18n};
use crate::page::reply::{Entry, Phase};

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
    let reply = entry.reply.clone();
    let state = {
        let reply = reply.clone();
        move || match reply.get().phase {
            Phase::Done(_) => "done",
            Phase::Failed(_) => "failed",
            _ => "open",
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
            aria-busy=is_busy
        >
            <h2 class="question" data-testid="question">
                <span class="visually-hidden">{t!(i18n, you_asked)}": "</span>
                <span class="question-text">{entry.question.clone()}</span>
            </h2>
            <section class="reply" aria-label=move || t_string!(i18n, answer)>
                <AnswerView entry=entry.clone() is_last />
                <SourceList exchange=id reply />
            </section>
        </article>
    }
}
