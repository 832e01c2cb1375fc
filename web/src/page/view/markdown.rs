//! Blocks of an answer become views. Text only ever becomes text: nothing in an answer can become an element of its own.

use std::sync::Arc;

use daneel_rag::Source;
use leptos::prelude::*;

use super::citation::Citation;
use crate::page::markdown::{Block, Inline, parse};

/// What citations need to know.
#[derive(Clone)]
struct Context {
    exchange: u32,
    sources: Arc<Vec<Source>>,
}

/// Markdown that may still grow; blocks that have not changed stay as they are.
#[component]
pub fn MarkdownView(
    /// The exchange that citations lead within.
    exchange: u32,
    /// The text and the sources that it may cite.
    #[prop(into)]
    text: Signal<(String, Vec<Source>)>,
) -> impl IntoView {
    let sources = Memo::new(move |_| Arc::new(text.with(|(_, sources)| sources.clone())));
    let blocks = move || {
        let n_sources = sources.with(|sources| sources.len());
        text.with(|(text, _)| parse(text, n_sources)).into_iter().enumerate().collect::<Vec<_>>()
    };
    view! {
        <For each=blocks key=|block| block.clone() let((_, block))>
            {block_view(&block, &Context { exchange, sources: sources.get_untracked() })}
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
    }
}

fn block_views(blocks: &[Block], context: &Context) -> Vec<AnyView> {
    blocks.iter().map(|block| block_view(block, context)).collect()
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
        Inline::Code(code) => view! { <code>{code.clone()}</code> }.into_any(),
        Inline::Emphasis(inlines) => view! { <em>{inline_views(inlines, context)}</em> }.into_any(),
        Inline::Strong(inlines) => view! { <strong>{inline_views(inlines, context)}</strong> }.into_any(),
        Inline::Struck(inlines) => view! { <s>{inline_views(inlines, context)}</s> }.into_any(),
        Inline::Link(href, inlines) => view! {
            <a href=href.clone() target="_blank" rel="noopener nofollow">{inline_views(inlines, context)}</a>
        }
        .into_any(),
        Inline::Citation(number) => match context.sources.iter().find(|source| source.number == *number) {
            Some(source) => view! { <Citation exchange=context.exchange source=source.clone() /> }.into_any(),
            None => format!("[{number}]").into_any(),
        },
        Inline::Break => view! { <br /> }.into_any(),
    }
}
