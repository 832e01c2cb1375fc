//! Messages, and the chat template of a GGUF that makes one prompt of them.

mod date;
#[cfg(test)]
mod tests;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};

use crate::bpe::{BpeTokenizer, defuse};
use crate::gguf::Gguf;
use crate::{Error, ModelFile};

/// Instructions that a template may take. Real ones take some hundred a message; a loop without end is cut off.
const FUEL: u64 = 10_000_000;
/// A prompt longer than this many times its messages was made by a template that means harm.
const MAX_GROWTH: usize = 4;
/// What a template may add in any case, in bytes.
const MAX_OVERHEAD: usize = 1 << 20;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The instructions.
    System,
    /// The reader.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// How a model wants its messages written.
pub(crate) enum ChatTemplate {
    /// The GGUF's own Jinja template.
    Jinja { environment: Box<Environment<'static>>, bos_token: String, eos_token: String },
    /// `<|im_start|>role … <|im_end|>`, where the vocabulary has these tokens but the file has no template.
    ChatMl,
    /// A transcript, for models that were never taught to chat.
    Transcript,
}

impl ChatTemplate {
    /// The template of the file, or the likeliest one.
    ///
    /// # Errors
    /// If the file's template is not valid Jinja.
    pub(crate) fn load<F: ModelFile>(gguf: &Gguf<'_, F>) -> Result<Self, Error> {
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let Some(source) = gguf.optional_string("tokenizer.chat_template")? else {
            return Ok(if tokens.contains(&"<|im_start|>") { Self::ChatMl } else { Self::Transcript });
        };
        let name = |key| -> Result<String, Error> {
            let id = gguf.optional_usize(key)?;
            Ok(id.and_then(|id| tokens.get(id)).copied().unwrap_or_default().to_owned())
        };
        Ok(Self::Jinja {
            environment: Box::new(environment(source)?),
            bos_token: name("tokenizer.ggml.bos_token_id")?,
            eos_token: name("tokenizer.ggml.eos_token_id")?,
        })
    }

    /// The prompt, ready for the model's answer. Names of control tokens in the messages are made harmless.
    ///
    /// # Errors
    /// If the template fails, refuses the messages or does not come to an end.
    pub(crate) fn render(&self, messages: &[Message], tokenizer: &BpeTokenizer) -> Result<String, Error> {
        let messages: Vec<Message> = messages
            .iter()
            .map(|message| Message {
                role: message.role,
                content: defuse(&message.content, tokenizer.special()),
            })
            .collect();
        match self {
            Self::Jinja { environment, bos_token, eos_token } => {
                let render = |messages: &[Message]| render_jinja(environment, bos_token, eos_token, messages);
                let rendered = render(&messages);
                match fold_system(&messages) {
                    // Some templates refuse instructions, some drop them without a word.
                    Some(folded) if !rendered.as_ref().is_ok_and(|prompt| says_all(prompt, &messages)) => {
                        render(&folded).or(rendered)
                    }
                    _ => rendered,
                }
            }
            Self::ChatMl => {
                let turn = |message: &Message| {
                    format!("<|im_start|>{}\n{}<|im_end|>\n", role_name(message.role), message.content)
                };
                Ok(messages.iter().map(turn).collect::<String>() + "<|im_start|>assistant\n")
            }
            Self::Transcript => {
                let turn = |message: &Message| match message.role {
                    Role::System => format!("{}\n\n", message.content),
                    Role::User => format!("User: {}\n", message.content),
                    Role::Assistant => format!("Assistant: {}\n", message.content),
                };
                Ok(messages.iter().map(turn).collect::<String>() + "Assistant:")
            }
        }
    }

    /// Text that ends an answer although it is no token: a base model goes on with the reader's part.
    pub(crate) fn stop_text(&self) -> Option<&'static str> {
        matches!(self, Self::Transcript).then_some("\nUser:")
    }
}

/// An environment that behaves as that of Hugging Face's `apply_chat_template`.
fn environment(source: &str) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| unsupported(&error))?);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_function("strftime_now", |format: &str| date::format_today(format));
    environment.add_template_owned("chat", source.to_owned()).map_err(|error| unsupported(&error))?;
    Ok(environment)
}

fn render_jinja(
    environment: &Environment<'_>,
    bos_token: &str,
    eos_token: &str,
    messages: &[Message],
) -> Result<String, Error> {
    let template = environment.get_template("chat").map_err(|error| unsupported(&error))?;
    let turn =
        |message: &Message| context! { role => role_name(message.role), content => message.content.as_str() };
    let turns: Vec<Value> = messages.iter().map(turn).collect();
    let prompt = template
        .render(context! { messages => turns, bos_token, eos_token, add_generation_prompt => true })
        .map_err(|error| unsupported(&error))?;
    let said: usize = messages.iter().map(|message| message.content.len()).sum();
    if prompt.len() > said.saturating_mul(MAX_GROWTH).saturating_add(MAX_OVERHEAD) {
        return Err(Error::Unsupported(format!("its chat template makes {} bytes of {said}", prompt.len())));
    }
    Ok(prompt)
}

/// The messages with the instructions at the head of the first question, or nothing if there are none.
fn fold_system(messages: &[Message]) -> Option<Vec<Message>> {
    let (system, rest): (Vec<&Message>, Vec<&Message>) =
        messages.iter().partition(|message| message.role == Role::System);
    let first_user = rest.iter().position(|message| message.role == Role::User)?;
    if system.is_empty() {
        return None;
    }
    let mut folded: Vec<Message> = rest.into_iter().cloned().collect();
    let instructions: String =
        system.iter().map(|message| format!("{}\n\n", message.content.trim())).collect();
    folded[first_user].content.insert_str(0, &instructions);
    Some(folded)
}

/// Whether the instructions can be read in the prompt.
fn says_all(prompt: &str, messages: &[Message]) -> bool {
    let mut system = messages.iter().filter(|message| message.role == Role::System);
    system.all(|message| prompt.contains(message.content.trim()))
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn unsupported(error: &minijinja::Error) -> Error {
    Error::Unsupported(format!("its chat template: {error}"))
}
