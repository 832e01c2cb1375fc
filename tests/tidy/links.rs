//! Links of the documentation lead to files that are there.

use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Parser, Tag};

#[test]
fn links_of_the_documentation_resolve() {
    let root = daneel_tests::root();
    let mut pages = daneel_tests::files("docs", &["md"]).unwrap_or_default();
    pages.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root.join(name)));
    let mut broken = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for target in targets(&text) {
            if !resolves(&page, &target) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "lead nowhere: {broken:#?}");
}

fn targets(markdown: &str) -> Vec<String> {
    Parser::new(markdown)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

/// Only links inside the checkout can be checked.
fn resolves(page: &Path, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    let outside = path.contains("://") || path.starts_with("mailto:");
    outside || path.is_empty() || page.parent().is_some_and(|folder| folder.join(path).exists())
}

#[test]
fn a_link_to_a_missing_file_is_noticed() {
    let page = daneel_tests::root().join("README.md");
    assert_eq!(targets("[a](b.md) ![c](d.png#e)"), ["b.md", "d.png#e"]);
    assert!(resolves(&page, "Cargo.toml#x") && resolves(&page, "https://example.org/x"));
    assert!(!resolves(&page, "missing.md"));
}
