//! Bytes become shards of a site: files small enough for any static host, each with size and SHA-256.

use std::{fs, io::Read, path::Path};

use anyhow::Context as _;
use daneel_rag::{FileEntry, sha256_hex};

use crate::{digest::Hasher, interrupt};

/// Most bytes of a file of the site: Cloudflare Pages takes 25 MiB, GitHub 100 MB.
pub const SHARD_BYTES: u64 = 24 << 20;

/// The shards of one file.
#[derive(Debug)]
pub struct Shards {
    /// In order.
    pub entries: Vec<FileEntry>,
    /// SHA-256 of the whole file.
    pub sha256: String,
}

/// Cuts what `reader` yields into `site/prefix/000`, `001` …; a shard that `previous` has already is linked.
///
/// # Errors
/// If the reader or the disk fails, or on Ctrl-C.
pub fn cut(
    mut reader: impl Read,
    prefix: &str,
    site: &Path,
    previous: Option<&Path>,
    progress: &mut dyn FnMut(u64),
) -> anyhow::Result<Shards> {
    let folder = site.join(prefix);
    crate::cache::create_folder(&folder)?;
    let mut whole = Hasher::default();
    let mut entries = Vec::new();
    let mut done = 0;
    loop {
        interrupt::check()?;
        let mut bytes = Vec::new();
        (&mut reader)
            .take(SHARD_BYTES)
            .read_to_end(&mut bytes)
            .with_context(|| format!("what becomes {prefix} cannot be read"))?;
        if bytes.is_empty() {
            return Ok(Shards { entries, sha256: whole.finish() });
        }
        whole.update(&bytes);
        done += bytes.len() as u64;
        let path = format!("{prefix}/{:03}", entries.len());
        let target = site.join(&path);
        let is_linked =
            previous.is_some_and(|previous| link_if_equal(&previous.join(&path), &target, &bytes));
        if !is_linked {
            fs::write(&target, &bytes)
                .with_context(|| format!("{} cannot be written; is the disk full?", target.display()))?;
        }
        entries.push(FileEntry { path, size: bytes.len() as u64, sha256: sha256_hex(&bytes) });
        progress(done);
    }
}

/// Shares the previous site's file where it has the same bytes and the file system can.
fn link_if_equal(previous: &Path, target: &Path, bytes: &[u8]) -> bool {
    let is_equal = fs::metadata(previous).is_ok_and(|metadata| metadata.len() == bytes.len() as u64)
        && fs::read(previous).is_ok_and(|found| found == bytes);
    is_equal && fs::hard_link(previous, target).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_cut_and_small_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..SHARD_BYTES + 5).map(|i| (i % 251) as u8).collect();
        let shards = cut(bytes.as_slice(), "models/x", folder.path(), None, &mut |_| {}).unwrap();
        let sizes: Vec<u64> = shards.entries.iter().map(|entry| entry.size).collect();
        assert_eq!(sizes, [SHARD_BYTES, 5]);
        assert_eq!(shards.sha256, sha256_hex(&bytes));
        let joined: Vec<u8> = shards
            .entries
            .iter()
            .flat_map(|entry| fs::read(folder.path().join(&entry.path)).unwrap())
            .collect();
        assert!(joined == bytes);
    }

    #[test]
    fn an_altered_previous_shard_is_not_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        cut(b"abc".as_slice(), "index", &old, None, &mut |_| {}).unwrap();
        fs::write(old.join("index/000"), "abd").unwrap();
        cut(b"abc".as_slice(), "index", &new, Some(&old), &mut |_| {}).unwrap();
        assert_eq!(fs::read(new.join("index/000")).unwrap(), b"abc");
    }
}
