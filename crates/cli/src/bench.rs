//! `daneel bench`: the speed of this machine, as figures that can be compared.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use daneel_corpus::{Chunk, ChunkConfig, Language};
use daneel_index::{Embedder as IndexEmbedder, Query, Recipe};
use daneel_model::{Embedder, SpeedReport, TextKind};
use futures_lite::future::block_on;
use serde::Serialize;

use crate::{
    build::DENSE_WEIGHT,
    console::{Console, Unit},
    engine::{self, EngineName},
    eval::{as_row, beir},
    local_file::LocalFile,
    models::{Reference, registry},
};

/// Texts embedded in one call, as `daneel build` does.
const BATCH: usize = 16;
/// Dimensions of the vectors of `bench index`: those of the default embedder.
const DIMENSIONS: usize = 384;
/// Topics around which the vectors of `bench index` lie: vectors of real texts are not spread evenly either.
const TOPICS: usize = 200;
/// Queries of `bench index`.
const QUERIES: usize = 200;

/// What `daneel bench` is told; without a subcommand it measures what `generate` does.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  daneel bench --engine gpu --prompt 512 --generate 64 --json\n  \
    daneel bench embed --passages ./squad-it-dev --n 200\n  daneel bench index --n 10000"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    generate: GenerateArguments,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Passages embedded per second
    Embed(EmbedArguments),
    /// Time to build an index, and time per query
    Index(IndexArguments),
    /// Tokens read and written per second
    Generate(GenerateArguments),
}

/// What `daneel bench embed` is told.
#[derive(Debug, Args)]
pub struct EmbedArguments {
    /// File with one passage a line, or folder in the layout of BEIR
    #[arg(long)]
    pub passages: PathBuf,
    /// Passages to embed
    #[arg(long, default_value_t = 200)]
    pub n: usize,
    /// Model that embeds; the default one if none is named
    #[arg(long)]
    pub embedder: Option<Reference>,
}

/// What `daneel bench index` is told.
#[derive(Debug, Args)]
pub struct IndexArguments {
    /// Chunks of the index
    #[arg(long, default_value_t = 10_000)]
    pub n: usize,
}

/// What `daneel bench generate` is told.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// Engine of the model
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineName,
    /// Model that answers; the default one if none is named
    #[arg(long)]
    pub model: Option<Reference>,
    /// Tokens of the prompt, at least
    #[arg(long, default_value_t = 512)]
    pub prompt: usize,
    /// Most tokens to write
    #[arg(long, default_value_t = 64)]
    pub generate: usize,
}

/// Runs `daneel bench`.
///
/// # Errors
/// If a model or file cannot be used.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    match &arguments.command {
        Some(Command::Embed(arguments)) => embed(arguments, console),
        Some(Command::Index(arguments)) => index(arguments, console),
        Some(Command::Generate(arguments)) => generate(arguments, console),
        None => generate(&arguments.generate, console),
    }
}

fn embed(arguments: &EmbedArguments, console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Report {
        model: String,
        passages: usize,
        mean_characters: f64,
        tokens: usize,
        seconds: f64,
        passages_per_second: f64,
        tokens_per_second: f64,
    }
    let mut passages = read_passages(&arguments.passages)?;
    passages.truncate(arguments.n);
    if passages.is_empty() {
        bail!("{} has no passages", arguments.passages.display());
    }
    let model = named_or_default(arguments.embedder.as_ref(), registry::Role::Embed)?.resolve(console)?;
    let file = LocalFile::open(&model.path)?;
    let embedder = block_on(Embedder::load(&file, &mut |_, _| {}))?;
    let tokens = passages.iter().map(|passage| embedder.count_tokens(passage)).sum();
    let mut order: Vec<&str> = passages.iter().map(String::as_str).collect();
    order.sort_by_key(|passage| passage.len());
    // The first call pays for threads and caches.
    block_on(embedder.embed(&order[..order.len().min(BATCH)], TextKind::Passage))?;
    let progress = console.progress("embedding", passages.len() as u64, Unit::Items);
    let started = Instant::now();
    for (done, batch) in order.chunks(BATCH).enumerate() {
        block_on(embedder.embed(batch, TextKind::Passage))?;
        progress.set((done * BATCH + batch.len()) as u64);
    }
    let seconds = started.elapsed().as_secs_f64();
    progress.finish();
    let characters: usize = passages.iter().map(|passage| passage.chars().count()).sum();
    let report = Report {
        model: model.name,
        passages: passages.len(),
        mean_characters: characters as f64 / passages.len() as f64,
        tokens,
        seconds,
        passages_per_second: passages.len() as f64 / seconds,
        tokens_per_second: tokens as f64 / seconds,
    };
    console.result(&report, |r| {
        format!(
            "{}: {} passages of {:.0} characters in {:.2} s: {:.2} passages/s, {:.0} tokens/s",
            r.model, r.passages, r.mean_characters, r.seconds, r.passages_per_second, r.tokens_per_second
        )
    })
}

