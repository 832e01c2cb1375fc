//! Logistic regressions by Newton's method, of signals that are scaled to unit deviation first.

/// Steps of Newton's method: it converges in a handful.
const STEPS: usize = 30;
/// Weight of the squared coefficients, so that signals that say the same share what they say.
const L2: f64 = 1.0;

/// One choice: alternatives with their signals, and whether each is right.
pub type Choice = Vec<(Vec<f64>, bool)>;

/// Coefficients, one for each signal.
#[derive(Clone, Debug)]
pub struct Logit {
    /// Of the signals as they are.
    pub weights: Vec<f64>,
    /// What is added.
    pub bias: f64,
}

impl Logit {
    /// Weighted sum of signals.
    pub fn score(&self, signals: &[f64]) -> f64 {
        self.bias + dot(&self.weights, signals)
    }

    /// Whether signals belong to a thing that is so, both kinds weighing the same.
    pub fn binary(cases: &[(Vec<f64>, bool)]) -> Self {
        let n_right = cases.iter().filter(|(_, right)| *right).count();
        let weight = |right: bool| {
            let n = if right { n_right } else { cases.len() - n_right };
            cases.len() as f64 / (2 * n.max(1)) as f64
        };
        let scale = Scale::of(cases.iter().map(|(signals, _)| signals));
        // The last coefficient is the bias.
        let rows: Vec<(Vec<f64>, bool)> = cases
            .iter()
            .map(|(signals, right)| (scale.applied(signals).into_iter().chain([1.0]).collect(), *right))
            .collect();
        let n = scale.deviation.len() + 1;
        let coefficients = newton(n, n - 1, |coefficients, gradient, hessian| {
            for (row, right) in &rows {
                let p = 1.0 / (1.0 + (-dot(coefficients, row)).exp());
                let (w, error) = (weight(*right), p - f64::from(u8::from(*right)));
                for (i, x) in row.iter().enumerate() {
                    gradient[i] += w * error * x;
                    for (j, y) in row.iter().enumerate() {
                        hessian[i][j] += w * p * (1.0 - p) * x * y;
                    }
                }
            }
        });
        scale.undone(&coefficients[..n - 1], coefficients[n - 1])
    }

    /// Which alternative is right (McFadden 1974); where several are, any of them. Choices without a right or a wrong one
    /// say nothing.
    pub fn conditional(choices: &[Choice]) -> Self {
        let scale = Scale::of(choices.iter().flatten().map(|(signals, _)| signals));
        let scaled: Vec<Choice> = choices
            .iter()
            .map(|choice| choice.iter().map(|(signals, right)| (scale.applied(signals), *right)).collect())
            .collect();
        let n = scale.deviation.len();
        let coefficients = newton(n, n, |coefficients, gradient, hessian| {
            for choice in &scaled {
                let all = shares(coefficients, choice, |_| true);
                let right = shares(coefficients, choice, |right| right);
                let (mean, right_mean) = (expected(choice, &all, n), expected(choice, &right, n));
                for i in 0..n {
                    gradient[i] += mean[i] - right_mean[i];
                    for j in 0..n {
                        // The convex part of it, so that every step descends.
                        hessian[i][j] += choice
                            .iter()
                            .zip(&all)
                            .map(|((x, _), share)| share * (x[i] - mean[i]) * (x[j] - mean[j]))
                            .sum::<f64>();
                    }
                }
            }
        });
        Self { bias: 0.0, ..scale.undone(&coefficients, 0.0) }
    }
}

/// Softmax over those alternatives that count; 0 for the others.
fn shares(coefficients: &[f64], choice: &Choice, counts: impl Fn(bool) -> bool) -> Vec<f64> {
    let exp = |(signals, right): &(Vec<f64>, bool)| match counts(*right) {
        true => dot(coefficients, signals).exp(),
        false => 0.0,
    };
    let exps: Vec<f64> = choice.iter().map(exp).collect();
    let sum: f64 = exps.iter().sum();
    exps.iter().map(|exp| exp / sum.max(f64::MIN_POSITIVE)).collect()
}

fn expected(choice: &Choice, shares: &[f64], n: usize) -> Vec<f64> {
    (0..n).map(|i| choice.iter().zip(shares).map(|((x, _), share)| share * x[i]).sum()).collect()
}

