//! The reader's wish and the browser's adapters become an engine.

use daneel_model::{Engine, EngineChoice};
use daneel_rag::{EngineReason, EngineReport, EngineWish};

/// What computes from here on. A wish that cannot be fulfilled gives way to the CPU.
pub async fn choose(wish: EngineWish, saved_tuning: Option<&str>) -> (Engine, EngineReport) {
    match Engine::choose(wish, saved_tuning).await {
        Ok(EngineChoice { engine, adapter, reason }) => {
            let is_gpu = matches!(engine, Engine::Gpu(_));
            let gpu = adapter.filter(|_| is_gpu).map(|adapter| adapter.name().to_owned());
            (engine, EngineReport { gpu, reason })
        }
        Err(error) => {
            let reason = EngineReason::NoGpu { message: error.to_string() };
            (Engine::Cpu, EngineReport { gpu: None, reason })
        }
    }
}
