//! What is trained: a low-rank adapter for each matrix of the encoder, and the reader's heads.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor, Var};

use crate::Error;
use crate::weights::{MATRICES, Weights};

/// Where a reader's file keeps its recipe.
pub(crate) const RECIPE: &str = "daneel.reader.recipe";

/// All trained numbers, by name. The names are those of the file that the page loads.
pub struct Parameters {
    /// Names and values, always in the same order.
    pub all: Vec<(String, Var)>,
}

/// Where the adapter of a matrix lies in [`Parameters::all`]: A, then B.
pub fn adapter_index(layer: usize, matrix: usize) -> usize {
    2 * (layer * MATRICES.len() + matrix)
}

impl Parameters {
    /// An adapter that changes nothing yet (A small, B zero) and small random heads.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(weights: &Weights, rank: usize, rng: &mut fastrand::Rng) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut add = |name: String, shape: (usize, usize), bound: f32| -> Result<(), Error> {
            let numbers: Vec<f32> = (0..shape.0 * shape.1).map(|_| bound * (2.0 * rng.f32() - 1.0)).collect();
            all.push((name, Var::from_vec(numbers, shape, &Device::Cpu)?));
            Ok(())
        };
        for (layer_idx, layer) in weights.layers.iter().enumerate() {
            for (matrix, name) in layer.matrices.iter().zip(MATRICES) {
                let name = format!("blk.{layer_idx}.{name}.weight");
                let bound = (matrix.in_features as f32).sqrt().recip();
                add(format!("{name}.lora_a"), (rank, matrix.in_features), bound)?;
                add(format!("{name}.lora_b"), (matrix.out_features, rank), 0.0)?;
            }
        }
        let bound = 0.02;
        add("reader.start".to_owned(), (1, weights.hidden), bound)?;
        add("reader.end".to_owned(), (1, weights.hidden), bound)?;
        add("reader.answerable".to_owned(), (1, weights.hidden), bound)?;
        add("reader.answerable_bias".to_owned(), (1, 1), 0.0)?;
        Ok(Self { all })
    }

    /// The parameter of a name.
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, name: &str) -> Result<&Var, Error> {
        let found = self.all.iter().find(|(other, _)| other == name);
        found.map(|(_, var)| var).ok_or_else(|| Error::Data(format!("there is no parameter `{name}`")))
    }

    /// Takes values that were saved; every parameter has to be there in its shape.
    ///
    /// # Errors
    /// If one is missing or of another shape.
    pub fn set(&self, values: &HashMap<String, Tensor>) -> Result<(), Error> {
        for (name, var) in &self.all {
            let value = values.get(name);
            let value = value.ok_or_else(|| Error::Data(format!("there is no `{name}`")))?;
            if value.shape() != var.shape() {
                return Err(Error::Data(format!("`{name}` is {:?}, not {:?}", value.shape(), var.shape())));
            }
            var.set(value)?;
        }
        Ok(())
    }

    /// Takes the values of a reader's file, as [`crate::export`] writes it. Returns its recipe.
    ///
    /// # Errors
    /// If it cannot be read or is of another model or rank.
    pub fn load(&self, path: &Path) -> Result<String, Error> {
        let mut file = BufReader::new(File::open(path)?);
        let content = Content::read(&mut file)?;
        let mut values = HashMap::new();
        for name in content.tensor_infos.keys() {
            let tensor = content.tensor(&mut file, name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
            values.insert(name.clone(), tensor);
        }
        self.set(&values).map_err(|error| Error::Data(format!("{}: {error}", path.display())))?;
        let recipe = content.metadata.get(RECIPE).map(|recipe| recipe.to_string().cloned());
        Ok(recipe.transpose()?.unwrap_or_default())
    }
}
