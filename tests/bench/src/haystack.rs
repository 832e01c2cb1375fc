//! Made-up chunks become an index of a chosen size, to be searched with made-up questions.

use daneel_corpus::{Chunk, ChunkConfig, DocumentInfo, Language};
use daneel_index::{Embedder, Index, Query, Recipe, build};
use wasm_bindgen::prelude::*;

const DIMENSIONS: usize = 384;
const WORDS_PER_CHUNK: usize = 120;
const WORDS_PER_QUERY: usize = 6;
const VOCABULARY: u64 = 20_000;
/// Vectors of real texts lie in groups.
const TOPICS: usize = 200;

/// An index over chunks whose words are spread as in natural text.
#[wasm_bindgen]
pub struct Haystack {
    index: Index,
    topics: Vec<Vec<f32>>,
    random: Random,
}

#[wasm_bindgen]
impl Haystack {
    /// Builds it; takes a while.
    ///
    /// # Errors
    /// If the index refuses them.
    #[wasm_bindgen(constructor)]
    pub fn new(n_chunks: usize) -> Result<Haystack, JsError> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let chunks: Vec<_> = (0..n_chunks).map(|number| random.chunk(number)).collect();
        let documents = chunks.iter().map(row).collect();
        let topics: Vec<_> = (0..TOPICS).map(|_| random.direction()).collect();
        let vectors = (0..n_chunks).map(|_| random.near(&topics)).collect();
        let embedder = Embedder { name: "none".into(), sha256: String::new(), dimensions: DIMENSIONS };
        let recipe = Recipe { embedder, chunk: ChunkConfig::default(), dense_weight: 0.6 };
        let index = build(documents, chunks, vectors, recipe, &mut |_, _| {})?;
        // As a visitor's browser has it: read from its artifact.
        Ok(Self { index: Index::from_bytes(&index.to_bytes()?)?, topics, random })
    }

    /// Searches with a new question; the number of hits, so that no work can be left out.
    pub fn search(&mut self) -> usize {
        let (text, vector) = (self.random.text(WORDS_PER_QUERY), self.random.near(&self.topics));
        let query =
            Query { text: &text, language: Some(Language::ENGLISH), vector: Some(&vector), limit: 10 };
        self.index.search(&query).len()
    }
}

/// A generator of numbers (SplitMix64): the same haystack every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Words by Zipf's law: the number of a word is log-uniform.
    fn text(&mut self, n_words: usize) -> String {
        let mut text = String::new();
        for _ in 0..n_words {
            let rank = (VOCABULARY as f64).powf(self.unit()) as u64;
            text.push_str(&format!("word{rank} "));
        }
        text
    }

    /// A direction: `(DIMENSIONS)`, of length 1.
    fn direction(&mut self) -> Vec<f32> {
        normalized((0..DIMENSIONS).map(|_| (self.unit() + self.unit() - 1.0) as f32).collect())
    }

    /// A direction close to one of `topics`.
    fn near(&mut self, topics: &[Vec<f32>]) -> Vec<f32> {
        let topic = &topics[self.next() as usize % topics.len()];
        normalized(self.direction().iter().zip(topic).map(|(own, shared)| own + shared).collect())
    }

    fn chunk(&mut self, number: usize) -> Chunk {
        Chunk {
            id: number.to_string(),
            url: format!("post/{number}"),
            anchor: None,
            title: self.text(4),
            headings: Vec::new(),
            date: None,
            language: Language::ENGLISH,
            text: self.text(WORDS_PER_CHUNK),
        }
    }
}

/// The row of the document that a chunk is the whole of.
fn row(chunk: &Chunk) -> DocumentInfo {
    DocumentInfo {
        url: chunk.url.clone(),
        title: chunk.title.clone(),
        date: None,
        tags: Vec::new(),
        language: chunk.language,
        summary: String::new(),
    }
}

fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}
