//! A version that stands in two files is the same in both.

use std::fs;

use serde_json::Value;

#[test]
fn trunk_uses_the_wasm_bindgen_of_the_lock_file() {
    let lock = read("Cargo.lock");
    let (_, after) = lock.split_once("name = \"wasm-bindgen\"\nversion = \"").unwrap();
    let locked = after.split('"').next().unwrap();
    assert!(
        read("Trunk.toml").contains(&format!("wasm_bindgen = \"{locked}\"")),
        "Trunk.toml names another wasm-bindgen than Cargo.lock, which has {locked}"
    );
}

#[test]
fn trunk_uses_the_wasm_opt_of_the_npm_lock_file() {
    let lock: Value = serde_json::from_str(&read("package-lock.json")).unwrap();
    let version = lock["packages"]["node_modules/binaryen"]["version"].as_str().unwrap();
    let major = version.split('.').next().unwrap();
    assert!(
        read("Trunk.toml").contains(&format!("wasm_opt = \"version_{major}\"")),
        "Trunk.toml names another wasm-opt than package-lock.json, which has binaryen {version}"
    );
}

fn read(name: &str) -> String {
    fs::read_to_string(daneel_tests::root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
