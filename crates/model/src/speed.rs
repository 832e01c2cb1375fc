//! How fast a model is on an engine, and what a token costs there.

use serde::Serialize;

use crate::engine::{Adapter, EngineChoice, EngineReason, TokenCost};
use crate::{Engine, Error, Generator, ModelFile, clock};

/// How fast a model is on an engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeedReport {
    /// `cpu` or `gpu`.
    pub engine: &'static str,
    /// Why this engine.
    pub reason: EngineReason,
    /// The GPU that was looked at, whether it was chosen or not.
    pub adapter: Option<Adapter>,
    /// Tokens that were read.
    pub prompt_tokens: usize,
    /// Tokens that were written.
    pub generated_tokens: usize,
    /// Which they were: the likeliest each time. Engines may part where rounding decides between two.
    pub tokens: Vec<u32>,
    /// Seconds from the file to a model that is ready, the search for the best kernels included.
    pub load_seconds: f64,
    /// Tokens read in a second.
    pub prefill_tokens_per_second: f64,
    /// Tokens written in a second.
    pub decode_tokens_per_second: f64,
    /// What only a GPU has.
    pub gpu: Option<GpuFigures>,
}

/// What a token costs on a GPU, and what the GPU could do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GpuFigures {
    /// In the middle of the answer.
    #[serde(flatten)]
    pub cost: TokenCost,
    /// Weights, keys and values that a token reads, over the weights' bytes in the file.
    pub bytes_read_over_file: f64,
    /// Bytes that the memory gives and takes in a second while it copies.
    pub copy_bytes_per_second: f64,
    /// Of that, what decoding makes use of.
    pub share_of_copy_bandwidth: f64,
}

impl SpeedReport {
    /// Loads a model and has it read and write so many tokens, which mean nothing; `progress` is called with (bytes read,
    /// bytes in all) while it loads.
    ///
    /// # Errors
    /// If the model cannot be loaded, the tokens do not fit its context, or the engine fails.
    pub async fn measure(
        choice: &EngineChoice,
        file: &impl ModelFile,
        prompt_tokens: usize,
        generate_tokens: usize,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        let started = clock::now();
        // A first round below it needs no less.
        let context = prompt_tokens.max(WARM_UP) + generate_tokens.max(WARM_UP);
        let mut generator = Generator::load_on(&choice.engine, file, context, progress).await?;
        let load_seconds = started.elapsed().as_secs_f64();
        // Drivers compile, and memory is touched, at the first use.
        generator.bench(WARM_UP, WARM_UP).await?;
        let (timed, tokens) = generator.bench(prompt_tokens, generate_tokens).await?;
        let rate = |tokens: usize, seconds: f64| if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 };
        let decode_tokens_per_second = rate(timed.generated_tokens, timed.decode_seconds);
        let cost = generator.token_cost(timed.prompt_tokens + timed.generated_tokens / 2);
        let gpu = match (&choice.engine, cost) {
            (Engine::Gpu(device), Some(cost)) => {
                let copy_bytes_per_second = device.copy_bandwidth().await?;
                let bytes = (cost.weight_bytes_read + cost.kv_bytes_read) as f64;
                Some(GpuFigures {
                    cost,
                    bytes_read_over_file: bytes / cost.weight_bytes_in_file as f64,
                    copy_bytes_per_second,
                    share_of_copy_bandwidth: bytes * decode_tokens_per_second / copy_bytes_per_second,
                })
            }
            _ => None,
        };
        Ok(Self {
            engine: choice.engine.name(),
            reason: choice.reason.clone(),
            adapter: choice.adapter.clone(),
            prompt_tokens: timed.prompt_tokens,
            generated_tokens: timed.generated_tokens,
            tokens,
            load_seconds,
            prefill_tokens_per_second: rate(timed.prompt_tokens, timed.prefill_seconds),
            decode_tokens_per_second,
            gpu,
        })
    }
}

/// Tokens of the round that is not counted.
const WARM_UP: usize = 4;

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use crate::test_models::TinyModel;
    use crate::{EngineWish, MemoryFile};

    #[test]
    fn a_report_has_figures_of_the_engine_it_names() -> Result<(), Error> {
        // Weights of one type, as those of a layer mostly are: their products are joined.
        let file = MemoryFile(TinyModel::new("llama").unquantised().bytes());
        let measure = |wish| {
            block_on(async {
                let choice = Engine::choose(wish, None).await?;
                SpeedReport::measure(&choice, &file, 20, 5, &mut |_, _| {}).await
            })
        };
        let cpu = measure(EngineWish::Cpu)?;
        assert_eq!((cpu.engine, cpu.prompt_tokens, cpu.generated_tokens), ("cpu", 20, 5));
        assert!(cpu.decode_tokens_per_second > 0.0 && cpu.gpu.is_none());
        if crate::test_models::gpu().is_some() {
            let gpu = measure(EngineWish::Gpu)?;
            let figures = gpu.gpu.expect("figures of the GPU");
            assert_eq!((gpu.engine, gpu.tokens), ("gpu", cpu.tokens));
            assert!(figures.cost.dispatches_per_layer <= 7.0, "{figures:?}");
            assert!(figures.bytes_read_over_file > 0.5, "{figures:?}");
        }
        Ok(())
    }
}
