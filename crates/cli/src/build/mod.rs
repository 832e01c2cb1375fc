//! `daneel build`: a folder of texts becomes a site folder.

mod config;
mod documents;
mod naming;
mod reader;
pub mod reader_model;
mod shards;
mod staging;
mod suggestions;
mod walk;

use std::{
    fs,
    fs::File,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, bail};
use clap::Args;
use daneel_corpus::{Chunk, ChunkConfig, Document, DocumentInfo, Language, chunk, reader_path};
use daneel_index::{Embedder, Recipe};
use daneel_model::{Engine, Generator, MemoryFile, TextKind};
use daneel_rag::{
    Assistant, DEFAULT_CONTEXT, FORMAT_VERSION, FileEntry, Manifest, ModelEntry, Part, PromptEntry, Stage,
    Suggestion,
};
use futures_lite::future::block_on;
use indicatif::HumanBytes;
use serde::Serialize;

pub use config::Settings;

use crate::{
    console::{Console, Unit},
    embed::CachedEmbedder,
    interrupt,
    languages::by_frequency,
    local_file::LocalFile,
    models::ResolvedModel,
    page,
    site::MANIFEST,
};
use documents::Documents;
use naming::Naming;
use reader::Reader;
use staging::Staging;

/// Share of the vector arm in the fused score: the best nDCG@10 of `daneel eval retrieval` on its development set.
pub const DENSE_WEIGHT: f32 = 0.6;

/// Most bytes of instructions that were read already: a larger state takes longer to fetch than to compute.
const LARGEST_PROMPT: u64 = 8 << 20;

/// What `daneel build` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    daneel build ./public --out ./site --base-url https://example.org/\n  \
    daneel build ./notes --out ./site --title \"My notes\" --language it\n  \
    daneel build ./posts --out ./site --model hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf\n\n\
    Titles, persona, models, suggested questions and more can stand in a daneel.toml inside the folder or beside it.")]
pub struct Arguments {
    /// Folder of built HTML, Markdown or plain text
    pub input: PathBuf,
    /// Folder to write; a site that is there already is replaced at the very end, other files stay
    #[arg(short, long)]
    pub out: PathBuf,
    /// Where the texts are published, such as https://example.org/blog/; without it a page to read is written for each
    #[arg(long)]
    pub base_url: Option<String>,
    /// Title of the chat
    #[arg(long)]
    pub title: Option<String>,
    /// Language of texts that neither say nor show theirs, such as `it`
    #[arg(long, value_parser = parse_language)]
    pub language: Option<Language>,
    /// Model that answers: NAME, ./file.gguf, hf:ORG/REPO/FILE.gguf, ollama:NAME; `none` quotes the texts only
    #[arg(long)]
    pub model: Option<String>,
    /// Model that embeds, named in the same ways
    #[arg(long)]
    pub embedder: Option<String>,
    /// Reader that `daneel tune reader` has trained on the embedder; the built-in one by default
    #[arg(long, value_name = "FILE")]
    pub reader: Option<PathBuf>,
    /// Settings file; default: daneel.toml inside the folder or beside it
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Include drafts: `draft: true`, `published: false`, the folder _drafts
    #[arg(long)]
    pub drafts: bool,
    /// Include texts with a date in the future
    #[arg(long)]
    pub future: bool,
    /// Fail if any file cannot be read as a text
    #[arg(long)]
    pub strict: bool,
    /// Write into a folder that holds other files too; those that are in the way are replaced
    #[arg(long)]
    pub force: bool,
    /// Write the site's data without the page
    #[arg(long)]
    pub no_page: bool,
}

fn parse_language(tag: &str) -> Result<Language, String> {
    Language::try_from(tag.to_owned())
}

/// What was built, for `--json`.
#[derive(Serialize)]
struct Summary {
    site: String,
    title: String,
    languages: Vec<Language>,
    documents: usize,
    broken: usize,
    unpublished: usize,
    passages: usize,
    embedder: String,
    chat: Option<String>,
    bytes: u64,
    seconds: f64,
}

