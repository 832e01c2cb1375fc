//! Whole files: formats, URLs, languages, bad input.

use super::*;
use crate::{ChunkConfig, chunk};

fn config() -> ParseConfig {
    ParseConfig {
        url_rule: UrlRule::Published("https://example.org/blog/".to_owned()),
        default_language: Language::ENGLISH,
        publishing: Publishing { today: Some("2026-03-01".to_owned()), ..Publishing::default() },
    }
}

fn reader() -> ParseConfig {
    ParseConfig { url_rule: UrlRule::Reader, ..config() }
}

const JEKYLL: &str = "---\nlayout: post\ntitle: \"Il RAG, spiegato\"\ndate: 2024-05-06 10:00:00 +0200\nlang: it\n\
    categories: note\ntags: [rag, ricerca]\n---\n\nUna prima frase.\n\n## Perché sì\n\nPerché funziona.\n";

#[test]
fn jekyll_post() {
    let document = parse("_posts/2024-05-06-rag-spiegato.md", JEKYLL.as_bytes(), &config()).unwrap();
    insta::assert_debug_snapshot!(document, @r#"
    Document {
        source: "_posts/2024-05-06-rag-spiegato.md",
        url: "https://example.org/blog/note/2024/05/06/rag-spiegato.html",
        title: "Il RAG, spiegato",
        date: Some(
            "2024-05-06",
        ),
        language: it,
        tags: [
            "rag",
            "ricerca",
            "note",
        ],
        sections: [
            Section {
                headings: [],
                anchor: None,
                text: "Una prima frase.",
            },
            Section {
                headings: [
                    "Perché sì",
                ],
                anchor: Some(
                    "perché-sì",
                ),
                text: "Perché funziona.",
            },
        ],
    }
    "#);
}

#[test]
fn hugo_post_says_its_language_by_its_name() {
    let text = "---\ntitle: Kernels\ndate: 2024-01-02\n---\nA short text.";
    let document = parse("content/posts/kernels.it.md", text.as_bytes(), &config()).unwrap();
    assert_eq!(
        (document.language, document.url.as_str()),
        (Language::ITALIAN, "https://example.org/blog/it/posts/kernels/")
    );
}

#[test]
fn zola_page_has_ascii_anchors() {
    let text =
        "+++\ntitle = \"Città\"\ndate = 2024-01-02\n[taxonomies]\ntags = [\"a\"]\n+++\n## Perché\n\nTesto.";
    let document = parse("content/blog/2024-01-02-città.md", text.as_bytes(), &config()).unwrap();
    assert_eq!(document.url, "https://example.org/blog/blog/citta/");
    assert_eq!(document.sections[0].anchor.as_deref(), Some("perche"));
    assert_eq!(document.tags, ["a"]);
    let read = parse("content/blog/2024-01-02-città.md", text.as_bytes(), &reader()).unwrap();
    assert_eq!(read.url, "read/content/blog/2024-01-02-citt%C3%A0.html");
    assert_eq!(read.sections[0].anchor.as_deref(), Some("perché"));
}

#[test]
fn plain_text_has_paragraphs_and_a_title() {
    let text = "Il vecchio mare\n\nIl mare era vecchio\ne calmo.\n\nPoi venne la notte.\n";
    let document = parse("racconti/mare.txt", text.as_bytes(), &reader()).unwrap();
    assert_eq!(document.title, "Il vecchio mare");
    assert_eq!(document.sections[0].text, "Il mare era vecchio e calmo.\n\nPoi venne la notte.");
    assert_eq!(document.url, "read/racconti/mare.html");
    let dated =
        parse("essays/hard_work.txt", b"March 2008, rev. June 2008\n\nWork is hard.\n", &reader()).unwrap();
    assert_eq!((dated.title.as_str(), dated.sections.len()), ("hard work", 1));
    let untitled = parse("a/2024-01-02-my-night_walk.txt", b"Only a paragraph.\n", &config()).unwrap();
    assert_eq!(untitled.title, "my night walk");
    assert_eq!(untitled.date.as_deref(), Some("2024-01-02"));
}

#[test]
fn html_keeps_its_address() {
    let page = |canonical: &str| {
        let html = format!(
            "<link rel=canonical href='{canonical}'><main><h1>T</h1><p>Some text.</p><h2>Part</h2><p>More.</p>"
        );
        parse("a/b/index.html", html.as_bytes(), &config()).unwrap().url
    };
    assert_eq!(page("https://example.org/blog/exact/"), "https://example.org/blog/exact/");
    assert_eq!(page("https://elsewhere.org/exact/"), "https://example.org/blog/a/b/");
    let html = b"<main><h1>T</h1><p>Some text.</p><h2>Part</h2><p>More.</p>";
    let read = parse("a/b.html", html, &reader()).unwrap();
    assert_eq!((read.url.as_str(), read.sections[1].anchor.as_deref()), ("read/a/b.html", Some("part")));
}

#[test]
fn languages_are_stated_or_detected() {
    let language = |source: &str, text: &str| {
        parse(source, text.as_bytes(), &config()).unwrap().language.code().to_owned()
    };
    let italian =
        "Questo testo non dice in che lingua è scritto, ma chi lo legge lo capisce subito dalle parole.";
    assert_eq!(language("x.md", italian), "it");
    assert_eq!(language("x.md", &format!("---\nlang: fr\n---\n{italian}")), "fr");
    assert_eq!(language("x.md", "ok"), "en");
    assert_eq!(language("de/x.md", "ok"), "de");
}

#[test]
fn other_files_and_drafts_are_passed_over() {
    let is_passed_over = |source: &str, text: &str| {
        matches!(parse(source, text.as_bytes(), &config()), Err(Error::NotADocument))
    };
    for source in ["a.png", "style.css", "robots.txt", "noextension", ".md/x", "", "a.html/"] {
        assert!(is_passed_over(source, "text"), "{source}");
    }
    assert!(is_passed_over("content/posts/_index.md", "---\ntitle: Posts\n---\n"));
}

#[track_caller]
fn check_published(source: &str, front_matter: &str, publishing: &Publishing, expected: Option<Unpublished>) {
    let config = ParseConfig { publishing: publishing.clone(), ..config() };
    match (parse(source, format!("{front_matter}text").as_bytes(), &config), expected) {
        (Ok(_), None) => {}
        (Err(Error::Unpublished(why)), Some(expected)) => {
            assert_eq!(why, expected, "{source} {front_matter}")
        }
        (found, expected) => panic!("{source} {front_matter}: {found:?}, not {expected:?}"),
    }
}

#[test]
fn what_an_author_keeps_back_is_left_out() {
    use Unpublished::{Draft, Expired, Future, Hidden};
    let usual = &config().publishing;
    let check = |source, front_matter, expected| check_published(source, front_matter, usual, expected);
    for front_matter in [
        "---\ndraft: true\n---\n",
        "---\ndraft: yes\n---\n",
        "---\ndraft: \"True\"\n---\n",
        "---\npublished: false\n---\n",
        "---\npublished: no\n---\n",
        "+++\ndraft = true\n+++\n",
    ] {
        check("x.md", front_matter, Some(Draft));
        let all = Publishing { drafts: true, ..usual.clone() };
        check_published("x.md", front_matter, &all, None);
    }
    check("_drafts/x.md", "", Some(Draft));
    check("x.md", "---\ndate: 2026-03-02\n---\n", Some(Future));
    check("x.md", "---\ndate: 2024-01-01\npublishDate: 2026-04-01T10:00:00Z\n---\n", Some(Future));
    check("_posts/2027-01-01-x.md", "", Some(Future));
    check("x.md", "+++\nexpiryDate = 2026-02-01\n+++\n", Some(Expired));
    check("x.md", "+++\nrender = false\n+++\n", Some(Hidden));
    check("x.md", "---\nbuild:\n  render: never\n---\n", Some(Hidden));
    for front_matter in [
        "",
        "---\ndraft: false\npublished: true\n---\n",
        "---\ndate: 2026-03-01\nexpiryDate: 2026-03-02\n---\n",
        "---\npublished: 2024-05-06\n---\n",
        "---\nbuild:\n  render: always\n---\n",
    ] {
        check("x.md", front_matter, None);
    }
    let early = Publishing { future: true, ..usual.clone() };
    check_published("x.md", "---\ndate: 2027-03-02\n---\n", &early, None);
    check_published("x.md", "---\ndate: 2027-03-02\n---\n", &Publishing::default(), None);
}

#[test]
fn bad_files_are_named_errors() {
    let error = |source: &str, bytes: &[u8]| parse(source, bytes, &config()).unwrap_err().to_string();
    insta::assert_snapshot!(error("x.md", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), @"this is not text: save it as UTF-8, or remove the file from the corpus");
    insta::assert_snapshot!(error("x.md", b"---\ntitle: ok\nbad: [1, 2\n---\ntext"), @"line 3: the front matter is not valid YAML: unclosed bracket '['; correct it, or remove the block");
    insta::assert_snapshot!(error("x.md", b"+++\ntitle = ok\n+++\ntext"), @"line 2: the front matter is not valid TOML: string values must be quoted, expected literal string; correct it, or remove the block");
    insta::assert_snapshot!(error("x.md", b"# Only a title\n\n"), @"there is no text in it: add some, or remove the file from the corpus");
    insta::assert_snapshot!(error("x.html", b"<html></html>"), @"there is no text in it: add some, or remove the file from the corpus");
    insta::assert_snapshot!(error("x.html", "<div>".repeat(100_000).as_bytes()), @"the HTML nests more than 1024 elements in each other: correct the page, or remove it from the corpus");
    let latin1 = parse("x.md", b"---\ntitle: Perch\xe9\n---\nCos\xec \xe8.", &config()).unwrap();
    assert_eq!((latin1.title.as_str(), latin1.sections[0].text.as_str()), ("Perché", "Così è."));
}

/// A line of 20 MB is read and cut, whatever is in it: quadratic work would take hours. Prints its times.
#[test]
fn a_huge_line_takes_seconds() {
    const BYTES: usize = 20_000_000;
    let count = |text: &str| text.len() / 4 + 2;
    for (source, unit, n_bytes) in [
        ("x.txt", "parola ", BYTES),
        ("x.md", "a", BYTES),
        ("x.html", "Una frase. ", BYTES),
        ("x.html", "<b>x</b> ", BYTES / 4),
        ("x.md", "{{", BYTES / 4),
        ("x.md", "[", BYTES / 4),
    ] {
        let text = unit.repeat(n_bytes / unit.len());
        let start = std::time::Instant::now();
        let document = parse(source, text.as_bytes(), &config()).unwrap();
        let parsed = start.elapsed();
        assert!(!chunk(&document, &ChunkConfig::default(), &count).is_empty());
        println!(
            "{unit:?} in {source}: {n_bytes} bytes parsed in {parsed:?}, cut in {:?}",
            start.elapsed() - parsed
        );
    }
}

/// Bytes of real files, changed at random with a fixed seed: an error is fine, a panic is not.
#[test]
fn changed_bytes_never_panic() {
    let seeds: [(&str, &str); 5] = [
        ("_posts/2024-05-06-x.md", JEKYLL),
        (
            "content/x.it.md",
            "+++\ntitle = 'x'\ndate = 2024-01-02\n[extra]\n+++\n# A {#b}\n\n| a | b |\n|--|--|\n| {{ c }} | `d` |\n",
        ),
        (
            "x.mdx",
            "import a from 'b'\n\n# T\n\n<Tabs>{% raw %}</Tabs> <script>a</script>\n\n```\ncode\n```\n[^1]: note\n",
        ),
        (
            "x.html",
            "<html lang=it><title>T | S</title><link rel=canonical href=/a><body><nav>n</nav><main><h1 id=a>T</h1><p>à<br>b<pre>c\n d</pre><table><tr><td>e</table><section id=s><h2>S</h2><time datetime=2024-01-02></section></main>",
        ),
        ("x.txt", "Titolo\n\nUn testo. Il sig. Rossi, 3.5 e poi…\n\nFine."),
    ];
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let fragments: [&[u8]; 12] = [
        b"---\n",
        b"+++\n",
        b"<",
        b">",
        b"{{",
        b"}}",
        b"```\n",
        b"\xff",
        b"\0",
        "è".as_bytes(),
        b"# ",
        b"</main>",
    ];
    for _ in 0..4000 {
        let (source, text) = seeds[random(seeds.len())];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=random(8) {
            let at = random(bytes.len().max(1));
            match random(4) {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = random(256) as u8,
                2 => drop(bytes.splice(
                    at.min(bytes.len())..at.min(bytes.len()),
                    fragments[random(fragments.len())].iter().copied(),
                )),
                _ => drop(bytes.drain(at.min(bytes.len())..(at + random(20)).min(bytes.len()))),
            }
        }
        for config in [config(), reader()] {
            if let Ok(document) = parse(source, &bytes, &config) {
                assert!(!document.title.is_empty() && !document.sections.is_empty());
                chunk(&document, &ChunkConfig { max_tokens: 16, overlap_tokens: 4 }, &|text| {
                    text.len() / 3 + 2
                });
            }
        }
    }
}
