//! A request becomes a device with its facts, its memory and its errors.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use wgpu::BufferUsages;

use crate::kernel::{Pipeline, PipelineKey};
use crate::sync::lock;
use crate::{Error, Plan, TILE_ROWS, Tensor, Tuning};

/// What is known about the adapter; enough to choose an engine, and to key what was tuned for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterFacts {
    /// What the driver or the browser calls it.
    pub name: String,
    /// The PCI vendor number, 0 where the browser hides it.
    pub vendor: u32,
    /// The driver and its version, empty in browsers.
    pub driver: String,
    /// The API underneath: `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: String,
    /// It computes on the CPU: no gain over a CPU engine is to be had.
    pub software: bool,
    /// Half precision in shaders. No kernel needs it: f16 is only storage here.
    pub shader_f16: bool,
    /// Operations across a subgroup, which some kernels are faster with.
    pub subgroups: bool,
    /// Fewest and most threads of a subgroup.
    pub subgroup_sizes: (u32, u32),
    /// Bytes that one binding can reach; longer tensors are split by rows.
    pub max_binding_bytes: u64,
    /// Bytes of one buffer.
    pub max_buffer_bytes: u64,
}

/// A GPU that is ready to compute.
pub struct Gpu {
    facts: AdapterFacts,
    tuning: Mutex<Tuning>,
    tuning_seconds: Mutex<f64>,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) limits: wgpu::Limits,
    pub(crate) pipelines: Mutex<HashMap<PipelineKey, Arc<Pipeline>>>,
    /// Stand in where a kernel has a binding that a variant does not use.
    pub(crate) unused: [Tensor; 2],
    /// Small buffers for readings, used again.
    pub(crate) kept: Mutex<Vec<wgpu::Buffer>>,
    trouble: Arc<Mutex<Option<Error>>>,
}

/// How much is asked of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// All that it offers.
    All,
    /// What every adapter of WebGPU has: bindings of 128 MiB, 16 KiB of workgroup memory, no optional feature.
    Least,
}

impl Gpu {
    /// Asks for the fastest adapter and all that it offers; if it does not keep its word, for what every adapter has.
    ///
    /// # Errors
    /// If there is none, or it gives no device.
    pub async fn request() -> Result<Self, Error> {
        match Self::on(fastest_adapter().await?, Demand::All).await {
            // An adapter may have been used up.
            Err(_) => Self::on(fastest_adapter().await?, Demand::Least).await,
            made => made,
        }
    }

    /// Asks for the fastest adapter.
    ///
    /// # Errors
    /// If there is none, or it gives no device.
    pub async fn request_with(demand: Demand) -> Result<Self, Error> {
        Self::on(fastest_adapter().await?, demand).await
    }

