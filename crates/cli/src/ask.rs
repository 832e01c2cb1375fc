//! `daneel ask`: a question becomes the answer that the page would give, streamed to the terminal.

use std::{ops::ControlFlow, path::PathBuf};

use clap::{Args, ValueEnum};
use daneel_model::{Engine, Sampling};
use daneel_rag::{Answer, AnswerEvent, DEFAULT_CONTEXT, Sentence, Stage, Strategy, check_question};
use futures_lite::future::block_on;

use crate::{
    console::{self, Console},
    engine::{self, EngineName},
    interrupt,
    site::Site,
};

/// What `daneel ask` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  daneel ask ./site \"Perché in locale?\"\n  \
    daneel ask ./site \"What is HNSW?\" --json\n  daneel ask ./site \"What is HNSW?\" --temperature 0")]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// The question
    pub question: String,
    /// Engine of the models
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineName,
    /// 0 takes the likeliest token; higher is more varied, up to 2
    #[arg(long)]
    pub temperature: Option<f32>,
    /// Same seed, same answer
    #[arg(long)]
    pub seed: Option<u64>,
    /// Most tokens of the answer
    #[arg(long)]
    pub max_tokens: Option<usize>,
    /// How passages reach the chat model, which then writes; by default as the site says
    #[arg(long, value_enum)]
    pub strategy: Option<StrategyName>,
    /// Most tokens that prompt and answer may have together; the page takes as many
    #[arg(long, default_value_t = DEFAULT_CONTEXT)]
    pub context: usize,
}

/// A [`Strategy`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StrategyName {
    /// As many as fit, in one prompt
    Pack,
    /// Each in a prompt of its own; the answer that is likeliest over all of them
    Sequence,
    /// Each in a prompt of its own; every token from what all of them make likely
    Token,
}

impl From<StrategyName> for Strategy {
    fn from(name: StrategyName) -> Self {
        match name {
            StrategyName::Pack => Self::Pack,
            StrategyName::Sequence => Self::Sequence,
            StrategyName::Token => Self::Token,
        }
    }
}

/// Runs `daneel ask`.
///
/// # Errors
/// If the site or the question cannot be used, or the engine fails.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    check_question(&arguments.question)?;
    interrupt::catch()?;
    let site = Site::open(&arguments.site)?;
    let choice = engine::choose(arguments.engine, console)?;
    let defaults = Sampling::default();
    let sampling = Sampling {
        temperature: arguments.temperature.unwrap_or(defaults.temperature),
        seed: arguments.seed.unwrap_or(defaults.seed),
        max_tokens: arguments.max_tokens.unwrap_or(defaults.max_tokens),
        ..defaults
    };
    let answer = block_on(async {
        let loaded = site.assistant(Stage::Chat, &choice.engine, arguments.context, console).await;
        engine::keep_tuning(&choice.engine);
        let mut assistant = match loaded {
            Err(error) if arguments.engine == EngineName::Auto && choice.engine.name() == "gpu" => {
                console.say(format_args!("the GPU cannot be used ({error:#}); computing on the CPU"));
                site.assistant(Stage::Chat, &Engine::Cpu, arguments.context, console).await?
            }
            loaded => loaded?,
        };
        if let Some(strategy) = arguments.strategy {
            assistant.write_with(strategy.into());
        }
        let mut on_event = |event: AnswerEvent| {
            if interrupt::check().is_err() {
                return ControlFlow::Break(());
            }
            match event {
                AnswerEvent::Question(question) => console.say(format_args!("looking up: {question}")),
                // Where nobody reads on, the answer need not be finished.
                AnswerEvent::Sentence(sentence)
                    if !console.json && console::print(&with_numbers(&sentence)).is_err() =>
                {
                    return ControlFlow::Break(());
                }
                _ => {}
            }
            ControlFlow::Continue(())
        };
        anyhow::Ok(assistant.ask(&arguments.question, &[], &sampling, &mut on_event).await?)
    })?;
    console.result(&answer, describe)
}

/// A sentence as it is printed, with the numbers of the sources that it rests on.
fn with_numbers(sentence: &Sentence) -> String {
    let mut text = format!("{}{}", sentence.lead, sentence.text);
    let mut numbers: Vec<usize> = sentence.support.iter().map(|span| span.source).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.iter().for_each(|number| text += &format!(" [{number}]"));
    text
}

/// What is printed after the sentences: sources, figures.
fn describe(answer: &Answer) -> String {
    let mut text = "\n".to_owned();
    if !answer.sources.is_empty() {
        text += "\n";
    }
    for source in &answer.sources {
        let date = source.date.as_deref().map_or_else(String::new, |date| format!(" ({date})"));
        text += &format!("[{}] {}{date}\n    {}\n", source.number, source.title, source.href);
    }
    if let Some(figures) = answer.figures {
        text += &format!(
            "\n{} prompt tokens ({} reused) in {:.1} s, {} tokens in {:.1} s\n",
            figures.prompt_tokens,
            figures.reused_tokens,
            figures.prefill_seconds,
            figures.generated_tokens,
            figures.decode_seconds,
        );
    }
    if answer.stopped {
        text += "\nstopped before its end\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use daneel_rag::{SentenceKind, Span};

    use super::*;

    #[test]
    fn a_sentence_names_each_of_its_sources_once() {
        let support = [2, 1, 2].map(|source| Span { source, start: 0, end: 1 }).to_vec();
        let (lead, text) = ("\n".into(), "It is local.".into());
        let sentence = Sentence { lead, text, kind: SentenceKind::Written, support, highlight: None };
        assert_eq!(with_numbers(&sentence), "\nIt is local. [1] [2]");
    }
}
