//! Texts become vectors: the encoder family (BERT, XLM-R) behind one interface.

use crate::clock::yield_now;
use crate::encoder::{Encoder, EncoderConfig};
use crate::gguf::Gguf;
use crate::gpu::GpuEncoder;
use crate::unigram::Unigram;
use crate::wordpiece::WordPiece;
use crate::{Engine, Error, ModelFile};

/// What a text is to the search: E5 models put `query: ` or `passage: ` in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// A question.
    Query,
    /// A passage of the corpus.
    Passage,
}

/// An encoder with its tokenizer.
pub struct Embedder {
    encoding: Encoding,
    tokenizer: Tokenizer,
    bos_id: u32,
    eos_id: u32,
    query_prefix: String,
    passage_prefix: String,
}

/// An encoder on one of the engines.
pub(crate) enum Encoding {
    Cpu(Box<Encoder>),
    Gpu(Box<GpuEncoder>),
}

enum Tokenizer {
    Unigram(Unigram),
    WordPiece(Box<WordPiece>),
}

impl Embedder {
    /// Loads an encoder on the CPU; `progress` is called with (bytes read, bytes in all).
    ///
    /// # Errors
    /// If the file is damaged or not an encoder.
    pub async fn load(file: &impl ModelFile, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, Error> {
        Self::load_on(&Engine::Cpu, file, progress).await
    }

    /// Loads an encoder on the CPU or a GPU.
    ///
    /// # Errors
    /// If the file is damaged or not an encoder, or the GPU cannot take it.
    pub async fn load_on(
        engine: &Engine,
        file: &impl ModelFile,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        let mut gguf = Gguf::open(file, progress).await?;
        match gguf.architecture()? {
            "bert" => {}
            other => {
                return Err(Error::Unsupported(format!("`{other}` is not an encoder of the BERT family")));
            }
        }
        let tokenizer = match gguf.string("tokenizer.ggml.model")? {
            "t5" => Tokenizer::Unigram(Unigram::load(&gguf)?),
            "bert" => Tokenizer::WordPiece(Box::new(WordPiece::load(&gguf)?)),
            other => {
                return Err(Error::Unsupported(format!("an encoder with a tokenizer of type `{other}`")));
            }
        };
        let n_tokens = gguf.strings("tokenizer.ggml.tokens")?.len();
        let bos_id = special_token(&gguf, ["cls_token_id", "bos_token_id"], n_tokens)?;
        let eos_id = special_token(&gguf, ["seperator_token_id", "eos_token_id"], n_tokens)?;
        let prefix = |key| Ok::<_, Error>(gguf.optional_string(key)?.unwrap_or_default().to_owned());
        let query_prefix = prefix("daneel.prefix.query")?;
        let passage_prefix = prefix("daneel.prefix.passage")?;
        let config = EncoderConfig::read(&gguf, n_tokens)?;
        if config.max_tokens < 3 {
            return Err(Error::Damaged(format!("it takes texts of {} tokens at most", config.max_tokens)));
        }
        let encoding = match engine {
            Engine::Cpu => Encoding::Cpu(Box::new(Encoder::load(&mut gguf, config).await?)),
            Engine::Gpu(device) => {
                Encoding::Gpu(Box::new(GpuEncoder::load(device.0.clone(), &mut gguf, config).await?))
            }
        };
        Ok(Self { encoding, tokenizer, bos_id, eos_id, query_prefix, passage_prefix })
    }

    /// Length of a vector.
    pub fn dimensions(&self) -> usize {
        self.config().hidden_size
    }

    /// Most tokens of one text, special tokens and prefix included.
    pub fn max_tokens(&self) -> usize {
        self.config().max_tokens
    }

    /// Tokens of a text, without special tokens and prefix.
    pub fn count_tokens(&self, text: &str) -> usize {
        // A text that the tokenizer cannot take has no tokens to count; embedding it gives the error.
        self.tokenize(text).map_or(0, |ids| ids.len())
    }

    /// One vector of length 1 for each text; a longer text than [`Self::max_tokens`] is cut. Texts are shared out among
    /// the processor's cores; in a browser the event loop runs between one and the next.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn embed(&self, texts: &[&str], kind: TextKind) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = Vec::with_capacity(texts.len());
        match &self.encoding {
            Encoding::Cpu(encoder) => {
                for texts in texts.chunks(BATCH) {
                    vectors.extend(embed_batch(texts, |text| encoder.embed(&self.ids(text, kind)?))?);
                    yield_now().await;
                }
            }
            Encoding::Gpu(encoder) => {
                // One text waits while another is computed.
                let mut running = None;
                for text in texts {
                    let next = encoder.begin(&self.ids(text, kind)?).await?;
                    if let Some(embedding) = running.replace(next) {
                        vectors.push(encoder.finish(embedding).await?);
                    }
                }
                if let Some(embedding) = running {
                    vectors.push(encoder.finish(embedding).await?);
                }
            }
        }
        Ok(vectors)
    }

