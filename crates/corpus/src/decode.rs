//! Bytes become text: UTF-8, UTF-16 with a byte order mark, a declared encoding, or Windows-1252.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::Error;

/// Decodes a file; `declared` is the encoding an HTML page claims for itself.
///
/// # Errors
/// [`Error::NotText`] for binary files.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<String, Error> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, bom_len)) => encoding.decode_without_bom_handling(&bytes[bom_len..]).0,
        None => guess_encoding(bytes, declared).decode_without_bom_handling(bytes).0,
    };
    if is_binary(&text) { Err(Error::NotText) } else { Ok(text.replace("\r\n", "\n").replace('\r', "\n")) }
}

/// The `charset` that the first bytes of an HTML page name.
pub(crate) fn declared_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    const LOOKED_AT: usize = 1024;
    const KEY: &[u8] = b"charset=";
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let start = head.windows(KEY.len()).position(|window| window.eq_ignore_ascii_case(KEY))? + KEY.len();
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b' ');
    let start = start + head[start..].iter().take_while(|byte| is_quote(byte)).count();
    let len = head[start..]
        .iter()
        .take_while(|byte| !is_quote(byte) && !matches!(byte, b';' | b'>' | b'/'))
        .count();
    Encoding::for_label(&head[start..start + len])
}

/// UTF-8 wherever the bytes speak for it: pages that claim something else after a conversion are common.
fn guess_encoding(bytes: &[u8], declared: Option<&'static Encoding>) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    // A page that could be searched for its `charset` is not in UTF-16, whatever it says.
    if let Some(declared) = declared.filter(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible()) {
        return declared;
    }
    let mut n_valid = 0;
    let mut n_broken = 0;
    for chunk in bytes.utf8_chunks() {
        n_valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        n_broken += usize::from(!chunk.invalid().is_empty());
    }
    if n_valid > n_broken { UTF_8 } else { WINDOWS_1252 }
}

/// Control characters are what no text has and every binary format does.
fn is_binary(text: &str) -> bool {
    const MAX_CONTROL_SHARE: usize = 200; // one in so many characters
    let is_control = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b');
    let n_control = text.chars().filter(|c| is_control(c) || *c == char::REPLACEMENT_CHARACTER).count();
    text.contains('\0') || n_control * MAX_CONTROL_SHARE > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let check = |bytes: &[u8], expected: &str| {
            assert_eq!(decode(bytes, declared_charset(bytes)).unwrap(), expected, "{bytes:?}");
        };
        check("perché — 🦀".as_bytes(), "perché — 🦀");
        check(b"\xef\xbb\xbfcos\xc3\xac", "così");
        check(b"perch\xe9 \x93cos\xec\x94", "perché “così”");
        check(b"\xff\xfec\x00i\x00\xe0\x00", "cià");
        check(b"\xfe\xff\x00c\x00i\x00\xe0", "cià");
        check(b"<meta charset=\"windows-1251\">\xcf\xf0\xe8", "<meta charset=\"windows-1251\">При");
        check(b"one\r\ntwo\rthree", "one\ntwo\nthree");
        let almost_utf8 = ["perché così è più".repeat(40).as_bytes(), b"\xc3"].concat();
        assert!(decode(&almost_utf8, None).unwrap().starts_with("perché così"));
    }

    #[test]
    fn binary_files_are_no_text() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10";
        let jpeg_like: Vec<u8> =
            (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
        for bytes in [&png[..], b"text with \0 inside", &jpeg_like] {
            assert!(matches!(decode(bytes, None), Err(Error::NotText)));
        }
    }
}
