//! What a command says while it works: results on standard output, everything else on standard error.

use std::{
    cell::Cell,
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// How often a long work reports itself where no bar can be drawn.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// How much to say, and in which form.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Say nothing but results and errors.
    pub quiet: bool,
    /// Print results as JSON, and no bars.
    pub json: bool,
}

/// What a progress bar counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, shown as `12.3 MiB`.
    Bytes,
    /// Things, such as passages.
    Items,
}

impl Console {
    /// Says one line to the person at the terminal.
    pub fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            // Nobody is left to be told when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Says one line that must be read even with `--quiet`.
    pub fn warn(&self, line: impl std::fmt::Display) {
        let _ = writeln!(std::io::stderr(), "warning: {line}");
    }

    /// Prints a result: as one JSON value with `--json`, else as `text` shows it.
    pub fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let line = match self.json {
            true => serde_json::to_string_pretty(value).context("the result cannot be written as JSON")?,
            false => text(value),
        };
        print(&format!("{}\n", line.trim_end()))
    }

    /// Starts a progress display; a `total` of 0 means that it is not known.
    pub fn progress(&self, label: impl Into<String>, total: u64, unit: Unit) -> Progress {
        let label = label.into();
        let drawn = !self.quiet && !self.json && std::io::stderr().is_terminal();
        let bar = match drawn {
            true => ProgressBar::new(total).with_style(style(total, unit)).with_message(label.clone()),
            false => ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()),
        };
        if drawn {
            bar.enable_steady_tick(Duration::from_millis(200));
        } else {
            self.say(format_args!("{label} …"));
        }
        Progress {
            console: *self,
            label,
            total,
            unit,
            drawn,
            bar,
            started: Instant::now(),
            told: Cell::new(Instant::now()),
        }
    }
}

/// Writes to standard output; a closed pipe is an error, not a panic.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("standard output cannot be written")
}

/// A long work: a bar in a terminal, a line every few seconds elsewhere.
pub struct Progress {
    console: Console,
    label: String,
    total: u64,
    unit: Unit,
    drawn: bool,
    bar: ProgressBar,
    started: Instant,
    told: Cell<Instant>,
}

impl Progress {
    /// Says how far the work has got.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
        if !self.drawn && self.told.get().elapsed() >= PLAIN_INTERVAL {
            self.told.set(Instant::now());
            self.console.say(format_args!("{}: {}", self.label, self.describe(done)));
        }
    }

    /// Ends the display with one line that stays.
    pub fn finish(self) {
        let done = self.bar.position();
        self.bar.finish_and_clear();
        self.console.say(format_args!(
            "{}: {} in {:.1} s",
            self.label,
            amount(done, self.unit),
            self.started.elapsed().as_secs_f64()
        ));
    }

    /// `12 of 98 MiB, 3 MiB/s, 20 seconds left`.
    fn describe(&self, done: u64) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-3);
        let rate = done as f64 / seconds;
        let mut text = amount(done, self.unit);
        if self.total > 0 {
            text += &format!(" of {}", amount(self.total, self.unit));
        }
        text += &match self.unit {
            Unit::Bytes => format!(", {}/s", HumanBytes(rate as u64)),
            Unit::Items => format!(", {rate:.1}/s"),
        };
        if self.total > done && rate > 0.0 {
            let left = Duration::from_secs_f64((self.total - done) as f64 / rate);
            text += &format!(", {} left", HumanDuration(left));
        }
        text
    }
}

/// A count in the unit's own words.
fn amount(count: u64, unit: Unit) -> String {
    match unit {
        Unit::Bytes => HumanBytes(count).to_string(),
        Unit::Items => count.to_string(),
    }
}

fn style(total: u64, unit: Unit) -> ProgressStyle {
    let template = match (unit, total) {
        (Unit::Bytes, 0) => "{msg}  {spinner} {bytes}  {bytes_per_sec}",
        (Unit::Bytes, _) => "{msg}  [{wide_bar}] {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
        (Unit::Items, 0) => "{msg}  {spinner} {pos}  {per_sec}",
        (Unit::Items, _) => "{msg}  [{wide_bar}] {pos}/{len}  {per_sec}  {eta} left",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_valid() {
        let message = "pull";
        for unit in [Unit::Bytes, Unit::Items] {
            for total in [0, 10] {
                let bar = ProgressBar::hidden().with_style(style(total, unit)).with_message(message);
                bar.set_position(5);
            }
        }
    }

    #[test]
    fn a_plain_line_shows_rate_and_time_left() {
        let console = Console { quiet: true, json: false };
        let progress = console.progress("x", 100, Unit::Items);
        let line = progress.describe(50);
        assert!(line.starts_with("50 of 100, "), "{line}");
        assert!(line.ends_with("left"), "{line}");
    }
}
