//! `daneel.json` becomes a working assistant, in steps that are each useful: index, embedder, chat model. While one part
//! is prepared, the next one already arrives.

use std::cell::Cell;
use std::rc::Rc;

use daneel_rag::{Assistant, DEFAULT_CONTEXT, Event, FileEntry, Manifest, Part, Stage};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::join;

use super::answering::Job;
use super::error::Error;
use super::files::Watched;
use super::store::Store;
use super::{OpenSite, download, post, queue};

/// Milliseconds between two progress messages of a part.
const PROGRESS_INTERVAL: f64 = 100.0;

/// Loads the site. What fails is told to the page; the parts before it go on working.
pub async fn load(manifest_url: &str, jobs: &UnboundedSender<Job>, site: &OpenSite) {
    let base_url = match manifest_url.rfind('/') {
        Some(slash) => &manifest_url[..=slash],
        None => manifest_url,
    };
    let (assistant, store) = join(open_site(manifest_url), Store::open(base_url)).await;
    let assistant = match assistant {
        Ok(assistant) => assistant,
        Err(error) => {
            for stage in [Stage::Index, Stage::Embedder, Stage::Chat] {
                fail(stage, &error, jobs);
            }
            return;
        }
    };
    let store = Rc::new(store);
    *site.borrow_mut() = Some(store.clone());
    let manifest = assistant.manifest().clone();
    post(&Event::Opened { manifest: manifest.clone() });
    queue(jobs, Job::Open(Box::new(assistant)));
    if !store.is_lasting() {
        warn(
            "this browser does not let the page keep files: everything works, but is loaded again at the next visit",
        );
    }

    let (arrived, parts) = unbounded();
    join(
        download_parts(base_url, &manifest, &store, arrived, jobs),
        prepare_parts(&manifest, &store, parts, jobs),
    )
    .await;
    store.keep_only(&all_files(&manifest)).await;
}

async fn open_site(manifest_url: &str) -> Result<Assistant, Error> {
    let text = download::text(manifest_url, "daneel.json").await?;
    let manifest = serde_json::from_str(&text).map_err(|error| Error::Manifest(error.to_string()))?;
    Ok(Assistant::new(manifest)?)
}

fn all_files(manifest: &Manifest) -> Vec<&FileEntry> {
    manifest.parts().flat_map(|(_, files)| files).collect()
}

async fn download_parts(
    base_url: &str,
    manifest: &Manifest,
    store: &Store,
    arrived: UnboundedSender<Stage>,
    jobs: &UnboundedSender<Job>,
) {
    for (stage, files) in manifest.parts() {
        let was_lasting = store.is_lasting();
        match download_part(base_url, stage, files, store, jobs).await {
            // The receiver lives as long as this function.
            Ok(()) => drop(arrived.unbounded_send(stage)),
            Err(error) => fail(stage, &error, jobs),
        }
        if was_lasting && !store.is_lasting() {
            warn("the browser has no room to keep the models: they stay in memory until this page is closed");
        }
    }
}

/// Downloads what an earlier visit did not leave behind.
async fn download_part(
    base_url: &str,
    stage: Stage,
    files: &[FileEntry],
    store: &Store,
    jobs: &UnboundedSender<Job>,
) -> Result<(), Error> {
    let total = files.iter().map(|file| file.size).sum();
    let mut missing = Vec::new();
    let mut done = 0;
    for file in files {
        if store.find(file).await {
            done += file.size;
        } else {
            missing.push(file);
        }
    }
    queue(jobs, Job::Expect { stage, from_network: !missing.is_empty() });
    let progress = Progress::new(stage, total, true);
    for file in missing {
        progress.show(done);
        download::shard(base_url, file, store, &mut |bytes| progress.show(done + bytes)).await?;
        done += file.size;
        progress.show_last(done);
    }
    // From here on it only has to be read.
    queue(jobs, Job::Expect { stage, from_network: false });
    Ok(())
}

async fn prepare_parts(
    manifest: &Manifest,
    store: &Store,
    mut arrived: UnboundedReceiver<Stage>,
    jobs: &UnboundedSender<Job>,
) {
    while let Some(stage) = arrived.next().await {
        let Some((_, files)) = manifest.parts().find(|(candidate, _)| *candidate == stage) else { continue };
        match prepare_part(stage, files, store).await {
            Ok(part) => queue(jobs, Job::Install(part)),
            Err(error) => {
                // Perhaps the browser's copy was damaged; the next visit fetches it again.
                store.remove(files).await;
                fail(stage, &error, jobs);
            }
        }
    }
}

async fn prepare_part(stage: Stage, files: &[FileEntry], store: &Store) -> Result<Part, Error> {
    let progress = Progress::new(stage, files.iter().map(|file| file.size).sum(), false);
    progress.show(0);
    // Tensors need not lie in the order in which they are read.
    let furthest = Cell::new(0);
    let file = Watched::new(store, files, |position| {
        furthest.set(furthest.get().max(position));
        progress.show(furthest.get());
    });
    Ok(Part::load(stage, &file, DEFAULT_CONTEXT, &mut |_, _| {}).await?)
}

/// Tells the page how far a part has got, not more often than it can be read.
struct Progress {
    stage: Stage,
    total: u64,
    network: bool,
    last: Cell<f64>,
}

impl Progress {
    fn new(stage: Stage, total: u64, network: bool) -> Self {
        Self { stage, total, network, last: Cell::new(f64::MIN) }
    }

    fn show(&self, done: u64) {
        let now = js_sys::Date::now();
        if now - self.last.get() >= PROGRESS_INTERVAL {
            self.last.set(now);
            self.show_last(done);
        }
    }

    fn show_last(&self, done: u64) {
        let Self { stage, total, network, .. } = *self;
        post(&Event::Progress { stage, done: done.min(total), total, network });
    }
}

fn fail(stage: Stage, error: &Error, jobs: &UnboundedSender<Job>) {
    post(&Event::Failed { id: None, stage: Some(stage), message: error.to_string() });
    queue(jobs, Job::Lost(stage));
}

fn warn(message: &str) {
    post(&Event::Failed { id: None, stage: None, message: message.to_owned() });
}