    /// Tokens of a text with its prefix and the special tokens, not more than there is room for.
    fn ids(&self, text: &str, kind: TextKind) -> Result<Vec<u32>, Error> {
        let prefix = self.prefix(kind);
        let mut ids = vec![self.bos_id];
        ids.extend(self.tokenize(&format!("{prefix}{text}"))?);
        ids.truncate(self.max_tokens() - 1);
        ids.push(self.eos_id);
        Ok(ids)
    }

    /// The encoder, on its engine.
    pub(crate) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// What stands in front of a text.
    pub(crate) fn prefix(&self, kind: TextKind) -> &str {
        match kind {
            TextKind::Query => &self.query_prefix,
            TextKind::Passage => &self.passage_prefix,
        }
    }

    /// The tokens at a text's begin and end.
    pub(crate) fn special_tokens(&self) -> (u32, u32) {
        (self.bos_id, self.eos_id)
    }

    /// The tokenizer that knows which bytes a token stands for.
    ///
    /// # Errors
    /// If the model has another one.
    pub(crate) fn unigram(&self) -> Result<&Unigram, Error> {
        match &self.tokenizer {
            Tokenizer::Unigram(unigram) => Ok(unigram),
            Tokenizer::WordPiece(_) => {
                Err(Error::Unsupported("a reader on an embedder with a WordPiece tokenizer".to_owned()))
            }
        }
    }

    fn config(&self) -> &EncoderConfig {
        match &self.encoding {
            Encoding::Cpu(encoder) => encoder.config(),
            Encoding::Gpu(encoder) => encoder.config(),
        }
    }

    fn tokenize(&self, text: &str) -> Result<Vec<u32>, Error> {
        match &self.tokenizer {
            Tokenizer::Unigram(unigram) => Ok(unigram.encode(text)),
            Tokenizer::WordPiece(word_piece) => word_piece.encode(text),
        }
    }
}

/// The first of these ids that the file has.
fn special_token<F: ModelFile>(gguf: &Gguf<'_, F>, names: [&str; 2], n_tokens: usize) -> Result<u32, Error> {
    for name in names {
        let key = format!("tokenizer.ggml.{name}");
        match gguf.optional_usize(&key)? {
            None => {}
            Some(id) if id < n_tokens => return Ok(id as u32),
            Some(id) => return Err(Error::Damaged(format!("its `{key}` is {id} of {n_tokens} tokens"))),
        }
    }
    Err(Error::Damaged(format!("it has no `tokenizer.ggml.{}`", names[0])))
}

/// Texts between two looks at the event loop.
#[cfg(not(target_arch = "wasm32"))]
const BATCH: usize = 64;
#[cfg(target_arch = "wasm32")]
const BATCH: usize = 1;

/// Vectors of a few texts, a text a thread.
#[cfg(not(target_arch = "wasm32"))]
fn embed_batch(
    texts: &[&str],
    embed: impl Fn(&str) -> Result<Vec<f32>, Error> + Sync,
) -> Result<Vec<Vec<f32>>, Error> {
    use rayon::prelude::*;
    texts.par_iter().with_max_len(1).map(|text| embed(text)).collect()
}

/// Vectors of a few texts.
#[cfg(target_arch = "wasm32")]
fn embed_batch(
    texts: &[&str],
    embed: impl Fn(&str) -> Result<Vec<f32>, Error>,
) -> Result<Vec<Vec<f32>>, Error> {
    texts.iter().map(|text| embed(text)).collect()
}

#[cfg(test)]
mod tests;
