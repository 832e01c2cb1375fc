//! Every gradient against finite differences.

use std::sync::Arc;

use candle_core::{Device, Tensor, Var};

use super::*;

/// Numbers between -1 and 1 that look random and are always the same.
fn noise(seed: u32, len: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn variable(seed: u32, shape: (usize, usize)) -> Var {
    Var::from_vec(noise(seed, shape.0 * shape.1), shape, &Device::Cpu).unwrap()
}

/// The gradient of Σ y · noise by the tape, against ((y(x + h) - y(x - h)) / 2h) for each of some elements.
#[track_caller]
fn check(variables: &[&Var], forward: &dyn Fn() -> Tensor) {
    let loss = || {
        let y = forward();
        let weights = Tensor::from_vec(noise(99, y.elem_count()), y.shape(), &Device::Cpu).unwrap();
        (y * weights).unwrap().sum_all().unwrap()
    };
    let gradients = loss().backward().unwrap();
    for (number, variable) in variables.iter().enumerate() {
        let gradient = values(gradients.get(variable).expect("a gradient")).unwrap();
        let original = values(variable).unwrap();
        for at in (0..original.len()).step_by(1 + original.len() / 17) {
            let h = 1e-2;
            let at_distance = |distance: f32| {
                let mut moved = original.clone();
                moved[at] += distance;
                variable.set(&Tensor::from_vec(moved, variable.shape(), &Device::Cpu).unwrap()).unwrap();
                f64::from(loss().to_scalar::<f32>().unwrap())
            };
            let difference = (at_distance(h) - at_distance(-h)) / f64::from(2.0 * h);
            variable
                .set(&Tensor::from_vec(original.clone(), variable.shape(), &Device::Cpu).unwrap())
                .unwrap();
            let found = f64::from(gradient[at]);
            let tolerance = 2e-2 * (1.0 + found.abs());
            assert!(
                (found - difference).abs() < tolerance,
                "variable {number}, element {at}: {found} {difference}"
            );
        }
    }
}

#[test]
fn a_linear_layer_with_its_adapter() {
    let (x, a, b) = (variable(1, (5, 7)), variable(2, (3, 7)), variable(3, (9, 3)));
    let linear = LoraLinear {
        weight: noise(4, 63).into(),
        bias: noise(5, 9).into(),
        in_features: 7,
        out_features: 9,
        scale: 1.5,
    };
    let forward = || x.apply_op3(&a, &b, linear.clone()).unwrap();
    // The textbook's formula.
    let tensor = |data: &[f32], shape: (usize, usize)| Tensor::from_slice(data, shape, &Device::Cpu).unwrap();
    let whole = (tensor(&linear.weight, (9, 7)) + (b.matmul(&a).unwrap() * 1.5).unwrap()).unwrap();
    let expected =
        x.matmul(&whole.t().unwrap()).unwrap().broadcast_add(&tensor(&linear.bias, (1, 9))).unwrap();
    for (found, expected) in values(&forward()).unwrap().iter().zip(values(&expected).unwrap()) {
        assert!((found - expected).abs() < 1e-5);
    }
    check(&[&x, &a, &b], &forward);
}

#[test]
fn attention_over_two_heads() {
    let (q, k, v) = (variable(1, (5, 8)), variable(2, (5, 8)), variable(3, (5, 8)));
    check(&[&q, &k, &v], &|| q.apply_op3(&k, &v, Attention { n_heads: 2 }).unwrap());
}

#[test]
fn layer_norm_and_gelu() {
    let (x, y) = (variable(1, (4, 6)), variable(7, (4, 6)));
    let norm = LayerNorm { weight: noise(2, 6).into(), bias: Arc::from([0.5; 6]), epsilon: 1e-5 };
    check(&[&x, &y], &|| x.apply_op2(&y, norm.clone()).unwrap());
    check(&[&x], &|| x.apply_op1(Gelu).unwrap());
    let gelu =
        values(&Tensor::new(&[-1.0_f32, 0.0, 1.0], &Device::Cpu).unwrap().apply_op1(Gelu).unwrap()).unwrap();
    for (found, expected) in gelu.iter().zip([-0.158_655, 0.0, 0.841_345]) {
        assert!((found - expected).abs() < 1e-5);
    }
}
