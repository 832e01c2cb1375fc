//! A device shows what it can do: how fast it is, and whether it computes what it should.

use web_time::Instant;

use crate::{
    Attention, Cursor, Error, Format, Gpu, Heads, Input, KvCache, Mask, Matrix, Output, Planes, Recorder,
    SampleSettings, Stream, Tensor,
};

/// Bytes that are copied to measure the memory's speed: more than caches hold.
const COPIED: u64 = 64 << 20;
const COPIES: usize = 8;
/// Largest mean squared error of a known answer, over its mean square.
const TOLERANCE: f64 = 1e-5;

impl Gpu {
    /// Bytes that the memory gives and takes in a second while one buffer is copied into another. What kernels that only
    /// read can reach is near this.
    ///
    /// # Errors
    /// If there is no memory for it, or the device is in trouble.
    pub async fn copy_bandwidth(&self) -> Result<f64, Error> {
        let words =
            (COPIED.min(self.facts().max_buffer_bytes).min(self.facts().max_binding_bytes) / 4) as usize;
        let (from, to) = (self.tensor("from", words)?, self.tensor("to", words)?);
        let mut seconds = f64::INFINITY;
        for _ in 0..3 {
            self.settle().await?;
            let started = Instant::now();
            let mut encoder = self.device.create_command_encoder(&Default::default());
            for _ in 0..COPIES {
                encoder.copy_buffer_to_buffer(&from.buffer, 0, &to.buffer, 0, words as u64 * 4);
            }
            self.queue.submit([encoder.finish()]);
            self.settle().await?;
            seconds = seconds.min(started.elapsed().as_secs_f64());
        }
        Ok((2 * COPIES * words * 4) as f64 / seconds)
    }

    /// Seconds for a round of `count` products of a matrix of zeros with a vector, from the call to the result's arrival: what a
    /// small model's token is made of.
    ///
    /// # Errors
    /// If there is no memory for it, or the device is in trouble.
    pub async fn round_seconds(
        &self,
        format: Format,
        rows: usize,
        cols: usize,
        count: usize,
    ) -> Result<f64, Error> {
        let (x, y) = (self.tensor("x", cols)?, self.tensor("y", rows)?);
        let cursor = Cursor::new(self)?;
        let mut pass = Recorder::new(self, &cursor, 1);
        for _ in 0..count {
            let matrix = Matrix::new(self, format, rows, cols)?;
            pass.linear(&matrix, Input::Plain(&x), None, Output::Store(&y))?;
        }
        self.fastest(&pass.finish(), 1, 3).await
    }

    /// Runs each kind of kernel on numbers whose result is known, so that a driver's bug shows before a model speaks nonsense.
    /// Where results are wrong with subgroups and right without, it goes on without.
    ///
    /// # Errors
    /// Names the kernel whose result is wrong.
    pub async fn self_check(&self) -> Result<(), Error> {
        match self.check_kernels().await {
            Err(_) if self.tuning().cut.subgroups => {
                self.set_tuning(self.tuning().with_subgroups(false))?;
                self.check_kernels().await
            }
            checked => checked,
        }
    }

    async fn check_kernels(&self) -> Result<(), Error> {
        for format in Format::ALL {
            for tokens in [1, 5] {
                self.check_product(format, tokens).await?;
            }
        }
        self.check_attention(1).await?;
        self.check_attention(6).await?;
        self.check_drawing().await
    }

    async fn check_product(&self, format: Format, tokens: usize) -> Result<(), Error> {
        let (rows, cols) = (24, 256);
        let bytes = plain_blocks(format, rows * format.row_bytes(cols)?);
        let matrix = Matrix::new(self, format, rows, cols)?;
        matrix.write(self, 0, &bytes)?;
        let weights = Planes::repack(format, cols, &bytes)?.dequantize();
        let x: Vec<f32> = (0..tokens * cols).map(|i| ((i * 37 + 11) % 64) as f32 / 32.0 - 1.0).collect();
        let input = self.upload("x", &x)?;
        let y = self.tensor("y", tokens * rows)?;
        self.run(tokens, |pass| pass.linear(&matrix, Input::Plain(&input), None, Output::Store(&y)))?;
        let dot = |x: &[f32], row: &[f32]| -> f64 {
            x.iter().zip(row).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum()
        };
        let products =
            x.chunks_exact(cols).flat_map(|x| weights.chunks_exact(cols).map(move |row| dot(x, row)));
        let products: Vec<f64> = products.collect();
        self.compare(&format!("{format:?} times {tokens} vectors"), &y, &products).await?;

        // The same as a stream, whose norm divides by the root mean square.
        let stream = Stream::new(self, tokens, cols)?;
        self.write(&stream.values, 0, &x)?;
        self.write(&stream.weighted, 0, &x)?;
        self.run(tokens, |pass| pass.linear(&matrix, Input::Normed(&stream, 0.0), None, Output::Store(&y)))?;
        let rms = |x: &[f32]| (dot(x, x) / cols as f64).sqrt();
        let roots: Vec<f64> = x.chunks_exact(cols).map(rms).collect();
        let normed: Vec<f64> = products.iter().enumerate().map(|(i, y)| y / roots[i / rows]).collect();
        self.compare(&format!("{format:?} times {tokens} normed vectors"), &y, &normed).await
    }

