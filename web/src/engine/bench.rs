//! What `daneel bench` measures, in a browser: for the hidden page `bench.html`.

use daneel_model::{Engine, EngineWish, SpeedReport};
use daneel_rag::{Event, Manifest, PartFiles, ShardedFile, Stage};
use serde::Serialize;
use wasm_bindgen::JsCast;

use super::error::Error;
use super::loading::{base_url, download_part, open_manifest};
use super::post;
use super::store::Store;

/// What the page is told at the end.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Outcome {
    Measured { model: String, report: SpeedReport, heap_bytes: u32 },
}

/// Measures the site's chat model.
pub async fn run(manifest_url: String, wish: EngineWish, prompt_tokens: usize, generate_tokens: usize) {
    match measure(&manifest_url, wish, prompt_tokens, generate_tokens).await {
        Ok(outcome) => post(&outcome),
        Err(error) => {
            post(&Event::Failed { id: None, stage: Some(Stage::Chat), message: error.to_string() });
        }
    }
}

async fn measure(
    manifest_url: &str,
    wish: EngineWish,
    prompt_tokens: usize,
    generate_tokens: usize,
) -> Result<Outcome, Error> {
    let manifest: Manifest = open_manifest(manifest_url).await?;
    let base_url = base_url(manifest_url);
    let Some(chat) = manifest.chat else {
        return Err(daneel_rag::Error::NotReady("a chat model, which this site has not,").into());
    };
    let store = Store::open(base_url).await;
    let part = PartFiles { stage: Stage::Chat, model: &chat.shards, adapter: &[] };
    download_part(base_url, &store, part, |_| {}).await?;
    let failed = |error| Error::from(daneel_rag::Error::from(error));
    let choice = Engine::choose(wish, None).await.map_err(failed)?;
    let file = ShardedFile::new(&store, &chat.shards);
    let report = SpeedReport::measure(&choice, &file, prompt_tokens, generate_tokens, &mut |_, _| {})
        .await
        .map_err(failed)?;
    Ok(Outcome::Measured { model: chat.name, report, heap_bytes: heap_bytes() })
}

/// What WebAssembly's memory has grown to; it never shrinks, so this is the most it ever was.
fn heap_bytes() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length()
}
