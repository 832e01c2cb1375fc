//! `daneel check`: the links of a site's citations are followed in the folders that they lead to.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use daneel_corpus::page_anchors;
use daneel_index::ChunkId;
use daneel_model::Engine;
use daneel_rag::{DEFAULT_CONTEXT, Stage};
use futures_lite::future::block_on;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::{console::Console, interrupt, site::Site};

/// Dead links that are named.
const NAMED: usize = 50;

/// What `daneel check` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  daneel check ./site\n  \
    daneel check ./site --published ./public --base-url https://example.org/blog/")]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// Folder of the built pages that citations lead to, where these are published elsewhere
    #[arg(long, requires = "base_url")]
    pub published: Option<PathBuf>,
    /// Where that folder is published
    #[arg(long, requires = "published")]
    pub base_url: Option<String>,
}

/// What was found.
#[derive(Serialize)]
struct Report {
    /// Different links.
    links: usize,
    /// Links to pages that no folder was given for.
    elsewhere: usize,
    dead: Vec<Dead>,
}

/// A link that leads nowhere.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Dead {
    href: String,
    why: &'static str,
}

/// Runs `daneel check`.
///
/// # Errors
/// If the site cannot be used, or a link is dead.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    interrupt::catch()?;
    let links = links(&Site::open(&arguments.site)?, console)?;
    let mut places = vec![Place { base: String::new(), folder: arguments.site.clone() }];
    if let (Some(folder), Some(base)) = (&arguments.published, &arguments.base_url) {
        if !folder.is_dir() {
            bail!("there is no folder {}", folder.display());
        }
        places.push(Place { base: format!("{}/", base.trim_end_matches('/')), folder: folder.clone() });
    }
    let report = follow(&links, &places)?;
    console.result(&report, describe)?;
    match report.dead.len() {
        0 => Ok(()),
        1 => bail!("1 link is dead"),
        n => bail!("{n} links are dead"),
    }
}

/// The addresses of all passages.
fn links(site: &Site, console: Console) -> anyhow::Result<BTreeSet<String>> {
    let assistant = block_on(site.assistant(Stage::Index, &Engine::Cpu, DEFAULT_CONTEXT, console))?;
    let index = assistant.index().context("the site has no index")?;
    let chunks = (0..index.len() as u32).map(|id| index.chunk(ChunkId(id)));
    chunks.map(|chunk| Ok(chunk?.href())).collect()
}

/// Where links that begin with `base` are to be found.
struct Place {
    /// Empty for those that are relative.
    base: String,
    folder: PathBuf,
}

impl Place {
    /// The path below the folder, where the link belongs there.
    fn path<'a>(&self, url: &'a str) -> Option<&'a str> {
        match self.base.is_empty() {
            true => (!url.contains("://")).then_some(url),
            false => url
                .strip_prefix(&self.base)
                .or_else(|| self.base.strip_suffix('/').filter(|base| *base == url).map(|_| "")),
        }
    }
}

fn follow(links: &BTreeSet<String>, places: &[Place]) -> anyhow::Result<Report> {
    let mut pages: HashMap<PathBuf, HashSet<String>> = HashMap::new();
    let mut report = Report { links: links.len(), elsewhere: 0, dead: Vec::new() };
    for href in links {
        interrupt::check()?;
        let (url, fragment) =
            href.split_once('#').map_or((href.as_str(), None), |(url, rest)| (url, Some(rest)));
        let Some((place, path)) = places.iter().find_map(|place| Some((place, place.path(url)?))) else {
            report.elsewhere += 1;
            continue;
        };
        let path = path.split('?').next().unwrap_or_default();
        let Some(file) = file(&place.folder, &decoded(path)) else {
            report.dead.push(Dead { href: href.clone(), why: "there is no such page" });
            continue;
        };
        let Some(fragment) = fragment else { continue };
        if !pages.contains_key(&file) {
            let bytes = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let anchors = page_anchors(&String::from_utf8_lossy(&bytes));
            pages
                .insert(file.clone(), anchors.with_context(|| format!("{} cannot be read", file.display()))?);
        }
        let anchors = &pages[&file];
        if !anchors.contains(fragment) && !anchors.contains(&decoded(fragment)) {
            report.dead.push(Dead { href: href.clone(), why: "the page has no such heading" });
        }
    }
    Ok(report)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The file that a static host answers a path with.
fn file(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = path.trim_start_matches('/');
    let whole = folder.join(path);
    let with_ending = folder.join(format!("{}.html", path.trim_end_matches('/')));
    let candidates = [whole.join("index.html"), whole, with_ending];
    candidates.into_iter().find(|file| file.is_file())
}

fn describe(report: &Report) -> String {
    let mut text = String::new();
    for Dead { href, why } in report.dead.iter().take(NAMED) {
        text += &format!("{href}: {why}\n");
    }
    if report.dead.len() > NAMED {
        text += &format!("… and {} more (--json names all)\n", report.dead.len() - NAMED);
    }
    text += &format!("{} links, {} dead", report.links, report.dead.len());
    if report.elsewhere > 0 {
        text += &format!(
            ", {} to pages published elsewhere: pass --published FOLDER --base-url URL to follow them",
            report.elsewhere
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_headings_are_looked_for_as_a_host_does() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/index.html"), "<h2 id=\"perché\">P</h2><a name=old></a>").unwrap();
        fs::write(folder.path().join("b.html"), "<h1>B</h1>").unwrap();
        let base = "https://example.org/blog/".to_owned();
        let places = [Place { base, folder: folder.path().to_owned() }];
        let links = [
            "https://example.org/blog/a/#perch%C3%A9",
            "https://example.org/blog/a#old",
            "https://example.org/blog/a/#gone",
            "https://example.org/blog/b",
            "https://example.org/blog/b.html?x=1",
            "https://example.org/blog/c/",
            "https://other.org/a/",
            "read/a.html",
        ];
        let report = follow(&links.map(str::to_owned).into(), &places).unwrap();
        assert_eq!((report.links, report.elsewhere), (8, 2));
        let dead: Vec<&str> = report.dead.iter().map(|dead| dead.href.as_str()).collect();
        assert_eq!(dead, [links[2], links[5]]);
        assert!(describe(&report).contains("8 links, 2 dead, 2 to pages published elsewhere"));
    }
}