/// Title and text of a test set's documents, or the lines of a file.
fn read_passages(path: &Path) -> anyhow::Result<Vec<String>> {
    if path.is_dir() {
        let documents = beir::read_documents(path)?;
        return Ok(documents
            .into_iter()
            .map(|document| format!("{}\n{}", document.title, document.text))
            .collect());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

fn index(arguments: &IndexArguments, console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Report {
        chunks: usize,
        build_seconds: f64,
        bytes: usize,
        median_query_ms: f64,
        p95_query_ms: f64,
    }
    let mut random = Random(42);
    let topics: Vec<Vec<f32>> = (0..TOPICS).map(|_| random.direction(None)).collect();
    let vectors: Vec<Vec<f32>> =
        (0..arguments.n).map(|i| random.direction(Some(&topics[i % TOPICS]))).collect();
    let chunks: Vec<Chunk> = (0..arguments.n).map(|i| random.chunk(i)).collect();
    let table = chunks.iter().map(as_row).collect();
    let recipe = Recipe {
        embedder: IndexEmbedder { name: "random".into(), sha256: "0".repeat(64), dimensions: DIMENSIONS },
        chunk: ChunkConfig::default(),
        dense_weight: DENSE_WEIGHT,
    };
    let progress = console.progress("building the index", arguments.n as u64, Unit::Items);
    let started = Instant::now();
    let index =
        daneel_index::build(table, chunks, vectors, recipe, &mut |done, _| progress.set(done as u64))?;
    let build_seconds = started.elapsed().as_secs_f64();
    progress.finish();
    let bytes = index.to_bytes()?;
    // What is measured is what a reader has: the index as it was loaded from its artifact.
    let index = daneel_index::Index::from_bytes(&bytes)?;
    let mut times = Vec::with_capacity(QUERIES);
    for i in 0..QUERIES {
        let text = random.words(8);
        let vector = random.direction(Some(&topics[i % TOPICS]));
        let query =
            Query { text: &text, language: Some(Language::ENGLISH), vector: Some(&vector), limit: 10 };
        let started = Instant::now();
        let hits = index.search(&query);
        times.push(started.elapsed().as_secs_f64() * 1e3);
        if hits.is_empty() {
            bail!("the index of random chunks found nothing");
        }
    }
    times.sort_by(f64::total_cmp);
    let report = Report {
        chunks: arguments.n,
        build_seconds,
        bytes: bytes.len(),
        median_query_ms: times[QUERIES / 2],
        p95_query_ms: times[QUERIES * 95 / 100],
    };
    console.result(&report, |r| {
        format!(
            "{} chunks: built in {:.1} s, {} bytes, query {:.2} ms (median), {:.2} ms (95th percentile)",
            r.chunks, r.build_seconds, r.bytes, r.median_query_ms, r.p95_query_ms
        )
    })
}

fn generate(arguments: &GenerateArguments, console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Report {
        model: String,
        #[serde(flatten)]
        speed: SpeedReport,
    }
    let choice = engine::choose(arguments.engine, console)?;
    let model = named_or_default(arguments.model.as_ref(), registry::Role::Chat)?.resolve(console)?;
    let file = LocalFile::open(&model.path)?;
    console.say(format_args!("reading and writing with {} …", model.name));
    let (prompt, generate) = (arguments.prompt, arguments.generate);
    let speed = block_on(SpeedReport::measure(&choice, &file, prompt, generate, &mut |_, _| {}))?;
    engine::keep_tuning(&choice.engine);
    console.result(&Report { model: model.name, speed }, |Report { model, speed: s }| {
        let gpu = s.gpu.as_ref().map_or_else(String::new, |gpu| {
            format!(
                "; {} dispatches a token, {:.1} a layer, {:.2} of the weights' bytes read, {:.0} % of the copying speed",
                gpu.cost.dispatches,
                gpu.cost.dispatches_per_layer,
                gpu.bytes_read_over_file,
                gpu.share_of_copy_bandwidth * 100.0
            )
        });
        format!(
            "{model} on the {}: loaded in {:.2} s; {} prompt tokens at {:.1}/s; {} tokens at {:.1}/s{gpu}",
            s.engine,
            s.load_seconds,
            s.prompt_tokens,
            s.prefill_tokens_per_second,
            s.generated_tokens,
            s.decode_tokens_per_second
        )
    })
}

fn named_or_default(named: Option<&Reference>, role: registry::Role) -> anyhow::Result<Reference> {
    match named {
        Some(reference) => Ok(reference.clone()),
        None => Ok(Reference::Registry(registry::default_model(role)?.name.clone())),
    }
}

/// Numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in -1 to 1.
    fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// A vector of length 1, near `topic` where one is given.
    fn direction(&mut self, topic: Option<&[f32]>) -> Vec<f32> {
        let noise: Vec<f32> = (0..DIMENSIONS).map(|_| self.signed()).collect();
        let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        let scale = 1.0 / norm(&noise);
        let mut vector: Vec<f32> = match topic {
            Some(topic) => noise.iter().zip(topic).map(|(x, t)| 0.6 * x * scale + t).collect(),
            None => noise,
        };
        let scale = 1.0 / norm(&vector);
        vector.iter_mut().for_each(|x| *x *= scale);
        vector
    }

    /// Made-up words; short ones are frequent, as in language.
    fn words(&mut self, count: usize) -> String {
        let word = |random: &mut Self| {
            let draw = (random.next() >> 40) as f64 / (1u64 << 24) as f64;
            let mut rank = (draw * draw * draw * 20_000.0) as u64;
            let mut word = String::new();
            for _ in 0..4 {
                word.push(char::from(b"bcdfglmnprstvz"[(rank % 14) as usize]));
                word.push(char::from(b"aeiou"[(rank / 14 % 5) as usize]));
                rank /= 70;
                if rank == 0 {
                    break;
                }
            }
            word
        };
        (0..count).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }

    fn chunk(&mut self, i: usize) -> Chunk {
        Chunk {
            id: i.to_string(),
            url: format!("{i}.html"),
            anchor: None,
            title: self.words(5),
            headings: Vec::new(),
            date: None,
            language: Language::ENGLISH,
            text: self.words(120),
        }
    }
}
