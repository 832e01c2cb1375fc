//! The training loop: pairs are read side by side on all cores, gradients summed, parameters moved, a checkpoint kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::{Device, Tensor};
use daneel_model::Embedder;
use rayon::prelude::*;

use crate::Error;
use crate::data::{Data, DataSet};
use crate::evaluate::{Figures, evaluate};
use crate::optimizer::{AdamW, OptimizerConfig};
use crate::parameters::Parameters;
use crate::reader::{Target, forward, loss, rank_loss};
use crate::sample::{Pair, pair};
use crate::weights::Weights;

/// Weight of the order of right and wrong passage beside the other losses.
const RANK_WEIGHT: f64 = 0.5;
/// Questions of each held set that are read for a report on the way.
const WAY_QUESTIONS: usize = 60;

/// How a reader is trained.
#[derive(Clone, Debug)]
pub struct TrainConfig {
    /// Columns of A and rows of B: how much can be changed.
    pub rank: usize,
    /// The adapter's product is scaled by alpha / rank.
    pub alpha: f32,
    /// Questions in all; each is read with a passage that answers and one that does not.
    pub questions: usize,
    /// Questions in one step.
    pub batch: usize,
    /// Seed of everything that is drawn by chance.
    pub seed: u64,
    /// A reader's file to start from, of the same rank; random heads on an adapter that changes nothing otherwise.
    pub init: Option<PathBuf>,
    /// Steps between two checkpoints.
    pub checkpoint_every: usize,
    /// Steps between two reports on the held sets; 0 for none but the last.
    pub report_every: usize,
    /// Questions of each held set that are read for the last report.
    pub report_questions: usize,
    /// How parameters are moved.
    pub optimizer: OptimizerConfig,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            questions: 12_000,
            batch: 8,
            seed: 1,
            init: None,
            checkpoint_every: 25,
            report_every: 1000,
            report_questions: 250,
            optimizer: OptimizerConfig::default(),
        }
    }
}

/// What is told while training.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Training goes on from a checkpoint.
    Resumed {
        /// Steps that were taken.
        step: usize,
    },
    /// A step was taken.
    Step {
        /// From 1.
        step: usize,
        /// Steps in all.
        total: usize,
        /// Mean loss of the latest steps.
        loss: f32,
        /// Length of the gradients before clipping.
        gradient: f32,
        /// Questions read in a second.
        questions_per_second: f32,
    },
    /// Figures of the held sets.
    Report {
        /// Steps taken.
        step: usize,
        /// One for each set.
        figures: Vec<Figures>,
    },
}

/// A trained reader with its figures.
pub struct Trained {
    /// Adapter and heads.
    pub parameters: Parameters,
    /// Recipe of the reader that was started from, as JSON.
    pub init: Option<String>,
    /// On the held sets.
    pub figures: Vec<Figures>,
    /// Whether it was broken off before the last step.
    pub stopped: bool,
}

