//! `daneel ask`: a question becomes the answer that the page would give, streamed to the terminal.

use std::{ops::ControlFlow, path::PathBuf};

use clap::Args;
use daneel_model::{Engine, Sampling};
use daneel_rag::{Answer, AnswerEvent, DEFAULT_CONTEXT, Stage};
use futures_lite::future::block_on;

use crate::{
    console::{self, Console},
    engine::{self, EngineName},
    interrupt,
    search::check_question,
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
    /// Most tokens that prompt and answer may have together; the page takes as many
    #[arg(long, default_value_t = DEFAULT_CONTEXT)]
    pub context: usize,
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
    let mut streamed = String::new();
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
        let mut on_event = |event: AnswerEvent| {
            if interrupt::check().is_err() {
                return ControlFlow::Break(());
            }
            match event {
                AnswerEvent::Text(text) if !console.json => match console::print(&text) {
                    Ok(()) => streamed += &text,
                    // Nobody reads on: the answer need not be finished.
                    Err(_) => return ControlFlow::Break(()),
                },
                _ => {}
            }
            ControlFlow::Continue(())
        };
        anyhow::Ok(assistant.ask(&arguments.question, &[], &sampling, &mut on_event).await?)
    })?;
    console.result(&answer, |answer| describe(answer, &streamed))
}

/// What is still to be printed after the stream: citations that came late, sources, figures.
fn describe(answer: &Answer, streamed: &str) -> String {
    let mut text = match answer.text.strip_prefix(streamed) {
        Some(rest) => rest.to_owned(),
        // Citations were added inside what was streamed: the whole answer is what counts.
        None => format!("\n\n{}", answer.text),
    };
    text += "\n";
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
    use daneel_corpus::Language;
    use daneel_rag::AnswerKind;

    use super::*;

    fn answer(text: &str) -> Answer {
        Answer {
            text: text.into(),
            kind: AnswerKind::Generated,
            language: Language::ENGLISH,
            sources: Vec::new(),
            stopped: false,
            figures: None,
        }
    }

    #[test]
    fn what_was_streamed_is_not_printed_twice() {
        assert_eq!(describe(&answer("It is local. [1]"), "It is local."), " [1]\n");
        assert_eq!(describe(&answer("It is [1] local."), "It is local."), "\n\nIt is [1] local.\n");
    }
}