/// Runs `daneel build`.
///
/// # Errors
/// Says what is wrong; the previous site is then as it was, and nothing half-written is left.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    interrupt::catch()?;
    let started = Instant::now();
    let settings = Settings::load(arguments)?;
    if let Some(path) = &settings.config_path {
        console.say(format_args!("settings: {}", path.display()));
    }
    if !arguments.no_page {
        page::require()?;
    }
    let files = walk::files(&arguments.input, &settings.exclude)?;
    let staging = Staging::create(&arguments.out, &arguments.input, arguments.force)?;
    let documents = documents::read(&files, &settings, arguments.strict, console)?;
    let manifest = build_site(arguments, &settings, &files, &documents, &staging, console)?;
    let summary = Summary {
        site: arguments.out.display().to_string(),
        title: manifest.title.clone(),
        languages: manifest.languages.clone(),
        documents: manifest.n_documents,
        broken: documents.n_broken,
        unpublished: documents.left_out.values().sum(),
        passages: manifest.n_chunks,
        embedder: manifest.embedder.name.clone(),
        chat: manifest.chat.as_ref().map(|model| model.name.clone()),
        bytes: bytes_below(&staging.folder()),
        seconds: started.elapsed().as_secs_f64(),
    };
    interrupt::check()?;
    staging.publish()?;
    console.result(&summary, |summary| {
        format!(
            "{}: {} texts, {} passages, {} in {:.1} s\nLook at it with `daneel serve {}`, then upload the folder to any static host.",
            summary.site,
            summary.documents,
            summary.passages,
            HumanBytes(summary.bytes),
            summary.seconds,
            summary.site,
        )
    })
}

/// Fills the staging folder.
fn build_site(
    arguments: &Arguments,
    settings: &Settings,
    files: &[walk::CorpusFile],
    documents: &Documents,
    staging: &Staging,
    console: Console,
) -> anyhow::Result<Manifest> {
    let folder = staging.folder();
    let embedder_model = settings.embedder.resolve(console)?;
    let chat_model = settings.chat.as_ref().map(|chat| chat.resolve(console)).transpose()?;
    if let Some(chat) = &chat_model {
        let file = LocalFile::open(&chat.path)?;
        block_on(Generator::check(&file)).with_context(|| {
            format!("the chat model `{}` ({}) cannot be used", chat.name, chat.path.display())
        })?;
    }
    let mut embedder = CachedEmbedder::load(&embedder_model, console)?;
    let (index, n_chunks) = build_index(documents, &embedder_model, &mut embedder, staging, console)?;
    // The embedder's memory is not needed while models are copied.
    let embedder_sha256 = embedder.sha256.clone();
    drop(embedder);
    let embedder = write_model(&embedder_model, staging, console)?;
    if embedder.sha256 != embedder_sha256 {
        bail!("{} has changed; delete it and run the same command again", embedder_model.path.display());
    }
    let chat = chat_model.as_ref().map(|chat| write_model(chat, staging, console)).transpose()?;

    let languages = by_frequency(documents.documents.iter().map(|document| document.language));
    let Naming { title, description } =
        naming::naming(settings, &arguments.input, files, &documents.documents);
    if settings.base_url.is_none() {
        write_reader_pages(&title, documents, &folder, console)?;
    }
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        title,
        description,
        n_documents: documents.documents.len(),
        n_chunks,
        persona: settings.persona.clone(),
        answers: settings.answers,
        strategy: settings.strategy,
        suggestions: suggestions(settings, &documents.documents, &languages),
        languages,
        index,
        reader: reader_model::write(arguments.reader.as_deref(), &embedder, staging)?,
        embedder,
        chat,
        prompts: Vec::new(),
    };
    if let Some(chat) = &chat_model {
        manifest.prompts = write_prompts(&manifest, chat, staging, console)?;
    }
    let json = serde_json::to_vec_pretty(&manifest).context("the manifest cannot be written as JSON")?;
    fs::write(folder.join(MANIFEST), json).context("the manifest cannot be written; is the disk full?")?;
    if !arguments.no_page {
        page::write(&folder)?;
    }
    Ok(manifest)
}

/// Chunks, embeds and indexes; returns the index's shards and the number of chunks.
fn build_index(
    documents: &Documents,
    model: &ResolvedModel,
    embedder: &mut CachedEmbedder,
    staging: &Staging,
    console: Console,
) -> anyhow::Result<(Vec<FileEntry>, usize)> {
    let config = ChunkConfig::default();
    let mut chunks: Vec<Chunk> = Vec::new();
    for document in &documents.documents {
        interrupt::check()?;
        chunks.extend(chunk(document, &config, &|text| embedder.embedder.count_tokens(text)));
    }
    if chunks.is_empty() {
        bail!("the texts have no words to index");
    }
    let n_chunks = chunks.len();
    console.say(format_args!("{} texts, {n_chunks} passages", documents.documents.len()));
    let texts: Vec<String> = chunks.iter().map(Chunk::embedding_text).collect();
    let vectors = embedder.embed("embedding passages", &texts, TextKind::Passage, console)?;
    let recipe = Recipe {
        embedder: Embedder {
            name: model.name.clone(),
            sha256: embedder.sha256.clone(),
            dimensions: embedder.embedder.dimensions(),
        },
        chunk: config,
        dense_weight: DENSE_WEIGHT,
    };
    let progress = console.progress("building the index", n_chunks as u64, Unit::Items);
    let table = documents.documents.iter().map(DocumentInfo::of).collect();
    let index =
        daneel_index::build(table, chunks, vectors, recipe, &mut |done, _| progress.set(done as u64))?;
    progress.finish();
    let bytes = index.to_bytes()?;
    let shards = shards::cut(bytes.as_slice(), "index", &staging.folder(), staging.previous(), &mut |_| {})?;
    Ok((shards.entries, n_chunks))
}

