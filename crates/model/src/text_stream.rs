//! The bytes of tokens become text that may be shown: whole characters, and no beginning of a stop string.

/// Text on its way out.
pub(crate) struct TextStream {
    stops: Vec<String>,
    /// Bytes that are not shown yet.
    pending: Vec<u8>,
}

/// What can be shown now.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    /// Perhaps empty.
    pub(crate) text: String,
    /// A stop string was met: nothing after it counts.
    pub(crate) stopped: bool,
}

impl TextStream {
    /// A stream that ends at the first of `stops`.
    pub(crate) fn new(stops: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let stops = stops.into_iter().map(Into::into).filter(|stop: &String| !stop.is_empty()).collect();
        Self { stops, pending: Vec::new() }
    }

    /// Takes the bytes of one more token.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Shown {
        self.pending.extend_from_slice(bytes);
        let first_stop = self.stops.iter().filter_map(|stop| find(&self.pending, stop.as_bytes())).min();
        if let Some(at) = first_stop {
            self.pending.truncate(at);
            return Shown { text: self.finish(), stopped: true };
        }
        let held_back = self.stops.iter().map(|stop| overlap(&self.pending, stop.as_bytes())).max();
        let ready = self.pending.len() - held_back.unwrap_or(0);
        let ready = ready - incomplete_character(&self.pending[..ready]);
        let rest = self.pending.split_off(ready);
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending = rest;
        Shown { text, stopped: false }
    }

    /// What was held back, once no more tokens come; half a character is dropped.
    pub(crate) fn finish(&mut self) -> String {
        let complete = self.pending.len() - incomplete_character(&self.pending);
        self.pending.truncate(complete);
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        text
    }
}

/// Where `needle` begins in `bytes`.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// How many bytes at the end of `bytes` could be the beginning of `stop`.
fn overlap(bytes: &[u8], stop: &[u8]) -> usize {
    let longest = bytes.len().min(stop.len() - 1);
    (1..=longest).rev().find(|&len| bytes.ends_with(&stop[..len])).unwrap_or(0)
}

/// How many bytes at the end are the beginning of a character whose other bytes have not come yet.
fn incomplete_character(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(4)..];
    for len in 1..=tail.len() {
        let first = tail[tail.len() - len];
        let character_len = match first {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        return if len < character_len { len } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stops: &[&str], pieces: &[&[u8]], expected: &[&str], stopped: bool) {
        let mut stream = TextStream::new(stops.iter().copied());
        let mut shown = Vec::new();
        let mut was_stopped = false;
        for piece in pieces {
            let Shown { text, stopped } = stream.push(piece);
            shown.push(text);
            was_stopped = stopped;
            if stopped {
                break;
            }
        }
        if !was_stopped {
            shown.push(stream.finish());
        }
        assert_eq!(shown, expected);
        assert_eq!(was_stopped, stopped);
    }

    #[test]
    fn characters_come_whole() {
        check(&[], &[b"perch", &[0xC3], &[0xA9], b"!"], &["perch", "", "é", "!", ""], false);
        check(&[], &[&[0xF0, 0x9F], &[0xA4], &[0x96, b'a']], &["", "", "🤖a", ""], false);
        check(&[], &[b"a", &[0xF0, 0x9F]], &["a", "", ""], false);
        check(
            &[],
            &[&[0xFF, b'a', 0x80, 0x80, 0x80, 0x80, 0x80]],
            &["\u{FFFD}a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}", ""],
            false,
        );
    }

    #[test]
    fn half_a_stop_string_is_not_shown() {
        check(&["<|im_end|>"], &[b"ok <", b"|im", b"_end|> more"], &["ok ", "", ""], true);
        check(&["<|im_end|>"], &[b"ok <", b"|im", b"portant"], &["ok ", "", "<|important", ""], false);
        check(&["<|im_end|>"], &[b"a < b <"], &["a < b ", "<"], false);
        check(&["\nUser:", "</s>"], &[b"x\n", b"Us", b"</s>"], &["x", "", "\nUs"], true);
        check(&["é!"], &[b"caff", &[0xC3], &[0xA9], b"?"], &["caff", "", "", "é?", ""], false);
    }
}
