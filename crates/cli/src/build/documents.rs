//! Files become documents; broken ones are named and passed over, or stop the build.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context as _, bail};
use daneel_corpus::{Document, Error, ParseConfig, Publishing, Unpublished, UrlRule, parse};

use super::{Settings, walk::CorpusFile};
use crate::{console::Console, interrupt};

/// What the files of a corpus became.
pub struct Documents {
    /// In the order of the files.
    pub documents: Vec<Document>,
    /// The Markdown of each document that is Markdown, in the same order.
    pub markdown: Vec<Option<String>>,
    /// Files that could not be read as documents.
    pub n_broken: usize,
    /// Texts that their author keeps back, by why.
    pub left_out: BTreeMap<Unpublished, usize>,
}

/// Reads every file.
///
/// # Errors
/// If no document is found, or with `strict` if one file is broken.
pub fn read(
    files: &[CorpusFile],
    settings: &Settings,
    strict: bool,
    console: Console,
) -> anyhow::Result<Documents> {
    let config = ParseConfig {
        url_rule: match &settings.base_url {
            Some(base_url) => UrlRule::Published(base_url.clone()),
            None => UrlRule::Reader,
        },
        default_language: settings.language,
        publishing: Publishing {
            drafts: settings.drafts,
            future: settings.future,
            today: Some(time::OffsetDateTime::now_utc().date().to_string()),
        },
    };
    let mut found =
        Documents { documents: Vec::new(), markdown: Vec::new(), n_broken: 0, left_out: BTreeMap::new() };
    let mut urls = HashSet::new();
    for file in files {
        interrupt::check()?;
        match read_one(file, &config) {
            Ok((document, _)) if !urls.insert(document.url.clone()) => {
                found.n_broken += 1;
                console.warn(format_args!(
                    "{} is left out: another file has its address {} too",
                    file.source, document.url
                ));
            }
            Ok((document, markdown)) => {
                found.documents.push(document);
                found.markdown.push(markdown);
            }
            Err(error) => match error.downcast_ref() {
                Some(Error::NotADocument) => {}
                Some(Error::Unpublished(why)) => *found.left_out.entry(*why).or_default() += 1,
                _ => {
                    found.n_broken += 1;
                    console.warn(format_args!("{} is left out: {error:#}", file.source));
                }
            },
        }
    }
    if found.n_broken > 0 && strict {
        bail!("{}; mend or exclude them, or leave --strict away", broken(found.n_broken));
    }
    if !found.left_out.is_empty() {
        console.say(format_args!("left out, since they are not published: {}", unpublished(&found.left_out)));
    }
    if found.documents.is_empty() {
        bail!(
            "no text was found among {} files ({}); Daneel reads .html, .md and .txt",
            files.len(),
            broken(found.n_broken)
        );
    }
    if found.n_broken > 0 {
        console.warn(broken(found.n_broken));
    }
    Ok(found)
}

fn read_one(file: &CorpusFile, config: &ParseConfig) -> anyhow::Result<(Document, Option<String>)> {
    let bytes = std::fs::read(&file.path).context("it cannot be read")?;
    let document = parse(&file.source, &bytes, config)?;
    // Markdown in an older encoding is shown by its sections, which the corpus has decoded.
    let markdown = String::from_utf8(bytes).ok().filter(|_| is_markdown(&file.source));
    Ok((document, markdown))
}

/// How many texts are left out and why, with what includes them.
fn unpublished(left_out: &BTreeMap<Unpublished, usize>) -> String {
    let part = |(why, count): (&Unpublished, &usize)| match why {
        Unpublished::Draft if *count == 1 => "1 draft (--drafts includes it)".to_owned(),
        Unpublished::Draft => format!("{count} drafts (--drafts includes them)"),
        Unpublished::Future => format!("{count} with a date in the future (see --future)"),
        Unpublished::Expired => format!("{count} past their expiry date"),
        Unpublished::Unlisted => format!("{count} kept from search engines (noindex)"),
        Unpublished::Hidden => format!("{count} of which the generator makes no page"),
    };
    left_out.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn is_markdown(source: &str) -> bool {
    let extension = source.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(extension.as_str(), "md" | "markdown" | "mdx")
}

fn broken(count: usize) -> String {
    match count {
        1 => "1 file could not be read as a text".to_owned(),
        n => format!("{n} files could not be read as texts"),
    }
}
