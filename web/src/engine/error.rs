//! Why a part of the site could not be had.

use wasm_bindgen::JsValue;

/// Why a part of the site could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host does not have the file, or refuses it.
    #[error("`{path}` cannot be loaded (HTTP status {status}); upload the whole site folder again")]
    Status {
        /// Path within the site.
        path: String,
        /// Status of the response.
        status: u16,
    },
    /// The network failed, several times.
    #[error("`{path}` cannot be loaded ({reason}); check the connection and reload the page")]
    Network {
        /// Path within the site.
        path: String,
        /// What the browser says.
        reason: String,
    },
    /// The bytes are not those that the site was built with.
    #[error("`{path}` arrived altered ({reason}); if reloading does not help, upload the site folder again")]
    Altered {
        /// Path within the site.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A path that leads out of the site folder.
    #[error("`{0}` is not a path within the site; build it again with `daneel build`")]
    Outside(String),
    /// `daneel.json` cannot be understood.
    #[error("daneel.json cannot be read ({0}); build the site again with `daneel build`")]
    Manifest(String),
    /// The browser's storage failed.
    #[error("the browser's storage failed ({0})")]
    Storage(String),
    /// The parts do not work.
    #[error(transparent)]
    Rag(#[from] daneel_rag::Error),
}

/// What a JavaScript exception says.
pub fn reason(exception: &JsValue) -> String {
    js_sys::Reflect::get(exception, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{exception:?}"))
}

impl Error {
    /// Whether the GPU failed, so that the CPU may do better.
    pub fn is_of_gpu(&self) -> bool {
        matches!(self, Self::Rag(error) if is_of_gpu(error))
    }
}

/// Whether the GPU failed, so that the CPU may do better.
pub fn is_of_gpu(error: &daneel_rag::Error) -> bool {
    matches!(error, daneel_rag::Error::Model(daneel_model::Error::Gpu(_)))
}
