//! What `build`, `search` and `ask` are given and cannot use, without any model: clear messages, nothing left behind.

use std::process::Command;

use crate::support::{EMPTY_MANIFEST, FileServer, Place, fails, snapshot};

fn build(place: &Place) -> Command {
    let mut command = place.daneel();
    command.args(["build", "texts", "--out", "site", "--no-page"]);
    command
}

/// Only the corpus is there: no site, no temporary folder.
fn check_nothing_is_left(place: &Place) {
    let names: Vec<_> = place.names().into_iter().filter(|name| name != "cache").collect();
    assert_eq!(names, ["texts"]);
}

#[test]
fn a_folder_without_texts() {
    let place = Place::new();
    std::fs::create_dir(place.path("texts")).unwrap();
    fails(&mut build(&place), &["no text was found among 0 files"]);
    check_nothing_is_left(&place);
    place.write("texts/a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    place.write("texts/b.jpg", b"\xff\xd8\xff\xe0");
    fails(&mut build(&place), &["no text was found among 2 files", ".md"]);
    check_nothing_is_left(&place);
}

#[test]
fn a_folder_that_is_not_there_or_is_a_file() {
    let place = Place::new();
    fails(&mut build(&place), &["texts is not a folder"]);
    place.write("texts", "a");
    fails(&mut build(&place), &["texts is not a folder"]);
}

#[test]
fn broken_files_are_named_and_counted() {
    let place = Place::new();
    place.write("texts/good.md", "# Titolo\n\nUn testo buono, con abbastanza parole da essere trovato.\n");
    place.write("texts/binary.md", [0u8, 1, 2, 3, 255, 254, 0, 0, 7]);
    place.write("texts/front.md", "---\ntitle: [unclosed\n---\nText.\n");
    let mut strict = build(&place);
    strict.arg("--strict");
    fails(
        &mut strict,
        &["binary.md is left out", "front.md is left out", "2 files could not be read", "--strict"],
    );
    check_nothing_is_left(&place);
}

#[test]
fn settings_that_are_not_valid() {
    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    let check = |settings: &str, expected: &[&str]| {
        place.write("texts/daneel.toml", settings);
        fails(&mut build(&place), expected);
        check_nothing_is_left(&place);
    };
    check("title = \"A\"\ntitel = \"B\"\n", &["daneel.toml", "line 2", "titel"]);
    check("title = \n", &["daneel.toml", "line 1"]);
    check("language = \"italiano\"\n", &["daneel.toml", "ISO 639-1"]);
    check("base_url = \"example.org\"\n", &["example.org", "https://"]);
    check("exclude = [\"a[\"]\n", &["a["]);
    check("[models]\nchat = \"gpt\"\n", &["gpt", "smollm2-135m-instruct"]);
}

#[test]
fn the_output_folder_is_not_overwritten_by_mistake() {
    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    place.write("site/holiday.jpg", "dear");
    fails(&mut build(&place), &["no site of Daneel", "--force"]);
    fails(
        place.daneel().args(["build", "texts", "--out", "texts", "--no-page", "--force"]),
        &["the texts it is made from"],
    );
    fails(
        place.daneel().args(["build", "texts", "--out", ".", "--no-page", "--force"]),
        &["the texts it is made from"],
    );
    assert_eq!(std::fs::read(place.path("site/holiday.jpg")).unwrap(), b"dear");
    assert!(place.path("texts/a.md").exists());
}

#[test]
fn a_build_that_fails_leaves_the_previous_site() {
    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    place.write("site/daneel.json", EMPTY_MANIFEST);
    place.write("site/index/000", "old");
    let before = snapshot(&place.path("site"));
    // No model can be had.
    fails(&mut build(&place), &["could not be had"]);
    let mut damaged = build(&place);
    place.write("broken.gguf", "GGUF");
    damaged.args(["--embedder", "./broken.gguf", "--model", "none"]);
    fails(&mut damaged, &["broken.gguf", "damaged"]);
    assert_eq!(snapshot(&place.path("site")), before);
    let names: Vec<_> = place.names().into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_chat_model_that_cannot_chat_is_refused_before_anything_is_made() {
    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    place.write("broken.gguf", "GGUF");
    let check = |model: &[u8], expected: &[&str]| {
        place.write("chat.gguf", model);
        let mut command = build(&place);
        command.args(["--embedder", "./broken.gguf", "--model", "./chat.gguf"]).env("RUST_BACKTRACE", "1");
        let message = fails(&mut command, expected);
        assert!(message.lines().count() < 5, "{message}");
        assert!(!place.path("site").exists());
    };
    check(&gguf(0, 1, "mamba"), &["chat.gguf", "`mamba`"]);
    check(&gguf(0, 1, "llama"), &["chat.gguf", "token_embd.weight"]);
    check(&gguf(1 << 60, 1 << 60, "llama"), &["chat.gguf", "damaged"]);
    check(&gguf(0, 1, "llama")[..30], &["chat.gguf", "damaged"]);
    check(&[b'a'; 10_000], &["chat.gguf", "damaged"]);
}

/// A GGUF of version 3 that says how many tensors and keys it has, and gives its architecture alone.
fn gguf(n_tensors: u64, n_keys: u64, architecture: &str) -> Vec<u8> {
    const STRING: u32 = 8;
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    [
        b"GGUF".as_slice(),
        &3_u32.to_le_bytes(),
        &n_tensors.to_le_bytes(),
        &n_keys.to_le_bytes(),
        &text("general.architecture"),
        &STRING.to_le_bytes(),
        &text(architecture),
        &[0; 64],
    ]
    .concat()
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_previous_site_and_nothing_else() {
    use std::time::{Duration, Instant};

    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    place.write("site/daneel.json", EMPTY_MANIFEST);
    let before = snapshot(&place.path("site"));
    let server = FileServer::start(vec![0; 1 << 20], None, crate::support::Behaviour::Drip);
    let mut command = build(&place);
    command.args(["--embedder", "hf:ada/tiny/tiny.gguf"]).env("HF_ENDPOINT", &server.address);
    let mut child = command.spawn().unwrap();
    let part = place.path("cache/models/hf/ada/tiny/tiny.gguf.part");
    let started = Instant::now();
    while !part.exists() {
        assert!(started.elapsed() < Duration::from_secs(30), "the download did not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(snapshot(&place.path("site")), before);
    let names: Vec<_> = place.names().into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_page_that_is_not_there() {
    let place = Place::new();
    place.write("texts/a.md", "# A\n\nText.\n");
    let mut command = place.daneel();
    command.args(["build", "texts", "--out", "site"]).env("DANEEL_WEB_DIST", place.path("dist"));
    fails(&mut command, &["dist", "no index.html"]);
    check_nothing_is_left(&place);
}

#[test]
fn questions_without_words_or_without_end() {
    let place = Place::new();
    place.write("site/daneel.json", EMPTY_MANIFEST);
    for command in ["search", "ask"] {
        for empty in ["", "  \n", "?!"] {
            fails(place.daneel().args([command, "site", empty]), &["the question is empty"]);
        }
        let long = "a".repeat(100_000);
        fails(place.daneel().args([command, "site", &long]), &["100000 characters"]);
        fails(place.daneel().args([command, "nowhere", "perché?"]), &["there is no folder nowhere"]);
    }
}

#[test]
fn a_manifest_that_is_damaged_or_of_another_version() {
    let place = Place::new();
    let check = |manifest: &str, expected: &[&str]| {
        place.write("site/daneel.json", manifest);
        fails(place.daneel().args(["search", "site", "perché?"]), expected);
    };
    check("{", &["damaged", "daneel build"]);
    check("[]", &["damaged"]);
    check(r#"{"format_version": 7}"#, &["format version 7", "daneel build"]);
    check(r#"{"format_version": 1}"#, &["damaged"]);
    // An index of no shards is an index of no bytes.
    check(EMPTY_MANIFEST, &["index"]);
}

#[test]
fn a_test_set_that_is_not_one() {
    let place = Place::new();
    fails(place.daneel().args(["eval", "retrieval", "--beir", "nowhere"]), &["qrels/test.tsv", "BEIR"]);
    place.write("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\n");
    place.write("beir/corpus.jsonl", "{\"_id\": \"d1\", \"text\": \"x\"}\nnot json\n");
    place.write("beir/queries.jsonl", "{\"_id\": \"q1\", \"text\": \"x\"}\n");
    fails(place.daneel().args(["eval", "retrieval", "--beir", "beir"]), &["corpus.jsonl, line 2"]);
}
