//! Blocks of an answer become views. Text only ever becomes text: nothing in an answer can become an element of its own.

use std::sync::Arc;

use daneel_rag::{Sentence, Source};
use leptos::prelude::*;

use super::citation::Citation;
use super::place::Place;
use super::source_card::shown_date;
use crate::page::block::{Block, Document, Inline};
use crate::page::markdown::safe_link;
use crate::page::sentences::blocks;

/// What blocks need to know of the answer around them.
#[derive(Clone)]
struct Context {
    place: Place,
    sources: Arc<Vec<Source>>,
}

impl Context {
    fn source(&self, number: Option<usize>) -> Option<&Source> {
        self.sources.iter().find(|source| Some(source.number) == number)
    }
}

/// The sentences of an answer that may still grow; blocks that have not changed stay as they are.
#[component]
pub fn Blocks(
    /// Where citations lead.
    place: Place,
    /// The sentences, and the sources that they rest on.
    #[prop(into)]
    sentences: Signal<(Vec<Sentence>, Vec<Source>)>,
) -> impl IntoView {
    let sources = Memo::new(move |_| Arc::new(sentences.with(|(_, sources)| sources.clone())));
    let blocks = move || {
        sentences.with(|(sentences, _)| blocks(sentences)).into_iter().enumerate().collect::<Vec<_>>()
    };
    view! {
        <For each=blocks key=|block| block.clone() let((_, block))>
            {block_view(&block, &Context { place, sources: sources.get_untracked() })}
        </For>
    }
}

fn block_view(block: &Block, context: &Context) -> AnyView {
    match block {
        Block::Heading(level, inlines) => {
            let inlines = inline_views(inlines, context);
            // The page's own headings are above those of an answer.
            match level {
                1 | 2 => view! { <h3>{inlines}</h3> }.into_any(),
                3 => view! { <h4>{inlines}</h4> }.into_any(),
                _ => view! { <h5>{inlines}</h5> }.into_any(),
            }
        }
        Block::Paragraph(inlines) => view! { <p>{inline_views(inlines, context)}</p> }.into_any(),
        Block::Code(language, code) => view! {
            <pre tabindex="0" data-language=language.clone()><code>{code.clone()}</code></pre>
        }
        .into_any(),
        Block::Quote(blocks) => view! { <blockquote>{block_views(blocks, context)}</blockquote> }.into_any(),
        Block::List(start, items) => {
            let items =
                items.iter().map(|item| view! { <li>{item_views(item, context)}</li> }).collect_view();
            match start {
                Some(start) => view! { <ol start=start.to_string()>{items}</ol> }.into_any(),
                None => view! { <ul>{items}</ul> }.into_any(),
            }
        }
        Block::Table(head, rows) => {
            let head = head
                .iter()
                .map(|cell| view! { <th scope="col">{inline_views(cell, context)}</th> })
                .collect_view();
            let rows = rows
                .iter()
                .map(|row| {
                    let cells = row
                        .iter()
                        .map(|cell| view! { <td>{inline_views(cell, context)}</td> })
                        .collect_view();
                    view! { <tr>{cells}</tr> }
                })
                .collect_view();
            view! {
                <div class="table" tabindex="0">
                    <table>
                        <thead>
                            <tr>{head}</tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }
        Block::Rule => view! { <hr /> }.into_any(),
        Block::Quotation(source, inlines) => {
            let source = context.source(*source);
            let language = source.map(|source| source.language.to_string());
            let cite = source.and_then(|source| safe_link(&source.href));
            view! {
                <blockquote class="quotation" data-testid="quotation" lang=language cite=cite>
                    {inline_views(inlines, context)}
                </blockquote>
            }
            .into_any()
        }
        Block::Documents(documents) => {
            let items = documents.iter().map(|document| document_view(document, context)).collect_view();
            view! { <ul class="documents" data-testid="documents">{items}</ul> }.into_any()
        }
    }
}

fn block_views(blocks: &[Block], context: &Context) -> Vec<AnyView> {
    blocks.iter().map(|block| block_view(block, context)).collect()
}

/// A document of a list: its title leads to it.
fn document_view(document: &Document, context: &Context) -> AnyView {
    let Some(source) = context.source(document.source) else {
        return view! { <li>{document.text.clone()}</li> }.into_any();
    };
    let date = source.date.clone();
    view! {
        <li data-testid="document" lang=source.language.to_string()>
            <a class="document-title" href=safe_link(&source.href) target="_blank" rel="noopener">
                {source.title.clone()}
            </a>
            {date.map(|date| view! { <time class="source-date" datetime=date.clone()>{shown_date(&date)}</time> })}
            <p class="document-text">{source.text.clone()}</p>
        </li>
    }
    .into_any()
}

/// A list item of one paragraph needs no paragraph around it.
fn item_views(blocks: &[Block], context: &Context) -> Vec<AnyView> {
    match blocks {
        [Block::Paragraph(inlines), rest @ ..] => {
            let mut views = inline_views(inlines, context);
            views.extend(block_views(rest, context));
            views
        }
        blocks => block_views(blocks, context),
    }
}

fn inline_views(inlines: &[Inline], context: &Context) -> Vec<AnyView> {
    inlines.iter().map(|inline| inline_view(inline, context)).collect()
}

fn inline_view(inline: &Inline, context: &Context) -> AnyView {
    match inline {
        Inline::Text(text) => text.clone().into_any(),
        Inline::Mark(text) => view! { <mark>{text.clone()}</mark> }.into_any(),
        Inline::Code(code) => view! { <code>{code.clone()}</code> }.into_any(),
        Inline::Emphasis(inlines) => view! { <em>{inline_views(inlines, context)}</em> }.into_any(),
        Inline::Strong(inlines) => view! { <strong>{inline_views(inlines, context)}</strong> }.into_any(),
        Inline::Struck(inlines) => view! { <s>{inline_views(inlines, context)}</s> }.into_any(),
        Inline::Link(href, inlines) => view! {
            <a href=href.clone() target="_blank" rel="noopener nofollow">{inline_views(inlines, context)}</a>
        }
        .into_any(),
        Inline::Citation(span) => context
            .source(Some(span.source))
            .map(|source| view! { <Citation place=context.place source=source.clone() span=*span /> })
            .into_any(),
        Inline::Break => view! { <br /> }.into_any(),
    }
}
