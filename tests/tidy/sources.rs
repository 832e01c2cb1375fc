//! Source files: short enough to be read in one go, opened by a sentence, each written once.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Past this many lines there is a seam to be found.
const MOST_LINES: usize = 500;

#[test]
fn no_file_is_too_long_to_be_read_in_one_go() {
    let long: Vec<String> = sources(&["rs", "js", "mjs", "css", "wgsl"])
        .into_iter()
        .filter_map(|(name, text)| {
            let lines = text.lines().count();
            (lines > MOST_LINES).then(|| format!("{name}: {lines} lines"))
        })
        .collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines: {long:#?}");
}

#[test]
fn every_file_says_first_what_it_turns_into_what() {
    let silent: Vec<String> = sources(&["rs"])
        .into_iter()
        .filter_map(|(name, text)| (!text.starts_with("//! ")).then_some(name))
        .collect();
    assert!(silent.is_empty(), "do not open with `//!`: {silent:#?}");
}

#[test]
fn no_code_is_written_twice() {
    let mut seen: HashMap<String, String> = HashMap::new();
    for (name, text) in sources(&["rs", "js", "mjs", "css", "wgsl"]) {
        for trick in ["include!(", "#[path"] {
            let used = text.lines().any(|line| line.trim_start().starts_with(trick));
            assert!(!used, "{name} uses `{trick}`: share the code through a module");
        }
        if let Some(twin) = seen.insert(text, name.clone()) {
            panic!("{name} and {twin} are the same");
        }
    }
}

/// Names relative to the checkout, and contents.
fn sources(extensions: &[&str]) -> Vec<(String, String)> {
    let root = daneel_tests::root();
    let found: Vec<_> = ["crates", "web", "tests"]
        .iter()
        .flat_map(|folder| daneel_tests::files(folder, extensions).unwrap())
        .map(|path| (relative(root, &path), fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(!found.is_empty(), "no sources found below {}", root.display());
    found
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().display().to_string()
}
