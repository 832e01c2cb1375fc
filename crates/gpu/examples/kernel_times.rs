//! Random weights in the shapes of SmolLM2-135M become times: of each kernel, of a token, of a prompt.
//!
//! `cargo run -p daneel-gpu --example kernel_times [positions in the cache] [tokens of the prompt]`

use std::time::Instant;

use daneel_gpu::*;
use futures_lite::future::block_on;

const LAYERS: usize = 30;
const HIDDEN: usize = 576;
const INNER: usize = 1536;
const VOCAB: usize = 49_152;
const HEADS: Heads = Heads { n_heads: 9, n_kv_heads: 3, head_dim: 64 };
const QKV: usize = (9 + 2 * 3) * 64;
const CONTEXT: usize = 2048;
const EPS: f32 = 1e-5;
/// Layers of a short run.
const SHORT: usize = 3;
const RUNS: usize = 12;

/// A plan, and how many times a token takes it.
type Repeated = Result<(Plan, usize), Error>;

struct Layer {
    qkv: Matrix,
    output: Matrix,
    gate_up: Matrix,
    down: Matrix,
    cache: KvCache,
}

struct Model<'a> {
    gpu: &'a Gpu,
    cursor: Cursor,
    embedding: Matrix, // the head as well
    layers: Vec<Layer>,
    norm: Tensor, // one for all: its values do not matter here
    rope: Rope,
    tokens: Tensor,
    settings: Tensor,
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let position = arguments.next().unwrap_or(128);
    let prompt = arguments.next().unwrap_or(128);
    block_on(async {
        let gpu = Gpu::request().await?;
        println!("{:#?}\n{:?}", gpu.facts(), gpu.tuning());
        let model = Model::new(&gpu)?;
        model.kernels(position).await?;
        for (name, n_tokens, position) in [("token", 1, position), ("prompt", prompt, 0)] {
            let plan = model.forward(n_tokens)?;
            model.cursor.set(&gpu, position, n_tokens)?;
            let seconds = model.fastest(&plan, n_tokens, position).await?;
            let per_second = n_tokens as f64 / seconds;
            println!(
                "{name}: {n_tokens} at {position}: {:.2} ms, {per_second:.1} tok/s, {} dispatches",
                seconds * 1e3,
                plan.n_dispatches()
            );
        }
        Ok(())
    })
}

impl<'a> Model<'a> {
    fn new(gpu: &'a Gpu) -> Result<Self, Error> {
        let layer = |_| {
            Ok(Layer {
                qkv: random_matrix(gpu, Format::Q4_1, QKV, HIDDEN)?,
                output: random_matrix(gpu, Format::Q4_1, HIDDEN, HIDDEN)?,
                gate_up: random_matrix(gpu, Format::Q4_1, 2 * INNER, HIDDEN)?,
                down: random_matrix(gpu, Format::Q4_1, HIDDEN, INNER)?,
                cache: KvCache::new(gpu, HEADS.n_kv_heads, HEADS.head_dim, CONTEXT)?,
            })
        };
        let frequencies: Vec<f32> = (0..32).map(|i| 10_000_f32.powf(-(i as f32) / 32.0)).collect();
        let settings = SampleSettings {
            vocab_size: VOCAB as u32,
            top_k: 40,
            seed: 1,
            repeat_last_n: 64,
            repeat_penalty: 1.1,
            temperature: 0.2,
            top_p: 0.95,
            min_p: 0.05,
        };
        Ok(Self {
            gpu,
            cursor: Cursor::new(gpu)?,
            embedding: random_matrix(gpu, Format::Q8_0, VOCAB, HIDDEN)?,
            layers: (0..LAYERS).map(layer).collect::<Result<_, Error>>()?,
            norm: gpu.upload("norm", &[1.0_f32; HIDDEN])?,
            rope: Rope::new(gpu, RopePairs::Interleaved, &frequencies, CONTEXT)?,
            tokens: gpu.tensor("tokens", CONTEXT)?,
            settings: gpu.upload("settings", &[settings])?,
        })
    }

    /// The forward pass of a llama, from token ids to the next token.
    fn forward(&self, max_tokens: usize) -> Result<Plan, Error> {
        let gpu = self.gpu;
        let stream = Stream::new(gpu, max_tokens, HIDDEN)?;
        let last = Stream::new(gpu, 1, HIDDEN)?;
        let qkv = gpu.tensor("qkv", max_tokens * QKV)?;
        let attended = gpu.tensor("attended", max_tokens * HIDDEN)?;
        let inner = gpu.tensor("inner", max_tokens * INNER)?;
        let logits = gpu.tensor("logits", VOCAB)?;
        let attention = Attention { heads: HEADS, scale: 0.125, softcap: None, mask: Mask::Causal };

        let mut pass = Recorder::new(gpu, &self.cursor, max_tokens);
        pass.embed(&self.embedding, &self.tokens, 1.0, &stream, &self.norm)?;
        for layer in &self.layers {
            pass.linear(&layer.qkv, Input::Normed(&stream, EPS), None, Output::Store(&qkv))?;
            pass.append_and_attend(attention, &qkv, Some(&self.rope), None, &layer.cache, &attended)?;
            pass.linear(
                &layer.output,
                Input::Plain(&attended),
                None,
                Output::AddToStream(&stream, &self.norm),
            )?;
            pass.linear(
                &layer.gate_up,
                Input::Normed(&stream, EPS),
                None,
                Output::Gated(Activation::Silu, &inner),
            )?;
            pass.linear(&layer.down, Input::Plain(&inner), None, Output::AddToStream(&stream, &self.norm))?;
        }
        let stream = if max_tokens > 1 {
            pass.keep_last_row(&stream, &last)?;
            last
        } else {
            stream
        };
        pass.linear(&self.embedding, Input::Normed(&stream, EPS), None, Output::Store(&logits))?;
        pass.sample(&logits, VOCAB, &self.settings, &self.tokens)?;
        Ok(pass.finish())
    }

