//! The reader's forward pass with a tape, and its losses.

use candle_core::{D, Device, Tensor};
use daneel_model::ReaderInput;

use crate::Error;
use crate::ops::{Attention, Gelu};
use crate::parameters::{Parameters, adapter_index};
use crate::weights::Weights;

/// What the heads say of one input.
pub struct Logits {
    /// For each token of the text, whether the answer starts there: (tokens).
    pub start: Tensor,
    /// Whether it ends there: (tokens).
    pub end: Tensor,
    /// Whether there is an answer: ().
    pub answerable: Tensor,
}

/// What is known of one input.
pub struct Target {
    /// Whether the text answers.
    pub answerable: bool,
    /// First and last token of the answer among the text's, where it is a span.
    pub span: Option<(usize, usize)>,
}

/// Encoder and heads.
///
/// # Errors
/// If the input has tokens that the encoder lacks.
pub fn forward(weights: &Weights, parameters: &Parameters, input: &ReaderInput) -> Result<Logits, Error> {
    let n_tokens = input.ids.len();
    let mut x = Tensor::from_vec(weights.embed(&input.ids)?, (n_tokens, weights.hidden), &Device::Cpu)?;
    let attention = Attention { n_heads: weights.n_heads };
    for (layer_idx, layer) in weights.layers.iter().enumerate() {
        let linear = |x: &Tensor, matrix: usize| {
            let at = adapter_index(layer_idx, matrix);
            let (a, b) = (&parameters.all[at].1, &parameters.all[at + 1].1);
            x.apply_op3(a.as_tensor(), b.as_tensor(), layer.matrices[matrix].clone())
        };
        let attended = linear(&x, 0)?.apply_op3(&linear(&x, 1)?, &linear(&x, 2)?, attention)?;
        x = x.apply_op2(&linear(&attended, 3)?, layer.attention_norm.clone())?;
        let inner = linear(&x, 4)?.apply_op1(Gelu)?;
        x = x.apply_op2(&linear(&inner, 5)?, layer.output_norm.clone())?;
    }
    let text = x.narrow(0, input.text.start, input.text.len())?; // (tokens, hidden)
    let head = |x: &Tensor, name: &str| -> Result<Tensor, Error> {
        Ok(x.matmul(&parameters.get(name)?.t()?)?.flatten_all()?)
    };
    let answerable = head(&x.narrow(0, 0, 1)?, "reader.answerable")?;
    let answerable = (answerable + parameters.get("reader.answerable_bias")?.flatten_all()?)?.squeeze(0)?;
    Ok(Logits { start: head(&text, "reader.start")?, end: head(&text, "reader.end")?, answerable })
}

/// Negative log-likelihood of the span's ends and of the judgement, summed with equal weight.
///
/// # Errors
/// If a span lies outside the text.
pub fn loss(logits: &Logits, target: &Target) -> Result<Tensor, Error> {
    let judgement =
        softplus(&if target.answerable { logits.answerable.neg()? } else { logits.answerable.clone() })?;
    let Some((first, last)) = target.span else { return Ok(judgement) };
    let span = (cross_entropy(&logits.start, first)? + cross_entropy(&logits.end, last)?)?;
    Ok((judgement + (span * 0.5)?)?)
}

/// How far the right passage is from standing before the wrong one: log(1 + exp(wrong - right)), as in RankNet
/// (Burges et al. 2005).
///
/// # Errors
/// If memory is short.
pub fn rank_loss(right: &Logits, wrong: &Logits) -> Result<Tensor, Error> {
    softplus(&(&wrong.answerable - &right.answerable)?)
}

/// log(1 + exp(x)), without overflow.
fn softplus(x: &Tensor) -> Result<Tensor, Error> {
    Ok((x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?)?)
}

/// -log softmax(logits)[target]
fn cross_entropy(logits: &Tensor, target: usize) -> Result<Tensor, Error> {
    let most = logits.max(D::Minus1)?.detach();
    let sum = logits.broadcast_sub(&most)?.exp()?.sum_all()?.log()?;
    Ok((sum + (most - logits.get(target)?)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_their_formulas() {
        let tensor = |x: &[f32]| Tensor::new(x, &Device::Cpu).unwrap();
        let scalar = |x: f32| Tensor::new(x, &Device::Cpu).unwrap();
        let logits =
            |z: f32| Logits { start: tensor(&[1.0, 2.0]), end: tensor(&[0.0, 0.0]), answerable: scalar(z) };
        let value = |loss: Result<Tensor, Error>| loss.unwrap().to_scalar::<f32>().unwrap();
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
        let no = Target { answerable: false, span: None };
        close(value(loss(&logits(2.0), &no)), (1.0 + 2_f32.exp()).ln());
        let yes = Target { answerable: true, span: Some((0, 1)) };
        let start = (1_f32.exp() + 2_f32.exp()).ln() - 1.0;
        close(value(loss(&logits(2.0), &yes)), (1.0 + (-2_f32).exp()).ln() + 0.5 * (start + 2_f32.ln()));
        close(value(rank_loss(&logits(3.0), &logits(1.0))), (1.0 + (-2_f32).exp()).ln());
        close(value(loss(&logits(100.0), &no)), 100.0);
    }
}
