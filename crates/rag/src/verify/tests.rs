//! Claims that the passages support, and claims that they do not.

use super::*;

fn source(number: usize, language: Language, text: &str) -> Source {
    Source {
        number,
        href: String::new(),
        title: "Indexes".into(),
        headings: vec![],
        date: Some("2024-03-01".into()),
        language,
        text: text.into(),
    }
}

fn sources() -> Vec<Source> {
    vec![
        source(
            1,
            Language::ENGLISH,
            "HNSW is a graph of small worlds. Each node keeps links to its nearest neighbours. \
             It was invented in 2016 by Malkov. Rust does not have null values.",
        ),
        source(
            2,
            Language::ENGLISH,
            "Quantization stores each weight in four bits, so the model takes a quarter of the memory.\n\n\
             Run it with:\n\ncargo run --release",
        ),
    ]
}

fn claim(text: &str) -> Claim {
    Claim { lead: String::new(), text: text.into(), cited: vec![], is_code: text.starts_with("```") }
}

/// The text that supports a claim, or its verdict.
#[track_caller]
fn check_with(question: &str, spans: &[(usize, Range<usize>)], text: &str, expected: Result<&str, Verdict>) {
    let sources = sources();
    let mut verifier = Verifier::new(question, Language::ENGLISH, &sources, spans, false);
    let verdict = verifier.verify(&claim(text));
    match (&verdict, expected) {
        (Verdict::Supported(spans), Ok(expected)) => {
            let quotes: Vec<_> =
                spans.iter().filter_map(|span| sources[span.source - 1].quote(span)).collect();
            assert_eq!(quotes, [expected], "{text}");
        }
        (_, Err(expected)) => assert_eq!(verdict, expected, "{text}"),
        (_, Ok(_)) => panic!("{text}: {verdict:?}"),
    }
}

#[track_caller]
fn check(text: &str, expected: Result<&str, Verdict>) {
    check_with("What is it about?", &[], text, expected);
}

#[test]
fn what_a_sentence_says_is_supported_by_it() {
    check(
        "A node keeps links to those neighbours that are nearest.",
        Ok("Each node keeps links to its nearest neighbours."),
    );
    check("HNSW is a graph of small worlds.", Ok("HNSW is a graph of small worlds."));
}

#[test]
fn what_no_sentence_says_is_not() {
    check("Paris is the capital of France, of course.", Err(Verdict::Unsupported));
    check("The graph stores each weight of the neighbours in memory.", Err(Verdict::Unsupported));
}

#[test]
fn numbers_must_be_the_same() {
    check(
        "Quantization stores each weight in 4 bits.",
        Ok("Quantization stores each weight in four bits, so the model takes a quarter of the memory."),
    );
    check("Quantization stores each weight in eight bits.", Err(Verdict::Unsupported));
    check("Quantization stores each weight in 8 bits.", Err(Verdict::Unsupported));
}

#[test]
fn names_must_be_in_the_passage_or_the_question() {
    check("HNSW, a graph of small worlds, is by Bill Gates.", Err(Verdict::Unsupported));
    let supported = Ok("HNSW is a graph of small worlds.");
    check_with("What does Daneel use?", &[], "In Daneel, HNSW is a graph of small worlds.", supported);
}

#[test]
fn negations_must_agree() {
    check("Rust does not have null values.", Ok("Rust does not have null values."));
    check("Rust has null values.", Err(Verdict::Unsupported));
    check("HNSW is not a graph of small worlds.", Err(Verdict::Unsupported));
}

#[test]
fn short_claims_count_beside_the_question() {
    check_with("When was HNSW invented?", &[], "In 2016.", Ok("It was invented in 2016 by Malkov."));
    check_with("When was HNSW invented?", &[], "In 1912.", Err(Verdict::Unsupported));
    check_with("How long does bread keep?", &[], "In 2016.", Err(Verdict::Unsupported));
    check("Yes.", Err(Verdict::Incomplete));
    check("It is.", Err(Verdict::Incomplete));
    check("These are the neighbours of a node:", Err(Verdict::Incomplete));
    check("Bill Gates says:", Err(Verdict::Unsupported));
}

