//! What a browser says of its adapter and `wgpu` leaves out.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wgpu::{AdapterInfo, Features};

use crate::Demand;

/// The adapter's name, which browsers seldom give in full, and subgroups, if devices are asked for them by the worker's start
/// script.
pub(crate) async fn complete(
    mut info: AdapterInfo,
    mut granted: Features,
    demand: Demand,
) -> (AdapterInfo, Features) {
    let adapter = adapter().await;
    if info.name.is_empty() {
        let name = adapter.as_ref().and_then(name);
        info.name = name.unwrap_or_else(|| "WebGPU".to_owned());
    }
    let asked = get(&js_sys::global(), "daneelAsksForSubgroups").is_some_and(|asked| asked.is_truthy());
    if asked && demand == Demand::All && adapter.is_some_and(|adapter| has(&adapter, "subgroups")) {
        granted |= Features::SUBGROUP;
    }
    (info, granted)
}

/// The fastest adapter, from the browser itself.
async fn adapter() -> Option<JsValue> {
    let gpu = get(&get(&js_sys::global(), "navigator")?, "gpu")?;
    let options = Object::new();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

/// Vendor and architecture, such as `nvidia blackwell`. None where the browser hides them.
fn name(adapter: &JsValue) -> Option<String> {
    let info = get(adapter, "info")?;
    let words = ["vendor", "architecture"].map(|key| get(&info, key).and_then(|word| word.as_string()));
    let name = words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

fn has(adapter: &JsValue, feature: &str) -> bool {
    let Some(features) = get(adapter, "features") else { return false };
    let has = get(&features, "has").and_then(|has| has.dyn_into::<Function>().ok());
    has.and_then(|has| has.call1(&features, &feature.into()).ok()).is_some_and(|has| has.is_truthy())
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &key.into()).ok()
}
