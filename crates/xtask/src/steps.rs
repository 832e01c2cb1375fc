//! A list of steps becomes named lines with progress and time: `[3/8] npm packages` … `ready after 2.1 s`.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How a step ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// There was nothing to do.
    AlreadyThere,
    /// It was done now.
    Now,
}

/// Counts the steps of one command.
pub struct Steps {
    total: usize,
    started: usize,
    begin: Instant,
}

impl Steps {
    /// Room for `total` steps.
    pub fn new(total: usize) -> Self {
        Self { total, started: 0, begin: Instant::now() }
    }

    /// Runs the next step and says how long it took.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<Done>) -> Result<()> {
        self.started += 1;
        println!("[{}/{}] {name}", self.started, self.total);
        let begin = Instant::now();
        let done = step().with_context(|| format!("step {}, {name}", self.started))?;
        let took = Elapsed(begin.elapsed());
        match done {
            Done::AlreadyThere => println!("      already there"),
            Done::Now => {
                println!("      ready after {took} ({} since the start)", Elapsed(self.begin.elapsed()))
            }
        }
        Ok(())
    }

    /// Time since the first step.
    pub fn elapsed(&self) -> Elapsed {
        Elapsed(self.begin.elapsed())
    }
}

/// A span of time as people read it: `0.4 s`, `3 min 7 s`.
pub struct Elapsed(pub Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0..60 => write!(formatter, "{:.1} s", self.0.as_secs_f64()),
            seconds => write!(formatter, "{} min {} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_written_as_people_read_it() {
        assert_eq!(Elapsed(Duration::from_millis(420)).to_string(), "0.4 s");
        assert_eq!(Elapsed(Duration::from_secs(187)).to_string(), "3 min 7 s");
    }

    #[test]
    fn a_failing_step_is_named() {
        let error = Steps::new(1).run("models", || anyhow::bail!("no disk")).unwrap_err();
        assert_eq!(format!("{error:#}"), "step 1, models: no disk");
    }
}
