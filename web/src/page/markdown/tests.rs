//! Markdown against the blocks it should become, hostile input included.

use super::*;
use crate::page::block::plain_text;

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn parse(text: &str) -> Vec<Block> {
    super::parse(text, Notes::default())
}

fn citation(source: usize) -> Span {
    Span { source, start: 0, end: 1 }
}

#[test]
fn citations_and_marks_stand_where_they_are_told() {
    let notes =
        Notes { citations: vec![(10, citation(2)), (19, citation(1))], highlights: vec![4..5, 11..14] };
    let expected = vec![
        text("A "),
        Inline::Strong(vec![Inline::Mark("b".into()), text(" c")]),
        text("."),
        Inline::Citation(citation(2)),
        text(" "),
        Inline::Mark("Not".into()),
        text(" [1]."),
        Inline::Citation(citation(1)),
    ];
    assert_eq!(super::parse("A **b c**. Not [1].", notes), [Block::Paragraph(expected)]);
}

#[test]
fn brackets_are_no_citations() {
    assert_eq!(parse("Yes [1], and [2, 3]."), [Block::Paragraph(vec![text("Yes [1], and [2, 3].")])]);
}

#[test]
fn an_entity_is_not_cut() {
    let notes = Notes {
        citations: vec![(4, citation(2)), (9, citation(1))],
        highlights: std::iter::once(2..5).collect(),
    };
    let [Block::Paragraph(inlines)] = &super::parse("a &amp; b", notes)[..] else { panic!("one paragraph") };
    assert_eq!(inlines.last(), Some(&Inline::Citation(citation(1))));
    assert!(inlines.contains(&Inline::Citation(citation(2))) && inlines.contains(&Inline::Mark("&".into())));
}

#[test]
fn blocks_of_every_kind() {
    let blocks = parse(
        "# T\n\na **b** `c` ~~d~~\n\n1. x\n2. y\n\n> q\n\n```rust\nfn f() {}\n```\n\n---\n\n|a|b|\n|-|-|\n|1|*2*|\n",
    );
    assert_eq!(
        blocks,
        [
            Block::Heading(1, vec![text("T")]),
            Block::Paragraph(vec![
                text("a "),
                Inline::Strong(vec![text("b")]),
                text(" "),
                Inline::Code("c".into()),
                text(" "),
                Inline::Struck(vec![text("d")]),
            ]),
            Block::List(
                Some(1),
                vec![vec![Block::Paragraph(vec![text("x")])], vec![Block::Paragraph(vec![text("y")])]]
            ),
            Block::Quote(vec![Block::Paragraph(vec![text("q")])]),
            Block::Code(Some("rust".into()), "fn f() {}".into()),
            Block::Rule,
            Block::Table(
                vec![vec![text("a")], vec![text("b")]],
                vec![vec![vec![text("1")], vec![Inline::Emphasis(vec![text("2")])]]]
            ),
        ]
    );
}

#[test]
fn html_is_shown_and_images_are_described() {
    let blocks = parse("a <script>alert(1)</script> ![a cat](https://elsewhere.example/cat.png)");
    let Block::Paragraph(inlines) = &blocks[0] else { panic!("{blocks:?}") };
    assert!(inlines.iter().all(|inline| matches!(inline, Inline::Text(_))), "{inlines:?}");
    assert_eq!(plain_text(&blocks), "a <script>alert(1)</script> a cat");
    assert_eq!(plain_text(&parse("<div onclick='x()'>\nhello\n</div>")), "<div onclick='x()'> hello </div>");
}

#[test]
fn links_lead_to_the_web_only() {
    for good in
        ["https://example.org/a:b", "HTTP://example.org", "../post/#x", "#top", "post.html?a=b:c", "//host/x"]
    {
        assert!(safe_link(good).is_some(), "{good}");
    }
    for bad in [
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:x",
        "data:text/html,x",
        "vbscript:x",
        "",
    ] {
        assert!(safe_link(bad).is_none(), "{bad}");
    }
    assert_eq!(parse("[x](javascript:alert)"), [Block::Paragraph(vec![text("x")])]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let blocks = parse(&format!("{}deep", "> ".repeat(10_000)));
    assert!(plain_text(&blocks).contains("deep"));
    let blocks = parse(&format!("{}deep", "- ".repeat(5_000)));
    assert_eq!(blocks.len(), 1);
    let stars = format!("{}deep{}", "*a ".repeat(2_000), " a*".repeat(2_000));
    assert!(plain_text(&parse(&stars)).contains("deep"));
}

#[test]
fn unfinished_text_parses_while_it_streams() {
    let whole = "**bold** and `code`\n\n- one\n- two\n\n| a |\n|---|\n| b |";
    for (end, _) in whole.char_indices() {
        parse(&whole[..end]);
    }
}
