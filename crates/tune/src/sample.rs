//! A labelled question becomes what is trained on at once: the passage that answers, and one that does not.

use std::ops::Range;

use daneel_corpus::sentences;
use daneel_model::{Embedder, ReaderInput};

use crate::Error;
use crate::data::{DataSet, PassageRef, Question};
use crate::reader::Target;

/// Most tokens of an input: a chunk with its question.
const MAX_TOKENS: usize = 272;
/// Characters of a chunk of average size, and of the largest: passages are cut to something between them.
const WINDOW_CHARS: (usize, usize) = (350, 900);
/// Share of inputs that show the title.
const WITH_TITLE: f32 = 0.75;
/// Share of wrong passages that are the right one without the sentence that answers.
const CUT_OUT: f32 = 0.2;
/// Share of wrong passages that are any other of the document; the rest is what a search finds.
const RANDOM: f32 = 0.15;
/// A wrong passage is among so many that a search finds first.
const HARD: usize = 6;
/// A question that nothing answers is read with one of so many.
const HARD_UNANSWERED: usize = 3;

/// One input with what is known of it.
pub struct Labelled {
    /// What is read.
    pub input: ReaderInput,
    /// What it says.
    pub target: Target,
}

/// A passage that answers, where there is one, and one that does not.
pub struct Pair {
    /// The passage that answers.
    pub right: Option<Labelled>,
    /// Passages that do not.
    pub wrong: Vec<Labelled>,
}

/// Makes a pair of a question. The same state of `rng` makes the same pair.
///
/// # Errors
/// If the embedder cannot read pairs.
pub fn pair(
    embedder: &Embedder,
    set: &DataSet,
    question: &Question,
    rng: &mut fastrand::Rng,
) -> Result<Pair, Error> {
    let with_title = rng.f32() < WITH_TITLE;
    let title = |at: PassageRef| if with_title { set.title(at) } else { String::new() };
    let label =
        |at: PassageRef, text: &str, answerable: bool, span: Option<Range<usize>>| -> Result<_, Error> {
            let input = ReaderInput::new(embedder, &question.text, &title(at), text, MAX_TOKENS)?;
            let span = span.and_then(|span| tokens_of(&input, &span));
            Ok(Labelled { input, target: Target { answerable, span } })
        };
    let Some(gold) = question.gold else {
        // What a search finds is what the page would be misled by.
        let found = &question.negatives[..question.negatives.len().min(HARD_UNANSWERED)];
        let n_passages = set.documents[question.document].passages.len();
        let passage = match found {
            [] => PassageRef { document: question.document, passage: rng.usize(..n_passages) },
            found => found[rng.usize(..found.len())],
        };
        return Ok(Pair { right: None, wrong: vec![label(passage, set.passage(passage), false, None)?] });
    };
    let text = set.passage(gold);
    let (window, span) = window(text, question.span.clone(), rng);
    let right = label(gold, &text[window], true, span)?;
    let wrong = match rng.f32() {
        chance if chance < CUT_OUT => without_answer(text, question).map(|text| (gold, text)),
        chance => wrong_passage(set, question, gold, chance < CUT_OUT + RANDOM, rng)
            .map(|at| (at, set.passage(at).to_owned())),
    };
    let wrong = match wrong {
        Some((at, text)) => {
            let (window, _) = window_of(&text, rng);
            vec![label(at, &text[window], false, None)?]
        }
        None => Vec::new(),
    };
    Ok(Pair { right: Some(right), wrong })
}

/// The tokens that a span of the text's bytes touches; none where it was cut off.
pub fn tokens_of(input: &ReaderInput, span: &Range<usize>) -> Option<(usize, usize)> {
    let touches = |offset: &Range<usize>| offset.start < span.end && offset.end > span.start;
    let first = input.offsets.iter().position(touches)?;
    let last = input.offsets.iter().rposition(touches)?;
    (input.offsets[last].end >= span.end).then_some((first, last))
}

fn window_of(text: &str, rng: &mut fastrand::Rng) -> (Range<usize>, Option<Range<usize>>) {
    window(text, None, rng)
}

