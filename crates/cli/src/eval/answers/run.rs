//! Questions and a site become judged replies, one configuration after the other.

use clap::ValueEnum;
use daneel_model::{Engine, Sampling};
use daneel_rag::{Stage, Strategy};
use futures_lite::future::block_on;
use serde::Serialize;

use super::{
    questions::Question,
    reply::{self, Reply},
    verdict::{self, Judgement},
};
use crate::{
    console::{Console, Unit},
    interrupt::Interrupted,
    site::Site,
};

/// How much of a site answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Config {
    /// All of it, as `daneel ask`: the chat model writes where it speaks the language
    Write,
    /// The chat model writes from one prompt with as many passages as fit
    Pack,
    /// The chat model writes from a prompt for each passage, as RAG-Sequence
    Sequence,
    /// The chat model writes from a prompt for each passage, as RAG-Token
    Token,
    /// Without the chat model, as a page does until it is loaded: the texts are quoted
    Quote,
    /// The index alone, as a page does at first: found by words, quoted
    Words,
}

impl Config {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Pack => "pack",
            Self::Sequence => "sequence",
            Self::Token => "token",
            Self::Quote => "quote",
            Self::Words => "words",
        }
    }

    fn last_stage(self) -> Stage {
        match self {
            Self::Write | Self::Pack | Self::Sequence | Self::Token => Stage::Chat,
            Self::Quote => Stage::Embedder,
            Self::Words => Stage::Index,
        }
    }

    fn strategy(self) -> Option<Strategy> {
        match self {
            Self::Pack => Some(Strategy::Pack),
            Self::Sequence => Some(Strategy::Sequence),
            Self::Token => Some(Strategy::Token),
            Self::Write | Self::Quote | Self::Words => None,
        }
    }
}

/// A question with its reply.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    /// What was asked.
    pub question: Question,
    /// What was answered.
    pub reply: Reply,
    /// What that is worth.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// All replies of one configuration.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Who answered.
    pub config: Config,
    /// In the order of the questions; fewer if it was interrupted.
    pub answered: Vec<Answered>,
}

/// What every question is asked with.
pub struct Asking<'a> {
    /// Where.
    pub site: &'a Site,
    /// What computes.
    pub engine: &'a Engine,
    /// Most tokens of prompt and answer.
    pub context: usize,
    /// How the chat model draws its words.
    pub sampling: Sampling,
}

impl Asking<'_> {
    /// Asks all questions of one configuration. Ctrl-C ends it, and what was answered until then is kept.
    ///
    /// # Errors
    /// If the site is damaged or an engine fails.
    pub fn run(&self, config: Config, questions: &[Question], console: Console) -> anyhow::Result<Run> {
        let mut answered = Vec::with_capacity(questions.len());
        block_on(async {
            let mut assistant =
                self.site.assistant(config.last_stage(), self.engine, self.context, console).await?;
            if let Some(strategy) = config.strategy() {
                assistant.write_with(strategy);
            }
            let label = format!("asking ({})", config.name());
            let progress = console.progress(label, questions.len() as u64, Unit::Items);
            for (question, done) in questions.iter().zip(1..) {
                let reply = match reply::ask(&mut assistant, question, &self.sampling).await {
                    Err(error) if error.is::<Interrupted>() => break,
                    reply => reply?,
                };
                let judgement = verdict::judge(question, &reply);
                answered.push(Answered { question: question.clone(), reply, judgement });
                progress.set(done);
            }
            progress.finish();
            anyhow::Ok(())
        })?;
        Ok(Run { config, answered })
    }
}
