//! Pages as generators and themes build them.

use super::*;

fn page(html: &str) -> Page {
    parse("page.html", html).unwrap()
}

/// Title, then sections as `path #anchor | text`, paragraphs separated by `/`.
fn render(html: &str) -> String {
    let page = page(html);
    let title = page.title.unwrap_or_else(|| "no title".to_owned());
    let line = |s: crate::Section| {
        let anchor = s.anchor.as_ref().map(|anchor| format!(" #{anchor}")).unwrap_or_default();
        format!("{}{anchor} | {}", s.headings.join(" > "), s.text.replace("\n\n", " / "))
    };
    let lines: Vec<_> = page.outline.into_sections(&title).into_iter().map(line).collect();
    format!("{title}\n{}", lines.join("\n"))
}

fn is_passed_over(html: &str) -> bool {
    matches!(parse("page.html", html), Err(Error::NotADocument))
}

#[test]
fn mdbook() {
    let html = r##"<!DOCTYPE html><html lang="en"><head><title>Kernels - The Daneel Book</title></head><body>
<div id="body-container"><nav id="sidebar" class="sidebar"><ol><li><a href="intro.html">Intro</a></li></ol></nav>
<div id="page-wrapper"><div class="page"><div id="menu-bar"><h1 class="menu-title">The Daneel Book</h1><button>Theme</button></div>
<div id="content" class="content"><main>
<h1 id="kernels"><a class="header" href="#kernels">Kernels</a></h1>
<p>A kernel is one file of WGSL.</p>
<h2 id="matvec"><a class="header" href="#matvec">Matrix times vector</a></h2>
<p>Rows are <code>cooperative</code>.</p>
<pre><code class="language-rust">fn main() {
    run();
}
</code></pre>
</main><nav class="nav-wrapper"><a rel="prev" href="intro.html">Previous</a></nav></div></div></div></div></body></html>"##;
    insta::assert_snapshot!(render(html), @"
    Kernels
     | A kernel is one file of WGSL.
    Matrix times vector #matvec | Rows are cooperative. / fn main() {
        run();
    }
    ");
}

