//! What is quoted of passages made here.

use super::*;

fn source(number: usize, text: &str) -> Source {
    Source { title: "Perché in locale".into(), language: Language::ITALIAN, ..Source::of_text(number, text) }
}

fn sources(texts: &[&str]) -> Vec<Source> {
    texts.iter().enumerate().map(|(i, text)| source(i + 1, text)).collect()
}

/// Every quote is what its span says.
fn texts(quotes: &[Sentence], sources: &[Source]) -> Vec<String> {
    for quote in quotes {
        let span = quote.support[0];
        assert_eq!(sources[span.source - 1].quote(&span), Some(quote.text.as_str()));
    }
    quotes.iter().map(|quote| quote.text.clone()).collect()
}

/// As they were given, each a tenth as likely as the one before.
fn ranking(sources: Vec<Source>, readings: Vec<Reading>) -> Ranking {
    let shares = (0..sources.len()).map(|position| 0.1_f32.powi(position as i32)).collect();
    Ranking { sources, readings, shares, ..Ranking::default() }
}

fn highlight(quote: &Sentence) -> Option<&str> {
    quote.highlight.map(|(start, end)| &quote.text[start..end])
}

#[track_caller]
fn check(question: &str, passages: &[&str], expected: &[&str]) -> Vec<Sentence> {
    let sources = sources(passages);
    let asked = Asked { question, language: Language::ITALIAN, said: "" };
    let quotes = closest(&asked, &ranking(sources.clone(), vec![]));
    assert_eq!(texts(&quotes, &sources), expected);
    quotes
}

#[test]
fn the_sentence_that_answers_is_quoted() {
    check(
        "Dove viene calcolata la risposta?",
        &[
            "Il sole splende spesso anche di sabato mattina. La risposta viene calcolata nel browser di chi legge.",
            "Un indice di parole si costruisce in pochi secondi.",
        ],
        &[
            "Il sole splende spesso anche di sabato mattina. La risposta viene calcolata nel browser di chi legge.",
        ],
    );
}

#[test]
fn quoted_text_is_as_it_stands() {
    check(
        "Che cosa fa la funzione quantizza?",
        &["La funzione *quantizza* trasforma <script> i pesi [7] in interi."],
        &["La funzione *quantizza* trasforma <script> i pesi [7] in interi."],
    );
    check("Quale comando?", &["cargo run"], &["cargo run"]);
}

#[test]
fn a_row_is_pointed_out_in_its_table() {
    let quotes = check(
        "Quanta farina serve?",
        &["Ingrediente | Quanto\n\nacqua | 300 g\n\nfarina | 500 g"],
        &["Ingrediente | Quanto\n\nacqua | 300 g\n\nfarina | 500 g"],
    );
    assert_eq!(highlight(&quotes[0]), Some("farina | 500 g"));
}

#[test]
fn a_numbered_step_is_pointed_out_in_its_list() {
    let quotes = check(
        "Qual è il passo 3?",
        &[
            "Ecco i passi:\n\n1. Apri il file di configurazione.\n2. Scegli il modello.\n3. Costruisci il sito.",
        ],
        &[
            "Ecco i passi:\n\n1. Apri il file di configurazione.\n2. Scegli il modello.\n3. Costruisci il sito.",
        ],
    );
    assert_eq!(highlight(&quotes[0]), Some("Costruisci il sito."));
}

#[test]
fn a_heading_inside_a_passage_is_quoted_with_what_stands_under_it() {
    let passage = "Lavoriamo qui\n\nUna volta pronto l'ambiente si lavora con calma e si salva spesso.\n\nUscire dall'ambiente\n\n\
                   Per uscire dall'ambiente basta il comando\n\n$ deactivate";
    let from = passage.find("Uscire").unwrap();
    check("Come uscire dall'ambiente?", &[passage], &[&passage[from..]]);
}

#[test]
fn what_was_said_is_not_said_again() {
    let sources =
        sources(&["Un agente pianifica i suoi passi. Un agente sceglie gli strumenti da solo, se può."]);
    let asked = Asked {
        question: "Che cosa fa un agente?",
        language: Language::ITALIAN,
        said: "Un agente pianifica i suoi passi.",
    };
    let quotes = closest(&asked, &ranking(sources.clone(), vec![]));
    assert_eq!(texts(&quotes, &sources), ["Un agente sceglie gli strumenti da solo, se può."]);
}

#[test]
fn what_a_reader_found_is_quoted_and_highlighted() {
    let sources = sources(&[
        "La torre di Recanati è antica. Morì nel 1837 a Napoli, lontano da casa, dopo una lunga malattia.",
        "Il conte viveva a Recanati con la famiglia.",
    ]);
    let reading = |answerable, range, probability| Reading {
        answerable,
        spans: vec![AnswerSpan { range, probability }],
    };
    let readings = vec![reading(0.9, 38..46, 0.8), reading(0.1, 18..26, 0.2)];
    let asked =
        Asked { question: "Quando morì il poeta di Recanati?", language: Language::ITALIAN, said: "" };
    let quotes = closest(&asked, &ranking(sources.clone(), readings));
    let quote = &quotes[0];
    assert_eq!(highlight(quote), Some("nel 1837"));
    // The reader is sure: nothing else is needed.
    assert_eq!(quote.text, "Morì nel 1837 a Napoli, lontano da casa, dopo una lunga malattia.");
}

#[test]
fn a_span_across_sentences_lies_in_a_unit_of_both() {
    let source = source(1, "Serve tempo, molto. Serve anche pazienza. E basta.");
    assert_eq!(unit_around(&source, &(13..28)).range, 0..41);
}
