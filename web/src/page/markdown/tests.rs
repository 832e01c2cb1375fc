//! Markdown against the blocks it should become, hostile input included.

use super::*;

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

#[test]
fn citations_of_offered_sources_only() {
    let blocks = parse("Yes [1], and [2, 3][1]. Not [4] or [x] or [0].", 3);
    let expected = vec![
        text("Yes "),
        Inline::Citation(1),
        text(", and "),
        Inline::Citation(2),
        Inline::Citation(3),
        Inline::Citation(1),
        text(". Not [4] or [x] or [0]."),
    ];
    assert_eq!(blocks, [Block::Paragraph(expected)]);
}

#[test]
fn blocks_of_every_kind() {
    let blocks = parse(
        "# T\n\na **b** `c` ~~d~~\n\n1. x\n2. y\n\n> q\n\n```rust\nfn f() {}\n```\n\n---\n\n|a|b|\n|-|-|\n|1|*2*|\n",
        0,
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
    let blocks = parse("a <script>alert(1)</script> ![a cat](https://elsewhere.example/cat.png)", 0);
    let Block::Paragraph(inlines) = &blocks[0] else { panic!("{blocks:?}") };
    assert!(inlines.iter().all(|inline| matches!(inline, Inline::Text(_))), "{inlines:?}");
    assert_eq!(plain_text(&blocks), "a <script>alert(1)</script> a cat");
    assert_eq!(
        plain_text(&parse("<div onclick='x()'>\nhello\n</div>", 0)),
        "<div onclick='x()'> hello </div>"
    );
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
    assert_eq!(parse("[x](javascript:alert)", 0), [Block::Paragraph(vec![text("x")])]);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let blocks = parse(&format!("{}deep", "> ".repeat(10_000)), 0);
    assert!(plain_text(&blocks).contains("deep"));
    let blocks = parse(&format!("{}deep", "- ".repeat(5_000)), 0);
    assert_eq!(blocks.len(), 1);
    let stars = format!("{}deep{}", "*a ".repeat(2_000), " a*".repeat(2_000));
    assert!(plain_text(&parse(&stars, 0)).contains("deep"));
}

#[test]
fn unfinished_text_parses_while_it_streams() {
    let whole = "**bold** and `code`\n\n- one\n- two [1]\n\n| a |\n|---|\n| b |";
    for (end, _) in whole.char_indices() {
        parse(&whole[..end], 1);
    }
}

#[test]
fn spoken_text_has_no_markup() {
    assert_eq!(
        plain_text(&parse("# Hi\n\n**Local** first [1]. See [here](https://a.b).", 1)),
        "Hi Local first . See here."
    );
}

#[test]
fn citations_do_not_change_what_is_said() {
    assert!(say_the_same("It is local. It is *fast*.", "It is local [1]. It is *fast* [2]."));
    assert!(!say_the_same("It is local.", "> It is not [1]."));
    assert!(!say_the_same("", "Nothing."));
}
