//! Chunks of small documents, counted by words.

use super::*;
use crate::Section;

fn words(text: &str) -> usize {
    text.split_whitespace().count() + 2
}

fn section(headings: &[&str], anchor: Option<&str>, text: &str) -> Section {
    Section {
        headings: headings.iter().map(|h| (*h).to_owned()).collect(),
        anchor: anchor.map(str::to_owned),
        text: text.to_owned(),
    }
}

fn document(sections: Vec<Section>) -> Document {
    Document {
        source: "post.md".to_owned(),
        url: "post/".to_owned(),
        title: "A post".to_owned(),
        date: Some("2025-03-01".to_owned()),
        language: Language::ENGLISH,
        tags: Vec::new(),
        sections,
    }
}

/// `n` sentences of five words, every one different.
fn prose(n: usize) -> String {
    (0..n).map(|i| format!("Sentence number {i} is here.")).collect::<Vec<_>>().join(" ")
}

fn config(max_tokens: usize, overlap_tokens: usize) -> ChunkConfig {
    ChunkConfig { max_tokens, overlap_tokens }
}

fn check_limit(document: &Document, config: &ChunkConfig, count: &dyn Fn(&str) -> usize) -> Vec<Chunk> {
    let chunks = chunk(document, config, count);
    for chunk in &chunks {
        let n_tokens = count(&chunk.embedding_text());
        assert!(n_tokens <= config.max_tokens, "{n_tokens} tokens: {:?}", chunk.embedding_text());
        assert!(!chunk.text.trim().is_empty());
    }
    let ids: HashSet<_> = chunks.iter().map(|chunk| &chunk.id).collect();
    assert_eq!(ids.len(), chunks.len());
    chunks
}

#[test]
fn long_sections_are_cut_evenly_at_sentences_with_overlap() {
    let document = document(vec![section(&["Part"], Some("part"), &prose(60))]);
    let chunks = check_limit(&document, &config(64, 6), &words);
    assert!(chunks.len() > 5);
    for pair in chunks.windows(2) {
        let last = pair[0].text.rsplit_once(". ").unwrap().1;
        assert!(pair[1].text.starts_with(last), "{last:?} opens {:?}", pair[1].text);
    }
    let sizes: Vec<_> = chunks.iter().map(|chunk| words(&chunk.text)).collect();
    let (min, max) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
    assert!(min * 2 > *max, "no small remainder: {sizes:?}");
    let all: String = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
    assert!((0..60).all(|i| all.contains(&format!("number {i} "))), "no sentence is lost");
}

#[test]
fn short_neighbours_are_merged_under_the_headings_they_share() {
    let document = document(vec![
        section(&["Setup"], Some("setup"), "Two ways."),
        section(&["Setup", "Linux"], Some("linux"), "Use apt."),
        section(&["Setup", "macOS"], Some("macos"), "Use brew."),
        section(&["Usage"], Some("usage"), &prose(10)),
    ]);
    let chunks = check_limit(&document, &config(64, 0), &words);
    let shown: Vec<_> = chunks.iter().map(|c| format!("{}\n{}", c.href(), c.embedding_text())).collect();
    insta::assert_snapshot!(shown.join("\n---\n"), @"
    post/#setup
    A post
    Setup

    Two ways.

    Linux

    Use apt.

    macOS

    Use brew.

    Usage

    Sentence number 0 is here. Sentence number 1 is here. Sentence number 2 is here. Sentence number 3 is here. Sentence number 4 is here. Sentence number 5 is here. Sentence number 6 is here. Sentence number 7 is here. Sentence number 8 is here. Sentence number 9 is here.
    ");
}

#[test]
fn code_keeps_its_indentation_where_it_is_cut() {
    let code = (0..40).map(|i| format!("    let value_{i} = {i};")).collect::<Vec<_>>().join("\n");
    let chunks = check_limit(&document(vec![section(&[], None, &code)]), &config(64, 0), &words);
    assert!(chunks.len() > 1 && chunks.iter().skip(1).all(|chunk| chunk.text.starts_with("    let")));
}

#[test]
fn a_list_is_not_left_by_its_lead_in() {
    // At every place where the cut may fall.
    for n in 1..24 {
        let steps: String = (1..8).map(|i| format!("\n\n{i}. Step {i} is done with care.")).collect();
        let text = format!("{}\n\nThe steps of it are these:{steps}", prose(n));
        let document = document(vec![section(&[], None, &text)]);
        for chunk in check_limit(&document, &config(64, 6), &words) {
            assert!(!chunk.text.ends_with("these:"), "{n} sentences before: {:?}", chunk.text);
        }
    }
}

#[test]
fn title_is_not_repeated_by_an_equal_heading() {
    let document = document(vec![section(&["A post", "Part"], None, "Text.")]);
    assert_eq!(chunk(&document, &config(64, 0), &words)[0].embedding_text(), "A post — Part\nText.");
}

#[test]
fn ids_follow_url_and_text_only() {
    let first = chunk(&document(vec![section(&[], None, "Text.")]), &config(64, 0), &words);
    let again = chunk(&document(vec![section(&["New heading"], None, "Text.")]), &config(64, 0), &words);
    let other = chunk(&document(vec![section(&[], None, "Other text.")]), &config(64, 0), &words);
    assert_eq!(first[0].id, again[0].id);
    assert_ne!(first[0].id, other[0].id);
    assert_eq!(first[0].id.len(), 16);
}

#[test]
fn repeated_passages_are_kept_once() {
    let text = prose(8);
    let document = document(vec![section(&["A"], Some("a"), &text), section(&["B"], Some("b"), &text)]);
    assert_eq!(check_limit(&document, &config(64, 0), &words).len(), 1);
}

#[test]
fn overlong_sentences_are_cut_at_words_and_overlong_words_at_characters() {
    let characters = |text: &str| text.chars().count() + 2;
    let sentence = (0..200).map(|i| format!("parola{i} è ")).collect::<String>();
    let letters = |first: u32, n: u32| (first..first + n).filter_map(char::from_u32).collect::<String>();
    let word = letters(0x4E00, 1000);
    let emoji = letters(0x1F300, 200);
    for text in [sentence, word.clone(), format!("{word} fine. Inizio {emoji}"), emoji.clone()] {
        let document = document(vec![section(&[], None, &text)]);
        let chunks = check_limit(&document, &config(100, 10), &characters);
        let found: usize =
            chunks.iter().map(|chunk| chunk.text.chars().filter(|c| !c.is_whitespace()).count()).sum();
        assert!(found >= text.chars().filter(|c| !c.is_whitespace()).count(), "nothing is lost");
    }
}

#[test]
fn absurd_titles_and_limits_do_no_harm() {
    let mut document = document(vec![section(&[&"heading ".repeat(900), "Inner"], None, &prose(50))]);
    document.title = "title ".repeat(9000);
    check_limit(&document, &config(64, 16), &words);
    for max_tokens in [0, 1, 2, 3] {
        assert!(!chunk(&document, &config(max_tokens, 100), &words).is_empty());
    }
    assert!(!chunk(&document, &config(64, 16), &|_| 1000).is_empty());
}

#[test]
fn tokens_are_counted_about_once_a_sentence() {
    let calls = std::cell::Cell::new(0);
    let counted = |text: &str| {
        calls.set(calls.get() + 1);
        words(text)
    };
    let n_sentences = 2000;
    let chunks = chunk(&document(vec![section(&[], None, &prose(n_sentences))]), &config(192, 24), &counted);
    assert!(calls.get() <= n_sentences + 3 * chunks.len() + 10, "{} calls", calls.get());
}
