//! The functions between the matrices of a feed-forward block.

/// What is done to a number (Shazeer 2020, [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)). The numbers are those
/// of `activation.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Activation {
    /// Nothing.
    #[default]
    None = 0,
    /// x · sigmoid(x): llama, qwen.
    Silu = 1,
    /// GELU by its tanh approximation: gemma.
    GeluTanh = 2,
    /// GELU as defined: BERT.
    Gelu = 3,
}

impl Activation {
    /// The textbook formula, for tests.
    #[cfg(test)]
    pub(crate) fn of(self, x: f64) -> f64 {
        match self {
            Self::None => x,
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::GeluTanh => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
                0.5 * x * (1.0 + inner.tanh())
            }
            Self::Gelu => 0.5 * x * (1.0 + erf(x / 2.0_f64.sqrt())),
        }
    }
}

/// Its power series, which converges everywhere.
#[cfg(test)]
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    2.0 / std::f64::consts::PI.sqrt() * sum
}
