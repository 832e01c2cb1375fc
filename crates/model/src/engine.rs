//! What computes: the processor or a graphics card, and how one of them is chosen.

use std::fmt;
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use daneel_gpu::{AdapterFacts, Gpu, Tuning};
use serde::{Deserialize, Serialize};

use crate::kernel::Format;
use crate::{Error, clock};

/// Seconds that a model's load may spend on trying how its kernels are cut best.
const TUNING_SECONDS: f64 = 1.0;
/// The products that both engines race with: a small model's feed-forward blocks, 9 MiB in all.
const RACE: (usize, usize, usize) = (2048, 1024, 8);

/// What a model computes on. Cloning shares the device.
#[derive(Clone, Default)]
pub enum Engine {
    /// The processor.
    #[default]
    Cpu,
    /// A GPU, by WebGPU.
    Gpu(GpuDevice),
}

/// A GPU that is ready. Several models can share it.
#[derive(Clone)]
pub struct GpuDevice(pub(crate) Arc<Gpu>);

/// What is known about a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Adapter(AdapterFacts);

/// Which engine is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineWish {
    /// The GPU where it is one, works, and is faster; else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even if software plays it.
    Gpu,
}

/// Why an engine was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EngineReason {
    /// It was asked for.
    Wanted,
    /// No GPU can be had.
    NoGpu {
        /// What the driver or the browser says.
        message: String,
    },
    /// The only GPU is a program on the CPU.
    Software {
        /// Its name.
        adapter: String,
    },
    /// Both did the same products, and the faster one was taken.
    Race {
        /// Seconds of the GPU.
        gpu: f64,
        /// Seconds of the CPU.
        cpu: f64,
    },
    /// The GPU computes what it should not, or failed.
    Failed {
        /// How.
        message: String,
    },
}

impl fmt::Display for EngineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted => write!(f, "it was asked for"),
            Self::NoGpu { message } | Self::Failed { message } => write!(f, "{message}"),
            Self::Software { adapter } => write!(f, "`{adapter}` is software, no GPU"),
            Self::Race { gpu, cpu } if gpu < cpu => {
                write!(f, "the GPU is {:.1} times as fast as the CPU", cpu / gpu)
            }
            Self::Race { gpu, cpu } => write!(f, "the CPU is {:.1} times as fast as the GPU", gpu / cpu),
        }
    }
}

/// The engine that was chosen, and why.
#[derive(Clone)]
pub struct EngineChoice {
    /// What models are to be loaded on.
    pub engine: Engine,
    /// The GPU that was looked at, whether it was chosen or not.
    pub adapter: Option<Adapter>,
    /// Why.
    pub reason: EngineReason,
}

/// What a token costs on the GPU, whatever GPU it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TokenCost {
    /// Dispatches from a token to the next.
    pub dispatches: usize,
    /// Of these, dispatches of a layer.
    pub dispatches_per_layer: f64,
    /// Bytes of weights that are read.
    pub weight_bytes_read: u64,
    /// The same weights' bytes in the file.
    pub weight_bytes_in_file: u64,
    /// Bytes of keys and values that are read.
    pub kv_bytes_read: u64,
    /// Bytes of all weights in the GPU's memory.
    pub weight_bytes: u64,
    /// Seconds that the host took to encode a step, over the last answer; the GPU works meanwhile.
    pub encode_seconds: f64,
    /// Seconds that the driver took to accept a step; a driver that is software computes it then.
    pub submit_seconds: f64,
}

/// How kernels are cut for one adapter, as a page or a program keeps it.
#[derive(Serialize, Deserialize)]
struct SavedTuning {
    adapter: String,
    tuning: Tuning,
}

impl Engine {
    /// Chooses an engine. `saved_tuning` is what [`GpuDevice::tuning`] gave on an earlier day, perhaps for another adapter.
    ///
    /// # Errors
    /// Only if the GPU is wished for and cannot be had.
    pub async fn choose(wish: EngineWish, saved_tuning: Option<&str>) -> Result<EngineChoice, Error> {
        let cpu = |adapter, reason| EngineChoice { engine: Self::Cpu, adapter, reason };
        if wish == EngineWish::Cpu {
            return Ok(cpu(None, EngineReason::Wanted));
        }
        let device = match GpuDevice::request(saved_tuning).await {
            Ok(device) => device,
            Err(error) if wish == EngineWish::Gpu => return Err(error),
            Err(error) => return Ok(cpu(None, EngineReason::NoGpu { message: error.to_string() })),
        };
        let adapter = device.adapter();
        let failed = |error: Error| EngineReason::Failed { message: error.to_string() };
        let reason = match wish {
            EngineWish::Gpu => {
                device.self_check().await?;
                EngineReason::Wanted
            }
            EngineWish::Auto | EngineWish::Cpu => {
                if adapter.is_software() {
                    let name = adapter.name().to_owned();
                    return Ok(cpu(Some(adapter), EngineReason::Software { adapter: name }));
                }
                if let Err(error) = device.self_check().await {
                    return Ok(cpu(Some(adapter), failed(error)));
                }
                match device.race().await {
                    Err(error) => return Ok(cpu(Some(adapter), failed(error))),
                    Ok((gpu, on_cpu)) => {
                        let reason = EngineReason::Race { gpu, cpu: on_cpu };
                        if gpu >= on_cpu {
                            return Ok(cpu(Some(adapter), reason));
                        }
                        reason
                    }
                }
            }
        };
        Ok(EngineChoice { engine: Self::Gpu(device), adapter: Some(adapter), reason })
    }

