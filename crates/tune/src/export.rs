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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use candle_core::{Device, Tensor, Var};

    use super::*;

    fn parameters(shapes: &[(&str, (usize, usize))], value: impl Fn(usize) -> f32) -> Parameters {
        let var = |shape: (usize, usize)| {
            let values: Vec<f32> = (0..shape.0 * shape.1).map(&value).collect();
            Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu).unwrap()).unwrap()
        };
        Parameters { all: shapes.iter().map(|(name, shape)| ((*name).to_owned(), var(*shape))).collect() }
    }

    #[test]
    fn what_is_written_is_what_training_goes_on_from() {
        let shapes = [("m.lora_a", (4, 64)), ("m.lora_b", (64, 4)), ("reader.start", (1, 64))];
        let trained = parameters(&shapes, |at| (at as f32 * 0.37).sin());
        let about = About {
            base_sha256: "0".repeat(64),
            base_name: "base".into(),
            alpha: 8.0,
            recipe: "{\"seed\":7}".into(),
            license: "MIT".into(),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reader.gguf");
        export(&trained, &about, &mut File::create(&path).unwrap()).unwrap();
        let begun = parameters(&shapes, |_| 0.0);
        assert_eq!(begun.load(&path).unwrap(), "{\"seed\":7}");
        let numbers = |var: &Var| var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for ((name, a), (_, b)) in trained.all.iter().zip(&begun.all) {
            // A is kept in 8 bits, a block of 32 with one scale.
            let apart = numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 0.005, "{name} {apart}");
        }
        let of_another_rank = parameters(&[("m.lora_a", (8, 64))], |_| 0.0);
        let error = of_another_rank.load(&path).unwrap_err().to_string();
        assert!(error.contains("m.lora_a"), "{error}");
    }
}
