//! Sentences against the blocks they should become.

use super::*;

fn span(source: usize) -> Span {
    Span { source, start: 0, end: 1 }
}

fn sentence(kind: SentenceKind, lead: &str, text: &str, sources: &[usize]) -> Sentence {
    let support = sources.iter().map(|&source| span(source)).collect();
    Sentence { lead: lead.into(), text: text.into(), kind, support, highlight: None }
}

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn cited(source: usize) -> Inline {
    Inline::Citation(span(source))
}

#[test]
fn each_written_sentence_is_followed_by_what_it_rests_on() {
    let written = |lead, text, sources| sentence(SentenceKind::Written, lead, text, sources);
    let blocks = blocks(&[
        written("", "It is **local**.", &[2, 1, 2]),
        written(" ", "Two things:", &[]),
        written("\n- ", "speed", &[1]),
        written("\n- ", "size", &[2]),
    ]);
    let local = Inline::Strong(vec![text("local")]);
    assert_eq!(
        blocks,
        [
            Block::Paragraph(vec![
                text("It is "),
                local,
                text("."),
                cited(1),
                cited(2),
                text(" Two things:")
            ]),
            Block::List(
                None,
                vec![
                    vec![Block::Paragraph(vec![text("speed"), cited(1)])],
                    vec![Block::Paragraph(vec![text("size"), cited(2)])],
                ]
            ),
        ]
    );
}

#[test]
fn code_and_tables_keep_their_shape() {
    let written = |lead, text, sources| sentence(SentenceKind::Written, lead, text, sources);
    let code = blocks(&[
        written("", "Run:", &[1]),
        written("\n", "```sh\nls\n```", &[2]),
        written("\n", "Done.", &[]),
    ]);
    assert_eq!(
        code,
        [
            Block::Paragraph(vec![text("Run:"), cited(1)]),
            Block::Code(Some("sh".into()), "ls".into()),
            Block::Paragraph(vec![cited(2)]),
            Block::Paragraph(vec![text("Done.")]),
        ]
    );
    let table =
        blocks(&[written("", "|a|b|", &[]), written("\n", "|-|-|", &[]), written("\n", "|1|2|", &[3])]);
    let (head, row) =
        (vec![vec![text("a")], vec![text("b")]], vec![vec![text("1")], vec![text("2"), cited(3)]]);
    assert_eq!(table, [Block::Table(head, vec![row])]);
}

#[test]
fn nothing_in_a_quote_is_markup_or_a_citation() {
    let quote = Sentence {
        highlight: Some((4, 10)),
        ..sentence(SentenceKind::Quoted, "", "See *this* note [1].\n  - x", &[2])
    };
    let next = sentence(SentenceKind::Quoted, "\n", "More.", &[2]);
    let other = sentence(SentenceKind::Quoted, "\n\n", "Elsewhere.", &[3]);
    assert_eq!(
        blocks(&[quote, next, other]),
        [
            Block::Quotation(
                Some(2),
                vec![
                    text("See "),
                    Inline::Mark("*this*".into()),
                    text(" note [1].\n  - x"),
                    cited(2),
                    text("\n"),
                    text("More."),
                    cited(2),
                ]
            ),
            Block::Quotation(Some(3), vec![text("Elsewhere."), cited(3)]),
        ]
    );
}

#[test]
fn words_of_its_own_are_paragraphs_and_lists() {
    let said = |lead, text| sentence(SentenceKind::Said, lead, text, &[]);
    let blocks =
        blocks(&[said("", "Hi *you*."), said(" ", "Ask:"), said("\n- ", "Why?"), said("\n\n", "Bye.")]);
    assert_eq!(
        blocks,
        [
            Block::Paragraph(vec![text("Hi *you*."), text(" "), text("Ask:")]),
            Block::List(None, vec![vec![Block::Paragraph(vec![text("Why?")])]]),
            Block::Paragraph(vec![text("Bye.")]),
        ]
    );
}

#[test]
fn documents_are_one_list() {
    let listed = |text, source| sentence(SentenceKind::Listed, "\n- ", text, &[source]);
    let said = sentence(SentenceKind::Said, "", "The latest:", &[]);
    let document = |source, text: &str| Document { source: Some(source), text: text.into() };
    assert_eq!(
        blocks(&[said, listed("A: x", 1), listed("B", 2)]),
        [
            Block::Paragraph(vec![text("The latest:")]),
            Block::Documents(vec![document(1, "A: x"), document(2, "B")]),
        ]
    );
}

#[test]
fn marks_that_do_not_fit_mark_nothing() {
    for highlight in [(0, 900), (1, 2), (3, 1), (2, 2), (usize::MAX, usize::MAX)] {
        for kind in [SentenceKind::Written, SentenceKind::Quoted, SentenceKind::Said] {
            let sentence = Sentence { highlight: Some(highlight), ..sentence(kind, "", "è così", &[1]) };
            assert_eq!(spoken(&sentence), "è così");
            assert_eq!(blocks(&[sentence]).len(), 1);
        }
    }
}

#[test]
fn spoken_text_has_no_markup() {
    let sentence = sentence(SentenceKind::Written, "\n- ", "**Local** first. See [here](https://a.b).", &[1]);
    assert_eq!(spoken(&sentence), "Local first. See here.");
}