/// Has the chat model read its instructions, so that readers need not wait for it.
fn write_prompts(
    manifest: &Manifest,
    chat: &ResolvedModel,
    staging: &Staging,
    console: Console,
) -> anyhow::Result<Vec<PromptEntry>> {
    let mut languages: Vec<Language> = Vec::new();
    for language in manifest.languages.iter().map(|&language| manifest.prompt_language(language)) {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    let progress = console.progress("reading the instructions", languages.len() as u64, Unit::Items);
    let (file, no_adapter) = (LocalFile::open(&chat.path)?, MemoryFile(Vec::new()));
    let part =
        block_on(Part::load(Stage::Chat, &Engine::Cpu, &file, &no_adapter, DEFAULT_CONTEXT, &mut |_, _| {}))?;
    let mut assistant = Assistant::new(manifest.clone())?;
    assistant.install(part)?;
    let mut prompts = Vec::new();
    for language in languages {
        interrupt::check()?;
        let state = block_on(assistant.read_prompt(language))?;
        if state.len() as u64 <= LARGEST_PROMPT {
            let prefix = format!("prompts/{language}");
            let shards =
                shards::cut(state.as_slice(), &prefix, &staging.folder(), staging.previous(), &mut |_| {})?;
            prompts.push(PromptEntry { language, shards: shards.entries });
        }
        progress.set(prompts.len() as u64);
    }
    progress.finish();
    Ok(prompts)
}

/// Writes a model's shards.
fn write_model(model: &ResolvedModel, staging: &Staging, console: Console) -> anyhow::Result<ModelEntry> {
    let file =
        File::open(&model.path).with_context(|| format!("{} cannot be opened", model.path.display()))?;
    let length = file.metadata().with_context(|| format!("{} cannot be read", model.path.display()))?.len();
    let progress = console.progress(format!("writing {}", model.name), length, Unit::Bytes);
    let prefix = format!("models/{}", model.name);
    let shards = shards::cut(file, &prefix, &staging.folder(), staging.previous(), &mut |done| {
        progress.set(done);
    })?;
    progress.finish();
    if let Some(expected) = &model.sha256
        && *expected != shards.sha256
    {
        bail!(
            "the model file {} is damaged (SHA-256 {} instead of {expected}); delete it and run the same command again",
            model.path.display(),
            shards.sha256
        );
    }
    Ok(ModelEntry {
        name: model.name.clone(),
        license: model.entry.map_or_else(|| "unknown".to_owned(), |entry| entry.license.clone()),
        languages: model.languages(),
        sha256: shards.sha256,
        shards: shards.entries,
    })
}

fn write_reader_pages(
    title: &str,
    documents: &Documents,
    folder: &Path,
    console: Console,
) -> anyhow::Result<()> {
    let reader = Reader::new(title, &documents.documents);
    for (document, markdown) in documents.documents.iter().zip(&documents.markdown) {
        interrupt::check()?;
        let path = folder.join(reader_path(&document.source));
        crate::cache::create_folder(path.parent().unwrap_or(folder))?;
        fs::write(&path, reader.page(document, markdown.as_deref()))
            .with_context(|| format!("{} cannot be written; is the disk full?", path.display()))?;
    }
    console.say(format_args!(
        "no base URL: pages to read were written ({}); pass --base-url to link to where the texts are published",
        documents.documents.len()
    ));
    Ok(())
}

fn suggestions(settings: &Settings, documents: &[Document], languages: &[Language]) -> Vec<Suggestion> {
    match settings.suggestions.as_slice() {
        [] => suggestions::suggest(documents, languages),
        given => given
            .iter()
            .map(|text| Suggestion {
                text: text.clone(),
                language: Language::detect_among(text, languages).unwrap_or(settings.language),
            })
            .collect(),
    }
}

fn bytes_below(folder: &Path) -> u64 {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}
