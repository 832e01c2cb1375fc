//! The page speaks every one of its languages in full: their files have equal keys.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

#[test]
fn every_language_has_every_message() {
    let files = daneel_tests::files("web/locales", &["json"]).unwrap();
    assert!(files.len() >= 2, "expected Italian and English, found {files:?}");
    let keys: Vec<BTreeSet<String>> = files
        .iter()
        .map(|path| {
            let messages: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let mut keys = BTreeSet::new();
            collect("", &messages, &mut keys);
            keys
        })
        .collect();
    for (path, keys_here) in files.iter().zip(&keys).skip(1) {
        let missing: Vec<_> = keys_here.symmetric_difference(&keys[0]).collect();
        assert!(missing.is_empty(), "{} and {} differ in {missing:?}", path.display(), files[0].display());
    }
}

/// Messages by their path: `sources.title`. An empty message counts as none.
fn collect(prefix: &str, value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(&format!("{prefix}.{name}"), value, keys);
            }
        }
        Value::String(text) if text.trim().is_empty() => {}
        _ => {
            keys.insert(prefix.to_owned());
        }
    }
}
