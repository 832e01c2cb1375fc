//! The page's end of the engine worker.

use daneel_rag::{Command, Event};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

/// The engine worker, which `start.js` has started before the page.
pub struct Engine {
    worker: Worker,
}

impl Engine {
    /// Connects; `on_event` is called with whatever the engine tells, `on_lost` when it has stopped for good.
    pub fn connect(on_event: impl Fn(Event) + 'static, on_lost: impl Fn(String) + 'static) -> Option<Self> {
        let worker: Worker =
            js_sys::Reflect::get(&js_sys::global(), &"daneelEngine".into()).ok()?.dyn_into().ok()?;

        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            match serde_wasm_bindgen::from_value(message.data()) {
                Ok(event) => on_event(event),
                Err(error) => on_event(Event::Failed { id: None, stage: None, message: error.to_string() }),
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();

        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |error: ErrorEvent| {
            on_lost(error.message());
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_error.forget();
        Some(Self { worker })
    }

    /// Tells the engine.
    pub fn send(&self, command: &Command) {
        let serializer = serde_wasm_bindgen::Serializer::json_compatible();
        if let Ok(message) = command.serialize(&serializer) {
            // Fails for values that cannot be cloned, of which there are none.
            let _ = self.worker.post_message(&message);
        }
    }
}
