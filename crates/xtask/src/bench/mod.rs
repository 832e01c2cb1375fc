//! `cargo xtask bench …`: both sides of a comparison run in turns on one machine and become one table.

mod browser;
mod embed;
mod gpu;

pub use browser::browser;
pub use embed::embed;
pub use gpu::gpu;

/// The middle of the values; of an even number, the upper of the two in the middle. 0 of none.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(&mut [9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(&mut []), 0.0);
    }
}