/// Trains a reader on an embedder; what is in `folder` from an earlier run with the same config is gone on with.
/// `on_progress` returns false to break off after a checkpoint.
///
/// # Errors
/// If the data or the model cannot be used, or the checkpoint cannot be written.
pub fn train(
    model: &Path,
    embedder: &Embedder,
    data: &Data,
    config: &TrainConfig,
    folder: &Path,
    on_progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Trained, Error> {
    std::fs::create_dir_all(folder)?;
    let weights = Weights::read(model, config.alpha / config.rank as f32)?;
    let parameters = Parameters::new(&weights, config.rank, &mut fastrand::Rng::with_seed(config.seed))?;
    let init = config.init.as_deref().map(|init| parameters.load(init)).transpose()?;
    let total = config.questions / config.batch;
    let mut optimizer = AdamW::new(config.optimizer.clone(), &parameters, total);
    let checkpoint = Checkpoint { path: folder.join("checkpoint.safetensors") };
    if checkpoint.path.is_file() {
        checkpoint.load(&parameters, &mut optimizer)?;
        on_progress(Progress::Resumed { step: optimizer.step });
    }
    let report = |limit: usize| -> Result<Vec<Figures>, Error> {
        data.held.iter().map(|set| evaluate(embedder, &weights, &parameters, set, limit)).collect()
    };
    let draws = Draws::new(&data.train, config)?;
    let (mut begin, mut first_step, mut mean_loss) = (Instant::now(), optimizer.step, None);
    let mut stopped = false;
    while optimizer.step < total && !stopped {
        let step = optimizer.step;
        let pairs: Vec<Pair> = draws
            .of_step(step, config.batch)
            .into_par_iter()
            .map(|(set, question, seed)| {
                let mut rng = fastrand::Rng::with_seed(seed);
                pair(embedder, set, &set.questions[question], &mut rng)
            })
            .collect::<Result<_, Error>>()?;
        let (step_loss, gradients) = gradients(&weights, &parameters, &pairs)?;
        let gradient = optimizer.update(&parameters, &gradients)?;
        mean_loss = Some(mean_loss.map_or(step_loss, |mean: f32| 0.97 * mean + 0.03 * step_loss));
        let questions_read = ((step + 1 - first_step) * config.batch) as f32;
        stopped = !on_progress(Progress::Step {
            step: step + 1,
            total,
            loss: mean_loss.unwrap_or_default(),
            gradient,
            questions_per_second: questions_read / begin.elapsed().as_secs_f32(),
        });
        if stopped || (step + 1).is_multiple_of(config.checkpoint_every) || step + 1 == total {
            checkpoint.save(&parameters, &optimizer)?;
        }
        if config.report_every > 0 && (step + 1).is_multiple_of(config.report_every) && step + 1 < total {
            on_progress(Progress::Report { step: step + 1, figures: report(WAY_QUESTIONS)? });
            (begin, first_step) = (Instant::now(), step + 1);
        }
    }
    let figures = if stopped { Vec::new() } else { report(config.report_questions)? };
    Ok(Trained { parameters, init, figures, stopped })
}

/// Mean loss of some pairs, and the mean of its gradients in the parameters' order.
fn gradients(
    weights: &Weights,
    parameters: &Parameters,
    pairs: &[Pair],
) -> Result<(f32, Vec<Vec<f32>>), Error> {
    let of_pair = |pair: &Pair| -> Result<(f32, Vec<Vec<f32>>), Error> {
        let read = |labelled: &crate::sample::Labelled| -> Result<_, Error> {
            let logits = forward(weights, parameters, &labelled.input)?;
            let Target { answerable, span } = labelled.target;
            let loss = loss(&logits, &Target { answerable, span })?;
            Ok((logits, loss))
        };
        let right = pair.right.as_ref().map(read).transpose()?;
        let mut sum = match &right {
            Some((_, loss)) => loss.clone(),
            None => Tensor::new(0_f32, &Device::Cpu)?,
        };
        for wrong in &pair.wrong {
            let (logits, loss) = read(wrong)?;
            sum = (sum + loss)?;
            if let Some((right, _)) = &right {
                sum = (sum + (rank_loss(right, &logits)? * RANK_WEIGHT)?)?;
            }
        }
        let gradients = sum.backward()?;
        let of_parameter = |(_, var): &(String, candle_core::Var)| match gradients.get(var) {
            Some(gradient) => Ok(gradient.flatten_all()?.to_vec1()?),
            None => Ok(vec![0.0; var.elem_count()]),
        };
        let gradients = parameters.all.iter().map(of_parameter).collect::<Result<_, Error>>()?;
        Ok((sum.to_scalar()?, gradients))
    };
    let add = |(loss, mut sum): (f32, Vec<Vec<f32>>), (other_loss, other): (f32, Vec<Vec<f32>>)| {
        for (sum, other) in sum.iter_mut().zip(&other) {
            sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
        }
        (loss + other_loss, sum)
    };
    let all: Vec<_> = pairs.par_iter().with_max_len(1).map(of_pair).collect::<Result<Vec<_>, Error>>()?;
    // In order, so that the same seed gives the same weights.
    let sum = all.into_iter().reduce(add);
    let (loss, mut gradients) = sum.ok_or_else(|| Error::Data("a step has no questions".to_owned()))?;
    let scale = (pairs.len() as f32).recip();
    gradients.iter_mut().flatten().for_each(|gradient| *gradient *= scale);
    Ok((loss * scale, gradients))
}

/// Which questions each step reads: a set by its share, then the set's questions in an order of their own, again and again.
struct Draws<'a> {
    sets: Vec<(&'a DataSet, Vec<u32>)>,
    /// For each question of the training, its set and how many of that set came before.
    order: Vec<(usize, usize)>,
    seed: u64,
}

impl<'a> Draws<'a> {
    fn new(train: &'a [(DataSet, f32)], config: &TrainConfig) -> Result<Self, Error> {
        let mut rng = fastrand::Rng::with_seed(config.seed ^ 0x5eed);
        let mut sets = Vec::new();
        for (set, _) in train {
            let count =
                u32::try_from(set.questions.len()).map_err(|_| Error::Data("a set is too large".into()))?;
            if count == 0 {
                return Err(Error::Data(format!("the set `{}` has no questions", set.name)));
            }
            let mut order: Vec<u32> = (0..count).collect();
            rng.shuffle(&mut order);
            sets.push((set, order));
        }
        let whole: f32 = train.iter().map(|(_, share)| share).sum();
        let mut counts = vec![0; sets.len()];
        let order = (0..config.questions + config.batch)
            .map(|_| {
                let mut at = rng.f32() * whole;
                let set = train.iter().position(|(_, share)| {
                    at -= share;
                    at < 0.0
                });
                let set = set.unwrap_or(0);
                counts[set] += 1;
                (set, counts[set] - 1)
            })
            .collect();
        Ok(Self { sets, order, seed: config.seed })
    }

    /// Set, question and seed of each question of a step.
    fn of_step(&self, step: usize, batch: usize) -> Vec<(&'a DataSet, usize, u64)> {
        (step * batch..(step + 1) * batch)
            .filter_map(|number| {
                let &(set, nth) = self.order.get(number)?;
                let (set, order) = &self.sets[set];
                let question = order[nth % order.len()] as usize;
                Some((*set, question, self.seed.wrapping_mul(0x9e37_79b9).wrapping_add(number as u64)))
            })
            .collect()
    }
}

/// Parameters, moments and the step, in one file that is swapped in whole.
struct Checkpoint {
    path: PathBuf,
}

impl Checkpoint {
    fn save(&self, parameters: &Parameters, optimizer: &AdamW) -> Result<(), Error> {
        let mut tensors = optimizer.save(parameters)?;
        for (name, var) in &parameters.all {
            tensors.insert(name.clone(), var.as_tensor().clone());
        }
        tensors.insert("step".to_owned(), Tensor::new(optimizer.step as i64, &Device::Cpu)?);
        let new = self.path.with_extension("new");
        candle_core::safetensors::save(&tensors, &new)?;
        std::fs::rename(&new, &self.path)?;
        Ok(())
    }

    fn load(&self, parameters: &Parameters, optimizer: &mut AdamW) -> Result<(), Error> {
        let tensors: HashMap<String, Tensor> = candle_core::safetensors::load(&self.path, &Device::Cpu)?;
        parameters.set(&tensors)?;
        let step = tensors.get("step").ok_or_else(|| Error::Data("the checkpoint has no step".to_owned()))?;
        let step = usize::try_from(step.to_scalar::<i64>()?)
            .map_err(|_| Error::Data("the checkpoint's step is negative".to_owned()))?;
        optimizer.restore(parameters, &tensors, step)
    }
}
