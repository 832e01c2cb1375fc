//! Passages and a question become messages that fit the model. Pure text.

use daneel_corpus::Language;
use daneel_model::{Message, Role};

use crate::phrases::phrases;
use crate::{Persona, Source, Turn, words};

/// Share of the prompt that earlier turns may take.
const HISTORY_SHARE: usize = 4;
/// Characters of an earlier answer that are repeated: enough to know what "it" is.
const HISTORY_CHARS: usize = 400;

/// Most passages for a very small model: more distract it.
const SMALL_PASSAGES: usize = 2;

/// How much a model is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Numbered passages with titles; the model cites by number and speaks as the persona.
    Full,
    /// For very small models, which lose the thread over numbers, titles and roles: bare text, the question after it.
    /// Citations come from matching.
    Small,
}

/// The instructions. The same for every question in a language, so that its KV is computed once.
pub(crate) fn system_message(persona: &Persona, language: Language, style: Style) -> Message {
    let phrases = phrases(language);
    if style == Style::Small {
        return Message { role: Role::System, content: phrases.small_system.to_owned() };
    }
    let author = persona.name.as_deref().unwrap_or(phrases.author);
    let mut content = phrases.system.replace("{author}", author);
    if let Some(instructions) = &persona.instructions {
        content.push('\n');
        content.push_str(instructions.trim());
    }
    Message { role: Role::System, content }
}

/// Messages for a question, and how many of `sources` found room: always the first ones, at least one.
///
/// `count` gives the tokens of messages in the model's chat template.
#[expect(
    clippy::too_many_arguments,
    reason = "a prompt is made of these, and this is the one caller's view of it"
)]
pub(crate) fn pack<E>(
    persona: &Persona,
    language: Language,
    style: Style,
    question: &str,
    sources: &mut Vec<Source>,
    history: &[Turn],
    budget: usize,
    count: impl Fn(&[Message]) -> Result<usize, E>,
) -> Result<Vec<Message>, E> {
    let mut messages = vec![system_message(persona, language, style)];
    if style == Style::Small {
        sources.truncate(SMALL_PASSAGES);
    }
    add_history(&mut messages, history, budget / HISTORY_SHARE, &count)?;
    let user = messages.len();
    messages.push(user_message(language, style, question, &sources[..0]));

    let mut fits = 0;
    for n in 1..=sources.len() {
        messages[user] = user_message(language, style, question, &sources[..n]);
        if count(&messages)? > budget {
            break;
        }
        fits = n;
    }
    if fits == 0 && !sources.is_empty() {
        // Not even one passage: it loses sentences from its end until it fits.
        let text = sources[0].text.clone();
        let sentences = words::sentences(&text);
        for n in (1..sentences.len()).rev() {
            sources[0].text = sentences[..n].concat().trim_end().to_owned();
            messages[user] = user_message(language, style, question, &sources[..1]);
            if count(&messages)? <= budget {
                break;
            }
        }
        fits = 1;
    }
    sources.truncate(fits);
    messages[user] = user_message(language, style, question, sources);
    Ok(messages)
}

fn add_history<E>(
    messages: &mut Vec<Message>,
    history: &[Turn],
    budget: usize,
    count: &impl Fn(&[Message]) -> Result<usize, E>,
) -> Result<(), E> {
    let base = count(messages)?;
    for first in 0..history.len() {
        let mut with_history = messages.clone();
        for turn in &history[first..] {
            with_history.push(Message { role: Role::User, content: turn.question.clone() });
            with_history.push(Message { role: Role::Assistant, content: shortened(&turn.answer) });
        }
        if count(&with_history)? <= base + budget {
            *messages = with_history;
            break;
        }
    }
    Ok(())
}

fn shortened(answer: &str) -> String {
    match answer.char_indices().nth(HISTORY_CHARS) {
        Some((end, _)) => format!("{}…", answer[..end].trim_end()),
        None => answer.to_owned(),
    }
}

fn user_message(language: Language, style: Style, question: &str, sources: &[Source]) -> Message {
    let phrases = phrases(language);
    let mut content = String::new();
    if style == Style::Small {
        for source in sources {
            content.push_str(source.text.trim());
            content.push_str("\n\n");
        }
        content.push_str(&format!("{}: {question}", phrases.small_question));
        return Message { role: Role::User, content };
    }
    if !sources.is_empty() {
        content.push_str(phrases.passages);
        content.push_str(":\n");
    }
    for source in sources {
        content.push_str(&format!("[{}] {}", source.number, source.title));
        for heading in &source.headings {
            content.push_str(" — ");
            content.push_str(heading);
        }
        content.push_str(&format!("\n{}\n\n", source.text.trim()));
    }
    content.push_str(&format!("{}: {question}", phrases.question));
    Message { role: Role::User, content }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use crate::AnswerKind;

    use super::*;

    fn source(number: usize, n_sentences: usize) -> Source {
        Source {
            number,
            href: String::new(),
            title: format!("Post {number}"),
            headings: vec!["Why".into()],
            date: None,
            language: Language::ENGLISH,
            text: "The index is a graph. ".repeat(n_sentences),
        }
    }

    fn words(messages: &[Message]) -> Result<usize, Infallible> {
        Ok(messages.iter().map(|message| message.content.split_whitespace().count()).sum())
    }

    fn packed(n_sentences: usize, history: &[Turn], budget: usize) -> (Vec<Message>, Vec<Source>) {
        let mut sources = vec![source(1, n_sentences), source(2, n_sentences), source(3, n_sentences)];
        let persona = Persona::default();
        let Ok(messages) = pack(
            &persona,
            Language::ENGLISH,
            Style::Full,
            "What is it?",
            &mut sources,
            history,
            budget,
            words,
        );
        (messages, sources)
    }

    #[test]
    fn as_many_passages_as_fit() {
        let (messages, sources) = packed(4, &[], 120);
        assert_eq!(sources.len(), 2);
        assert!(words(&messages).unwrap() <= 120);
        let user = &messages[1].content;
        assert!(
            user.starts_with("Passages:\n[1] Post 1 — Why\nThe index")
                && user.ends_with("Question: What is it?")
        );
    }

    #[test]
    fn a_very_small_model_reads_two_bare_passages() {
        let mut sources = vec![source(1, 2), source(2, 2), source(3, 2)];
        let persona = Persona::default();
        let question = "What is it?";
        let Ok(messages) =
            pack(&persona, Language::ENGLISH, Style::Small, question, &mut sources, &[], 400, words);
        assert_eq!(sources.len(), 2);
        assert!(messages[1].content.starts_with("The index is a graph."));
        assert!(messages[1].content.ends_with("with facts from the text: What is it?"));
    }

    #[test]
    fn a_passage_too_long_is_cut_at_a_sentence() {
        let (messages, sources) = packed(100, &[], 120);
        assert_eq!(sources.len(), 1);
        assert!(sources[0].text.ends_with("graph.") && sources[0].text.len() > 22);
        assert!(words(&messages).unwrap() <= 120);
    }

    #[test]
    fn the_latest_turns_are_kept() {
        let turn = |question: &str| Turn {
            question: question.into(),
            standalone: None,
            answer: "Word ".repeat(20),
            kind: AnswerKind::Generated,
        };
        let (messages, _) = packed(1, &[turn("first?"), turn("second?")], 120);
        let questions: Vec<_> = messages.iter().filter(|message| message.role == Role::User).collect();
        assert_eq!(questions[0].content, "second?");
        assert_eq!(questions.len(), 2);
    }
}