#[test]
fn code_must_stand_in_a_passage() {
    let sources = sources();
    let whole = sources[1].text.as_str();
    check("```sh\ncargo run --release\n```", Ok(whole));
    check("```sh\nrm -r target\n```", Err(Verdict::Unsupported));
    check(
        "Each node keeps `links` to its nearest neighbours.",
        Ok("Each node keeps links to its nearest neighbours."),
    );
    check("Each node keeps `pointers` to its nearest neighbours.", Err(Verdict::Unsupported));
}

#[test]
fn an_honest_model_says_that_it_does_not_know() {
    for text in [
        "The texts do not say.",
        "The passage does not mention the price.",
        "This is not mentioned here.",
        "I do not know.",
    ] {
        check(text, Err(Verdict::Abstains));
    }
}

#[test]
fn in_every_language_the_answer_that_is_asked_for_is_an_abstention() {
    for (language, text) in [
        ("it", "I testi non lo dicono."),
        ("fr", "Les textes ne le disent pas."),
        ("de", "Die Texte sagen nichts dazu."),
        ("es", "Los textos no lo dicen."),
        ("pt", "Os textos não o dizem."),
        ("nl", "De teksten zeggen het niet."),
    ] {
        let language = Language::from_tag(language).unwrap();
        let mut verifier = Verifier::new("", language, &[], &[], false);
        assert_eq!(verifier.verify(&claim(text)), Verdict::Abstains, "{text}");
    }
}

#[test]
fn what_was_said_is_a_repetition() {
    let sources = sources();
    let mut verifier = Verifier::new("", Language::ENGLISH, &sources, &[], false);
    let first = claim("Each node keeps links to its nearest neighbours.");
    assert!(matches!(verifier.verify(&first), Verdict::Supported(_)));
    assert_eq!(verifier.verify(&claim("Each nearest neighbour keeps links to its node.")), Verdict::Repeats);
}

#[test]
fn with_a_reader_claims_rest_on_what_it_found() {
    let question = "How much memory does the model take?";
    let text = sources()[1].text.clone();
    let start = text.find("a quarter").unwrap();
    let spans = [(1, start..start + "a quarter of the memory".len())];
    let sentence =
        "Quantization stores each weight in four bits, so the model takes a quarter of the memory.";
    check_with(question, &spans, "The model takes a quarter of the memory.", Ok(sentence));
    check_with(
        question,
        &spans,
        "Each node keeps links to its nearest neighbours.",
        Err(Verdict::Unsupported),
    );
    check_with(question, &spans, "A quarter.", Ok(sentence));
}

#[test]
fn babble_is_no_claim() {
    let circle = "The weight of the weight stores the weight in four bits of the weight of memory.";
    check(circle, Err(Verdict::Unsupported));
    let sources = sources();
    let mut verifier = Verifier::new("", Language::ENGLISH, &sources, &[], true);
    let foreign =
        claim("Il modello occupa soltanto un quarto della memoria, perché ogni peso sta in quattro bit.");
    assert_eq!(verifier.verify(&foreign), Verdict::Unsupported);
}

#[test]
fn across_languages_only_the_meaning_can_tell() {
    let sources = sources();
    let mut verifier = Verifier::new("", Language::ITALIAN, &sources, &[], true);
    assert_eq!(verifier.verify(&claim("Ogni nodo tiene i legami ai suoi vicini.")), Verdict::Unknown);
    let mut verifier = Verifier::new("", Language::ITALIAN, &sources, &[], false);
    assert_eq!(verifier.verify(&claim("Ogni nodo tiene i legami ai suoi vicini.")), Verdict::Unsupported);
}
