//! What the tests of all kernels share: a device, random numbers, quantised weights, and how close is close enough.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor as HostTensor};
use futures_lite::future::block_on;

use crate::{Cursor, Cut, Demand, Error, Format, Gpu, Matrix, Recorder, Tensor, Tuning};

/// Most that a kernel's result may differ from the formula's, as mean squared error over mean square.
///
/// Weights are the same on both sides to the bit, so what is left is the order of summation; where numbers pass through
/// the KV cache, they are rounded to f16.
pub(crate) mod tolerance {
    pub(crate) const FLOATS: f64 = 1e-11;
    pub(crate) const HALVES: f64 = 1e-6;
}

/// Written behind outputs; a kernel that writes outside is caught.
const SENTINEL: f32 = 12_345.678;
const GUARD: usize = 64;

/// A device, or None where there is no adapter; with `REQUIRE_GPU=1` that is a failure.
pub(crate) fn gpu() -> Option<Gpu> {
    gpu_with(Demand::All)
}

fn gpu_with(demand: Demand) -> Option<Gpu> {
    match block_on(Gpu::request_with(demand)) {
        Ok(gpu) => Some(gpu),
        Err(error) if std::env::var_os("REQUIRE_GPU").is_some_and(|value| value == "1") => panic!("{error}"),
        Err(error) => {
            println!("SKIP: {error}");
            None
        }
    }
}

/// Runs a check with the kernels cut for software and for hardware, whatever this adapter is, and on a device that has no
/// more than WebGPU promises.
pub(crate) fn on_all_cuts(check: impl Fn(&Gpu)) {
    let (Some(gpu), Some(least)) = (gpu(), gpu_with(Demand::Least)) else { return };
    let subgroups = gpu.facts().joins_in_subgroups();
    for (gpu, tuning) in [
        (&gpu, Tuning::SOFTWARE.with_subgroups(subgroups)),
        (&gpu, Tuning::HARDWARE.with_subgroups(subgroups)),
        (&gpu, Tuning { cut: Cut { tiles: 2, splits: 4, ..Tuning::HARDWARE.cut }, ..Tuning::SOFTWARE }),
        (&least, Tuning::SOFTWARE),
        (&least, Tuning::HARDWARE),
    ] {
        gpu.set_tuning(tuning).expect("sizes that every adapter allows");
        check(gpu);
    }
}

/// Numbers between -1 and 1, other ones for each seed (xorshift, Marsaglia 2003).
pub(crate) fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

pub(crate) fn candle_type(format: Format) -> GgmlDType {
    match format {
        Format::Q4_0 => GgmlDType::Q4_0,
        Format::Q4_1 => GgmlDType::Q4_1,
        Format::Q5_0 => GgmlDType::Q5_0,
        Format::Q5_1 => GgmlDType::Q5_1,
        Format::Q8_0 => GgmlDType::Q8_0,
        Format::Q4_K => GgmlDType::Q4K,
        Format::Q5_K => GgmlDType::Q5K,
        Format::Q6_K => GgmlDType::Q6K,
        Format::F16 => GgmlDType::F16,
        Format::F32 => GgmlDType::F32,
    }
}

/// A matrix as its file's bytes and as candle's own blocks.
pub(crate) fn quantized(format: Format, rows: usize, cols: usize, values: &[f32]) -> (Vec<u8>, QTensor) {
    let tensor = HostTensor::from_slice(values, (rows, cols), &Device::Cpu).expect("as many values");
    let tensor = QTensor::quantize(&tensor, candle_type(format)).expect("whole blocks");
    let bytes = tensor.data().expect("on the CPU").into_owned();
    (bytes, tensor)
}

/// A matrix on the GPU and the weights it holds.
pub(crate) fn matrix(gpu: &Gpu, format: Format, rows: usize, cols: usize) -> (Matrix, Vec<f64>) {
    let (bytes, tensor) = quantized(format, rows, cols, &random(rows * cols, rows as u64));
    let matrix = Matrix::new(gpu, format, rows, cols).expect("a small matrix");
    matrix.write(gpu, 0, &bytes).expect("whole rows");
    let weights: Vec<f32> = tensor
        .dequantize(&Device::Cpu)
        .and_then(|tensor| tensor.flatten_all()?.to_vec1())
        .expect("candle's own blocks");
    (matrix, widened(&weights))
}

/// W x for each x, row by row.
pub(crate) fn product(weights: &[f64], cols: usize, x: &[f32]) -> Vec<f64> {
    let dot = |row: &[f64], x: &[f32]| row.iter().zip(x).map(|(w, &x)| w * f64::from(x)).sum();
    x.chunks_exact(cols).flat_map(|x| weights.chunks_exact(cols).map(move |row| dot(row, x))).collect()
}

/// An output with sentinels behind it.
pub(crate) struct Guarded {
    pub(crate) tensor: Tensor,
    len: usize,
}

impl Guarded {
    /// Room for `len` numbers that are NaN until they are written.
    pub(crate) fn new(gpu: &Gpu, len: usize) -> Self {
        Self::with(gpu, &vec![f32::NAN; len])
    }

    pub(crate) fn with(gpu: &Gpu, values: &[f32]) -> Self {
        let mut all = values.to_vec();
        all.resize(values.len() + GUARD, SENTINEL);
        let tensor = gpu.upload("guarded", &all).expect("a short tensor");
        Self { tensor, len: values.len() }
    }

    /// What was written, which are numbers, and nothing beyond.
    pub(crate) fn read(&self, gpu: &Gpu) -> Vec<f32> {
        let mut all: Vec<f32> =
            block_on(gpu.read(&self.tensor, 0, self.len + GUARD)).expect("a working device");
        assert!(all[self.len..].iter().all(|&x| x == SENTINEL), "something was written past the end");
        all.truncate(self.len);
        assert!(all.iter().all(|x| x.is_finite()), "not every number was written: {all:?}");
        all
    }
}

/// Records and runs a pass over `n_tokens` tokens from `position`.
pub(crate) fn run(
    gpu: &Gpu,
    position: usize,
    n_tokens: usize,
    max_tokens: usize,
    record: impl FnOnce(&mut Recorder<'_>) -> Result<(), Error>,
) {
    let cursor = Cursor::new(gpu).expect("a short tensor");
    cursor.set(gpu, position, n_tokens).expect("two numbers");
    let mut recorder = Recorder::new(gpu, &cursor, max_tokens);
    record(&mut recorder).expect("shapes that fit");
    gpu.submit(&[(&recorder.finish(), n_tokens)]).expect("a working device");
}

pub(crate) fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let error: f64 = found.iter().zip(expected).map(|(&f, &e)| (f64::from(f) - e).powi(2)).sum();
    let power: f64 = expected.iter().map(|e| e * e).sum();
    assert!(power > 0.0, "{what}: nothing to compare");
    let nmse = error / power;
    assert!(
        nmse <= tolerance,
        "{what}: NMSE {nmse:e} over {tolerance:e}\n{:?}\n{:?}",
        &found[..found.len().min(8)],
        &expected[..found.len().min(8)]
    );
}

pub(crate) fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}
