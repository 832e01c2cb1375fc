//! `daneel search`: a query becomes the passages that the page would show for it, with the scores of each arm.

use std::path::PathBuf;

use clap::Args;
use daneel_model::Engine;
use daneel_rag::{DEFAULT_CONTEXT, SourceHit, Stage, check_question};
use futures_lite::future::block_on;

use crate::{console::Console, site::Site};

/// Characters of a passage shown in the terminal.
const SHOWN: usize = 240;

/// What `daneel search` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  daneel search ./site \"come funziona HNSW\"\n  \
    daneel search ./site \"why local\" --limit 3 --json\n  daneel search ./site \"quantizzazione\" --keyword")]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// What to look for
    pub query: String,
    /// Most passages
    #[arg(short, long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Search by words alone, as the page does before the embedder has arrived
    #[arg(long)]
    pub keyword: bool,
}

/// Runs `daneel search`.
///
/// # Errors
/// If the site or the query cannot be used.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    check_question(&arguments.query)?;
    let site = Site::open(&arguments.site)?;
    let results = block_on(async {
        let last = if arguments.keyword { Stage::Index } else { Stage::Embedder };
        let assistant = site.assistant(last, &Engine::Cpu, DEFAULT_CONTEXT, console).await?;
        anyhow::Ok(assistant.search(&arguments.query, usize::from(arguments.limit)).await?)
    })?;
    console.result(&results, |results| match results.hits.as_slice() {
        [] => "nothing was found".to_owned(),
        hits => hits.iter().map(describe).collect(),
    })
}

fn describe(hit: &SourceHit) -> String {
    let source = &hit.source;
    let score = |score: Option<f32>| score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
    let path: Vec<&str> =
        std::iter::once(source.title.as_str()).chain(source.headings.iter().map(String::as_str)).collect();
    let mut text: String = source.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(cut);
        text += "…";
    }
    format!(
        "{}. {}\n   {}\n   score {:.3}  bm25 {}  cosine {}\n   {text}\n\n",
        source.number,
        path.join(" › "),
        source.href,
        hit.score,
        score(hit.bm25),
        score(hit.cosine),
    )
}