#[test]
fn docusaurus() {
    let html = r##"<!doctype html><html lang="it"><head><title data-rh="true">Installazione | Daneel</title>
<meta data-rh="true" property="og:title" content="Installazione | Daneel"><link rel="canonical" href="https://daneel.dev/docs/install"></head>
<body><div class="skipToContent_x"><a href="#__docusaurus">Salta</a></div><nav class="navbar">Daneel Docs</nav>
<div class="main-wrapper"><aside class="theme-doc-sidebar-container">Menu</aside><main class="docMainContainer"><div class="row"><div class="col">
<article><nav class="theme-doc-breadcrumbs">Docs / Installazione</nav><div class="theme-doc-markdown markdown">
<header><h1>Installazione</h1></header><p>Serve solo <strong>Rust</strong>.</p>
<h2 class="anchor" id="passi">Passi<a href="#passi" class="hash-link" aria-label="Link diretto a Passi" title="Link diretto">&#8203;</a></h2>
<ul><li>Scarica.</li><li>Avvia.</li></ul>
<div class="theme-admonition admonition_x alert"><p>Attento al disco.</p></div></div>
<footer class="theme-doc-footer"><a href="x">Modifica questa pagina</a></footer></article></div>
<div class="col"><div class="table-of-contents"><a href="#passi">Passi</a></div></div></div></main></div>
<footer class="footer">Copyright</footer></body></html>"##;
    let page = page(html);
    assert_eq!(page.canonical.as_deref(), Some("https://daneel.dev/docs/install"));
    assert_eq!(page.language, Some(Language::ITALIAN));
    insta::assert_snapshot!(render(html), @"
    Installazione
     | Serve solo Rust.
    Passi #passi | - Scarica. / - Avvia. / Attento al disco.
    ");
}

#[test]
fn wordpress() {
    let html = r##"<!DOCTYPE html><html lang="it-IT"><head><title>Pane e rose &#8211; Il mio blog</title>
<meta property="og:site_name" content="Il mio blog"><meta property="article:published_time" content="2023-11-05T08:00:00+00:00">
<script type="application/ld+json">{"@type":"Article"}</script></head>
<body class="single has-sidebar"><div id="page"><header id="masthead" class="site-header"><h1 class="site-title"><a href="/">Il mio blog</a></h1></header>
<div id="content"><div id="primary"><div class="post-42"><h2 class="subtitle">Ricette</h2>
<div class="entry-meta">Pubblicato il <time datetime="2023-11-05">5 novembre</time> da <a href="/a">Anna</a></div>
<div class="entry-content"><p>Il pane si fa con la farina, l&#8217;acqua e il tempo.</p><p>Le rose no.<br>Però profumano.</p>
<div class="sharedaddy">Condividi su Facebook</div><div data-daneel-ignore><p>Da non leggere.</p></div>
<h3><span id="Lievito">Lievito</span></h3><p>Di birra.</p><table><tr><th>Cosa</th><th>Quanto</th></tr><tr><td>farina</td><td>500 g</td></tr></table></div>
<footer class="entry-footer"><a rel="tag" href="/t/pane">pane</a> <a href="/t/rose" rel="category tag">rose</a></footer>
<div id="comments" class="comments-area"><p>Un commento molto lungo di un lettore che non ha scritto il testo.</p></div></div></div>
<div id="secondary" class="widget-area sidebar"><p>Articoli recenti</p></div></div>
<div class="cookie-notice">Usiamo i cookie</div></div></body></html>"##;
    let page = page(html);
    assert_eq!(page.date.as_deref(), Some("2023-11-05"));
    assert_eq!(page.tags, ["pane", "rose"]);
    insta::assert_snapshot!(render(html), @"
    Pane e rose
     | Il pane si fa con la farina, l’acqua e il tempo. / Le rose no.
    Però profumano.
    Lievito #Lievito | Di birra. / Cosa: farina; Quanto: 500 g
    ");
}

#[test]
fn a_page_without_any_landmark() {
    let html = "<html><body bgcolor=white><table><tr><td><a href=a>Home</a> <a href=b>Links</a></td><td>\
        <font size=5>My essay</font><p>It was a long night, and the robot waited by the door until the morning came.\
        <p>Nobody knew why.<a name=two></a><h2>Two</h2>Then it left.</td></tr></table></body></html>";
    insta::assert_snapshot!(render(html), @"
    no title
     | My essay / It was a long night, and the robot waited by the door until the morning came. / Nobody knew why.
    Two | Then it left.
    ");
}

#[test]
fn lists_tables_and_definitions_keep_what_they_say() {
    let html = r##"<main><h1>T</h1><p>Steps:</p><ol start=2><li><p>Open.</p><p>Wait.</p></li><li>Turn:<ul><li>left</li></ul></li>
<li value=9>Close.</li><li><pre>  cargo run
    --release</pre></li></ol>
<dl><dt id=a>Robot<a href="#a">¶</a></dt><dt>Android:</dt><dd>A machine.<p>It works.</p></dd><dt>Alone</dt></dl>
<table><caption>Sizes</caption><thead><tr><th>Name</th><th>Size</th></tr></thead><tbody><tr><td>a</td><td><p>1 <b>kB</b></p></td></tr>
<tr><th>b</th><td>2<button>Copy</button></td></tr><tr><td colspan=2>both</td></tr></tbody></table>
<table><tr><td>x</td><td>y</td></tr></table></main>"##;
    insta::assert_snapshot!(render(html), @"
    T
     | Steps: / 2. Open. / Wait. / 3. Turn: / - left / 9. Close. / 10. cargo run
        --release / Robot, Android: A machine. / It works. / Alone / Sizes / Name: a; Size: 1 kB / Name: b; Size: 2 / | both | / | x | y |
    ");
}

#[test]
fn anchors_are_found_where_generators_put_them() {
    let check = |heading: &str, expected: Option<&str>| {
        let page = page(&format!("<main><p>Before.</p>{heading}<p>Text.</p></main>"));
        let sections = page.outline.into_sections("");
        assert_eq!(sections.last().unwrap().anchor.as_deref(), expected, "{heading}");
    };
    check("<h2 id=a>T</h2>", Some("a"));
    check("<h2><a id=a></a>T</h2>", Some("a"));
    check("<h2><a name=a>T</a></h2>", Some("a"));
    check("<a name=a></a><h2>T</h2>", Some("a"));
    check("<section id=a><h2>T</h2></section>", Some("a"));
    check("<div id=a><div><h2>T</h2></div></div>", Some("a"));
    check("<h2>T <a class=headerlink href='#a'>¶</a></h2>", Some("a"));
    check("<h2 id='a b'>T</h2>", None);
    check("<div id=a><p>Other.</p><h2>T</h2></div>", None);
    check("<h2>T</h2>", None);
}

#[test]
fn script_in_titles_is_text_or_nothing() {
    let html = "<title>&lt;script&gt;alert(1)&lt;/script&gt; Hi</title><body><main><p>Before.<h2>A<script>alert(2)</script> b</h2>\
        <p>T<img src=x onerror=alert(3)>ext.</p><script>alert(4)</script></main>";
    insta::assert_snapshot!(render(html), @"
    <script>alert(1)</script> Hi
     | Before.
    A b | Text.
    ");
}

#[test]
fn site_names_leave_titles_alone() {
    let check = |head: &str, h1: &str, expected: &str| {
        let html = format!("<head>{head}</head><main><h1>{h1}</h1><p>Some text of the page.</p></main>");
        assert_eq!(page(&html).title.as_deref(), Some(expected), "{head}");
    };
    check("<meta property=og:title content='Rust | Site'>", "", "Rust");
    check("<title>Rust - a love story</title>", "", "Rust - a love story");
    check(
        "<meta property=og:title content='Rust - Site'><meta property=og:site_name content=Site>",
        "",
        "Rust",
    );
    check("<meta property=og:title content='A - B - Site'>", "A - B", "A - B");
    check("<meta property=og:title content='A | B'>", "A | B", "A | B");
    check("<title>Page | Site</title>", "Heading", "Heading");
    let site_heading = "<title>Owning - The Book</title><div><h1>The Book</h1></div><main><h2>Two</h2><p>Text.</p><h2>More</h2></main>";
    assert_eq!(page(site_heading).title.as_deref(), Some("Owning"));
    let only_h2 =
        "<title>T - The Book</title><main><h2>Owning</h2><p>Some text.</p><h3>More</h3><p>Text.</p></main>";
    assert_eq!(page(only_h2).title.as_deref(), Some("Owning"));
    assert_eq!(page(only_h2).outline.into_sections("Owning")[1].headings, ["More"]);
}

#[test]
fn pages_that_are_no_documents_are_passed_over() {
    assert!(is_passed_over("<meta http-equiv=refresh content='0; url=/new/'><p>Moved."));
    let unlisted = parse("page.html", "<meta name=robots content='noindex, follow'><p>Secret.");
    assert!(matches!(unlisted, Err(Error::Unpublished(Unpublished::Unlisted))));
    let moved = "<meta name=robots content=noindex><meta http-equiv=refresh content='0; url=/new/'><p>Moved.";
    assert!(is_passed_over(moved));
    assert!(is_passed_over("<body data-daneel-ignore><p>Text."));
    assert!(is_passed_over("{{ define \"main\" }}<p>Text.{{ end }}"));
    assert!(is_passed_over("<html><title>{{ page.title }}</title><p>Text."));
    assert!(is_passed_over(
        "<main><h1>Tags</h1><ul><li><a href=a>aaaaaaaaaaaaaaaaaaaa</a><li><a href=b>bbbbbbbbbb</a></ul>"
    ));
    assert!(matches!(parse("404.html", "<p>Not found."), Err(Error::NotADocument)));
    assert!(matches!(parse("_layouts/x.html", "<p>Text."), Err(Error::NotADocument)));
    assert!(!is_passed_over("<meta name=robots content='index, follow'><p>Text."));
}

#[test]
fn teasers_of_other_pages_are_left_out() {
    let teaser =
        |n: u8| format!("<article><h2><a href='p{n}.html'>Post {n}</a></h2><p>It begins so…</p></article>");
    let list = format!("<main><h1>Blog</h1>{}{}</main>", teaser(1), teaser(2));
    assert!(is_passed_over(&list));
    let home = format!("<main><h1>Home</h1><p>I write about robots.</p>{}{}</main>", teaser(1), teaser(2));
    insta::assert_snapshot!(render(&home), @"
    Home
     | I write about robots.
    ");
}

#[test]
fn hostile_nesting_is_an_error_in_little_time() {
    for tag in [
        "<div>",
        "<b>",
        "<table><td>",
        "<a href=x><p>",
        "<blockquote><ul><li>",
        "<svg><g>",
        "<select><option>",
    ] {
        let html = format!("<main>{}text", tag.repeat(100_000));
        match parse("x.html", &html) {
            Ok(_) | Err(Error::TooDeep { .. } | Error::NotADocument) => {}
            Err(error) => panic!("{tag}: {error}"),
        }
    }
    let formatting: String = (0..50_000).map(|i| format!("<b id=i{i}><p>")).collect();
    assert!(matches!(parse("x.html", &formatting), Err(Error::TooDeep { .. })));
}
