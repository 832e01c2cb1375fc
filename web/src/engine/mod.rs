//! The engine worker: commands of the page become events. Downloads, storage, retrieval and models all live here, so
//! that the page's thread never computes.

mod answering;
mod bench;
mod choice;
mod download;
mod error;
mod files;
mod loading;
mod opfs;
mod store;

use std::cell::RefCell;
use std::rc::Rc;

use daneel_corpus::Language;
use daneel_rag::{Command, Event};
use futures_channel::mpsc::{UnboundedSender, unbounded};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use answering::{Job, Stops};

/// Starts the message loop of the worker.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = format!("the engine stopped because of a defect ({panic}); reload the page");
        post(&Event::Failed { id: None, stage: None, message });
    }));
    let (jobs, queue) = unbounded();
    let stops = Stops::default();
    spawn_local(answering::run(queue, stops.clone()));

    let site = Rc::new(RefCell::new(None));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        match serde_wasm_bindgen::from_value(message.data()) {
            Ok(command) => obey(command, &jobs, &stops, &site),
            Err(error) => {
                let message =
                    format!("the page sent what the engine does not understand ({error}); reload the page");
                post(&Event::Failed { id: None, stage: None, message });
            }
        }
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

/// Where the opened site keeps its files, for [`Command::Forget`].
type OpenSite = Rc<RefCell<Option<Rc<store::Store>>>>;

fn obey(command: Command, jobs: &UnboundedSender<Job>, stops: &Stops, site: &OpenSite) {
    match command {
        Command::Open { manifest_url, engine, tuning } => {
            let (jobs, site) = (jobs.clone(), site.clone());
            let load =
                async move { loading::load(&manifest_url, engine, tuning.as_deref(), &jobs, &site).await };
            spawn_local(load);
        }
        Command::Search { id, query, limit } => queue(jobs, Job::Search { id, query, limit }),
        Command::Ask { id, question, history, seed } => queue(jobs, Job::Ask { id, question, history, seed }),
        Command::Stop { id } => {
            stops.request(id);
            queue(jobs, Job::Stopped);
        }
        Command::Bench { manifest_url, engine, prompt_tokens, generate_tokens } => {
            spawn_local(bench::run(manifest_url, engine, prompt_tokens, generate_tokens));
        }
        Command::Forget => {
            if let Some(store) = site.borrow().clone() {
                spawn_local(async move { store.keep_only(&[]).await });
            }
        }
    }
}

fn queue(jobs: &UnboundedSender<Job>, job: Job) {
    // The queue ends with the worker, and then nobody waits for the job any more.
    let _ = jobs.unbounded_send(job);
}

/// Tells the page.
fn post(event: &impl Serialize) {
    // Without this, a missing value would arrive as `undefined` and a map as `Map`; the page reads both, people do not.
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    if let Ok(message) = event.serialize(&serializer) {
        // Fails for values that cannot be cloned, of which there are none.
        let _ = scope().post_message(&message);
    }
}

/// The language of the browser.
fn reader_language() -> Language {
    let tag = scope().navigator().language().unwrap_or_default();
    Language::from_tag(&tag).unwrap_or(Language::ENGLISH)
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
