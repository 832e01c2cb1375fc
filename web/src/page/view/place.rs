//! Where the citations of one answer lead.

use daneel_rag::Span;
use leptos::prelude::*;

/// The exchange that an answer is in, shared by its citations and its cards.
#[derive(Clone, Copy)]
pub struct Place {
    /// The exchange that their cards are in.
    pub exchange: u32,
    /// The words of the citation that was followed last.
    pub followed: RwSignal<Option<Span>>,
}
