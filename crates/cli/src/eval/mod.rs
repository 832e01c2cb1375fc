//! `daneel eval`: a test set becomes figures of merit, per arm and fused.

mod answers;
pub mod beir;
mod fit;
mod languages;
mod make_questions;
mod metrics;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use daneel_corpus::{Chunk, ChunkConfig, DocumentInfo, Language};
use daneel_index::{Embedder, Index, Query, Recipe};
use daneel_model::{Embedder as Model, Reader, TextKind};
use daneel_rag::ReadSearch;
use futures_lite::future::block_on;
use serde::Serialize;

use crate::{
    build::{DENSE_WEIGHT, reader_model},
    console::{Console, Unit},
    embed::CachedEmbedder,
    interrupt,
    languages::by_frequency,
    local_file::LocalFile,
    models::{Reference, ResolvedModel, registry},
};
use beir::Beir;
use metrics::Metrics;

/// Hits per query; the metrics look at ten.
const DEPTH: usize = 10;

/// What to evaluate.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures the search on a test set in the layout of BEIR: nDCG@10, Recall@1/5/10, MRR@10
    #[command(after_help = "Examples:\n  daneel eval retrieval --beir ./squad-it-dev\n  \
        daneel eval retrieval --beir ./squad-it-dev --dense-weight 0.5,0.6,0.7 --json\n  \
        daneel eval retrieval --beir ./xquad-en-dev --queries ./squad-it-dev/queries.jsonl --reader")]
    Retrieval(Arguments),
    /// Measures what is answered rightly, made up and refused, on files of questions with what is right for them
    #[command(after_help = "Examples:\n  daneel eval answers ./site --questions questions.toml\n  \
        daneel eval answers ./site --questions questions.toml --config quote,write --html report.html\n  \
        daneel eval answers ./site --questions one.toml two.toml --split dev --kind follow-up,list --verbose")]
    Answers(answers::Arguments),
    /// Fits the weights by which passages are put in order and questions refused, on sites with questions
    #[command(after_help = "Example:\n  daneel eval fit ./blog=blog.toml ./manual=manual.toml")]
    Fit(fit::Arguments),
    /// Drafts such a file of questions from a site, to be edited
    #[command(after_help = "Example:\n  daneel eval make-questions ./site --out questions.toml")]
    MakeQuestions(make_questions::Arguments),
}

/// What `daneel eval retrieval` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder with corpus.jsonl, queries.jsonl and qrels/test.tsv
    #[arg(long)]
    pub beir: PathBuf,
    /// Model that embeds: NAME, ./file.gguf, hf:ORG/REPO/FILE.gguf, ollama:NAME
    #[arg(long)]
    pub embedder: Option<Reference>,
    /// Shares of the vector arm to try, 0 to 1
    #[arg(long, value_delimiter = ',', default_values_t = [DENSE_WEIGHT], value_parser = parse_weight)]
    pub dense_weight: Vec<f32>,
    /// Another file of queries whose names match: one language asked about the other's texts
    #[arg(long)]
    pub queries: Option<PathBuf>,
    /// Measures the first ten as a reader orders them too: the built-in one, or FILE. It reads a passage in some hundredths of a second
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub reader: Option<Option<PathBuf>>,
    /// Only so many of the queries, spread over all
    #[arg(long)]
    pub most_queries: Option<usize>,
    /// Language of all texts; told from each by default
    #[arg(long, value_parser = parse_language)]
    pub language: Option<Language>,
    /// Language of the queries; told from them by default
    #[arg(long, value_parser = parse_language)]
    pub query_language: Option<Language>,
}

fn parse_weight(text: &str) -> Result<f32, String> {
    let weight: f32 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    match (0.0..=1.0).contains(&weight) {
        true => Ok(weight),
        false => Err(format!("{weight} is not between 0 and 1")),
    }
}

fn parse_language(tag: &str) -> Result<Language, String> {
    Language::try_from(tag.to_owned())
}

