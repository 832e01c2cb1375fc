//! A trained reader becomes the file that the page loads: a GGUF adapter with the heads beside it.

use std::io::{Seek, Write};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};

use crate::Error;
use crate::parameters::{Parameters, RECIPE};

/// What the file says of itself besides its numbers.
pub struct About {
    /// SHA-256 of the embedder that it belongs to, in lower-case hexadecimal.
    pub base_sha256: String,
    /// Registry name of the embedder.
    pub base_name: String,
    /// The adapter's product is scaled by alpha / rank.
    pub alpha: f32,
    /// How it was trained, and its figures, as JSON.
    pub recipe: String,
    /// SPDX expression.
    pub license: String,
}

/// Version of the tensors' names and of what is read: `daneel_model::Reader` refuses another.
const VERSION: u32 = 1;

/// Writes the file: A in blocks of 8 bits, B and the heads in 16-bit and 32-bit floats, by the names of llama.cpp's adapters.
///
/// # Errors
/// If it cannot be written.
pub fn export(parameters: &Parameters, about: &About, out: &mut (impl Write + Seek)) -> Result<(), Error> {
    let text = |text: &str| Value::String(text.to_owned());
    let metadata = [
        ("general.architecture", text("bert")),
        ("general.type", text("adapter")),
        ("general.name", text("reader")),
        ("general.license", text(&about.license)),
        ("general.base_model.0.name", text(&about.base_name)),
        ("adapter.type", text("lora")),
        ("adapter.lora.alpha", Value::F32(about.alpha)),
        ("daneel.reader.version", Value::U32(VERSION)),
        ("daneel.reader.base_sha256", text(&about.base_sha256)),
        (RECIPE, text(&about.recipe)),
    ];
    let dtype = |name: &str| match name {
        name if name.ends_with("lora_a") => GgmlDType::Q8_0,
        name if name.ends_with("lora_b") => GgmlDType::F16,
        _ => GgmlDType::F32,
    };
    let tensors = parameters
        .all
        .iter()
        .map(|(name, var)| Ok((name.as_str(), QTensor::quantize(var.as_tensor(), dtype(name))?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    gguf_file::write(out, &metadata, &tensors)?;
    Ok(())
}
