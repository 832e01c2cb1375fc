//! Time and turns: a monotonic clock, and a way to let the browser's event loop in during long work.

pub(crate) use web_time::Instant;

/// Now, on a clock that never goes back.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Lets waiting events (a message to the worker, a repaint) run before the work goes on. Nothing to do natively.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn yield_now() {}

/// Lets waiting events (a message to the worker, a repaint) run before the work goes on.
///
/// A message to oneself is a task of its own, which a resolved promise is not, and it is not held back by the 4 ms
/// that browsers put on nested timers.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn yield_now() {
    use wasm_bindgen::JsValue;

    // Without a channel there is no event loop to give way to.
    let Ok(channel) = web_sys::MessageChannel::new() else { return };
    let arrival = js_sys::Promise::new(&mut |resolve, _reject| {
        channel.port1().set_onmessage(Some(&resolve));
        if channel.port2().post_message(&JsValue::NULL).is_err() {
            // Nothing was sent, so nothing will arrive: go on at once.
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(arrival).await;
    channel.port1().close();
}
