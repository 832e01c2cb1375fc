//! Bytes, durations and rates become what a reader understands.

use std::collections::VecDeque;

/// Bytes in decimal units, as download pages show them: `72.4 MB`, or `72,4 MB` with a decimal comma.
pub fn bytes(count: u64, decimal_comma: bool) -> String {
    let text = match count {
        0..1_000 => return format!("{count} B"),
        1_000..1_000_000 => format!("{} kB", (count + 500) / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.2} GB", count as f64 / 1e9),
    };
    if decimal_comma { text.replace('.', ",") } else { text }
}

/// A duration that is an estimate, rounded accordingly: `8 s`, `40 s`, `3 min`, `1 h 10 min`.
pub fn rough_duration(seconds: f64) -> String {
    let seconds = seconds.clamp(1.0, 360_000.0).round() as u64;
    match seconds {
        0..10 => format!("{seconds} s"),
        10..55 => format!("{} s", seconds.div_ceil(5) * 5),
        55..3_300 => format!("{} min", seconds.div_ceil(60)),
        _ => {
            let tens = seconds.div_ceil(600);
            match (tens / 6, tens % 6 * 10) {
                (hours, 0) => format!("{hours} h"),
                (hours, minutes) => format!("{hours} h {minutes} min"),
            }
        }
    }
}

/// Measures how fast bytes arrive, over the last few seconds.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    /// (milliseconds, bytes done), oldest first.
    samples: VecDeque<(f64, u64)>,
}

impl Rate {
    /// Milliseconds that the measure looks back.
    const WINDOW: f64 = 8_000.0;

    /// Notes that `done` bytes are there at `now` milliseconds.
    pub fn note(&mut self, now: f64, done: u64) {
        if self.samples.back().is_some_and(|&(_, earlier)| done < earlier) {
            self.samples.clear();
        }
        self.samples.push_back((now, done));
        while self.samples.len() > 2
            && self.samples.front().is_some_and(|&(time, _)| now - time > Self::WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Bytes a second, once there is something to go by.
    pub fn per_second(&self) -> Option<f64> {
        let (&(start, first), &(end, last)) = (self.samples.front()?, self.samples.back()?);
        let seconds = (end - start) / 1_000.0;
        (seconds >= 0.5 && last > first).then(|| (last - first) as f64 / seconds)
    }

    /// Seconds until `remaining` bytes more are there.
    pub fn seconds_for(&self, remaining: u64) -> Option<f64> {
        self.per_second().map(|rate| remaining as f64 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_decimal_units() {
        assert_eq!(bytes(0, false), "0 B");
        assert_eq!(bytes(999, false), "999 B");
        assert_eq!(bytes(1_500, false), "2 kB");
        assert_eq!(bytes(72_431_000, false), "72.4 MB");
        assert_eq!(bytes(72_431_000, true), "72,4 MB");
        assert_eq!(bytes(1_250_000_000, true), "1,25 GB");
    }

    #[test]
    fn durations_are_rounded_up() {
        for (seconds, expected) in [
            (0.2, "1 s"),
            (8.4, "8 s"),
            (11.0, "15 s"),
            (41.0, "45 s"),
            (55.0, "1 min"),
            (130.0, "3 min"),
            (4_200.0, "1 h 10 min"),
            (7_200.0, "2 h"),
        ] {
            assert_eq!(rough_duration(seconds), expected, "{seconds}");
        }
        assert_eq!(rough_duration(f64::INFINITY), "100 h");
    }

    #[test]
    fn rate_over_the_last_seconds() {
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(), None);
        rate.note(0.0, 0);
        rate.note(1_000.0, 1_000);
        assert_eq!(rate.per_second(), Some(1_000.0));
        assert_eq!(rate.seconds_for(500), Some(0.5));
        // A stall of a whole window is forgotten by the next one.
        for second in 2..20 {
            rate.note(f64::from(second) * 1_000.0, 1_000 + u64::from(second as u32) * 10);
        }
        assert_eq!(rate.per_second().map(f64::round), Some(10.0));
        // A new download starts from nothing.
        rate.note(30_000.0, 5);
        assert_eq!(rate.per_second(), None);
    }
}
