//! AdamW (Loshchilov & Hutter 2017, arXiv:1711.05101) with warm-up, linear decay and clipping by the global norm.

use std::collections::HashMap;

use candle_core::{Device, Tensor};

use crate::Error;
use crate::parameters::Parameters;

/// How parameters are moved.
#[derive(Clone, Debug)]
pub struct OptimizerConfig {
    /// Largest learning rate, reached after the warm-up.
    pub learning_rate: f32,
    /// Share of the steps in which the rate grows from 0.
    pub warm_up: f32,
    /// Share of the largest rate that is left at the end.
    pub final_rate: f32,
    /// Decay of weights, times the learning rate.
    pub weight_decay: f32,
    /// Largest length of all gradients together.
    pub clip: f32,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self { learning_rate: 8e-4, warm_up: 0.06, final_rate: 0.02, weight_decay: 0.01, clip: 1.0 }
    }
}

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Moments of the gradients.
pub struct AdamW {
    config: OptimizerConfig,
    /// Steps taken.
    pub step: usize,
    total_steps: usize,
    first: Vec<Vec<f32>>,
    second: Vec<Vec<f32>>,
}

impl AdamW {
    /// An optimizer that will take `total_steps`.
    pub fn new(config: OptimizerConfig, parameters: &Parameters, total_steps: usize) -> Self {
        let zeros = || parameters.all.iter().map(|(_, var)| vec![0.0; var.elem_count()]).collect();
        Self { config, step: 0, total_steps, first: zeros(), second: zeros() }
    }

    /// The learning rate of a step, counted from 0.
    pub fn learning_rate(&self, step: usize) -> f32 {
        let OptimizerConfig { learning_rate, warm_up, final_rate, .. } = self.config;
        let total = self.total_steps.max(1) as f32;
        let warm_steps = (warm_up * total).max(1.0);
        let step = step as f32;
        if step < warm_steps {
            return learning_rate * (step + 1.0) / warm_steps;
        }
        let left = 1.0 - (step - warm_steps) / (total - warm_steps).max(1.0);
        learning_rate * left.max(final_rate)
    }

    /// Moves the parameters against their gradients, which are in the parameters' order. Returns the gradients' length.
    ///
    /// # Errors
    /// If a gradient is of another size than its parameter.
    pub fn update(&mut self, parameters: &Parameters, gradients: &[Vec<f32>]) -> Result<f32, Error> {
        let rate = self.learning_rate(self.step);
        self.step += 1;
        let norm = gradients.iter().flatten().map(|g| g * g).sum::<f32>().sqrt();
        let scale = if norm > self.config.clip { self.config.clip / norm } else { 1.0 };
        let correction_1 = 1.0 - BETA_1.powi(self.step as i32);
        let correction_2 = 1.0 - BETA_2.powi(self.step as i32);
        for (((name, var), gradient), (first, second)) in
            parameters.all.iter().zip(gradients).zip(self.first.iter_mut().zip(&mut self.second))
        {
            let mut values: Vec<f32> = var.flatten_all()?.to_vec1()?;
            if values.len() != gradient.len() {
                return Err(Error::Data(format!("the gradient of `{name}` is of another size")));
            }
            for (((x, g), m), v) in values.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = g * scale;
                *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                let direction = (*m / correction_1) / ((*v / correction_2).sqrt() + EPSILON);
                *x -= rate * (direction + self.config.weight_decay * *x);
            }
            var.set(&Tensor::from_vec(values, var.shape(), &Device::Cpu)?)?;
        }
        Ok(norm)
    }

    /// The moments, to be saved.
    ///
    /// # Errors
    /// If memory is short.
    pub fn save(&self, parameters: &Parameters) -> Result<HashMap<String, Tensor>, Error> {
        let mut saved = HashMap::new();
        for ((name, var), (first, second)) in parameters.all.iter().zip(self.first.iter().zip(&self.second)) {
            let tensor = |values: &[f32]| Tensor::from_slice(values, var.shape(), &Device::Cpu);
            saved.insert(format!("adam.first.{name}"), tensor(first)?);
            saved.insert(format!("adam.second.{name}"), tensor(second)?);
        }
        Ok(saved)
    }

    /// Goes on where another left off.
    ///
    /// # Errors
    /// If a moment is missing or of another size.
    pub fn restore(
        &mut self,
        parameters: &Parameters,
        saved: &HashMap<String, Tensor>,
        step: usize,
    ) -> Result<(), Error> {
        for (index, (name, var)) in parameters.all.iter().enumerate() {
            let read = |kind: &str| -> Result<Vec<f32>, Error> {
                let tensor = saved.get(&format!("adam.{kind}.{name}"));
                let tensor = tensor.filter(|tensor| tensor.shape() == var.shape());
                let tensor = tensor
                    .ok_or_else(|| Error::Data(format!("the checkpoint has no moments of `{name}`")))?;
                Ok(tensor.flatten_all()?.to_vec1()?)
            };
            self.first[index] = read("first")?;
            self.second[index] = read("second")?;
        }
        self.step = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::*;

    fn parameters(values: &[f32]) -> Parameters {
        let var = Var::from_slice(values, (1, values.len()), &Device::Cpu).unwrap();
        Parameters { all: vec![("x".to_owned(), var)] }
    }

    #[test]
    fn it_finds_a_minimum() {
        let parameters = parameters(&[3.0, -2.0]);
        let config = OptimizerConfig { learning_rate: 0.1, weight_decay: 0.0, ..OptimizerConfig::default() };
        let mut adam = AdamW::new(config, &parameters, 400);
        for _ in 0..400 {
            let x: Vec<f32> = parameters.all[0].1.flatten_all().unwrap().to_vec1().unwrap();
            adam.update(&parameters, &[vec![2.0 * (x[0] - 1.0), 2.0 * x[1]]]).unwrap();
        }
        let x: Vec<f32> = parameters.all[0].1.flatten_all().unwrap().to_vec1().unwrap();
        assert!((x[0] - 1.0).abs() < 0.02 && x[1].abs() < 0.02, "{x:?}");
    }

    #[test]
    fn the_rate_grows_then_falls() {
        let parameters = parameters(&[0.0]);
        let adam = AdamW::new(OptimizerConfig::default(), &parameters, 1000);
        assert!(
            adam.learning_rate(0) < adam.learning_rate(30) && adam.learning_rate(30) < adam.learning_rate(60)
        );
        assert!(adam.learning_rate(500) < adam.learning_rate(100));
        assert!((adam.learning_rate(999) - 8e-4 * 0.02).abs() < 1e-6);
    }

    #[test]
    fn what_is_restored_goes_on_alike() {
        let gradient = || [vec![0.3, -0.1]];
        let (one, other) = (parameters(&[1.0, 2.0]), parameters(&[1.0, 2.0]));
        let mut whole = AdamW::new(OptimizerConfig::default(), &one, 10);
        let mut half = AdamW::new(OptimizerConfig::default(), &other, 10);
        for _ in 0..2 {
            whole.update(&one, &gradient()).unwrap();
            half.update(&other, &gradient()).unwrap();
        }
        let saved = half.save(&other).unwrap();
        let mut rest = AdamW::new(OptimizerConfig::default(), &other, 10);
        rest.restore(&other, &saved, 2).unwrap();
        whole.update(&one, &gradient()).unwrap();
        rest.update(&other, &gradient()).unwrap();
        let values = |p: &Parameters| p.all[0].1.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(&one), values(&other));
    }
}
