//! How well the reader reads questions that it was not trained on.

use std::collections::HashMap;

use daneel_model::{Embedder, ReaderInput, best_spans};
use rayon::prelude::*;
use serde::Serialize;

use crate::Error;
use crate::data::{DataSet, PassageRef, Question};
use crate::parameters::Parameters;
use crate::reader::forward;
use crate::sample::tells;
use crate::weights::Weights;

/// Most tokens of an input: whole passages of encyclopaedias.
const MAX_TOKENS: usize = 448;

/// Figures of one set.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The set.
    pub set: String,
    /// Questions with an answer.
    pub questions: usize,
    /// Mean word F1 of the best span with the closest answer, in percent (Rajpurkar et al. 2016, arXiv:1606.05250).
    pub span_f1: f32,
    /// Share of spans that are an answer exactly, in percent.
    pub exact: f32,
    /// Probability that a passage that answers is judged higher than a wrong one of its document.
    pub auc: f32,
}

/// Reads at most `limit` questions of a set, spread evenly, each on its own passage and on a wrong one.
///
/// # Errors
/// If an input cannot be read.
pub fn evaluate(
    embedder: &Embedder,
    weights: &Weights,
    parameters: &Parameters,
    set: &DataSet,
    limit: usize,
) -> Result<Figures, Error> {
    let step = (set.questions.len() / limit.max(1)).max(1);
    let questions: Vec<(usize, &Question)> =
        set.questions.iter().enumerate().step_by(step).take(limit).collect();
    let judged: Vec<Judged> = questions
        .par_iter()
        .map(|(number, question)| {
            let read = |at: PassageRef| -> Result<(f32, String), Error> {
                let text = set.passage(at);
                let input = ReaderInput::new(embedder, &question.text, &set.title(at), text, MAX_TOKENS)?;
                let logits = forward(weights, parameters, &input)?;
                let (start, end): (Vec<f32>, Vec<f32>) = (logits.start.to_vec1()?, logits.end.to_vec1()?);
                let span = best_spans(&start, &end, 1).first().map_or("", |(span, _)| {
                    &text[input.offsets[span.start].start..input.offsets[span.end - 1].end]
                });
                Ok((logits.answerable.to_scalar()?, span.to_owned()))
            };
            let right = match question.gold {
                Some(gold) => {
                    let (logit, span) = read(gold)?;
                    let f1 = question.answers.iter().map(|answer| word_f1(&span, answer)).fold(0.0, f32::max);
                    let exact = question.answers.iter().any(|answer| words(answer) == words(&span));
                    Some(Right { logit, f1, exact })
                }
                None => None,
            };
            let wrong = match wrong_passage(set, question, *number) {
                Some(wrong) => Some(read(wrong)?.0),
                None => None,
            };
            Ok(Judged { right, wrong })
        })
        .collect::<Result<_, Error>>()?;
    let right: Vec<&Right> = judged.iter().filter_map(|judged| judged.right.as_ref()).collect();
    let wrong: Vec<f32> = judged.iter().filter_map(|judged| judged.wrong).collect();
    let percent = |sum: f32| 100.0 * sum / right.len().max(1) as f32;
    Ok(Figures {
        set: set.name.clone(),
        questions: right.len(),
        span_f1: percent(right.iter().map(|right| right.f1).sum()),
        exact: percent(right.iter().filter(|right| right.exact).count() as f32),
        auc: area_under_curve(&right.iter().map(|right| right.logit).collect::<Vec<_>>(), &wrong),
    })
}

/// What was read of one question.
struct Judged {
    /// On the passage that answers, where there is one.
    right: Option<Right>,
    /// The logit on a passage that does not.
    wrong: Option<f32>,
}

struct Right {
    logit: f32,
    f1: f32,
    exact: bool,
}

/// A passage of the same document that does not hold the answer.
fn wrong_passage(set: &DataSet, question: &Question, number: usize) -> Option<PassageRef> {
    let n_passages = set.documents[question.document].passages.len();
    let others: Vec<PassageRef> = (0..n_passages)
        .map(|passage| PassageRef { document: question.document, passage })
        .filter(|&other| Some(other) != question.gold && !tells(set.passage(other), question))
        .collect();
    (!others.is_empty()).then(|| others[number.wrapping_mul(7919) % others.len()])
}

/// Probability that one of `right` is larger than one of `wrong`; equal ones count half.
fn area_under_curve(right: &[f32], wrong: &[f32]) -> f32 {
    let mut sum = 0.0;
    for right in right {
        for wrong in wrong {
            sum += if right > wrong { 1.0 } else { 0.5 * f32::from(u8::from(right == wrong)) };
        }
    }
    sum / (right.len() * wrong.len()).max(1) as f32
}

/// Words in lower case without punctuation and articles.
fn words(text: &str) -> Vec<String> {
    const ARTICLES: [&str; 14] =
        ["a", "an", "the", "il", "lo", "la", "i", "gli", "le", "l", "un", "uno", "una", "dell"];
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !ARTICLES.contains(&word.as_str()))
        .collect()
}

/// Harmonic mean of precision and recall of words.
fn word_f1(found: &str, wanted: &str) -> f32 {
    let (found, wanted) = (words(found), words(wanted));
    let mut left: HashMap<&str, usize> = HashMap::new();
    wanted.iter().for_each(|word| *left.entry(word).or_default() += 1);
    let mut common = 0;
    for word in &found {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    if common == 0 {
        return f32::from(u8::from(found.is_empty() && wanted.is_empty()));
    }
    2.0 * common as f32 / (found.len() + wanted.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_counts_words_without_articles() {
        assert_eq!(word_f1("il gatto nero", "un gatto"), 2.0 / 3.0);
        assert_eq!(word_f1("The cat.", "cat"), 1.0);
        assert_eq!(word_f1("dog", "cat"), 0.0);
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        assert_eq!(area_under_curve(&[2.0, 3.0], &[1.0, 2.0]), 0.875);
    }
}