/// Coefficients where the penalised loss is least; the first `penalised` of them are. `derive` adds the loss's gradient and Hessian to
/// zeros.
fn newton(n: usize, penalised: usize, derive: impl Fn(&[f64], &mut [f64], &mut [Vec<f64>])) -> Vec<f64> {
    let mut coefficients = vec![0.0; n];
    for _ in 0..STEPS {
        let (mut gradient, mut hessian) = (vec![0.0; n], vec![vec![0.0; n]; n]);
        derive(&coefficients, &mut gradient, &mut hessian);
        for i in 0..n {
            let l2 = if i < penalised { L2 } else { 1e-9 };
            gradient[i] += l2 * coefficients[i];
            hessian[i][i] += l2;
        }
        for (coefficient, step) in coefficients.iter_mut().zip(solved(hessian, gradient)) {
            *coefficient -= step;
        }
    }
    coefficients
}

/// x of A x = b for a symmetric positive definite A, by elimination.
fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for pivot in 0..n {
        let (head, tail) = a.split_at_mut(pivot + 1);
        let row = &head[pivot];
        for (offset, other) in tail.iter_mut().enumerate() {
            let factor = other[pivot] / row[pivot];
            other.iter_mut().zip(row).skip(pivot).for_each(|(x, y)| *x -= factor * y);
            b[pivot + 1 + offset] -= factor * b[pivot];
        }
    }
    for pivot in (0..n).rev() {
        let known = dot(&a[pivot][pivot + 1..], &b[pivot + 1..]);
        b[pivot] = (b[pivot] - known) / a[pivot][pivot];
    }
    b
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Mean and deviation of each signal.
struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    fn of<'a>(rows: impl Iterator<Item = &'a Vec<f64>> + Clone) -> Self {
        let n = rows.clone().count().max(1) as f64;
        let width = rows.clone().next().map_or(0, Vec::len);
        let mean: Vec<f64> = (0..width).map(|i| rows.clone().map(|row| row[i]).sum::<f64>() / n).collect();
        let variance = |i: usize| rows.clone().map(|row| (row[i] - mean[i]).powi(2)).sum::<f64>() / n;
        let deviation = (0..width).map(|i| variance(i).sqrt().max(1e-9)).collect();
        Self { mean, deviation }
    }

    fn applied(&self, signals: &[f64]) -> Vec<f64> {
        let scales = self.mean.iter().zip(&self.deviation);
        signals.iter().zip(scales).map(|(x, (mean, deviation))| (x - mean) / deviation).collect()
    }

    /// Coefficients of the signals as they are.
    fn undone(&self, coefficients: &[f64], bias: f64) -> Logit {
        let weights: Vec<f64> =
            coefficients.iter().zip(&self.deviation).map(|(weight, deviation)| weight / deviation).collect();
        Logit { bias: bias - dot(&weights, &self.mean), weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_the_difference_gets_the_weight() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut case = |_| {
            let signals = vec![random.f64() * 10.0, random.f64() * 10.0];
            let odds: f64 = 2.0 * (signals[0] - 5.0);
            let right = random.f64() < 1.0 / (1.0 + (-odds).exp());
            (signals, right)
        };
        let cases: Vec<_> = (0..2000).map(&mut case).collect();
        let logit = Logit::binary(&cases);
        assert!((logit.weights[0] - 2.0).abs() < 0.3, "{logit:?}");
        assert!(logit.weights[1].abs() < 0.2 && logit.score(&[9.0, 5.0]) > 0.0, "{logit:?}");
        assert!(logit.score(&[1.0, 5.0]) < 0.0);
    }

    #[test]
    fn the_right_alternative_scores_highest() {
        let mut random = fastrand::Rng::with_seed(2);
        let mut choice = |_| -> Choice {
            let signals: Vec<Vec<f64>> = (0..4).map(|_| vec![random.f64(), random.f64() * 100.0]).collect();
            let best = signals.iter().map(|signals| signals[1]).fold(f64::MIN, f64::max);
            signals.into_iter().map(|signals| (signals.clone(), signals[1] == best)).collect()
        };
        let choices: Vec<_> = (0..200).map(&mut choice).collect();
        let logit = Logit::conditional(&choices);
        assert!(logit.weights[1] > 0.05 && logit.bias == 0.0, "{logit:?}");
        assert!(logit.weights[1] * 100.0 > 5.0 * logit.weights[0].abs(), "{logit:?}");
    }

    #[test]
    fn nothing_to_learn_from_gives_numbers_still() {
        let logit = Logit::binary(&[(vec![1.0, 2.0], true), (vec![1.0, 3.0], true)]);
        assert!(logit.weights.iter().all(|weight| weight.is_finite()) && logit.bias.is_finite());
        assert!(Logit::conditional(&[]).weights.is_empty());
    }
}
