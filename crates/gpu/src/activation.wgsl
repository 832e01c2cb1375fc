// Activations between matrices; `kind` is enum Activation in activation.rs.

fn activate(x: f32, kind: u32) -> f32 {
    if kind == 1u {
        return x / (1.0 + exp(-x)); // SiLU
    }
    if kind == 2u {
        // GELU by tanh (Hendrycks & Gimpel 2016). Clamped, for some drivers' tanh overflows.
        let inner = 0.7978845608 * (x + 0.044715 * x * x * x);
        return 0.5 * x * (1.0 + tanh(clamp(inner, -15.0, 15.0)));
    }
    if kind == 3u {
        return 0.5 * x * (1.0 + erf(x * 0.7071067812)); // GELU as it was defined
    }
    return x;
}

// Abramowitz & Stegun 7.1.26, within 1.5e-7.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(x));
    let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return sign(x) * (1.0 - series * exp(-x * x));
}
