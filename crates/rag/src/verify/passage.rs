//! A passage becomes statements that claims are compared with.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use crate::tokens::tokens;
use crate::units::{UnitKind, units};
use crate::{Source, Span, facts, words};

/// A passage with what is compared of it.
pub(super) struct Passage<'a> {
    pub source: &'a Source,
    pub statements: Vec<Statement>,
    /// Stems of title and headings.
    pub header: HashSet<String>,
    /// All words, in lower case.
    pub all_words: HashSet<String>,
    /// What a reader found in it.
    pub span: Option<Range<usize>>,
}

/// A unit of the passage.
pub(super) struct Statement {
    pub range: Range<usize>,
    pub text: String,
    pub stems: HashSet<String>,
    pub numbers: BTreeSet<String>,
}

impl<'a> Passage<'a> {
    pub fn new(source: &'a Source, span: Option<Range<usize>>) -> Self {
        let language = source.language;
        let header = format!("{} {}", source.title, source.headings.join(" "));
        let whole = |kind: UnitKind| kind != UnitKind::List;
        let statements =
            units(&source.text, language).into_iter().filter(|unit| whole(unit.kind)).map(|unit| {
                let text = unit.words(&source.text);
                Statement {
                    range: unit.range.clone(),
                    stems: words::content_words(&text, language),
                    numbers: facts::numbers(&text, language),
                    text,
                }
            });
        let all_words = tokens(&format!("{header} {}", source.text)).into_iter().map(|token| token.word);
        Self {
            source,
            statements: statements.collect(),
            header: words::content_words(&header, language),
            all_words: all_words.collect(),
            span,
        }
    }

    /// Each statement, and each with the one after it.
    pub fn windows(&self) -> impl Iterator<Item = &[Statement]> {
        self.statements.chunks(1).chain(self.statements.windows(2))
    }

    pub fn span_of(&self, window: &[Statement]) -> Span {
        let start = window.first().map_or(0, |statement| statement.range.start);
        let end = window.last().map_or(0, |statement| statement.range.end);
        Span { source: self.source.number, start, end }
    }

    /// Whether a reader found its answer in a window.
    pub fn reads(&self, window: &[Statement]) -> bool {
        let within = |span: &Range<usize>| {
            window
                .iter()
                .any(|statement| span.start < statement.range.end && statement.range.start < span.end)
        };
        self.span.as_ref().is_some_and(within)
    }
}