/// Some whole sentences of a text, of about a chunk's size, the answer's among them; and where it is in them.
fn window(
    text: &str,
    span: Option<Range<usize>>,
    rng: &mut fastrand::Rng,
) -> (Range<usize>, Option<Range<usize>>) {
    let room = rng.usize(WINDOW_CHARS.0..WINDOW_CHARS.1);
    let mut bounds = vec![0];
    for sentence in sentences(text) {
        bounds.push(bounds[bounds.len() - 1] + sentence.len());
    }
    let last = bounds.len() - 1;
    let (mut from, mut to) = match &span {
        Some(span) => (
            bounds.iter().rposition(|&at| at <= span.start).unwrap_or(0).min(last.saturating_sub(1)),
            bounds.iter().position(|&at| at >= span.end).unwrap_or(last),
        ),
        None => {
            let start = rng.usize(..last.max(1));
            (start, (start + 1).min(last))
        }
    };
    // Grows to either side by chance until it is full.
    loop {
        let left = from > 0 && bounds[to] - bounds[from - 1] <= room;
        let right = to < last && bounds[to + 1] - bounds[from] <= room;
        match (left, right) {
            (false, false) => break,
            (true, false) => from -= 1,
            (false, true) => to += 1,
            (true, true) if rng.bool() => from -= 1,
            (true, true) => to += 1,
        }
    }
    let window = bounds[from]..bounds[to];
    let span = span.map(|span| span.start - window.start..span.end - window.start);
    (window, span)
}

/// The passage without the sentences that hold the answer; none where too little is left, or the answer is still there.
fn without_answer(text: &str, question: &Question) -> Option<String> {
    let span = question.span.as_ref()?;
    let mut kept = String::with_capacity(text.len());
    let mut start = 0;
    for sentence in sentences(text) {
        let end = start + sentence.len();
        if end <= span.start || start >= span.end {
            kept.push_str(sentence);
        }
        start = end;
    }
    let lower = kept.to_lowercase();
    let tells = question.answers.iter().any(|answer| lower.contains(answer.trim().to_lowercase().as_str()));
    (!tells && 3 * kept.len() >= text.len() && kept.len() >= 120).then_some(kept)
}

/// A passage that does not answer: what a search finds, or any other of the document.
fn wrong_passage(
    set: &DataSet,
    question: &Question,
    gold: PassageRef,
    any: bool,
    rng: &mut fastrand::Rng,
) -> Option<PassageRef> {
    if !any && !question.negatives.is_empty() {
        return Some(question.negatives[rng.usize(..question.negatives.len().min(HARD))]);
    }
    let n_passages = set.documents[gold.document].passages.len();
    let others: Vec<PassageRef> = (0..n_passages)
        .map(|passage| PassageRef { passage, ..gold })
        .filter(|&other| other != gold && !tells(set.passage(other), question))
        .collect();
    (!others.is_empty()).then(|| others[rng.usize(..others.len())])
}

/// Whether a text holds one of the answers, so that it may answer too.
pub fn tells(text: &str, question: &Question) -> bool {
    let lower = text.to_lowercase();
    question.answers.iter().any(|answer| lower.contains(answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str, answer: &str) -> Question {
        let at = text.find(answer).unwrap();
        Question {
            text: "?".into(),
            gold: None,
            document: 0,
            span: Some(at..at + answer.len()),
            answers: vec![answer.into()],
            negatives: vec![],
        }
    }

    #[test]
    fn windows_are_whole_sentences_around_the_answer() {
        let text = "Prima frase di prova. Seconda frase, con la risposta. Terza frase di prova. ".repeat(20);
        let answer = text.find("la risposta").unwrap() + 10 * 76;
        let span = answer..answer + 3;
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let (window, inside) = window(&text, Some(span.clone()), &mut rng);
            let inside = inside.unwrap();
            assert_eq!(text[window.clone()][inside], text[span.clone()]);
            assert!(window.len() <= WINDOW_CHARS.1 && window.len() >= WINDOW_CHARS.0 / 2);
            assert!(text[window.clone()].ends_with(". "));
        }
    }

    #[test]
    fn the_answer_is_cut_out_with_its_sentence() {
        let filler = "There is more to say of it, and this sentence says some of that. ".repeat(3);
        let text = format!("{filler}The tower was built in 1889. {filler}");
        let left = without_answer(&text, &question(&text, "1889")).unwrap();
        assert!(!left.contains("tower") && left.contains("more to say"));
        let twice = format!("{text}In 1889 it opened.");
        assert_eq!(without_answer(&twice, &question(&twice, "1889")), None);
    }
}
