//! A URL becomes a file: resumed where it stopped, checked, and only then given its name.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use ureq::{Agent, http::Response, http::header};

use crate::{
    console::{Console, Progress, Unit},
    digest, interrupt,
};

/// How long to wait for a server to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a download may stand still.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// A file on Hugging Face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuggingFaceFile {
    /// `ORG/REPO`.
    pub repository: String,
    /// Path inside the repository.
    pub path: String,
}

impl HuggingFaceFile {
    /// Reads `ORG/REPO/FILE`.
    ///
    /// # Errors
    /// If a part is missing or is not a plain name.
    pub fn parse(reference: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = reference.split('/').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && *part != "."
                && *part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
        };
        match parts.as_slice() {
            [organisation, repository, path @ ..] if !path.is_empty() && parts.iter().all(plain) => {
                Ok(Self { repository: format!("{organisation}/{repository}"), path: path.join("/") })
            }
            _ => bail!("`hf:{reference}` is not of the form hf:ORG/REPO/FILE.gguf"),
        }
    }

    /// Its address; `HF_ENDPOINT` names a mirror, as it does for Hugging Face's own tools.
    fn url(&self) -> String {
        let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| "https://huggingface.co".into());
        format!("{}/{}/resolve/main/{}", endpoint.trim_end_matches('/'), self.repository, self.path)
    }
}

/// Downloads a file to `target`; `sha256` is what it must be, where that is known.
///
/// # Errors
/// If the server cannot be reached, has no such file or sends another one.
pub fn download(
    file: &HuggingFaceFile,
    target: &Path,
    sha256: Option<&str>,
    console: Console,
) -> anyhow::Result<()> {
    let agent = agent();
    let url = file.url();
    // Hugging Face says the digest of a large file before any of its bytes are sent.
    let announced = announced_sha256(&agent, &url)?;
    if let (Some(expected), Some(announced)) = (sha256, &announced)
        && expected != announced
    {
        bail!("{url} holds another file (SHA-256 {announced} instead of {expected})");
    }
    let expected = sha256.or(announced.as_deref());
    let part = part_path(target);
    if expected.is_none() {
        // Without a digest nobody could tell that a resumed file is made of two versions.
        let _ = std::fs::remove_file(&part);
    }
    let resumed = fetch(&agent, &url, &part, console)?;
    if let Some(expected) = expected {
        let mut found = digest::of_file(&part)?;
        if found != expected && resumed {
            console.say("the resumed file does not fit together; fetching it from its beginning");
            std::fs::remove_file(&part).with_context(|| format!("{} cannot be removed", part.display()))?;
            fetch(&agent, &url, &part, console)?;
            found = digest::of_file(&part)?;
        }
        if found != expected {
            let _ = std::fs::remove_file(&part);
            bail!("{url} sent a damaged or different file (SHA-256 {found} instead of {expected})");
        }
    }
    std::fs::rename(&part, target).with_context(|| format!("{} cannot be written", target.display()))
}

/// Where a download lies until it is complete.
fn part_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    target.with_file_name(name)
}

fn agent() -> Agent {
    Agent::config_builder()
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(READ_TIMEOUT))
        .http_status_as_error(false)
        .user_agent(concat!("daneel/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Asks for a file's digest without following the redirection to its bytes.
fn announced_sha256(agent: &Agent, url: &str) -> anyhow::Result<Option<String>> {
    let request = agent.head(url).config().max_redirects(0).max_redirects_will_error(false).build();
    let response = with_token(request).call().with_context(|| format!("{url} cannot be reached"))?;
    refuse_failure(url, &response, &[200, 301, 302, 303, 307, 308])?;
    let digest = response.headers().get("x-linked-etag").and_then(|value| value.to_str().ok());
    Ok(digest
        .map(|value| value.trim_matches('"').to_ascii_lowercase())
        .filter(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

/// Fetches what `part` lacks. Says whether it went on from an earlier download.
fn fetch(agent: &Agent, url: &str, part: &Path, console: Console) -> anyhow::Result<bool> {
    let mut present = std::fs::metadata(part).map_or(0, |metadata| metadata.len());
    let mut request = with_token(agent.get(url)).header(header::ACCEPT_ENCODING, "identity");
    if present > 0 {
        request = request.header(header::RANGE, format!("bytes={present}-"));
    }
    let response = request.call().with_context(|| format!("{url} cannot be reached"))?;
    if present > 0 && response.status() == 416 {
        // All of it is there already; its digest will say whether it is the right one.
        return Ok(true);
    }
    refuse_failure(url, &response, &[200, 206])?;
    let resumed = response.status() == 206 && present > 0;
    if !resumed {
        present = 0;
    }
    let file = OpenOptions::new().create(true).append(resumed).write(true).truncate(!resumed).open(part);
    let mut file = file.with_context(|| format!("{} cannot be written", part.display()))?;
    let total = response.body().content_length().map_or(0, |rest| present + rest);
    let label = match resumed {
        true => format!("resuming {}", file_name(url)),
        false => format!("fetching {}", file_name(url)),
    };
    let progress = console.progress(label, total, Unit::Bytes);
    let done = copy(response, &mut file, present, &progress, part)?;
    if total > 0 && done != total {
        bail!(
            "{url} broke off after {done} of {total} bytes; run the same command again to go on from there"
        );
    }
    progress.finish();
    Ok(resumed)
}

fn copy(
    response: Response<ureq::Body>,
    file: &mut File,
    present: u64,
    progress: &Progress,
    part: &Path,
) -> anyhow::Result<u64> {
    let mut reader = response.into_body().into_reader();
    let mut buffer = vec![0; 256 << 10];
    let mut done = present;
    loop {
        interrupt::check()?;
        let n = reader
            .read(&mut buffer)
            .context("the connection broke off; run the same command again to go on from there")?;
        if n == 0 {
            return Ok(done);
        }
        file.write_all(&buffer[..n])
            .with_context(|| format!("{} cannot be written; is the disk full?", part.display()))?;
        done += n as u64;
        progress.set(done);
    }
}

/// Adds the reader's Hugging Face token, which gated models ask for.
fn with_token<B>(request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
    match std::env::var("HF_TOKEN") {
        Ok(token) if !token.is_empty() => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        _ => request,
    }
}

fn refuse_failure(url: &str, response: &Response<ureq::Body>, accepted: &[u16]) -> anyhow::Result<()> {
    match response.status().as_u16() {
        status if accepted.contains(&status) => Ok(()),
        401 | 403 => bail!(
            "{url} asks for permission; accept the model's terms on its page and set HF_TOKEN to your access token"
        ),
        404 => bail!("{url} does not exist; check organisation, repository and file name"),
        status => bail!("{url} answered with status {status}"),
    }
}

fn file_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_repository_and_file() {
        let file = HuggingFaceFile::parse("Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf").unwrap();
        assert_eq!(file.repository, "Qwen/Qwen3-0.6B-GGUF");
        assert_eq!(file.path, "Qwen3-0.6B-Q8_0.gguf");
        assert_eq!(HuggingFaceFile::parse("a/b/c/d.gguf").unwrap().path, "c/d.gguf");
    }

    #[test]
    fn a_reference_cannot_leave_its_folder() {
        for reference in ["", "a/b", "a/../b", "../../etc/passwd", "a/b/c?x=1", "a//b/c", "a/b/%2e%2e/c"] {
            assert!(HuggingFaceFile::parse(reference).is_err(), "{reference}");
        }
    }
}
