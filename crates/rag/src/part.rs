//! A site's files become the parts of an assistant: one loading order for the page's worker and the command line.

use daneel_corpus::Language;
use daneel_index::Index;
use daneel_model::{Embedder, Engine, Generator, ModelFile, Reader};

use crate::{Assistant, Error, FileEntry, Manifest, PromptEntry, Stage};

/// Most tokens of a conversation: what a small model attends to well, and what its cache costs in memory.
pub const DEFAULT_CONTEXT: usize = 2_048;

/// The files of one part: those of the model (or the index), and those of an adapter that is loaded onto it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartFiles<'a> {
    /// Which part.
    pub stage: Stage,
    /// The model's shards in order.
    pub model: &'a [FileEntry],
    /// The adapter's shards in order; none where there is no adapter.
    pub adapter: &'a [FileEntry],
}

impl<'a> PartFiles<'a> {
    /// All files, the model's first.
    pub fn all(&self) -> impl Iterator<Item = &'a FileEntry> + use<'a> {
        self.model.iter().chain(self.adapter)
    }
}

/// A part of an assistant, ready to be installed.
pub enum Part {
    /// Keyword search.
    Index(Box<Index>),
    /// Semantic search and extractive answers, and the reader that finds the very words, where the site has one.
    Embedder(Box<Embedder>, Option<Box<Reader>>),
    /// Generated answers.
    Chat(Box<Generator>),
}

impl Part {
    /// Reads the part that `stage` names, a model onto `engine`, with the adapter that belongs to it (which is empty where
    /// there is none); `max_context` is the most tokens of a conversation, `on_progress` gets the bytes done and all bytes.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or holds nothing that this program knows.
    pub async fn load(
        stage: Stage,
        engine: &Engine,
        file: &impl ModelFile,
        adapter: &impl ModelFile,
        max_context: usize,
        on_progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Error> {
        Ok(match stage {
            Stage::Index => {
                let length = usize::try_from(file.len())
                    .map_err(|_| Error::Mismatch("the index does not fit into memory".into()))?;
                let bytes = file.read(0, length).await?;
                on_progress(file.len(), file.len());
                Self::Index(Box::new(Index::from_bytes(&bytes)?))
            }
            Stage::Embedder => {
                let embedder = Embedder::load_on(engine, file, on_progress).await?;
                let reader = match adapter.is_empty() {
                    true => None,
                    false => Some(Box::new(Reader::load(&embedder, file, adapter, &mut |_, _| {}).await?)),
                };
                Self::Embedder(Box::new(embedder), reader)
            }
            Stage::Chat => {
                Self::Chat(Box::new(Generator::load_on(engine, file, max_context, on_progress).await?))
            }
        })
    }

    /// The chat model goes on from instructions that it need not read any more: see [`Assistant::read_prompt`].
    ///
    /// # Errors
    /// If they are damaged or of another model. It then reads them itself.
    pub fn restore_prompt(&mut self, state: &[u8]) -> Result<(), Error> {
        match self {
            Self::Chat(generator) => Ok(generator.restore_state(state)?),
            Self::Index(_) | Self::Embedder(..) => Ok(()),
        }
    }

    /// Which part it is.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Index(_) => Stage::Index,
            Self::Embedder(..) => Stage::Embedder,
            Self::Chat(_) => Stage::Chat,
        }
    }
}

impl Assistant {
    /// The part works from here on.
    ///
    /// # Errors
    /// If it does not belong to the site.
    pub fn install(&mut self, part: Part) -> Result<(), Error> {
        match part {
            Part::Index(index) => self.set_index(*index)?,
            Part::Embedder(embedder, reader) => {
                self.set_embedder(*embedder)?;
                if let Some(reader) = reader {
                    self.set_reader(*reader)?;
                }
            }
            Part::Chat(generator) => self.set_generator(*generator),
        }
        Ok(())
    }

    /// The part does not work any more: what needs it waits for another, or does without.
    pub fn remove(&mut self, stage: Stage) {
        match stage {
            Stage::Index => self.index = None,
            Stage::Embedder => (self.embedder, self.reader) = (None, None),
            Stage::Chat => self.generator = None,
        }
    }
}

impl Manifest {
    /// The parts in the order in which they are loaded, the most useful first, each with its files.
    pub fn parts(&self) -> impl Iterator<Item = PartFiles<'_>> {
        let model = |stage, model| PartFiles { stage, model, adapter: &[] };
        let reader = self.reader.as_ref().map_or(&[][..], |reader| &reader.shards);
        let embedder = PartFiles { adapter: reader, ..model(Stage::Embedder, &self.embedder.shards) };
        let chat = self.chat.as_ref().map(|chat| model(Stage::Chat, &chat.shards));
        [model(Stage::Index, &self.index), embedder].into_iter().chain(chat)
    }

    /// The instructions that a reader of this language needs, if they were prepared.
    pub fn prompt(&self, language: Language) -> Option<&PromptEntry> {
        let language = self.prompt_language(language);
        self.prompts.iter().find(|prompt| prompt.language == language)
    }

    /// The language that the chat model is instructed in for a reader of `language`.
    pub fn prompt_language(&self, language: Language) -> Language {
        if self.speaks(language) { language } else { Language::ENGLISH }
    }

    /// Whether the chat model speaks a language.
    pub fn speaks(&self, language: Language) -> bool {
        let chat = self.chat.as_ref();
        chat.is_some_and(|model| model.languages.is_empty() || model.languages.contains(&language))
    }

    /// Every file that a reader's browser keeps.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let prompts = self.prompts.iter().flat_map(|prompt| &prompt.shards);
        self.parts().flat_map(|part| part.all()).chain(prompts)
    }
}
