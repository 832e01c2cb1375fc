//! Question, title and text become the tokens that the reader reads: `<s> query: question </s></s> title text </s>`.

use std::ops::Range;

use crate::{Embedder, Error, TextKind};

/// Most tokens of a question; what follows is left out.
const QUESTION_TOKENS: usize = 64;
/// Most tokens of a title.
const TITLE_TOKENS: usize = 32;
/// Least tokens of the whole: four special ones, question, title, and some of the text.
const LEAST: usize = 4 + QUESTION_TOKENS + TITLE_TOKENS + 8;

/// What the reader reads at once. Training and reading make it in one place.
#[derive(Clone, Debug, PartialEq)]
pub struct ReaderInput {
    /// All tokens.
    pub ids: Vec<u32>,
    /// Which of them are the text's.
    pub text: Range<usize>,
    /// The bytes of the text that each of these stands for.
    pub offsets: Vec<Range<usize>>,
}

impl ReaderInput {
    /// Cuts question, title (and headings) and text into tokens, `max_tokens` at most; the text's end is left out where it
    /// does not fit.
    ///
    /// # Errors
    /// If the embedder's tokenizer cannot say which bytes a token stands for, or `max_tokens` (or what the embedder takes)
    /// is too small for any text.
    pub fn new(
        embedder: &Embedder,
        question: &str,
        title: &str,
        text: &str,
        max_tokens: usize,
    ) -> Result<Self, Error> {
        let max_tokens = max_tokens.min(embedder.max_tokens());
        if max_tokens < LEAST {
            return Err(Error::TooLong { needed: LEAST, available: max_tokens });
        }
        let tokenizer = embedder.unigram()?;
        let (bos, eos) = embedder.special_tokens();
        let mut ids = vec![bos];
        let question = format!("{}{question}", embedder.prefix(TextKind::Query));
        ids.extend(tokenizer.encode(&question).into_iter().take(QUESTION_TOKENS));
        ids.extend([eos, eos]);
        if !title.trim().is_empty() {
            ids.extend(tokenizer.encode(title.trim()).into_iter().take(TITLE_TOKENS));
        }
        let start = ids.len();
        let mut offsets = Vec::new();
        for (id, range) in tokenizer.encode_with_offsets(text).into_iter().take(max_tokens - start - 1) {
            ids.push(id);
            offsets.push(range);
        }
        let end = ids.len();
        ids.push(eos);
        Ok(Self { ids, text: start..end, offsets })
    }
}
