//! Paths and front matter of the three generators.

use super::*;
use crate::front_matter;

fn markdown(source: &str, front_matter: &str) -> String {
    let text = format!("{front_matter}\nBody");
    let (front_matter, _) = front_matter::split(&text).unwrap();
    markdown_path(source, &front_matter, Language::ENGLISH)
}

#[test]
fn jekyll() {
    let check = |source, yaml: &str, path| assert_eq!(markdown(source, &format!("---\n{yaml}\n---")), path);
    check("_posts/2024-03-01-hello-world.md", "layout: post", "2024/03/01/hello-world.html");
    check("_posts/2024-03-01-x.md", "categories: web rust", "web/rust/2024/03/01/x.html");
    check("blog/_posts/2024-03-01-x.md", "categories: [Due Parole]", "blog/due-parole/2024/03/01/x.html");
    check("_posts/2024-03-01-x.md", "permalink: pretty", "2024/03/01/x/");
    check("_posts/2024-03-01-x.md", "permalink: /:year/:i_month/:title/\ndate: 2023-05-06", "2023/5/x/");
    check("_posts/2024-03-01-x.md", "permalink: /a/fixed/place.html", "a/fixed/place.html");
    check("_posts/2024-03-01-x.md", "slug: y", "2024/03/01/y.html");
    check("about.md", "layout: page", "about.html");
    check("about.md", "layout: page\npermalink: /about", "about");
    check("docs/index.md", "layout: page", "docs/");
}

#[test]
fn hugo() {
    let check = |source, yaml: &str, path| assert_eq!(markdown(source, &format!("---\n{yaml}\n---")), path);
    check("content/posts/My Post.md", "title: x", "posts/my-post/");
    check("content/posts/bundle/index.md", "title: x", "posts/bundle/");
    check("content/posts/bundle/index.md", "slug: other", "posts/other/");
    check("content/posts/_index.md", "title: x", "posts/");
    check("content/_index.md", "title: x", "");
    check("content/posts/x.md", "slug: other", "posts/other/");
    check("content/posts/x.md", "url: /fixed/place/", "fixed/place/");
    check("content/posts/x.md", "url: old.html", "old.html");
    check("content/posts/x.it.md", "title: x", "it/posts/x/");
    check("content/posts/x.en.md", "title: x", "posts/x/");
    check("posts/x.md", "title: x", "posts/x/");
    check("content/posts/node.js.md", "title: x", "posts/node.js/");
}

#[test]
fn zola() {
    let check = |source, toml: &str, path| assert_eq!(markdown(source, &format!("+++\n{toml}\n+++")), path);
    check("content/blog/2024-03-01-perché.md", "[extra]", "blog/perche/");
    check("content/blog/x.md", "path = \"fixed/place\"", "fixed/place/");
    check("content/blog/x.md", "slug = \"other\"\n[taxonomies]\ntags = []", "blog/other/");
    check("content/blog/x/index.md", "[taxonomies]", "blog/x/");
    check("content/blog/_index.it.md", "[extra]", "it/blog/");
}

#[test]
fn no_front_matter() {
    assert_eq!(markdown("docs/README.md", ""), "docs/");
    assert_eq!(markdown("README.md", ""), "");
    assert_eq!(markdown("docs/Getting started.md", ""), "docs/getting-started/");
}

#[test]
fn urls_under_a_base() {
    let published = |base: &str| UrlRule::Published(base.to_owned());
    assert_eq!(url(&published("https://a.org/blog"), "x", "p/"), "https://a.org/blog/p/");
    assert_eq!(url(&published("https://a.org/"), "x", ""), "https://a.org/");
    assert_eq!(url(&published(""), "x", "p/q.html"), "p/q.html");
    assert_eq!(url(&published(""), "x", ""), "./");
    assert_eq!(url(&published(""), "x", "a b/c#d?e%.html"), "a%20b/c%23d%3Fe%25.html");
    assert_eq!(url(&published(""), "x", "javascript:alert(1)"), "./javascript:alert(1)");
    assert_eq!(url(&UrlRule::Reader, "post/È così?.md", "unused"), "read/post/%C3%88%20cos%C3%AC%3F.html");
    assert_eq!(reader_path("post/È così?.md"), "read/post/È così?.html");
}

#[test]
fn html_paths() {
    assert_eq!(html_path("index.html"), "");
    assert_eq!(html_path("a/index.html"), "a/");
    assert_eq!(html_path("a/reindex.html"), "a/reindex.html");
}

#[test]
fn canonical_urls_count_on_the_same_site_only() {
    let check = |url, expected: Option<&str>| {
        assert_eq!(canonical("https://a.org/blog/", url).as_deref(), expected, "{url}");
    };
    check("https://a.org/blog/x/", Some("https://a.org/blog/x/"));
    check("http://a.org/blog/x/index.html?a=b#c", Some("https://a.org/blog/x/"));
    check("/blog/x/", Some("https://a.org/blog/x/"));
    check("https://a.org/blog", Some("https://a.org/blog/"));
    check("https://a.org/blogger/x/", None);
    check("https://a.org/other/", None);
    check("https://evil.org/blog/x/", None);
    check("javascript:alert(1)", None);
    check("https://a.org/blog/perch%C3%A9 sì/", Some("https://a.org/blog/perch%C3%A9%20s%C3%AC/"));
    assert_eq!(canonical("", "https://a.org/x/"), None);
}

#[test]
fn languages_and_dates_in_paths() {
    assert_eq!(language_in_path("content/posts/x.it.md"), Some(Language::ITALIAN));
    assert_eq!(language_in_path("it/x/index.html"), Some(Language::ITALIAN));
    assert_eq!(language_in_path("js/x.md"), None);
    assert_eq!(language_in_path("posts/node.js.md"), None);
    assert_eq!(date_in_name("_posts/2024-03-01-x.md").as_deref(), Some("2024-03-01"));
    assert_eq!(date_in_name("perché-là-su.md"), None);
}
