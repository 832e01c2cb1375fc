//! A site's files become the parts of an assistant: one loading order for the page's worker and the command line.

use daneel_corpus::Language;
use daneel_index::Index;
use daneel_model::{Embedder, Engine, Generator, ModelFile};

use crate::{Assistant, Error, FileEntry, Manifest, PromptEntry, Stage};

/// Most tokens of a conversation: what a small model attends to well, and what its cache costs in memory.
pub const DEFAULT_CONTEXT: usize = 2_048;

/// A part of an assistant, ready to be installed.
pub enum Part {
    /// Keyword search.
    Index(Box<Index>),
    /// Semantic search and extractive answers.
    Embedder(Box<Embedder>),
    /// Generated answers.
    Chat(Box<Generator>),
}

impl Part {
    /// Reads the part that `stage` names, a model onto `engine`; `max_context` is the most tokens of a conversation, `on_progress` gets the
    /// bytes done and all bytes.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or holds nothing that this program knows.
    pub async fn load(
        stage: Stage,
        engine: &Engine,
        file: &impl ModelFile,
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
            Stage::Embedder => Self::Embedder(Box::new(Embedder::load_on(engine, file, on_progress).await?)),
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
            Self::Index(_) | Self::Embedder(_) => Ok(()),
        }
    }

    /// Which part it is.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Index(_) => Stage::Index,
            Self::Embedder(_) => Stage::Embedder,
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
            Part::Embedder(embedder) => self.set_embedder(*embedder)?,
            Part::Chat(generator) => self.set_generator(*generator),
        }
        Ok(())
    }

    /// The part does not work any more: what needs it waits for another, or does without.
    pub fn remove(&mut self, stage: Stage) {
        match stage {
            Stage::Index => self.index = None,
            Stage::Embedder => self.embedder = None,
            Stage::Chat => self.generator = None,
        }
    }
}

impl Manifest {
    /// The parts in the order in which they are loaded, the most useful first, each with its files.
    pub fn parts(&self) -> impl Iterator<Item = (Stage, &[FileEntry])> {
        let chat = self.chat.as_ref().map(|chat| (Stage::Chat, chat.shards.as_slice()));
        [(Stage::Index, self.index.as_slice()), (Stage::Embedder, self.embedder.shards.as_slice())]
            .into_iter()
            .chain(chat)
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
        self.parts().flat_map(|(_, files)| files).chain(prompts)
    }
}
