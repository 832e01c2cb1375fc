//! The vectors of a text's tokens become the text's vector; see `pool.wgsl`.

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::recorder::Extent;
use crate::{Error, Recorder, Tensor};

pub(crate) static POOL: Kernel = Kernel {
    name: "pool",
    sources: &[include_str!("reduce.wgsl"), include_str!("pool.wgsl")],
    bindings: &[Uniform, Read, Write, Uniform],
    subgroups: false,
};

/// How the tokens' vectors become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's, which stands for the text.
    First,
}

impl Recorder<'_> {
    /// y = the pooled vector of x, (tokens, dim), of length 1: (dim).
    ///
    /// # Errors
    /// If a tensor is too short.
    pub fn pool(&mut self, pooling: Pooling, x: &Tensor, dim: usize, y: &Tensor) -> Result<(), Error> {
        x.holds("pool", "inputs", self.max_tokens * dim)?;
        y.holds("pool", "an output", dim)?;
        let params = self.uniform(&[dim as u32, 0, 0, 0])?;
        let constants = [
            ("THREADS", f64::from(self.gpu.tuning().threads)),
            ("FIRST", f64::from(u8::from(pooling == Pooling::First))),
        ];
        self.dispatch(&POOL, &constants, &[&params, x, y, &self.cursor.state], [Extent::ONE; 3])
    }
}

#[cfg(test)]
mod tests {
    use super::Pooling;
    use crate::testing::{Guarded, assert_close, on_all_cuts, random, run, tolerance};
    use crate::{Activation, Stream};

    #[test]
    fn a_texts_vector_is_the_mean_or_the_first_and_of_length_one() {
        on_all_cuts(|gpu| {
            let (dim, tokens) = (77, 5);
            let x = random(tokens * dim, 1);
            let input = gpu.upload("x", &x).expect("a short tensor");
            for (pooling, n) in [(Pooling::Mean, tokens), (Pooling::First, 1)] {
                let y = Guarded::new(gpu, dim);
                run(gpu, 0, tokens, tokens, |pass| pass.pool(pooling, &input, dim, &y.tensor));
                let sum = |i: usize| (0..n).map(|token| f64::from(x[token * dim + i])).sum::<f64>();
                let sums: Vec<f64> = (0..dim).map(sum).collect();
                let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
                let expected: Vec<f64> = sums.iter().map(|x| x / length).collect();
                assert_close("pooled", &y.read(gpu), &expected, tolerance::FLOATS);
            }
        });
    }

    #[test]
    fn the_last_row_a_gate_and_a_softcap_are_as_their_names_say() {
        on_all_cuts(|gpu| {
            let (dim, tokens) = (43, 4);
            let x = random(2 * tokens * dim, 1);
            let upload = |values: &[f32]| gpu.upload("x", values).expect("a short tensor");
            let stream =
                Stream { values: upload(&x[..tokens * dim]), weighted: upload(&x[tokens * dim..]), dim };
            let (values, weighted) = (Guarded::new(gpu, dim), Guarded::new(gpu, dim));
            let last = Stream { values: values.tensor.clone(), weighted: weighted.tensor.clone(), dim };
            let y = Guarded::new(gpu, tokens * dim);
            run(gpu, 0, tokens, tokens, |pass| {
                pass.gated(Activation::Silu, stream.values(), &stream.weighted, dim, &y.tensor)?;
                pass.keep_last_row(&stream, &last)
            });
            assert_eq!(values.read(gpu), x[(tokens - 1) * dim..tokens * dim]);
            assert_eq!(weighted.read(gpu), x[(2 * tokens - 1) * dim..]);
            let gate = |i: usize| Activation::Silu.of(f64::from(x[i])) * f64::from(x[tokens * dim + i]);
            let expected: Vec<f64> = (0..tokens * dim).map(gate).collect();
            assert_close("gated", &y.read(gpu), &expected, tolerance::FLOATS);

            let logits = upload(&x);
            run(gpu, 0, 1, 1, |pass| pass.softcap(&logits, 0.5));
            let found =
                futures_lite::future::block_on(gpu.read(&logits, 0, x.len())).expect("a working device");
            let expected: Vec<f64> = x.iter().map(|&x| 0.5 * (f64::from(x) / 0.5).tanh()).collect();
            assert_close("softcap", &found, &expected, tolerance::FLOATS);
        });
    }
}
