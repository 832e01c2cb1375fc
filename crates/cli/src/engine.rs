//! `--engine` becomes the engine that models are loaded on, with what was found out about the GPU on earlier days.

use std::path::PathBuf;

use clap::ValueEnum;
use daneel_model::{Engine, EngineChoice, EngineWish};
use futures_lite::future::block_on;

use crate::{cache, console::Console};

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// The GPU where there is one and it is faster, else the processor
    #[default]
    Auto,
    /// The processor
    Cpu,
    /// The GPU, even if it is only software
    Gpu,
}

/// Chooses the engine.
///
/// # Errors
/// If the GPU is wished for and cannot be used.
pub fn choose(name: EngineName, console: Console) -> anyhow::Result<EngineChoice> {
    let wish = match name {
        EngineName::Auto => EngineWish::Auto,
        EngineName::Cpu => EngineWish::Cpu,
        EngineName::Gpu => EngineWish::Gpu,
    };
    let saved = tuning_file().ok().and_then(|path| std::fs::read_to_string(path).ok());
    let choice = block_on(Engine::choose(wish, saved.as_deref()))?;
    if let (Engine::Gpu(device), EngineName::Auto) = (&choice.engine, name) {
        console.say(format_args!("computing on {}: {}", device.adapter().name(), choice.reason));
    }
    Ok(choice)
}

/// Keeps what loading a model found out about the GPU. Only time is lost if that cannot be written.
pub fn keep_tuning(engine: &Engine) {
    let Engine::Gpu(device) = engine else { return };
    if let Ok(path) = tuning_file()
        && let Some(folder) = path.parent()
        && cache::create_folder(folder).is_ok()
    {
        let _ = std::fs::write(path, device.tuning());
    }
}

fn tuning_file() -> anyhow::Result<PathBuf> {
    Ok(cache::folder()?.join("gpu-tuning.json"))
}
