//! Whole numbers to and from bytes: LEB128 varints for postings, fixed little-endian words for tables.

/// Appends a LEB128 varint: seven bits a byte, least significant first.
pub fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes one varint off the front of `bytes`; `None` at the end or where it does not fit 32 bits.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    // Nearly all gaps and frequencies fit one byte.
    let (&first, mut rest) = bytes.split_first()?;
    let mut value = u32::from(first & 0x7f);
    let mut last = first;
    let mut shift = 7;
    while last & 0x80 != 0 {
        (last, rest) = rest.split_first().map(|(&byte, rest)| (byte, rest))?;
        let bits = u32::from(last & 0x7f);
        if shift > 28 || (shift == 28 && bits > 0x0f) {
            return None;
        }
        value |= bits << shift;
        shift += 7;
    }
    *bytes = rest;
    Some(value)
}

/// Word `position` of a table of little-endian `u32`.
pub fn word(table: &[u8], position: usize) -> Option<u32> {
    table.as_chunks::<4>().0.get(position).map(|bytes| u32::from_le_bytes(*bytes))
}

/// Item `position` of concatenated items, `ends` being the table of their ends.
pub fn item<'a>(items: &'a [u8], ends: &[u8], position: usize) -> Option<&'a [u8]> {
    let start = match position.checked_sub(1) {
        Some(previous) => word(ends, previous)?,
        None => 0,
    };
    items.get(start as usize..word(ends, position)? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_come_back() {
        let values = [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 28, u32::MAX];
        let mut bytes = Vec::new();
        values.iter().for_each(|&value| put_varint(&mut bytes, value));
        let mut rest = bytes.as_slice();
        let read: Vec<_> = std::iter::from_fn(|| take_varint(&mut rest)).collect();
        assert_eq!(read, values);
    }

    #[test]
    fn hostile_varints_are_refused() {
        assert_eq!(take_varint(&mut [0x80, 0x80].as_slice()), None);
        assert_eq!(take_varint(&mut [0xff; 5].as_slice()), None);
        assert_eq!(take_varint(&mut [0xff; 20].as_slice()), None);
    }

    #[test]
    fn items_outside_their_table_are_none() {
        let ends: Vec<u8> = [2_u32, 5, 4, 99].iter().flat_map(|end| end.to_le_bytes()).collect();
        assert_eq!(item(b"abcde", &ends, 0), Some(b"ab".as_slice()));
        assert_eq!(item(b"abcde", &ends, 1), Some(b"cde".as_slice()));
        assert_eq!(item(b"abcde", &ends, 2), None, "ends before it starts");
        assert_eq!(item(b"abcde", &ends, 3), None, "ends outside");
        assert_eq!(item(b"abcde", &ends, 4), None, "no such item");
    }
}