    /// Each kernel of a token by itself, in runs so short that others on the same cores seldom come between.
    async fn kernels(&self, position: usize) -> Result<(), Error> {
        let gpu = self.gpu;
        let stream = Stream::new(gpu, 1, HIDDEN)?;
        let (x, inner) = (gpu.tensor("x", HIDDEN)?, gpu.tensor("inner", INNER)?);
        let (qkv, logits) = (gpu.tensor("qkv", QKV)?, gpu.tensor("logits", VOCAB)?);
        let attention = Attention { heads: HEADS, scale: 0.125, softcap: None, mask: Mask::Causal };
        let normed = Input::Normed(&stream, EPS);
        let to_stream = Output::AddToStream(&stream, &self.norm);
        let layers = |record: &dyn Fn(&mut Recorder<'_>, &Layer) -> Result<(), Error>| {
            let mut pass = Recorder::new(gpu, &self.cursor, 1);
            self.layers.iter().take(SHORT).try_for_each(|layer| record(&mut pass, layer))?;
            Ok((pass.finish(), LAYERS / SHORT))
        };
        let once = |record: &dyn Fn(&mut Recorder<'_>) -> Result<(), Error>| {
            let mut pass = Recorder::new(gpu, &self.cursor, 1);
            record(&mut pass)?;
            Ok((pass.finish(), 1))
        };
        let plans: [(&str, Repeated); 8] = [
            ("embed", once(&|pass| pass.embed(&self.embedding, &self.tokens, 1.0, &stream, &self.norm))),
            (
                "norm + QKV 960x576",
                layers(&|pass, layer| pass.linear(&layer.qkv, normed, None, Output::Store(&qkv))),
            ),
            (
                "RoPE, KV, attention",
                layers(&|pass, layer| {
                    pass.append_and_attend(attention, &qkv, Some(&self.rope), None, &layer.cache, &x)
                }),
            ),
            (
                "output 576x576",
                layers(&|pass, layer| pass.linear(&layer.output, Input::Plain(&x), None, to_stream)),
            ),
            (
                "norm + gate, up 3072x576",
                layers(&|pass, layer| {
                    pass.linear(&layer.gate_up, normed, None, Output::Gated(Activation::Silu, &inner))
                }),
            ),
            (
                "down 576x1536",
                layers(&|pass, layer| pass.linear(&layer.down, Input::Plain(&inner), None, to_stream)),
            ),
            (
                "norm + head 49152x576",
                once(&|pass| pass.linear(&self.embedding, normed, None, Output::Store(&logits))),
            ),
            ("sample", once(&|pass| pass.sample(&logits, VOCAB, &self.settings, &self.tokens))),
        ];
        let mut total = 0.0;
        for (name, plan) in plans {
            let (plan, times) = plan?;
            let seconds = self.fastest(&plan, 1, position).await? * times as f64;
            total += seconds;
            println!("{name:>26}: {:7.3} ms a token", seconds * 1e3);
        }
        println!("{:>26}: {:7.3} ms, {:.1} tok/s", "sum", total * 1e3, 1.0 / total);
        Ok(())
    }

    /// Seconds of the fastest of some runs, for others may use the same cores.
    async fn fastest(&self, plan: &Plan, n_tokens: usize, position: usize) -> Result<f64, Error> {
        let mut fastest = f64::INFINITY;
        for _ in 0..RUNS {
            self.cursor.set(self.gpu, position, n_tokens)?;
            self.gpu.settle().await?;
            let start = Instant::now();
            self.gpu.submit(&[(plan, n_tokens)])?;
            self.gpu.settle().await?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        Ok(fastest)
    }
}

/// Random codes under scales that keep numbers small.
fn random_matrix(gpu: &Gpu, format: Format, rows: usize, cols: usize) -> Result<Matrix, Error> {
    let matrix = Matrix::new(gpu, format, rows, cols)?;
    let mut bytes = vec![0; rows * format.row_bytes(cols)?];
    let mut state = 1_u32;
    for byte in &mut bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    // Q4_1: scale 0.001, offset -0.008; Q8_0: scale 0.0001.
    let (block, scales): (usize, &[u8]) = match format {
        Format::Q4_1 => (20, &[0x19, 0x14, 0x19, 0xa0]),
        _ => (34, &[0x8e, 0x06]),
    };
    for block in bytes.chunks_exact_mut(block) {
        block[..scales.len()].copy_from_slice(scales);
    }
    matrix.write(gpu, 0, &bytes)?;
    Ok(matrix)
}
