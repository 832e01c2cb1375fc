//! Progress messages become what the reader may know: what works, what is coming and when.

use daneel_rag::{FileEntry, Manifest, Stage};

use super::units::Rate;

/// How far one part of the engine has got.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Its turn has not come.
    Waiting,
    /// It is being downloaded.
    Downloading {
        /// Bytes that are here.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It is here and being read.
    Preparing {
        /// Bytes that have been read.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// It works.
    Ready,
    /// It will not come, and why.
    Failed(String),
    /// The site has none.
    Absent,
}

/// What the reader can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// Nothing yet.
    Nothing,
    /// Search by words.
    Search,
    /// Search by meaning, and be quoted the texts.
    Quote,
    /// Be written an answer.
    Write,
}

/// All parts of the engine.
#[derive(Clone, Debug)]
pub struct Parts {
    parts: [Part; 3],
    /// Bytes of each part.
    sizes: [u64; 3],
    rate: Rate,
    rate_stage: Stage,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            parts: [Part::Waiting, Part::Waiting, Part::Waiting],
            sizes: [0; 3],
            rate: Rate::default(),
            rate_stage: Stage::Index,
        }
    }
}

impl Parts {
    /// The order in which they come.
    pub const STAGES: [Stage; 3] = [Stage::Index, Stage::Embedder, Stage::Chat];

    /// Learns what the site has.
    pub fn opened(&mut self, manifest: &Manifest) {
        let size = |files: &[FileEntry]| files.iter().map(|file| file.size).sum();
        let chat = manifest.chat.as_ref().map(|chat| size(&chat.shards));
        self.sizes = [size(&manifest.index), size(&manifest.embedder.shards), chat.unwrap_or(0)];
        if chat.is_none() {
            self.parts[Stage::Chat as usize] = Part::Absent;
        }
    }

    /// Notes that bytes of a part are there at `now` milliseconds.
    pub fn progress(&mut self, stage: Stage, done: u64, total: u64, network: bool, now: f64) {
        self.parts[stage as usize] =
            if network { Part::Downloading { done, total } } else { Part::Preparing { done, total } };
        if network {
            if stage != self.rate_stage {
                // What an earlier visit left behind would look like a very fast network.
                self.rate = Rate::default();
                self.rate_stage = stage;
            }
            self.rate.note(now, done);
        }
    }

    /// A part works.
    pub fn ready(&mut self, stage: Stage) {
        self.parts[stage as usize] = Part::Ready;
    }

    /// A part will not come.
    pub fn failed(&mut self, stage: Stage, message: String) {
        self.parts[stage as usize] = Part::Failed(message);
    }

    /// Whether a part before this one failed for the same reason.
    pub fn failed_before(&self, stage: Stage, reason: &str) -> bool {
        self.parts[..stage as usize].iter().any(|part| matches!(part, Part::Failed(other) if other == reason))
    }

    /// One part.
    pub fn get(&self, stage: Stage) -> &Part {
        &self.parts[stage as usize]
    }

    /// Bytes of a part, where the site has told.
    pub fn size(&self, stage: Stage) -> u64 {
        self.sizes[stage as usize]
    }

    /// What works.
    pub fn ability(&self) -> Ability {
        match self.parts.each_ref() {
            [Part::Ready, _, Part::Ready] => Ability::Write,
            [Part::Ready, Part::Ready, _] => Ability::Quote,
            [Part::Ready, ..] => Ability::Search,
            _ => Ability::Nothing,
        }
    }

    /// Whether nothing more will come.
    pub fn is_settled(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Ready | Part::Failed(_) | Part::Absent))
    }

    /// Whether something that was to come will not.
    pub fn has_failed(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Failed(_)))
    }

    /// Whether a question asked now is answered at once, without waiting for a part.
    pub fn answers_at_once(&self) -> bool {
        let settled = |part: &Part| matches!(part, Part::Ready | Part::Failed(_) | Part::Absent);
        let [index, embedder, chat] = &self.parts;
        settled(index) && settled(embedder) && (settled(chat) || matches!(chat, Part::Downloading { .. }))
    }

    /// Whether anything is fetched from the network.
    pub fn is_downloading(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Downloading { .. }))
    }

    /// Seconds until a part has been downloaded, those before it included; none while that cannot be told.
    pub fn seconds_until(&self, stage: Stage) -> Option<f64> {
        let remaining = (0..=stage as usize)
            .map(|at| match self.parts[at] {
                Part::Waiting => self.sizes[at],
                Part::Downloading { done, total } => total.saturating_sub(done),
                _ => 0,
            })
            .sum();
        self.rate.seconds_for(remaining).filter(|_| remaining > 0)
    }

    /// Share of all bytes that are here, 0 to 100.
    pub fn percent(&self) -> u64 {
        let total: u64 = self.sizes.iter().sum();
        let done: u64 = self
            .parts
            .iter()
            .zip(self.sizes)
            .map(|(part, size)| match *part {
                Part::Waiting => 0,
                Part::Downloading { done, .. } => done.min(size),
                _ => size,
            })
            .sum();
        (done * 100).checked_div(total).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_adds_an_ability() {
        let mut parts = Parts::default();
        assert_eq!(parts.ability(), Ability::Nothing);
        parts.ready(Stage::Index);
        assert_eq!(parts.ability(), Ability::Search);
        assert!(!parts.answers_at_once());
        parts.ready(Stage::Embedder);
        assert_eq!(parts.ability(), Ability::Quote);
        assert!(!parts.answers_at_once(), "the chat model may be in the browser's storage");
        parts.progress(Stage::Chat, 1, 10, true, 0.0);
        assert!(parts.answers_at_once(), "a download is not worth waiting for");
        parts.failed(Stage::Chat, "no network".into());
        assert_eq!(parts.ability(), Ability::Quote);
        assert!(parts.is_settled() && parts.has_failed());
        assert!(!parts.failed_before(Stage::Chat, "no network"));
        parts.failed(Stage::Embedder, "no network".into());
        assert!(parts.failed_before(Stage::Chat, "no network"));
        parts.ready(Stage::Chat);
        assert_eq!(parts.ability(), Ability::Write);
    }

    #[test]
    fn time_left_counts_the_parts_before() {
        let mut parts = Parts { sizes: [0, 2_000, 4_000], ..Parts::default() };
        parts.ready(Stage::Index);
        assert_eq!(parts.seconds_until(Stage::Chat), None);
        parts.progress(Stage::Embedder, 0, 2_000, true, 0.0);
        parts.progress(Stage::Embedder, 1_000, 2_000, true, 1_000.0);
        assert_eq!(parts.seconds_until(Stage::Embedder), Some(1.0));
        assert_eq!(parts.seconds_until(Stage::Chat), Some(5.0));
        assert_eq!(parts.percent(), 16);
        parts.progress(Stage::Embedder, 5, 2_000, false, 2_000.0);
        assert_eq!(parts.seconds_until(Stage::Embedder), None);
    }

    #[test]
    fn bytes_of_an_earlier_visit_are_not_speed() {
        let mut parts = Parts { sizes: [0, 0, 9_000], ..Parts::default() };
        parts.progress(Stage::Chat, 5_000, 9_000, true, 0.0);
        assert_eq!(parts.seconds_until(Stage::Chat), None);
        parts.progress(Stage::Chat, 6_000, 9_000, true, 1_000.0);
        assert_eq!(parts.seconds_until(Stage::Chat), Some(3.0));
    }
}