    /// `cpu` or `gpu`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu(_) => "gpu",
        }
    }
}

impl GpuDevice {
    /// Asks for the fastest GPU. `saved_tuning` holds if it is for this adapter; models tune the rest as they are loaded.
    ///
    /// # Errors
    /// If there is none.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(clippy::arc_with_non_send_sync, reason = "a worker has one thread; elsewhere there are more")
    )]
    pub async fn request(saved_tuning: Option<&str>) -> Result<Self, Error> {
        let device = Self(Arc::new(Gpu::request().await?));
        device.0.set_tuning_seconds(TUNING_SECONDS);
        let saved = saved_tuning.and_then(|json| serde_json::from_str::<SavedTuning>(json).ok());
        if let Some(saved) = saved.filter(|saved| saved.adapter == device.adapter().identity()) {
            // What this version does not allow any more is found anew.
            let _ = device.0.set_tuning(saved.tuning);
        }
        Ok(device)
    }

    /// What is known about the GPU.
    pub fn adapter(&self) -> Adapter {
        Adapter(self.0.facts().clone())
    }

    /// What was found out about this adapter so far, as JSON for [`Self::request`].
    pub fn tuning(&self) -> String {
        let saved = SavedTuning { adapter: self.adapter().identity(), tuning: self.0.tuning() };
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Runs each kind of kernel on numbers whose result is known.
    ///
    /// # Errors
    /// Names the kernel whose result is wrong.
    pub async fn self_check(&self) -> Result<(), Error> {
        Ok(self.0.self_check().await?)
    }

    /// Bytes that the GPU's memory gives and takes in a second while it copies.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn copy_bandwidth(&self) -> Result<f64, Error> {
        Ok(self.0.copy_bandwidth().await?)
    }

    /// Seconds that the GPU and the CPU take for the same products, about as many as a small model's token has.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn race(&self) -> Result<(f64, f64), Error> {
        let (rows, cols, count) = RACE;
        let gpu = self.0.round_seconds(daneel_gpu::Format::Q4_0, rows, cols, count).await?;
        let format = Format::of(GgmlDType::Q4_0)
            .ok_or_else(|| Error::Unsupported("this build has no kernel for Q4_0".to_owned()))?;
        let weights = vec![0; rows * format.row_bytes(cols)];
        let (x, mut y) = (vec![1.0; cols], vec![0.0; rows]);
        let mut cpu = f64::INFINITY;
        for _ in 0..3 {
            let started = clock::now();
            for _ in 0..count {
                format.multiply(&weights, &x, cols, &mut y);
            }
            cpu = cpu.min(started.elapsed().as_secs_f64());
        }
        Ok((gpu, cpu))
    }
}

impl Adapter {
    /// What the driver or the browser calls it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// It computes on the CPU: no gain is to be had from it.
    pub fn is_software(&self) -> bool {
        self.0.software
    }

    /// Tells adapters and drivers apart, as far as the browser lets.
    pub fn identity(&self) -> String {
        let AdapterFacts { name, vendor, driver, backend, .. } = &self.0;
        format!("{backend}/{vendor:x}/{name}/{driver}")
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn the_cpu_can_be_had_and_software_is_no_gpu() {
        let choice = block_on(Engine::choose(EngineWish::Cpu, None)).expect("a CPU");
        assert_eq!((choice.engine.name(), choice.adapter), ("cpu", None));
        if crate::test_models::gpu().is_none() {
            return;
        }
        let wished = block_on(Engine::choose(EngineWish::Gpu, None)).expect("it works");
        assert_eq!(wished.engine.name(), "gpu");
        let chosen = block_on(Engine::choose(EngineWish::Auto, None)).expect("never an error");
        if chosen.adapter.is_some_and(|adapter| adapter.is_software()) {
            assert_eq!(chosen.engine.name(), "cpu", "{}", chosen.reason);
            assert!(matches!(chosen.reason, EngineReason::Software { .. }), "{}", chosen.reason);
        } else {
            let EngineReason::Race { gpu, cpu } = chosen.reason else { panic!("{}", chosen.reason) };
            assert_eq!(chosen.engine.name(), if gpu < cpu { "gpu" } else { "cpu" });
        }
    }

    #[test]
    fn a_tuning_holds_for_its_adapter_only() {
        if crate::test_models::gpu().is_none() {
            return;
        }
        let request = |saved: &str| block_on(GpuDevice::request(Some(saved))).expect("a GPU");
        let device = request("not JSON");
        let own = device.tuning();
        let other_threads = own.replace("\"attention_tokens\":4", "\"attention_tokens\":2");
        assert_ne!(own, other_threads);
        assert_eq!(request(&other_threads).tuning(), other_threads);
        let strange = other_threads.replace("\"adapter\":\"", "\"adapter\":\"another ");
        assert_eq!(request(&strange).tuning(), own);
        let impossible = own.replace("\"attention_tokens\":4", "\"attention_tokens\":0");
        assert_eq!(request(&impossible).tuning(), own);
        let (gpu, cpu) = block_on(device.race()).expect("a working device");
        assert!(gpu > 0.0 && cpu > 0.0);
    }
}
