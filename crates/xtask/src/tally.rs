//! What test runners print becomes counts, and the counts one closing line: `N passed, N failed`.

use std::fmt;

/// Tests of all suites together. A check without a test runner counts as one test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that ran and held.
    pub passed: usize,
    /// Tests that did not hold, and steps that could not run.
    pub failed: usize,
}

impl Tally {
    /// Adds what one line of `cargo test` says: `test result: ok. 3 passed; 0 failed; …`.
    pub fn add_cargo_line(&mut self, line: &str) {
        if let Some(result) = line.trim_start().strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
        }
    }

    /// Adds what one line of Node's test runner says at its end, in its own words: `ℹ pass 3` or `# pass 3`.
    pub fn add_node_line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        if !matches!(words.next(), Some("ℹ" | "#")) {
            return;
        }
        let (name, count) = (words.next(), words.next().and_then(|count| count.parse::<usize>().ok()));
        match (name, count) {
            (Some("pass"), Some(count)) => self.passed += count,
            (Some("fail" | "cancelled"), Some(count)) => self.failed += count,
            _ => {}
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(text: &str, label: &str) -> usize {
    let before = text.split(label).next().unwrap_or_default();
    before
        .rsplit(|character: char| !character.is_ascii_digit())
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_lines_are_added_up() {
        let mut tally = Tally::default();
        tally.add_cargo_line("running 5 tests");
        tally.add_cargo_line("test tests::one ... ok");
        tally.add_cargo_line("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        tally
            .add_cargo_line("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(tally, Tally { passed: 15, failed: 2 });
        assert_eq!(tally.to_string(), "15 passed, 2 failed");
    }

    #[test]
    fn node_lines_are_added_up() {
        let mut tally = Tally::default();
        for line in ["ℹ tests 9", "ℹ pass 7", "ℹ fail 1", "ℹ cancelled 1", "✔ pass 3 (2ms)", "# pass 2"]
        {
            tally.add_node_line(line);
        }
        assert_eq!(tally, Tally { passed: 9, failed: 2 });
    }
}
