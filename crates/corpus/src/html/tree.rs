//! HTML becomes a tree, fed to the parser bit by bit so that hostile nesting is noticed before it costs.

use html5ever::{driver, tendril::StrTendril, tendril::TendrilSink};
use scraper::{Html, HtmlTreeSink};

use crate::Error;

/// Most elements inside each other; browsers stop at 512. The parser looks through all open elements for many a tag, so
/// its time grows with the square of the depth.
const MAX_DEPTH: usize = 1024;
/// Bytes between two looks at the depth.
const STEP_BYTES: usize = 4096;

/// Parses a whole page, or a part of one as the body of a page.
///
/// # Errors
/// [`Error::TooDeep`].
pub(super) fn parse(text: &str) -> Result<Html, Error> {
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), Default::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (step, tail) = rest.split_at(rest.floor_char_boundary(STEP_BYTES));
        rest = tail;
        parser.process(StrTendril::from_slice(step));
        if depth(&parser.tokenizer.sink.sink.0.borrow()) > MAX_DEPTH {
            return Err(Error::TooDeep { limit: MAX_DEPTH });
        }
    }
    Ok(parser.finish())
}

/// How many nodes stand inside each other where the parser is now.
fn depth(html: &Html) -> usize {
    std::iter::successors(Some(html.tree.root()), |node| node.last_child()).count()
}
