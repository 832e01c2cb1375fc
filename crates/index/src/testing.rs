//! Random numbers and vectors for tests, the same on every machine.

/// A linear congruential generator (Knuth's constants).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below 1.
    pub fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    /// Nearly a normal number: twelve uniform ones, added and centred.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        (0..dimensions).map(|_| self.normal()).collect()
    }
}

/// Vectors of length 1 in all directions alike: the hardest case for a graph, as none is much nearer than another.
pub fn spread(count: usize, dimensions: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    (0..count).map(|_| unit(random.vector(dimensions))).collect()
}

/// Vectors of length 1 as texts have them: a direction common to all, topics, and what is their own.
pub fn clustered(count: usize, dimensions: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    let common = random.vector(dimensions);
    let topics: Vec<_> = (0..count / 50 + 1).map(|_| random.vector(dimensions)).collect();
    (0..count)
        .map(|_| {
            let topic = &topics[(random.uniform() * topics.len() as f32) as usize];
            let own = random.vector(dimensions);
            unit((0..dimensions).map(|i| 1.5 * common[i] + 0.7 * topic[i] + 0.5 * own[i]).collect())
        })
        .collect()
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / norm).collect()
}
