//! Passages of every shape, and the units that they are cut into.

use super::*;

#[track_caller]
fn check(text: &str, expected: &[(UnitKind, &str, &str)]) {
    let units = units(text, Language::ENGLISH);
    let found: Vec<_> = units
        .iter()
        .map(|unit| {
            let context = unit.context.clone().map_or("", |range| &text[range]);
            (unit.kind, context, &text[unit.range.clone()])
        })
        .collect();
    assert_eq!(found, expected);
}

use UnitKind::{Code, Item, Line, List, Row, Sentence};

#[test]
fn sentences_stand_alone_or_bring_the_one_before() {
    check(
        "HNSW is a graph. It has layers. These are sparse. Search starts on top.",
        &[
            (Sentence, "", "HNSW is a graph."),
            (Sentence, "HNSW is a graph.", "It has layers."),
            (Sentence, "HNSW is a graph. It has layers.", "These are sparse."),
            (Sentence, "", "Search starts on top."),
        ],
    );
}

#[test]
fn a_definition_keeps_its_term() {
    check(
        "Chunk\n\nA passage of a document. Chunks overlap.\n\nToken\n\nA piece of a word.",
        &[
            (Line, "", "Chunk"),
            (Sentence, "Chunk", "A passage of a document."),
            (Sentence, "", "Chunks overlap."),
            (Line, "", "Token"),
            (Sentence, "Token", "A piece of a word."),
        ],
    );
}

#[test]
fn a_list_is_quoted_whole_or_by_the_item_after_its_lead_in() {
    check(
        "Three things matter:\n\n- speed\n- size\n- taste\n\nThe end comes soon after that.",
        &[
            (List, "", "Three things matter:\n\n- speed\n- size\n- taste"),
            (Item, "Three things matter:", "- speed"),
            (Item, "Three things matter:", "- size"),
            (Item, "Three things matter:", "- taste"),
            (Sentence, "", "The end comes soon after that."),
        ],
    );
}

#[test]
fn items_need_no_bullets_after_a_lead_in() {
    check(
        "To install:\n\nDownload it.\n\nRun it.",
        &[
            (List, "", "To install:\n\nDownload it.\n\nRun it."),
            (Item, "To install:", "Download it."),
            (Item, "To install:", "Run it."),
        ],
    );
}

#[test]
fn a_row_brings_the_head_of_its_table() {
    check(
        "What | How much\n\nflour | 500 g\n\nwater | 300 g",
        &[(Row, "What | How much", "flour | 500 g"), (Row, "What | How much", "water | 300 g")],
    );
    check("flour | 500 g", &[(Row, "", "flour | 500 g")]);
    check(
        "What: flour; How much: 500 g\n\nWhat: water; How much: 300 g",
        &[(Row, "", "What: flour; How much: 500 g"), (Row, "", "What: water; How much: 300 g")],
    );
    check("| x | y |\n\n| z | t |", &[(Row, "", "| x | y |"), (Row, "", "| z | t |")]);
    check("Licence: MIT", &[(Item, "", "Licence: MIT")]);
}

#[test]
fn code_is_quoted_as_it_stands_with_what_announces_it() {
    check(
        "Build it with:\n\ncargo build --release\n\nThen rest a while.",
        &[
            (List, "", "Build it with:\n\ncargo build --release"),
            (Code, "Build it with:", "cargo build --release"),
            (Sentence, "", "Then rest a while."),
        ],
    );
    check("fn main() {\n    println!(\"a\");\n}", &[(Code, "", "fn main() {\n    println!(\"a\");\n}")]);
}

#[test]
fn sentences_end_in_every_script() {
    check("これは本です。とても長い。", &[(Sentence, "", "これは本です。"), (Sentence, "", "とても長い。")]);
    check("यह किताब है। यह लंबी है।", &[(Sentence, "", "यह किताब है।"), (Sentence, "", "यह लंबी है।")]);
}

#[test]
fn a_question_is_no_answer_but_its_reply_needs_it() {
    check(
        "Is it fast? Very much so. Nobody waits for anything any more here.",
        &[
            (Sentence, "Is it fast?", "Very much so."),
            (Sentence, "", "Nobody waits for anything any more here."),
        ],
    );
}

#[test]
fn no_shape_of_text_breaks_it() {
    for text in
        ["", "\n\n", " \n a", ":", "- ", "a |  | b\n | ", "perché:\n\n1. è\r\n\r\n2. ù", "  x\n\ty\n z;"]
    {
        for unit in units(text, Language::ITALIAN) {
            assert!(text.get(unit.range.clone()).is_some_and(|quote| !quote.is_empty()), "{text:?}");
            assert!(!unit.words(text).is_empty());
        }
    }
}
