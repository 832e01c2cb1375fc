//! The reader's wish and the browser's adapters become an engine.

use daneel_model::{Engine, GpuDevice};
use daneel_rag::{CpuReason, EngineReport, EngineWish};

/// What computes from here on.
pub async fn choose(wish: EngineWish) -> (Engine, EngineReport) {
    let cpu = |reason| (Engine::Cpu, EngineReport { gpu: None, reason: Some(reason) });
    if wish == EngineWish::Cpu {
        return cpu(CpuReason::Wanted);
    }
    match GpuDevice::request().await {
        Err(error) => cpu(CpuReason::NoGpu(error.to_string())),
        Ok(device) if wish == EngineWish::Auto && device.facts().software => cpu(CpuReason::Software),
        Ok(device) => {
            let report = EngineReport { gpu: Some(device.facts().name.clone()), reason: None };
            (Engine::Gpu(device), report)
        }
    }
}