    /// Where all keys are zero every position counts the same, and the result is the mean of the values so far.
    async fn check_attention(&self, tokens: usize) -> Result<(), Error> {
        let heads = Heads { n_heads: 4, n_kv_heads: 2, head_dim: 16 };
        let (width, past) = (8 * 16, 11);
        let value = |position: usize, i: usize| ((position * 29 + i * 7) % 16) as f32 / 8.0 - 0.9375;
        let row = |position: usize| {
            (0..width).map(move |i| {
                if i < 96 { (i % 3) as f32 * f32::from(u8::from(i < 64)) } else { value(position, i) }
            })
        };
        let cache = KvCache::new(self, 2, 16, past + tokens)?;
        let attention = Attention { heads, scale: 0.25, softcap: None, mask: Mask::Causal };
        let y = self.tensor("y", past.max(tokens) * 64)?;
        for (first, n) in [(0, past), (past, tokens)] {
            let qkv: Vec<f32> = (first..first + n).flat_map(row).collect();
            let qkv = self.upload("qkv", &qkv)?;
            let cursor = Cursor::new(self)?;
            cursor.set(self, first, n)?;
            let mut pass = Recorder::new(self, &cursor, n);
            pass.append_and_attend(attention, &qkv, None, None, &cache, &y)?;
            self.submit(&[(&pass.finish(), n)])?;
        }
        let mean = |token: usize, head: usize, d: usize| {
            let i = 96 + head / 2 * 16 + d;
            (0..=token).map(|position| f64::from(value(position, i))).sum::<f64>() / (token + 1) as f64
        };
        let expected = (past..past + tokens)
            .flat_map(|token| (0..4).flat_map(move |head| (0..16).map(move |d| mean(token, head, d))));
        self.compare(&format!("attention of {tokens} tokens"), &y, &expected.collect::<Vec<_>>()).await
    }

    async fn check_drawing(&self) -> Result<(), Error> {
        let logits: Vec<f32> = (0..2000).map(|id| ((id * 911) % 1999) as f32).collect();
        let logits = self.upload("logits", &logits)?;
        let settings = SampleSettings {
            vocab_size: 2000,
            top_k: 0,
            seed: 0,
            repeat_last_n: 0,
            repeat_penalty: 1.0,
            temperature: 0.0,
            top_p: 1.0,
            min_p: 0.0,
        };
        let settings = self.upload("settings", &[settings])?;
        let tokens = self.tensor("tokens", 2)?;
        self.run(1, |pass| pass.sample(&logits, 2000, &settings, &tokens))?;
        let drawn = self.read::<u32>(&tokens, 1, 1).await?;
        // 911 id = 1998 modulo 1999.
        let likeliest = (0..2000_u32).find(|id| id * 911 % 1999 == 1998);
        if drawn.first().copied() == likeliest {
            return Ok(());
        }
        Err(Error::Failed(format!("its self-check: token {drawn:?} was drawn, not {likeliest:?}")))
    }

    fn run(
        &self,
        tokens: usize,
        record: impl FnOnce(&mut Recorder<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let cursor = Cursor::new(self)?;
        cursor.set(self, 0, tokens)?;
        let mut pass = Recorder::new(self, &cursor, tokens);
        record(&mut pass)?;
        self.submit(&[(&pass.finish(), tokens)])
    }

    async fn compare(&self, what: &str, y: &Tensor, expected: &[f64]) -> Result<(), Error> {
        let found = self.read::<f32>(y, 0, expected.len()).await?;
        let error: f64 = found.iter().zip(expected).map(|(&f, e)| (f64::from(f) - e).powi(2)).sum();
        let power: f64 = expected.iter().map(|e| e * e).sum();
        // Also false for NaN.
        if error <= TOLERANCE * power {
            return Ok(());
        }
        Err(Error::Failed(format!("its self-check: {what} is off by {:.1e}", error / power)))
    }
}

/// Blocks whose scales are small numbers and whose codes are all different.
fn plain_blocks(format: Format, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len).map(|i| ((i * 73 + i / 256 * 5) % 251) as u8).collect();
    // Where a block has its f16 factors, and its length.
    let (factors, block): (&[usize], usize) = match format {
        Format::Q4_0 => (&[0], 18),
        Format::Q4_1 => (&[0, 2], 20),
        Format::Q5_0 => (&[0], 22),
        Format::Q5_1 => (&[0, 2], 24),
        Format::Q8_0 => (&[0], 34),
        Format::Q4_K => (&[0, 2], 144),
        Format::Q5_K => (&[0, 2], 176),
        Format::Q6_K => (&[208], 210),
        Format::F16 => (&[0], 2),
        Format::F32 => (&[], 4),
    };
    for (idx, block) in bytes.chunks_exact_mut(block).enumerate() {
        for &at in factors {
            // 2^-6 and somewhat more.
            let factor = 0x2400_u16 + (idx * 97 % 512) as u16;
            block[at..at + 2].copy_from_slice(&factor.to_le_bytes());
        }
        if factors.is_empty() {
            block.copy_from_slice(&((idx * 97 % 512) as f32 / 256.0 - 1.0).to_le_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use crate::testing::on_all_cuts;
    use crate::{Format, testing};
    use futures_lite::future::block_on;

    #[test]
    fn a_working_device_passes() {
        on_all_cuts(|gpu| block_on(gpu.self_check()).expect("known answers"));
    }

    #[test]
    fn speeds_are_positive() {
        let Some(gpu) = testing::gpu() else { return };
        let bandwidth = block_on(gpu.copy_bandwidth()).expect("a working device");
        assert!(bandwidth > 1e8, "{bandwidth}");
        let seconds = block_on(gpu.round_seconds(Format::Q4_0, 64, 64, 2)).expect("a working device");
        assert!(seconds > 0.0 && seconds < 10.0);
    }
}