/// What was measured, for `--json`.
#[derive(Serialize)]
struct Report {
    documents: usize,
    queries: usize,
    /// Of the texts, the most frequent first.
    languages: Vec<Language>,
    query_language: Language,
    embedder: String,
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Run {
    arm: Arm,
    #[serde(skip_serializing_if = "Option::is_none")]
    dense_weight: Option<f32>,
    #[serde(flatten)]
    metrics: Metrics,
}

/// Which part of the search is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Arm {
    Bm25,
    Dense,
    Fused,
    Reader,
}

/// Runs `daneel eval`.
///
/// # Errors
/// If the test set or the model cannot be used.
pub fn run(command: &Command, console: Console) -> anyhow::Result<()> {
    interrupt::catch()?;
    let arguments = match command {
        Command::Retrieval(arguments) => arguments,
        Command::Answers(arguments) => return answers::run(arguments, console),
        Command::Fit(arguments) => return fit::run(arguments, console),
        Command::MakeQuestions(arguments) => return make_questions::run(arguments, console),
    };
    let report = retrieval(arguments, console)?;
    console.result(&report, |report| {
        let mut text = format!(
            "{} documents ({}), {} queries ({}), embedder {}\n{:<14} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
            report.documents,
            report.languages.iter().map(Language::code).collect::<Vec<_>>().join(", "),
            report.queries,
            report.query_language,
            report.embedder,
            "",
            "nDCG@10",
            "R@1",
            "R@5",
            "R@10",
            "MRR@10"
        );
        for run in &report.runs {
            let name = match (run.arm, run.dense_weight) {
                (Arm::Bm25, _) => "bm25".to_owned(),
                (Arm::Dense, _) => "dense".to_owned(),
                (Arm::Reader, weight) => format!("reader {:.2}", weight.unwrap_or_default()),
                (Arm::Fused, weight) => format!("fused {:.2}", weight.unwrap_or_default()),
            };
            let m = run.metrics;
            text += &format!(
                "{name:<14} {:>8.4} {:>8.4} {:>8.4} {:>8.4} {:>8.4}\n",
                m.ndcg_at_10, m.recall_at_1, m.recall_at_5, m.recall_at_10, m.mrr_at_10
            );
        }
        text
    })
}

fn retrieval(arguments: &Arguments, console: Console) -> anyhow::Result<Report> {
    let mut beir = Beir::read(&arguments.beir, arguments.queries.as_deref())?;
    if let Some(most) = arguments.most_queries {
        beir.keep_queries(most);
    }
    let texts: Vec<&str> = beir.documents.iter().map(|document| document.text.as_str()).collect();
    let languages = match arguments.language {
        Some(language) => vec![language; texts.len()],
        None => languages::of_texts(&texts),
    };
    let query_language = arguments.query_language.unwrap_or_else(|| {
        let queries: Vec<&str> = beir.queries.iter().map(|query| query.text.as_str()).collect();
        languages::of_queries(&queries)
    });
    let reference = match &arguments.embedder {
        Some(reference) => reference.clone(),
        None => Reference::Registry(registry::default_model(registry::Role::Embed)?.name.clone()),
    };
    let model = reference.resolve(console)?;
    let mut embedder = CachedEmbedder::load(&model, console)?;

    // One document is one chunk: what is measured is the search, not the cutting.
    let chunks: Vec<Chunk> = beir
        .documents
        .iter()
        .zip(&languages)
        .map(|(document, &language)| as_chunk(document, language))
        .collect();
    let table: Vec<DocumentInfo> = chunks.iter().map(as_row).collect();
    let passages: Vec<String> = chunks.iter().map(Chunk::embedding_text).collect();
    let passages = embedder.embed("embedding passages", &passages, TextKind::Passage, console)?;
    let questions: Vec<String> = beir.queries.iter().map(|query| query.text.clone()).collect();
    let questions = embedder.embed("embedding queries", &questions, TextKind::Query, console)?;

    let build = |dense_weight: f32| {
        let recipe = Recipe {
            embedder: Embedder {
                name: model.name.clone(),
                sha256: embedder.sha256.clone(),
                dimensions: embedder.embedder.dimensions(),
            },
            chunk: ChunkConfig::default(),
            dense_weight,
        };
        let progress = console.progress("building the index", chunks.len() as u64, Unit::Items);
        let index =
            daneel_index::build(table.clone(), chunks.clone(), passages.clone(), recipe, &mut |done, _| {
                progress.set(done as u64);
            })?;
        progress.finish();
        anyhow::Ok(index)
    };
    let reader = match &arguments.reader {
        Some(file) => Some(load_reader(file.as_deref(), &embedder.embedder, &model)?),
        None => None,
    };
    let mut runs = Vec::new();
    for (i, &dense_weight) in arguments.dense_weight.iter().enumerate() {
        let index = build(dense_weight)?;
        // An arm alone does not depend on the weight.
        let arms: &[Arm] = if i == 0 { &[Arm::Bm25, Arm::Dense, Arm::Fused] } else { &[Arm::Fused] };
        for &arm in arms {
            let metrics = measure(&index, arm, &beir, &questions, query_language)?;
            runs.push(Run { arm, dense_weight: (arm == Arm::Fused).then_some(dense_weight), metrics });
        }
        if let Some(reader) = &reader {
            let search = ReadSearch { index: &index, embedder: &embedder.embedder, reader };
            let metrics = measure_read(&search, &beir, query_language, console)?;
            runs.push(Run { arm: Arm::Reader, dense_weight: Some(dense_weight), metrics });
        }
    }
    Ok(Report {
        documents: beir.documents.len(),
        queries: beir.queries.len(),
        languages: by_frequency(languages.iter().copied()),
        query_language,
        embedder: model.name,
        runs,
    })
}

