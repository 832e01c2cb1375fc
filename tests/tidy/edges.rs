//! `cargo metadata` becomes edges between our crates; only those of ARCHITECTURE.md are allowed.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Crate -> crates of ours that it may name, tests of the crate included.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("daneel-corpus", &[]),
    ("daneel-index", &["daneel-corpus"]),
    ("daneel-gpu", &[]),
    ("daneel-model", &["daneel-gpu"]),
    ("daneel-rag", &["daneel-corpus", "daneel-index", "daneel-model"]),
    ("daneel-tune", &["daneel-corpus", "daneel-model"]),
    ("daneel", &["daneel-corpus", "daneel-index", "daneel-model", "daneel-rag", "daneel-tune"]),
    ("daneel-web", &["daneel-corpus", "daneel-index", "daneel-model", "daneel-rag"]),
    ("xtask", &[]),
    // They look at the crates from outside, as a user does.
    ("daneel-bench", &["daneel-corpus", "daneel-index", "daneel-model", "daneel-rag"]),
];

#[test]
fn crates_depend_only_on_those_below_them() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut forbidden = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if name == "daneel-tests" {
            continue;
        }
        let (_, allowed) = ALLOWED.iter().find(|(known, _)| *known == name).unwrap_or_else(|| {
            panic!("{name} is a new crate: say in tests/tidy/edges.rs what it may depend on")
        });
        for dependency in package["dependencies"].as_array().unwrap() {
            let target = dependency["name"].as_str().unwrap();
            if ours.contains(target) && !allowed.contains(&target) {
                forbidden.push(format!("{name} -> {target}"));
            }
        }
    }
    assert!(forbidden.is_empty(), "edges that ARCHITECTURE.md does not allow: {forbidden:?}");
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(daneel_tests::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
