//! Characters become their normal form by the table that SentencePiece compiles into its models: a double-array trie
//! (as of darts-clone) from byte sequences to offsets into a list of zero-terminated replacements.

use std::ops::Range;

use crate::Error;

/// A compiled table of replacements.
#[derive(Debug)]
pub(crate) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

/// What a table says: this text is written as that one.
pub(crate) struct Replacement {
    /// The text replaced.
    pub(crate) from: String,
    /// What stands there instead.
    pub(crate) to: String,
}

impl Charsmap {
    /// Reads a table out of `tokenizer.ggml.precompiled_charsmap`.
    pub(crate) fn from_metadata(bytes: &[i64]) -> Result<Self, Error> {
        // Bytes with and without sign mean the same.
        let byte = |&byte: &i64| (-128..256).contains(&byte).then_some(byte as u8);
        let bytes: Option<Vec<u8>> = bytes.iter().map(byte).collect();
        bytes.and_then(|bytes| Self::from_bytes(&bytes)).ok_or_else(|| {
            Error::Damaged("its `tokenizer.ggml.precompiled_charsmap` is not a table".to_owned())
        })
    }

    /// Reads the trie's length in bytes, the trie, the replacements.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (trie_len, rest) = bytes.split_first_chunk::<4>()?;
        let (trie, replacements) = rest.split_at_checked(u32::from_le_bytes(*trie_len) as usize)?;
        let (units, []) = trie.as_chunks::<4>() else { return None };
        let units = units.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
        Some(Self { units, replacements: String::from_utf8(replacements.to_vec()).ok()? })
    }

    /// Compiles a table; what [`Self::from_metadata`] reads.
    ///
    /// # Errors
    /// If a text is replaced in two ways or by none.
    pub(crate) fn compile(mut table: Vec<Replacement>) -> Result<Vec<u8>, Error> {
        table.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        let mut replacements = Vec::new();
        let mut keys = Vec::new();
        for replacement in &table {
            keys.push((replacement.from.as_bytes(), replacements.len() as u32));
            replacements.extend_from_slice(replacement.to.as_bytes());
            replacements.push(0);
        }
        let trie = yada::builder::DoubleArrayBuilder::build(&keys)
            .map_err(|_| Error::Damaged("its table of characters contradicts itself".to_owned()))?;
        let mut bytes = (trie.len() as u32).to_le_bytes().to_vec();
        bytes.extend(trie);
        bytes.extend(replacements);
        Ok(bytes)
    }

    /// Replaces, from left to right, the longest text that the table has; `push` gets the bytes of `text` and what stands
    /// there instead.
    pub(crate) fn apply(&self, text: &str, push: &mut dyn FnMut(Range<usize>, &str)) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let start = text.len() - rest.len();
            let (len, replacement) = self.longest(rest).unwrap_or((character.len_utf8(), None));
            // A damaged table may match half a character; it is then left as it is.
            let (head, tail) = rest.split_at_checked(len).unwrap_or((rest, ""));
            push(start..start + head.len(), replacement.unwrap_or(head));
            rest = tail;
        }
    }

    /// The longest beginning of `text` in the table: its length and what replaces it.
    fn longest(&self, text: &str) -> Option<(usize, Option<&str>)> {
        let mut found = None;
        let mut node = child_base(*self.units.first()?, 0);
        for (depth, &byte) in text.as_bytes().iter().enumerate() {
            let index = node ^ u32::from(byte);
            let Some(&unit) = self.units.get(index as usize) else { break };
            // A unit carries the label that leads to it; a leaf's top bit makes its label unlike any byte.
            if unit & 0x8000_00ff != u32::from(byte) {
                break;
            }
            node = child_base(unit, index);
            let has_value = unit & 0x100 != 0;
            if has_value && let Some(&leaf) = self.units.get(node as usize) {
                found = Some((depth + 1, self.replacement((leaf & 0x7fff_ffff) as usize)));
            }
        }
        found
    }

    fn replacement(&self, start: usize) -> Option<&str> {
        self.replacements.get(start..)?.split('\0').next()
    }
}

/// Where a unit's children begin: 21 bits of distance, in steps of 256 where bit 9 says so.
fn child_base(unit: u32, index: u32) -> u32 {
    index ^ ((unit >> 10) << ((unit & 0x200) >> 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charsmap(table: &[(&str, &str)]) -> Charsmap {
        let table =
            table.iter().map(|&(from, to)| Replacement { from: from.into(), to: to.into() }).collect();
        Charsmap::from_bytes(&Charsmap::compile(table).unwrap()).unwrap()
    }

    fn applied(map: &Charsmap, text: &str) -> String {
        let mut normal = String::new();
        let mut end = 0;
        map.apply(text, &mut |origin, replacement| {
            assert_eq!(origin.start, end);
            end = origin.end;
            normal.push_str(replacement);
        });
        assert_eq!(end, text.len());
        normal
    }

    #[test]
    fn characters_are_replaced_removed_and_kept() {
        let map = charsmap(&[("ﬁ", "fi"), ("\u{7}", ""), ("\t", " "), ("…", "...")]);
        assert_eq!(applied(&map, "ﬁn\u{7}e\t così…"), "fine  così...");
    }

    #[test]
    fn the_longest_text_wins() {
        let map = charsmap(&[("e", "E"), ("e\u{301}", "é")]);
        assert_eq!(applied(&map, "ee\u{301}"), "Eé");
    }

    #[test]
    fn every_character_of_a_large_table_is_found() {
        let table: Vec<_> = (0x3000..0x5000)
            .filter_map(char::from_u32)
            .map(|c| Replacement { from: c.to_string(), to: format!("<{:x}>", c as u32) })
            .collect();
        let map = Charsmap::from_bytes(&Charsmap::compile(table).unwrap()).unwrap();
        for c in (0x3000..0x5000).filter_map(char::from_u32) {
            assert_eq!(applied(&map, &c.to_string()), format!("<{:x}>", c as u32));
        }
        assert_eq!(applied(&map, "aé\u{2fff}\u{5000}"), "aé\u{2fff}\u{5000}");
    }

    #[test]
    fn damaged_tables_give_no_panic() {
        let bytes = Charsmap::compile(vec![Replacement { from: "é".into(), to: "e".into() }]).unwrap();
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                if let Some(map) = Charsmap::from_bytes(&damaged) {
                    applied(&map, "perché no\u{e9}\u{10ffff}");
                }
            }
            if let Some(map) = Charsmap::from_bytes(&bytes[..at]) {
                applied(&map, "é");
            }
        }
    }
}
