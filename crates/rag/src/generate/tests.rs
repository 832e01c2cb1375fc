//! What a model writes, told sentence by sentence.

use daneel_corpus::Language;

use super::*;
use crate::{Answer, AnswerKind, Source};

fn sources() -> Vec<Source> {
    vec![Source {
        number: 1,
        href: String::new(),
        title: "HNSW".into(),
        headings: vec![],
        date: None,
        language: Language::ENGLISH,
        text: "An HNSW graph is a stack of layers. Each node keeps links to its nearest neighbours. Search starts in the top layer."
            .into(),
    }]
}

/// What is told of a model's text, and how the draft ends.
#[track_caller]
fn check(written: &str, expected: &str, has_ended: bool, abstains: bool) -> Answer {
    let sources = sources();
    let mut on_event = |_| ControlFlow::Continue(());
    let mut reply = Reply::new(&mut on_event);
    let verifier = Verifier::new("What is an HNSW graph?", Language::ENGLISH, &sources, &[], false);
    let mut draft = Draft::new(verifier, &mut reply);
    let mut claims = Claims::default();
    for piece in written.split_inclusive(' ') {
        draft.take(claims.push(piece));
    }
    if !draft.has_ended {
        draft.take(claims.finish(false));
    }
    assert_eq!((draft.has_ended, draft.abstains), (has_ended, abstains), "{written}");
    let answer = reply.finish(AnswerKind::Generated, Language::ENGLISH, None, None);
    assert_eq!(answer.plain_text(), expected);
    answer
}

#[test]
fn what_is_supported_is_told_and_cited() {
    let answer = check(
        "An HNSW graph is a stack of layers [7]. Search starts in the top layer.",
        "An HNSW graph is a stack of layers. Search starts in the top layer.",
        false,
        false,
    );
    assert_eq!(
        answer.to_markdown(),
        "An HNSW graph is a stack of layers. [1] Search starts in the top layer. [1]"
    );
}

#[test]
fn what_is_not_supported_is_left_out() {
    check(
        "Bill Gates invented it. An HNSW graph is a stack of layers. It costs 300 dollars a month.",
        "An HNSW graph is a stack of layers.",
        false,
        false,
    );
    check("Paris is the capital of France.", "", false, false);
}

#[test]
fn a_dropped_item_leaves_its_place_to_the_next() {
    check(
        "An HNSW graph is a stack of layers:\n- Nobody pays for it. Search starts in the top layer.\n- Paris is large.",
        "An HNSW graph is a stack of layers:\n- Search starts in the top layer.",
        false,
        false,
    );
}

#[test]
fn a_particle_needs_the_sentence_after_it() {
    check(
        "Yes. An HNSW graph is a stack of layers.",
        "Yes. An HNSW graph is a stack of layers.",
        false,
        false,
    );
    check("Yes. It is blue.", "", false, false);
    check("Yes.", "", false, false);
}

#[test]
fn the_rest_of_a_dropped_sentence_goes_with_it() {
    let drafted = "It is said that Paris is a capital. which is a stack of layers in an HNSW graph. Search starts in the top layer.";
    check(drafted, "Search starts in the top layer.", false, false);
}

#[test]
fn repetition_and_honesty_end_an_answer() {
    let sentence = "Each node keeps links to its nearest neighbours.";
    check(&format!("{sentence} {sentence} Search starts in the top layer."), sentence, true, false);
    check("The texts do not say. Search starts in the top layer.", "", true, true);
    check(&format!("{sentence} The text doesn't mention the price."), sentence, true, true);
}
