//! `daneel.json` becomes a working assistant, in steps that are each useful: index, embedder, chat model. While one part
//! is prepared, the next one already arrives.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use daneel_model::{Engine, ModelFile};
use daneel_rag::{
    Assistant, DEFAULT_CONTEXT, EngineReason, EngineReport, EngineWish, Event, Manifest, Part, PartFiles,
    ShardedFile, Stage,
};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::future::join;
use wasm_bindgen_futures::spawn_local;

use super::answering::Job;
use super::choice::choose;
use super::error::Error;
use super::files::Watched;
use super::store::Store;
use super::{OpenSite, download, post, queue, reader_language};

/// Milliseconds between two progress messages of a part.
const PROGRESS_INTERVAL: f64 = 100.0;

/// Loads the site. What fails is told to the page; the parts before it go on working.
pub async fn load(
    manifest_url: &str,
    wish: EngineWish,
    tuning: Option<&str>,
    jobs: &UnboundedSender<Job>,
    site: &OpenSite,
) {
    let base_url = base_url(manifest_url);
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
    let loader = Rc::new(Loader {
        base_url: base_url.to_owned(),
        manifest: manifest.clone(),
        store,
        engine: RefCell::default(),
        on_gpu: RefCell::default(),
        jobs: jobs.clone(),
    });
    post(&Event::Opened { manifest });
    queue(jobs, Job::Open(Box::new(assistant), loader.clone()));
    if !loader.store.is_lasting() {
        warn(
            "this browser does not let the page keep files: everything works, but is loaded again at the next visit",
        );
    }

    let (arrived, parts) = unbounded();
    join(loader.download_parts(arrived), async {
        loader.choose_engine(wish, tuning).await;
        loader.prepare_parts(parts).await;
    })
    .await;
    loader.store.keep_only(&loader.manifest.files().collect::<Vec<_>>()).await;
}

async fn open_site(manifest_url: &str) -> Result<Assistant, Error> {
    Ok(Assistant::new(open_manifest(manifest_url).await?)?)
}

/// The site's folder, which `daneel.json` lies in.
pub fn base_url(manifest_url: &str) -> &str {
    match manifest_url.rfind('/') {
        Some(slash) => &manifest_url[..=slash],
        None => manifest_url,
    }
}

/// Fetches a site's table of contents.
pub async fn open_manifest(manifest_url: &str) -> Result<Manifest, Error> {
    let text = download::text(manifest_url, "daneel.json").await?;
    serde_json::from_str(&text).map_err(|error| Error::Manifest(error.to_string()))
}

/// Downloads what of a part an earlier visit did not leave behind; `on_missing` learns whether that is anything.
pub async fn download_part(
    base_url: &str,
    store: &Store,
    part: PartFiles<'_>,
    on_missing: impl FnOnce(bool),
) -> Result<(), Error> {
    let total = part.all().map(|file| file.size).sum();
    let mut missing = Vec::new();
    let mut done = 0;
    for file in part.all() {
        if store.find(file).await {
            done += file.size;
        } else {
            missing.push(file);
        }
    }
    on_missing(!missing.is_empty());
    let progress = Progress::new(part.stage, total, true);
    for file in missing {
        progress.show(done);
        download::shard(base_url, file, store, &mut |bytes| progress.show(done + bytes)).await?;
        done += file.size;
        progress.show_last(done);
    }
    Ok(())
}

/// Brings the parts of one site into memory, and again where a GPU has failed.
pub struct Loader {
    base_url: String,
    manifest: Manifest,
    store: Rc<Store>,
    engine: RefCell<Engine>,
    /// Parts in the GPU's memory.
    on_gpu: RefCell<Vec<Stage>>,
    jobs: UnboundedSender<Job>,
}

impl Loader {
    async fn choose_engine(&self, wish: EngineWish, tuning: Option<&str>) {
        let (engine, report) = choose(wish, tuning).await;
        *self.engine.borrow_mut() = engine;
        post(&Event::Engine { report });
    }

