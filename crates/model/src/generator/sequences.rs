//! Sequences that stand aside: keys and values of prompts that were read, to go on from where one begins alike.

use super::Generator;
use super::decoding::Sequence;
use crate::Error;

/// Most bytes that they take together.
const MOST_BYTES: usize = 128 << 20;

/// Tokens that were read, with their keys and values.
pub(super) struct Read {
    pub(super) tokens: Vec<u32>,
    pub(super) kv: Sequence,
}

/// Sequences in the order in which they were used last.
#[derive(Default)]
pub(super) struct Sequences {
    all: Vec<Read>,
}

impl Sequences {
    /// Keeps one more; those that were used longest ago go, if there is no room.
    pub(super) fn keep(&mut self, read: Read) {
        // What another one begins with is in that one.
        if self.all.iter().any(|other| other.tokens.starts_with(&read.tokens)) || read.tokens.is_empty() {
            return;
        }
        self.all.retain(|other| !read.tokens.starts_with(&other.tokens));
        self.all.push(read);
        let mut bytes = 0;
        let kept = self.all.iter().rev().take_while(|read| {
            bytes += read.kv.bytes();
            bytes <= MOST_BYTES
        });
        let gone = self.all.len() - kept.count();
        self.all.drain(..gone);
    }

    /// The one that begins with most of `prompt`, and how many tokens that are.
    fn best(&self, prompt: &[u32]) -> Option<(usize, usize)> {
        let lens = self.all.iter().map(|read| common(&read.tokens, prompt)).enumerate();
        lens.max_by_key(|(_, len)| *len).filter(|(_, len)| *len > 0)
    }
}

impl Generator {
    /// Takes up the sequence that begins with most of `prompt`, unless what was read does; that is then put aside.
    ///
    /// # Errors
    /// If the engine fails. Nothing is then read.
    pub(super) fn take_up(&mut self, prompt: &[u32]) -> Result<(), Error> {
        let Some((at, len)) = self.aside.best(prompt) else { return Ok(()) };
        if len <= common(&self.cached, prompt) {
            return Ok(());
        }
        let mut other = self.aside.all.remove(at);
        // Where only the instructions are the same, another question may want the rest.
        if 2 * len < prompt.len() {
            self.begin_like(&other, prompt)?;
            self.aside.all.insert(at.min(self.aside.all.len()), other);
            return Ok(());
        }
        self.keep()?;
        self.decoding.take_up(&mut other.kv, &prompt[..len])?;
        self.cached = prompt[..len].to_vec();
        self.taken = Some(other.kv);
        Ok(())
    }

    /// Begins with what a sequence and `prompt` have in common, unless what was read has more; that is then put aside.
    ///
    /// # Errors
    /// If the engine fails. Nothing is then read.
    pub(super) fn begin_like(&mut self, other: &Read, prompt: &[u32]) -> Result<(), Error> {
        let len = common(&other.tokens, prompt);
        if len > common(&self.cached, prompt) {
            self.keep()?;
            self.decoding.copy_up(&other.kv, &prompt[..len])?;
            self.cached = prompt[..len].to_vec();
        }
        Ok(())
    }

    fn keep(&mut self) -> Result<(), Error> {
        if !self.cached.is_empty() {
            let read = self.put_aside()?;
            self.aside.keep(read);
        }
        Ok(())
    }

    /// Puts what was read aside, with nothing read after it.
    ///
    /// # Errors
    /// If the engine fails. Nothing is then read.
    pub(super) fn put_aside(&mut self) -> Result<Read, Error> {
        let mut kv = self.taken.take().unwrap_or_else(|| self.decoding.sequence());
        let tokens = std::mem::take(&mut self.cached);
        self.decoding.put_aside(&mut kv)?;
        Ok(Read { tokens, kv })
    }
}

/// How many tokens two sequences begin with alike.
pub(super) fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
