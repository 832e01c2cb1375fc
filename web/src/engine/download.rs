//! A file of the site arrives: in pieces, checked as they come, tried again when the network fails.

use daneel_rag::FileEntry;
use js_sys::{Promise, Reflect, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, RequestCache, RequestInit, Response, Url};

use super::error::{Error, reason};
use super::store::Store;

/// Milliseconds to wait before the second, third and fourth attempt.
const PAUSES: [i32; 3] = [500, 1_500, 4_000];

/// A piece is handed to the store once it has this many bytes: networks deliver in crumbs, and each write has a price.
const PIECE_BYTES: usize = 1 << 20;

/// The address of a file of the site. A path that leads elsewhere is refused.
pub fn address(base_url: &str, path: &str) -> Result<String, Error> {
    let url = Url::new_with_base(path, base_url).map_err(|_| Error::Outside(path.into()))?.href();
    if url.starts_with(base_url) && url.len() > base_url.len() {
        Ok(url)
    } else {
        Err(Error::Outside(path.into()))
    }
}

/// Fetches a small text file afresh.
pub async fn text(url: &str, path: &str) -> Result<String, Error> {
    let response = request(url, path, RequestCache::NoCache).await?;
    let network = |exception: JsValue| Error::Network { path: path.into(), reason: reason(&exception) };
    let text = JsFuture::from(response.text().map_err(network)?).await.map_err(network)?;
    Ok(text.as_string().unwrap_or_default())
}

/// Fetches a shard into the store. `on_bytes` is called with the bytes of this shard that are here.
pub async fn shard(
    base_url: &str,
    entry: &FileEntry,
    store: &Store,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let url = address(base_url, &entry.path)?;
    // What the store keeps need not lie in the browser's own cache as well.
    let mut cache = if store.is_lasting() { RequestCache::NoStore } else { RequestCache::Default };
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match attempt(&url, entry, store, cache, on_bytes).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        on_bytes(0);
        match (error, pauses.next()) {
            (Error::Storage(_), _) if store.is_lasting() => store.give_up_storing(),
            (error @ (Error::Network { .. } | Error::Altered { .. }), Some(pause)) => {
                if matches!(error, Error::Altered { .. }) {
                    cache = RequestCache::Reload;
                }
                sleep(pause).await;
            }
            (Error::Status { status: 500.., .. }, Some(pause)) => sleep(pause).await,
            (error, _) => return Err(error),
        }
    }
}

async fn attempt(
    url: &str,
    entry: &FileEntry,
    store: &Store,
    cache: RequestCache,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<(), Error> {
    let network =
        |exception: JsValue| Error::Network { path: entry.path.clone(), reason: reason(&exception) };
    let altered = |reason: String| Error::Altered { path: entry.path.clone(), reason };
    let response = request(url, &entry.path, cache).await?;
    let body = response.body().ok_or_else(|| altered("it is empty".into()))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();

    let mut writer = store.writer(entry).await;
    let mut hasher = Sha256::new();
    let mut piece = Vec::with_capacity(PIECE_BYTES * 2);
    let mut received = 0u64;
    loop {
        let step = JsFuture::from(reader.read()).await.map_err(network)?;
        let done = Reflect::get(&step, &"done".into()).map_err(network)?.is_truthy();
        if !done {
            let crumb: Uint8Array = Reflect::get(&step, &"value".into()).map_err(network)?.unchecked_into();
            received += u64::from(crumb.length());
            if received > entry.size {
                // Nobody waits for the rest.
                let _ = reader.cancel();
                return Err(altered(format!("it has more than {} bytes", entry.size)));
            }
            let start = piece.len();
            piece.resize(start + crumb.length() as usize, 0);
            crumb.copy_to(&mut piece[start..]);
        }
        if piece.len() >= PIECE_BYTES || (done && !piece.is_empty()) {
            hasher.update(&piece);
            writer.write(Uint8Array::from(piece.as_slice()))?;
            piece.clear();
        }
        on_bytes(received);
        if done {
            break;
        }
    }
    if received != entry.size {
        return Err(altered(format!("it has {received} bytes instead of {}", entry.size)));
    }
    let sha256: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if sha256 != entry.sha256 {
        return Err(altered(format!("its SHA-256 is {sha256}")));
    }
    store.hold(entry, writer.finish(entry).await?);
    Ok(())
}

async fn request(url: &str, path: &str, cache: RequestCache) -> Result<Response, Error> {
    let options = RequestInit::new();
    options.set_cache(cache);
    let response: Response = JsFuture::from(super::scope().fetch_with_str_and_init(url, &options))
        .await
        .map_err(|exception| Error::Network { path: path.into(), reason: reason(&exception) })?
        .unchecked_into();
    if response.ok() {
        Ok(response)
    } else {
        Err(Error::Status { path: path.into(), status: response.status() })
    }
}

async fn sleep(milliseconds: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        // Fails only where there are no timers, and then there is no wait.
        let _ = super::scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(promise).await;
}
