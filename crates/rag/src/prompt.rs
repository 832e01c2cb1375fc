//! Passages and a question become messages that fit the model. Pure text.

use daneel_corpus::Language;
use daneel_model::{Message, Role};

use crate::phrases::phrases;
use crate::{AnswerKind, Persona, Source, Turn, words};

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

/// What a prompt is made of.
#[derive(Clone, Copy)]
pub(crate) struct Prompt<'a> {
    pub persona: &'a Persona,
    /// Language of instructions and answer.
    pub language: Language,
    pub style: Style,
    /// Standing alone.
    pub question: &'a str,
    /// The conversation so far, oldest first.
    pub history: &'a [Turn],
}

/// The instructions. The same for every question in a language, so that its KV is computed once.
pub(crate) fn system_message(persona: &Persona, language: Language, style: Style) -> Message {
    let phrases = &phrases(language).prompt;
    let author = persona.name.as_deref().unwrap_or(phrases.author);
    let mut content = match style {
        Style::Small => phrases.small_system.to_owned(),
        Style::Full => phrases.system.replace("{author}", author),
    };
    if let Some(instructions) = &persona.instructions {
        content.push('\n');
        content.push_str(instructions.trim());
    }
    Message { role: Role::System, content }
}

/// Messages within `budget` tokens, with as many of the first `sources` as find room: at least one, cut if it has to be.
///
/// `count` gives the tokens of messages in the model's chat template.
pub(crate) fn pack<E>(
    prompt: &Prompt<'_>,
    sources: &[Source],
    budget: usize,
    count: impl Fn(&[Message]) -> Result<usize, E>,
) -> Result<Vec<Message>, E> {
    let mut messages = vec![system_message(prompt.persona, prompt.language, prompt.style)];
    let mut sources = sources;
    match prompt.style {
        // A very small model loses the thread over what was said before; the question stands alone.
        Style::Small => sources = &sources[..sources.len().min(SMALL_PASSAGES)],
        Style::Full => add_history(&mut messages, prompt.history, budget / HISTORY_SHARE, &count)?,
    }
    let user = messages.len();
    messages.push(user_message(prompt, &[]));
    for n in 1..=sources.len() {
        let with_more = user_message(prompt, &sources[..n]);
        let before = std::mem::replace(&mut messages[user], with_more);
        if count(&messages)? > budget {
            messages[user] = before;
            if n == 1 {
                cut_to_fit(&mut messages, prompt, &sources[0], budget, &count)?;
            }
            break;
        }
    }
    Ok(messages)
}

/// Not even one passage has room: it loses sentences from its end until it has.
fn cut_to_fit<E>(
    messages: &mut [Message],
    prompt: &Prompt<'_>,
    source: &Source,
    budget: usize,
    count: &impl Fn(&[Message]) -> Result<usize, E>,
) -> Result<(), E> {
    let Some(user) = messages.len().checked_sub(1) else { return Ok(()) };
    let sentences = words::sentences(&source.text);
    for n in (1..sentences.len().max(2)).rev() {
        let text = sentences.get(..n).map_or_else(String::new, <[&str]>::concat);
        let cut = Source { text: text.trim_end().to_owned(), ..source.clone() };
        messages[user] = user_message(prompt, std::slice::from_ref(&cut));
        if count(messages)? <= budget {
            break;
        }
    }
    Ok(())
}

/// The latest turns that have room. What was not found, or only said to be polite, helps no answer.
fn add_history<E>(
    messages: &mut Vec<Message>,
    history: &[Turn],
    budget: usize,
    count: &impl Fn(&[Message]) -> Result<usize, E>,
) -> Result<(), E> {
    let is_of_use = |turn: &&Turn| !matches!(turn.kind, AnswerKind::NotFound | AnswerKind::Conversation);
    let history: Vec<&Turn> = history.iter().filter(is_of_use).collect();
    let base = count(messages)?;
    for first in 0..history.len() {
        let mut with_history = messages.clone();
        for turn in &history[first..] {
            let question = turn.standalone.as_ref().unwrap_or(&turn.question);
            with_history.push(Message { role: Role::User, content: question.clone() });
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

fn user_message(prompt: &Prompt<'_>, sources: &[Source]) -> Message {
    let phrases = &phrases(prompt.language).prompt;
    let question = prompt.question;
    let mut content = String::new();
    if prompt.style == Style::Small {
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

    fn prompt<'a>(persona: &'a Persona, style: Style, history: &'a [Turn]) -> Prompt<'a> {
        Prompt { persona, language: Language::ENGLISH, style, question: "What is it?", history }
    }

    fn packed(n_sentences: usize, history: &[Turn], budget: usize) -> Vec<Message> {
        let sources = [source(1, n_sentences), source(2, n_sentences), source(3, n_sentences)];
        let persona = Persona::default();
        let Ok(messages) = pack(&prompt(&persona, Style::Full, history), &sources, budget, words);
        messages
    }

    fn turn(question: &str, kind: AnswerKind) -> Turn {
        Turn { question: question.into(), standalone: None, answer: "Word ".repeat(20), kind }
    }

    #[test]
    fn as_many_passages_as_fit() {
        let messages = packed(4, &[], 120);
        assert!(words(&messages).unwrap() <= 120);
        let user = &messages[1].content;
        assert!(user.starts_with("Passages:\n[1] Post 1 — Why\nThe index"));
        assert!(user.contains("[2] Post 2") && !user.contains("[3]"));
        assert!(user.ends_with("Question: What is it?"));
    }

    #[test]
    fn a_very_small_model_reads_two_bare_passages_and_no_history() {
        let sources = [source(1, 2), source(2, 2), source(3, 2)];
        let persona = Persona::default();
        let history = [turn("first?", AnswerKind::Generated)];
        let Ok(messages) = pack(&prompt(&persona, Style::Small, &history), &sources, 400, words);
        assert_eq!(messages.len(), 2);
        assert!(messages[1].content.starts_with("The index is a graph."));
        assert_eq!(messages[1].content.matches("The index").count(), 4);
        assert!(messages[1].content.ends_with("with facts from the text: What is it?"));
    }

    #[test]
    fn the_persona_speaks_in_every_style() {
        let persona = Persona { name: None, instructions: Some(" Be brief. ".into()) };
        for style in [Style::Full, Style::Small] {
            let message = system_message(&persona, Language::ENGLISH, style);
            assert!(message.content.ends_with("\nBe brief."), "{style:?}");
        }
    }

    #[test]
    fn a_passage_too_long_is_cut_at_a_sentence() {
        let messages = packed(100, &[], 120);
        let user = &messages[1].content;
        assert!(user.contains("graph.\n\nQuestion") && user.matches("The index").count() > 1);
        assert!(words(&messages).unwrap() <= 120);
    }

    #[test]
    fn the_latest_turns_that_were_answered_are_kept() {
        let history = [
            turn("first?", AnswerKind::Generated),
            turn("second?", AnswerKind::Extractive),
            turn("unknown?", AnswerKind::NotFound),
            turn("thanks", AnswerKind::Conversation),
        ];
        let messages = packed(1, &history, 120);
        let questions: Vec<_> = messages.iter().filter(|message| message.role == Role::User).collect();
        assert_eq!(questions[0].content, "second?");
        assert_eq!(questions.len(), 2);
    }
}
