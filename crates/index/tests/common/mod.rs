//! Chunks and vectors for the tests of this crate.

use daneel_corpus::{Chunk, ChunkConfig, DocumentInfo, Language};
use daneel_index::{Embedder, Recipe};

/// A chunk with this title and text.
pub fn chunk(language: Language, title: &str, text: &str) -> Chunk {
    Chunk {
        id: format!("{title}-{}", text.len()),
        url: format!("https://example.org/{title}.html"),
        anchor: Some("how".to_owned()),
        title: title.to_owned(),
        headings: vec!["How".to_owned()],
        date: Some("2025-03-01".to_owned()),
        language,
        text: text.to_owned(),
    }
}

/// A recipe for vectors of this length.
pub fn recipe(dimensions: usize) -> Recipe {
    Recipe {
        embedder: Embedder { name: "test".to_owned(), sha256: "ab".repeat(32), dimensions },
        chunk: ChunkConfig::default(),
        dense_weight: 0.6,
    }
}

/// A vector of length 1 along `axis`, leaning a little to all sides.
pub fn vector(dimensions: usize, axis: usize) -> Vec<f32> {
    let raw: Vec<f32> = (0..dimensions).map(|i| if i == axis % dimensions { 1.0 } else { 0.1 }).collect();
    let norm = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.into_iter().map(|value| value / norm).collect()
}

/// A small bilingual corpus with its vectors of 8 dimensions, chunk `i` along axis `i`.
pub fn bilingual() -> (Vec<Chunk>, Vec<Vec<f32>>) {
    let chunks = vec![
        chunk(
            Language::ITALIAN,
            "Indici",
            "Un indice rovesciato elenca per ogni parola i passaggi in cui ricorre.",
        ),
        chunk(
            Language::ENGLISH,
            "Quantization",
            "Quantized weights need fewer bytes; quantizing loses little.",
        ),
        chunk(
            Language::ITALIAN,
            "Asimov",
            "Il robot Daneel Olivaw passa per un uomo. Perché? Lo chiede Elijah Baley.",
        ),
        chunk(Language::ENGLISH, "Browsers", "The language model runs in the visitor's browser, on WebGPU."),
        chunk(
            Language::ITALIAN,
            "Università",
            "Le università pubblicano dispense; la biblioteca le conserva.",
        ),
    ];
    let vectors = (0..chunks.len()).map(|axis| vector(8, axis)).collect();
    (chunks, vectors)
}

/// The documents of chunks, each once, in the order of their first chunk.
pub fn documents(chunks: &[Chunk]) -> Vec<DocumentInfo> {
    let mut documents: Vec<DocumentInfo> = Vec::new();
    for chunk in chunks {
        if documents.iter().all(|document| document.url != chunk.url) {
            documents.push(DocumentInfo {
                url: chunk.url.clone(),
                title: chunk.title.clone(),
                date: chunk.date.clone(),
                tags: vec!["notes".to_owned()],
                language: chunk.language,
                summary: chunk.text.clone(),
            });
        }
    }
    documents
}