fn measure(
    index: &Index,
    arm: Arm,
    beir: &Beir,
    questions: &[Vec<f32>],
    language: Language,
) -> anyhow::Result<Metrics> {
    let mut all = Vec::with_capacity(beir.queries.len());
    for (query, vector) in beir.queries.iter().zip(questions) {
        interrupt::check()?;
        let hits = index.search(&Query {
            text: if arm == Arm::Dense { "" } else { &query.text },
            language: Some(language),
            vector: (arm != Arm::Bm25).then_some(vector.as_slice()),
            limit: DEPTH,
        });
        let ranking: Vec<&str> = hits
            .iter()
            .filter_map(|hit| beir.documents.get(hit.chunk.0 as usize))
            .map(|document| document.id.as_str())
            .collect();
        if let Some(judgements) = beir.judgements.get(&query.id) {
            all.push(Metrics::of(&ranking, judgements));
        }
    }
    Ok(Metrics::mean(&all))
}

/// The first ten, as a reader orders them.
fn measure_read(
    search: &ReadSearch<'_>,
    beir: &Beir,
    language: Language,
    console: Console,
) -> anyhow::Result<Metrics> {
    let mut all = Vec::with_capacity(beir.queries.len());
    let progress = console.progress("reading", beir.queries.len() as u64, Unit::Items);
    for (query, done) in beir.queries.iter().zip(1..) {
        interrupt::check()?;
        let found = block_on(search.passages(&query.text, language, DEPTH))?;
        let documents = found.chunks.iter().filter_map(|chunk| beir.documents.get(chunk.0 as usize));
        let ranking: Vec<&str> = documents.map(|document| document.id.as_str()).collect();
        if let Some(judgements) = beir.judgements.get(&query.id) {
            all.push(Metrics::of(&ranking, judgements));
        }
        progress.set(done);
    }
    progress.finish();
    Ok(Metrics::mean(&all))
}

fn load_reader(file: Option<&Path>, embedder: &Model, model: &ResolvedModel) -> anyhow::Result<Reader> {
    let adapter = reader_model::read(file)?;
    let base = LocalFile::open(&model.path)?;
    Ok(block_on(Reader::load(embedder, &base, &adapter, &mut |_, _| {}))?)
}

fn as_chunk(document: &beir::Document, language: Language) -> Chunk {
    Chunk {
        id: document.id.clone(),
        url: document.id.clone(),
        anchor: None,
        title: document.title.clone(),
        headings: Vec::new(),
        date: None,
        language,
        text: document.text.clone(),
    }
}

/// The row of the document that a chunk is the whole of.
pub fn as_row(chunk: &Chunk) -> DocumentInfo {
    DocumentInfo {
        url: chunk.url.clone(),
        title: chunk.title.clone(),
        date: chunk.date.clone(),
        tags: Vec::new(),
        language: chunk.language,
        summary: String::new(),
    }
}