    async fn on(adapter: wgpu::Adapter, demand: Demand) -> Result<Self, Error> {
        let (limits, features) = match demand {
            Demand::All => {
                let optional = wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP;
                (adapter.limits(), adapter.features() & optional)
            }
            Demand::Least => (wgpu::Limits::defaults(), wgpu::Features::empty()),
        };
        let (info, granted) = (adapter.get_info(), features);
        #[cfg(target_arch = "wasm32")]
        let (info, granted) = crate::browser::complete(info, granted, demand).await;
        let facts = AdapterFacts::of(info, granted, &limits);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("daneel"),
            required_features: features,
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) =
            adapter.request_device(&descriptor).await.map_err(|error| Error::NoAdapter(error.to_string()))?;
        let trouble = Arc::new(Mutex::new(None));
        let sink = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error| note(&sink, uncaptured(error))));
        let sink = Arc::clone(&trouble);
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&sink, Error::Lost(message));
            }
        });
        let unused = [create(&device, "unused", 64), create(&device, "unused", 64)];
        let tuning = Mutex::new(Tuning::for_adapter(&facts, &limits));
        let (pipelines, kept, tuning_seconds) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self { facts, tuning, tuning_seconds, device, queue, limits, pipelines, unused, kept, trouble })
    }

    /// What is known about the adapter.
    pub fn facts(&self) -> &AdapterFacts {
        &self.facts
    }

    /// How kernels are cut for this adapter.
    pub fn tuning(&self) -> Tuning {
        lock(&self.tuning).clone()
    }

    /// Cuts kernels another way; holds for what is recorded from now on.
    ///
    /// # Errors
    /// If the adapter's limits do not allow it.
    pub fn set_tuning(&self, tuning: Tuning) -> Result<(), Error> {
        tuning.check(&self.facts, &self.limits)?;
        *lock(&self.tuning) = tuning;
        Ok(())
    }

    /// Seconds that [`Self::tune`] may take at a time; none at first.
    pub fn set_tuning_seconds(&self, seconds: f64) {
        *lock(&self.tuning_seconds) = seconds;
    }

    pub(crate) fn tuning_seconds(&self) -> f64 {
        *lock(&self.tuning_seconds)
    }

    /// Memory for `len` numbers of 4 bytes, zero at first.
    ///
    /// # Errors
    /// If one binding cannot reach so many.
    pub fn tensor(&self, label: &str, len: usize) -> Result<Tensor, Error> {
        let bytes = len as u64 * 4;
        let most = self.facts.max_binding_bytes.min(self.facts.max_buffer_bytes);
        if bytes > most {
            return Err(Error::Limit(format!("`{label}` takes {bytes} bytes where {most} can be reached")));
        }
        Ok(create(&self.device, label, len))
    }

    /// The same with contents.
    ///
    /// # Errors
    /// If one binding cannot reach so many.
    pub fn upload<T: bytemuck::Pod>(&self, label: &str, values: &[T]) -> Result<Tensor, Error> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let tensor = self.tensor(label, bytes.len() / 4)?;
        self.queue.write_buffer(&tensor.buffer, 0, bytes);
        Ok(tensor)
    }

    /// Writes 4-byte numbers from the `start`-th on, before whatever is submitted next.
    ///
    /// # Errors
    /// If they do not fit.
    pub fn write<T: bytemuck::Pod>(&self, tensor: &Tensor, start: usize, values: &[T]) -> Result<(), Error> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let end = start.saturating_add(bytes.len() / 4);
        if end > tensor.len() || !bytes.len().is_multiple_of(4) {
            return Err(Error::shape("write", format!("at most {} numbers", tensor.len()), end));
        }
        self.queue.write_buffer(&tensor.buffer, start as u64 * 4, bytes);
        Ok(())
    }

    /// A tensor of these behind each other.
    ///
    /// # Errors
    /// If one binding cannot reach so many.
    pub fn joined(&self, tensors: &[&Tensor]) -> Result<Tensor, Error> {
        let joined = self.tensor("joined", tensors.iter().map(|tensor| tensor.len()).sum())?;
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut at = 0;
        for tensor in tensors {
            let bytes = tensor.len() as u64 * 4;
            encoder.copy_buffer_to_buffer(&tensor.buffer, 0, &joined.buffer, at, bytes);
            at += bytes;
        }
        self.queue.submit([encoder.finish()]);
        Ok(joined)
    }

    /// Copies parts of tensors, each (from, its numbers, to, the first of its numbers there), which have to be there.
    pub(crate) fn copy(&self, parts: &[(&Tensor, Range<usize>, &Tensor, usize)]) {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        for (from, numbers, to, start) in parts {
            let (at, bytes) = (numbers.start as u64 * 4, numbers.len() as u64 * 4);
            encoder.copy_buffer_to_buffer(&from.buffer, at, &to.buffer, *start as u64 * 4, bytes);
        }
        self.queue.submit([encoder.finish()]);
    }

    /// Submits plans one after the other, each for a number of tokens, in one encoder.
    ///
    /// # Errors
    /// If a plan was recorded for fewer tokens, or the device is in trouble.
    pub fn submit(&self, plans: &[(&Plan, usize)]) -> Result<(), Error> {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for (plan, n_tokens) in plans {
                plan.encode(&mut pass, .., *n_tokens)?;
            }
        }
        self.queue.submit([encoder.finish()]);
        self.check()
    }

    /// The first thing that went wrong since the last check, for errors come late. A lost device stays lost.
    ///
    /// # Errors
    /// If there was one.
    pub fn check(&self) -> Result<(), Error> {
        let mut trouble = lock(&self.trouble);
        match &*trouble {
            Some(lost @ Error::Lost(_)) => Err(lost.clone()),
            _ => trouble.take().map_or(Ok(()), Err),
        }
    }

    /// Waits until everything submitted so far is done.
    ///
    /// # Errors
    /// If anything went wrong so far.
    pub async fn settle(&self) -> Result<(), Error> {
        self.read::<u32>(&self.unused[0], 0, 1).await.map(drop)
    }
}

async fn fastest_adapter() -> Result<wgpu::Adapter, Error> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::PRIMARY,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    instance.request_adapter(&options).await.map_err(|error| Error::NoAdapter(error.to_string()))
}

impl AdapterFacts {
    /// Whether subgroups have at least the eight threads of a row tile.
    pub(crate) fn joins_in_subgroups(&self) -> bool {
        self.subgroups && self.subgroup_sizes.0 >= TILE_ROWS as u32
    }

    fn of(info: wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> Self {
        // Not every browser marks its fallback.
        let lower = info.name.to_lowercase();
        let software = info.device_type == wgpu::DeviceType::Cpu
            || ["swiftshader", "llvmpipe", "basic render"].iter().any(|name| lower.contains(name));
        Self {
            name: info.name,
            vendor: info.vendor,
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: info.backend.to_str().to_owned(),
            software,
            shader_f16: features.contains(wgpu::Features::SHADER_F16),
            subgroups: features.contains(wgpu::Features::SUBGROUP),
            subgroup_sizes: (info.subgroup_min_size, info.subgroup_max_size),
            max_binding_bytes: limits.max_storage_buffer_binding_size,
            max_buffer_bytes: limits.max_buffer_size,
        }
    }
}

fn create(device: &wgpu::Device, label: &str, len: usize) -> Tensor {
    let usage =
        BufferUsages::STORAGE | BufferUsages::UNIFORM | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
    // A binding of no bytes is not allowed, and vectors of four are read whole.
    let size = (len as u64 * 4).next_multiple_of(16).max(16);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage,
        mapped_at_creation: false,
    });
    Tensor { buffer, len }
}

/// Only the first trouble is kept: the others follow from it.
fn note(trouble: &Mutex<Option<Error>>, error: Error) {
    lock(trouble).get_or_insert(error);
}

fn uncaptured(error: wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { source } => Error::OutOfMemory(source.to_string()),
        error => Error::Failed(error.to_string()),
    }
}
