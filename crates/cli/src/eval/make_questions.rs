//! `daneel eval make-questions`: a site's passages become the draft of a question file.
//!
//! Questions come from headings that ask or that name a task, and from sentences that define something. They stand nearer
//! to the text than a reader's questions do, which is why the draft says what an author should change.

mod template;

use std::{collections::HashSet, fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use daneel_corpus::Chunk;
use daneel_index::{ChunkId, Index};
use daneel_model::Engine;
use daneel_rag::{Part, ShardedFile, Stage};
use futures_lite::future::block_on;
use serde::Serialize;

use self::template::Draft;
use crate::{console::Console, interrupt, site::Site};

const HEAD: &str = "# A draft by `daneel eval make-questions`, to be edited before it is used with `daneel eval answers`:
#
# - Delete what no reader would ask, and put the rest into a reader's words: these stand too near to the text.
# - Shorten `answers` to the words that a right answer cannot do without; any of them in an answer makes it right.
# - Add what the texts do not say (kind = \"abstention\", no answers), best of all what they nearly say.
# - Add follow-ups (kind = \"follow-up\", history = [\"the question before\"]), and questions in your readers' other languages.
";
/// What every draft asks besides, so that a reader's first words are tried too.
const GREETING: &str = "\n[[questions]]\ntext = \"Hello\"\nlanguage = \"en\"\nkind = \"conversation\"\n";

/// What `daneel eval make-questions` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// File to write
    #[arg(long)]
    pub out: PathBuf,
    /// Most questions; they are spread over all texts
    #[arg(long, default_value_t = 60)]
    pub limit: usize,
}

/// What was drafted, for `--json`.
#[derive(Serialize)]
struct Summary {
    out: PathBuf,
    questions: usize,
    passages: usize,
}

/// Runs `daneel eval make-questions`.
///
/// # Errors
/// If the site cannot be used, nothing can be asked about it, or the file is there already.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    if arguments.out.exists() {
        bail!("{} is there already; name another file, or move it away", arguments.out.display());
    }
    let index = load(&Site::open(&arguments.site)?)?;
    let drafts = spread(drafts(&index)?, arguments.limit);
    if drafts.is_empty() {
        bail!("no heading asks and no sentence defines anything; write the questions yourself");
    }
    let file =
        drafts.iter().fold(HEAD.to_owned(), |file, (chunk, draft)| file + &entry(chunk, draft)) + GREETING;
    fs::write(&arguments.out, file)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))?;
    let summary = Summary { out: arguments.out.clone(), questions: drafts.len() + 1, passages: index.len() };
    console.result(&summary, |summary| {
        format!(
            "{}: {} questions about {} passages, to be edited\n",
            summary.out.display(),
            summary.questions,
            summary.passages
        )
    })
}

fn load(site: &Site) -> anyhow::Result<Index> {
    let part = site
        .manifest
        .parts()
        .find(|part| part.stage == Stage::Index)
        .context("the site has no index; build it again with `daneel build`")?;
    let file = ShardedFile::new(site.shards(), part.model);
    let adapter = ShardedFile::new(site.shards(), part.adapter);
    match block_on(Part::load(Stage::Index, &Engine::Cpu, &file, &adapter, 0, &mut |_, _| {}))? {
        Part::Index(index) => Ok(*index),
        _ => bail!("the site has no index; build it again with `daneel build`"),
    }
}

/// All that can be asked, in the order of the texts, each once.
fn drafts(index: &Index) -> anyhow::Result<Vec<(Chunk, Draft)>> {
    let (mut drafts, mut seen) = (Vec::new(), HashSet::new());
    for id in 0..index.len() {
        interrupt::check()?;
        let chunk = index.chunk(ChunkId(u32::try_from(id)?))?;
        for draft in template::drafts(&chunk) {
            if seen.insert(draft.text.to_lowercase()) {
                drafts.push((chunk.clone(), draft));
            }
        }
    }
    Ok(drafts)
}

/// At most `limit` of them, at even distances.
fn spread<T>(all: Vec<T>, limit: usize) -> Vec<T> {
    let total = all.len();
    let is_taken = |at: usize| total <= limit || (at + 1) * limit / total > at * limit / total;
    all.into_iter().enumerate().filter_map(|(at, one)| is_taken(at).then_some(one)).collect()
}

fn entry(chunk: &Chunk, draft: &Draft) -> String {
    let mut entry = format!(
        "\n[[questions]]\ntext = {}\nlanguage = \"{}\"\nkind = \"{}\"\nanswers = [{}]\n",
        quoted(&draft.text),
        chunk.language,
        draft.kind.name(),
        quoted(&draft.answer)
    );
    let document = chunk.url.split(['#', '?']).next().unwrap_or_default().trim_end_matches(".html");
    let heading =
        chunk.headings.last().map_or_else(String::new, |heading| format!(", heading = {}", quoted(heading)));
    let _ = writeln!(entry, "sources = [{{ document = {}{heading} }}]", quoted(document));
    entry
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all() {
        assert_eq!(spread((0..10).collect(), 3), [3, 6, 9]);
        assert_eq!(spread(vec![1, 2], 3), [1, 2]);
        assert_eq!(spread((0..100).collect::<Vec<_>>(), 60).len(), 60);
    }
}
