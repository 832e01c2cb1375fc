//! A matrix and what comes in become what goes out: y = f(W x + b), for one token or for many.
//!
//! Which kernel does it is decided by the recorder's number of tokens; callers write the same for a token and a prompt.

use crate::{Activation, Error, Matrix, Recorder, Stream, Tensor};

/// What a matrix reads.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Vectors: (tokens, cols).
    Plain(&'a Tensor),
    /// RMSNorm of a stream, whose weight was given where the stream was last written; with the norm's epsilon.
    Normed(&'a Stream, f32),
    /// For one token: a block is normalised and added to a stream, and what is read is RMSNorm of the sum.
    Added(AddedBlock<'a>),
}

/// What a block and a stream become on their way into a matrix: sum = stream + norm(block), input = norm(sum).
#[derive(Clone, Copy, Debug)]
pub struct AddedBlock<'a> {
    /// The stream before.
    pub stream: &'a Stream,
    /// What is added: (dim).
    pub block: &'a Tensor,
    /// Weights of the block's norm and of the sum's: (2, dim).
    pub norms: &'a Tensor,
    /// Of both norms.
    pub eps: f32,
    /// The stream after; only its values are written.
    pub sum: &'a Stream,
}

/// Where the result goes, and what is done to it on the way.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// y: (tokens, rows).
    Store(&'a Tensor),
    /// y = f(·): (tokens, rows).
    Activated(Activation, &'a Tensor),
    /// The matrix is a gate above an up of as many rows: y = f(gate) · up, (tokens, rows / 2). No bias.
    Gated(Activation, &'a Tensor),
    /// y += ·, (tokens, rows).
    Add(&'a Tensor),
    /// The stream += ·, and is made ready for the norm of this weight: (rows).
    AddToStream(&'a Stream, &'a Tensor),
}

/// What both kernels need to know about an operation, with its shapes checked.
pub(crate) struct Linear<'a> {
    pub(crate) matrix: &'a Matrix,
    pub(crate) x: &'a Tensor,
    /// The stream to normalise, and epsilon.
    pub(crate) norm: Option<(&'a Tensor, f32)>,
    pub(crate) bias: Option<&'a Tensor>,
    /// Weights of the norms of a block that is added to the stream before, and where the sum goes.
    pub(crate) post: Option<(&'a Tensor, &'a Tensor)>,
    pub(crate) activation: Activation,
    pub(crate) gated: bool,
    pub(crate) add: bool,
    pub(crate) y: &'a Tensor,
    /// The next norm's weight, and where the weighted stream goes.
    pub(crate) next: Option<(&'a Tensor, &'a Tensor)>,
    /// Rows of the result.
    pub(crate) rows: usize,
}

impl Recorder<'_> {
    /// Multiplies a matrix with what comes in.
    ///
    /// # Errors
    /// If a tensor is too short, or a combination is not there: a norm before and after in one, a gate with bias.
    pub fn linear(
        &mut self,
        matrix: &Matrix,
        input: Input<'_>,
        bias: Option<&Tensor>,
        output: Output<'_>,
    ) -> Result<(), Error> {
        let linear = Linear::new(matrix, input, bias, output, self.max_tokens)?;
        if self.max_tokens == 1 { self.matvec(&linear) } else { self.matmul(&linear) }
    }
}

impl<'a> Linear<'a> {
    fn new(
        matrix: &'a Matrix,
        input: Input<'a>,
        bias: Option<&'a Tensor>,
        output: Output<'a>,
        tokens: usize,
    ) -> Result<Self, Error> {
        const OP: &str = "linear";
        let (x, norm) = match input {
            Input::Plain(x) => (x, None),
            Input::Normed(stream, eps) => (&stream.weighted, Some((&stream.values, eps))),
            Input::Added(AddedBlock { stream, block, eps, .. }) => (block, Some((&stream.values, eps))),
        };
        let mut post = None;
        if let Input::Added(AddedBlock { stream, norms, sum, .. }) = input {
            norms.holds(OP, "two norms", 2 * matrix.cols)?;
            if tokens > 1 || bias.is_some() || stream.dim != matrix.cols || sum.dim != matrix.cols {
                let expected = format!("one token, no bias and streams of {}", matrix.cols);
                return Err(Error::shape(
                    OP,
                    expected,
                    format!("{tokens} tokens, {} and {}", stream.dim, sum.dim),
                ));
            }
            post = Some((norms, &sum.values));
        }
        x.holds(OP, "inputs", tokens * matrix.cols)?;
        if let Input::Normed(stream, _) = input
            && stream.dim != matrix.cols
        {
            return Err(Error::shape(OP, format!("a stream of {}", matrix.cols), stream.dim));
        }
        let (activation, y) = match output {
            Output::Store(y) | Output::Add(y) => (Activation::None, y),
            Output::Activated(activation, y) | Output::Gated(activation, y) => (activation, y),
            Output::AddToStream(stream, _) => (Activation::None, &stream.values),
        };
        let gated = matches!(output, Output::Gated(..));
        let rows = if gated { matrix.rows / 2 } else { matrix.rows };
        y.holds(OP, "outputs", tokens * rows)?;
        if let Some(bias) = bias {
            bias.holds(OP, "a bias", rows)?;
        }
        let next = match output {
            Output::AddToStream(stream, weight) => {
                weight.holds(OP, "a norm", rows)?;
                if stream.dim != rows {
                    return Err(Error::shape(OP, format!("a stream of {rows}"), stream.dim));
                }
                Some((weight, &stream.weighted))
            }
            _ => None,
        };
        if gated && (bias.is_some() || !matrix.can_be_gated()) {
            return Err(Error::shape(
                OP,
                "a gate and an up in one binding, of whole tiles and without bias",
                matrix.rows,
            ));
        }
        if norm.is_some() && next.is_some() {
            return Err(Error::shape(OP, "a norm before or after", "both"));
        }
        let add = matches!(output, Output::Add(_) | Output::AddToStream(..));
        Ok(Self { matrix, x, norm, bias, post, activation, gated, add, y, next, rows })
    }

    /// Constants that both kernels have.
    pub(crate) fn constants(&self) -> Vec<(&'static str, f64)> {
        let flag = |value: bool| f64::from(u8::from(value));
        vec![
            ("NORM", flag(self.norm.is_some())),
            ("BIAS", flag(self.bias.is_some())),
            ("ACTIVATION", f64::from(self.activation as u32)),
            ("GATED", flag(self.gated)),
            ("ADD", flag(self.add)),
            ("NEXT", flag(self.next.is_some())),
        ]
    }
}
