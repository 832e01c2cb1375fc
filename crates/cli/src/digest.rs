//! Bytes become a SHA-256 in lower-case hexadecimal, as they stream by.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// Bytes read at a time.
const BUFFER: usize = 1 << 20;

/// SHA-256 of a file.
///
/// # Errors
/// Names the file if it cannot be read.
pub fn of_file(path: &Path) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer).with_context(|| format!("{} cannot be read", path.display()))? {
            0 => return Ok(hasher.finish()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// A SHA-256 in the making.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A writer that hashes what passes through it.
pub struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    /// Bytes written so far.
    pub written: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps a writer.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::default(), written: 0 }
    }

    /// The writer and the digest of what was written.
    pub fn finish(self) -> (W, String) {
        (self.inner, self.hasher.finish())
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vector of FIPS 180-4 for the message `abc`.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn streams_to_the_published_digest() {
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"a").unwrap();
        writer.write_all(b"bc").unwrap();
        assert_eq!(writer.written, 3);
        assert_eq!(writer.finish(), (b"abc".to_vec(), ABC.to_owned()));
    }

    #[test]
    fn hashes_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"abc").unwrap();
        assert_eq!(of_file(file.path()).unwrap(), ABC);
        assert!(of_file(Path::new("no/such/file")).unwrap_err().to_string().contains("no/such/file"));
    }
}
