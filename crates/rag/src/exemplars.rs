//! What is said to the chat rather than asked of the texts, where no phrase fits: examples of each kind, compared by meaning.
//!
//! An example competes with the headings of the passages that were found for the message: all are short and name what is
//! spoken of. The margins were measured on 43 messages in other words than the examples' and on the look-ups of four question
//! sets; they are those of the embedder that the reader belongs to.

use daneel_model::{Embedder, TextKind};

use crate::plan::{Intent, ListRequest, Remark};
use crate::{Error, words};

/// A message of more words asks something.
const MOST_WORDS: usize = 14;
/// An example that is less near says nothing.
const NEAR: f32 = 0.88;
/// How much nearer than a heading an example has to be, and how much more for each unit of log-odds that a passage answers.
const MARGIN: f32 = 0.03;
const MARGIN_OF_ANSWER: f32 = 0.01;
/// What is near enough where no passage answers.
const NEAR_UNANSWERED: f32 = 0.885;

fn examples() -> [(Intent, &'static [&'static str]); 8] {
    let all = ListRequest::all();
    [
        (
            Intent::AboutSite,
            &[
                "What is this site about?",
                "What topics does this blog cover?",
                "What can I read here?",
                "Summarise this site for me",
                "What do you write about?",
                "What is the purpose of this project?",
                "Di che cosa parla questo sito?",
                "Di quali argomenti si occupa questo blog?",
                "Che cosa posso trovare qui?",
                "Di che cosa tratta tutto questo?",
            ],
        ),
        (
            Intent::AboutAuthor,
            &[
                "Who writes this blog?",
                "Who is the author of this site?",
                "Chi scrive su questo sito?",
                "By whom were these texts written?",
                "Chi è l'autore di questo blog?",
                "Parlami di chi ha scritto questi testi",
            ],
        ),
        (
            Intent::Remark(Remark::AboutChat),
            &[
                "What can you do for me?",
                "What should I ask you?",
                "Are you a human or a bot?",
                "How does this assistant find its answers?",
                "Am I talking to a real person?",
                "Chi sei? Sei una persona o un programma?",
                "Che cosa sai fare?",
                "Sto parlando con una persona?",
                "Come mi puoi aiutare?",
                "Come funzioni?",
            ],
        ),
        (
            Intent::Remark(Remark::Thanks),
            &[
                "Thanks, that was helpful",
                "Thank you very much!",
                "Grazie mille, molto utile",
                "Ok, that makes sense, that is what I needed",
                "Grazie, sei stato chiaro",
                "Perfetto, era quello che volevo sapere",
            ],
        ),
        (
            Intent::Remark(Remark::Greeting),
            &["Good morning!", "Hello there, nice to meet you", "I hope you are well"],
        ),
        (Intent::Remark(Remark::SmallTalk), &["Hello, how are you?", "Ciao, come stai?"]),
        (Intent::Remark(Remark::Farewell), &["Goodbye, see you soon", "Arrivederci, a presto"]),
        (
            Intent::List(all),
            &[
                "List all the posts",
                "Which texts are there?",
                "Give me an index of everything",
                "Elenca tutti gli articoli",
            ],
        ),
    ]
}

/// The examples with their vectors.
pub(crate) struct Exemplars {
    vectors: Vec<(Intent, Vec<f32>)>,
}

/// What speaks for a look-up.
pub(crate) struct Evidence {
    /// The largest cosine of a found passage's headings with the message.
    pub nearest_heading: f32,
    /// The largest log-odds that a passage answers.
    pub answerable: f32,
    /// Whether the passages leave no doubt that they answer.
    pub is_answered: bool,
}

impl Exemplars {
    /// Embeds the examples.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn new(embedder: &Embedder) -> Result<Self, Error> {
        let examples = examples();
        let texts: Vec<&str> = examples.iter().flat_map(|(_, texts)| texts.iter().copied()).collect();
        let vectors = embedder.embed(&texts, TextKind::Query).await?;
        let intents =
            examples.iter().flat_map(|(intent, texts)| std::iter::repeat_n(intent.clone(), texts.len()));
        Ok(Self { vectors: intents.zip(vectors).collect() })
    }

    /// What the message of a vector means, if that is no look-up.
    pub fn meant(&self, vector: &[f32], evidence: &Evidence) -> Option<Intent> {
        let cosines = self.vectors.iter().map(|(intent, other)| (intent, words::dot(other, vector)));
        let (intent, cosine) = cosines.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        is_meant(cosine, evidence).then(|| intent.clone())
    }
}

/// Whether a message is short enough to be a remark.
pub(crate) fn is_short(message: &str) -> bool {
    message.split_whitespace().count() <= MOST_WORDS
}

fn is_meant(cosine: f32, evidence: &Evidence) -> bool {
    let margin = MARGIN + MARGIN_OF_ANSWER * evidence.answerable.max(0.0);
    let is_nearest = cosine >= NEAR && cosine - evidence.nearest_heading >= margin;
    let is_left = !evidence.is_answered && cosine >= NEAR_UNANSWERED && cosine > evidence.nearest_heading;
    is_nearest || is_left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_that_comes_as_near_means_a_look_up() {
        let evidence =
            |nearest_heading, answerable, is_answered| Evidence { nearest_heading, answerable, is_answered };
        assert!(is_meant(0.91, &evidence(0.84, 0.8, true)));
        assert!(!is_meant(0.923, &evidence(0.885, 2.9, true)), "a section asks nearly the same");
        assert!(!is_meant(0.86, &evidence(0.75, 2.0, true)), "no example is near");
        assert!(is_meant(0.89, &evidence(0.88, -0.8, false)), "the texts do not answer either");
        assert!(!is_meant(0.89, &evidence(0.9, -0.8, false)));
    }
}