    async fn download_parts(&self, arrived: UnboundedSender<Stage>) {
        for part in self.manifest.parts() {
            let was_lasting = self.store.is_lasting();
            match self.download_part(part).await {
                // The receiver lives as long as this function.
                Ok(()) => drop(arrived.unbounded_send(part.stage)),
                Err(error) => fail(part.stage, &error, &self.jobs),
            }
            if was_lasting && !self.store.is_lasting() {
                warn(
                    "the browser has no room to keep the models: they stay in memory until this page is closed",
                );
            }
        }
    }

    async fn download_part(&self, part: PartFiles<'_>) -> Result<(), Error> {
        let stage = part.stage;
        let expect = |from_network| queue(&self.jobs, Job::Expect { stage, from_network });
        download_part(&self.base_url, &self.store, part, expect).await?;
        // From here on it only has to be read.
        expect(false);
        Ok(())
    }

    async fn prepare_parts(self: &Rc<Self>, mut arrived: UnboundedReceiver<Stage>) {
        while let Some(stage) = arrived.next().await {
            let mut prepared = self.prepare(stage).await;
            if let Err(error) = &prepared
                && error.is_of_gpu()
            {
                self.leave_gpu(&error.to_string());
                prepared = self.prepare(stage).await;
            }
            self.install(stage, prepared).await;
        }
    }

    async fn prepare(&self, stage: Stage) -> Result<Part, Error> {
        let engine = self.engine.borrow().clone();
        let Some(part) = self.manifest.parts().find(|part| part.stage == stage) else {
            return Err(daneel_rag::Error::NotReady("the site").into());
        };
        let progress = Progress::new(stage, part.model.iter().map(|file| file.size).sum(), false);
        progress.show(0);
        // Tensors need not lie in the order in which they are read.
        let furthest = Cell::new(0);
        let file = Watched::new(&self.store, part.model, |position| {
            furthest.set(furthest.get().max(position));
            progress.show(furthest.get());
        });
        let adapter = ShardedFile::new(&*self.store, part.adapter);
        let mut part = Part::load(stage, &engine, &file, &adapter, DEFAULT_CONTEXT, &mut |_, _| {}).await?;
        // Without it the model reads its instructions itself: only time is lost.
        if let Some(state) = self.prompt_state(stage).await {
            let _ = part.restore_prompt(&state);
        }
        if let Engine::Gpu(device) = &engine
            && stage != Stage::Index
        {
            self.on_gpu.borrow_mut().push(stage);
            post(&Event::Tuned { tuning: device.tuning() });
        }
        Ok(part)
    }

    /// The chat model's instructions as `daneel build` has read them.
    async fn prompt_state(&self, stage: Stage) -> Option<Vec<u8>> {
        let prompt = self.manifest.prompt(reader_language()).filter(|_| stage == Stage::Chat)?;
        for shard in &prompt.shards {
            if !self.store.find(shard).await {
                download::shard(&self.base_url, shard, &self.store, &mut |_| {}).await.ok()?;
            }
        }
        let file = ShardedFile::new(&*self.store, &prompt.shards);
        file.read(0, usize::try_from(file.len()).ok()?).await.ok()
    }

    async fn install(&self, stage: Stage, prepared: Result<Part, Error>) {
        match prepared {
            Ok(part) => queue(&self.jobs, Job::Install(part)),
            Err(error) => {
                // Perhaps the browser's copy was damaged; the next visit fetches it again.
                if let Some(part) = self.manifest.parts().find(|part| part.stage == stage) {
                    self.store.remove(part.model).await;
                    self.store.remove(part.adapter).await;
                }
                fail(stage, &error, &self.jobs);
            }
        }
    }

    /// From here on the CPU computes. Parts that were on the GPU are named, and loaded again.
    pub fn leave_gpu(self: &Rc<Self>, reason: &str) -> Vec<Stage> {
        *self.engine.borrow_mut() = Engine::Cpu;
        let reason = EngineReason::Failed { message: reason.to_owned() };
        post(&Event::Engine { report: EngineReport { gpu: None, reason } });
        let stages = self.on_gpu.take();
        let (loader, again) = (self.clone(), stages.clone());
        spawn_local(async move {
            for stage in again {
                let prepared = loader.prepare(stage).await;
                loader.install(stage, prepared).await;
            }
        });
        stages
    }
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
