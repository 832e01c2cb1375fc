//! A folder of texts goes in, a site comes out, questions are answered from it: with the two default models.

use std::{fs, process::Command};

use crate::support::{Place, fails, snapshot, succeeds};
use serde_json::Value;

/// A small bilingual corpus, built once per test.
fn built() -> Option<Place> {
    let place = Place::new();
    place.write(
        "texts/hnsw.md",
        "---\ntitle: Come funziona HNSW\ndate: 2024-05-01\n---\n\n## Il grafo a livelli\n\nHNSW è un grafo a livelli: ogni \
         livello ha meno nodi del precedente, e la ricerca scende da quello più alto fino al più basso.\n\n## Perché è veloce?\n\n\
         La ricerca visita pochi nodi per livello, e i livelli crescono con il logaritmo del numero di punti.\n",
    );
    place.write(
        "texts/local.md",
        "---\ntitle: Why everything stays local\ndate: 2024-06-01\nlanguage: en\n---\n\n## Privacy\n\nThe model runs in the \
         reader's browser, so that no question ever leaves the machine of the person who asks it.\n\n\
         <script>alert(1)</script>\n",
    );
    place.write(
        "texts/note.txt",
        "Una nota breve.\n\nIl caffè si prepara con la moka, a fuoco basso, senza pressare la polvere.\n",
    );
    place.write("texts/later.md", "---\ndraft: yes\n---\n\nThe moka is cleaned with vinegar, a secret.\n");
    place.write("texts/_drafts/never.md", "Another secret of the moka.\n");
    let mut command = place.daneel_with_models()?;
    command.args(["build", "texts", "--out", "site", "--no-page", "--title", "Prova", "--json"]);
    let output = succeeds(&mut command);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["documents"], &summary["unpublished"]), (&3.into(), &2.into()), "{summary}");
    Some(place)
}

fn daneel(place: &Place) -> Command {
    place.daneel_with_models().unwrap()
}

fn json(command: &mut Command) -> Value {
    serde_json::from_slice(&succeeds(command).stdout).unwrap()
}

#[test]
fn a_site_is_built_searched_and_asked() {
    let Some(place) = built() else { return };
    let manifest: Value = serde_json::from_slice(&fs::read(place.path("site/daneel.json")).unwrap()).unwrap();
    assert_eq!(manifest["title"], "Prova");
    assert_eq!(manifest["languages"][0], "it");
    assert!(!manifest["suggestions"].as_array().unwrap().is_empty());
    for (path, bytes) in snapshot(&place.path("site")) {
        assert!(bytes.len() <= 24 << 20, "{} is too large for static hosts", path.display());
    }

    let results = json(daneel(&place).args(["search", "site", "how is my privacy kept?", "--json"]));
    assert_eq!(results["tier"], "semantic");
    let best = &results["hits"][0]["source"];
    assert_eq!(best["href"], "read/local.html#privacy", "{results}");
    let page = fs::read_to_string(place.path("site/read/local.html")).unwrap();
    assert!(page.contains("id=\"privacy\"") && !page.contains("<script"), "{page}");

    let results =
        json(daneel(&place).args(["search", "site", "caffè moka", "--keyword", "--limit", "1", "--json"]));
    assert_eq!(results["tier"], "keyword");
    assert_eq!(results["hits"].as_array().unwrap().len(), 1);
    assert_eq!(
        results["hits"][0]["source"]["href"].as_str().unwrap().split('#').next(),
        Some("read/note.html")
    );

    let answer = json(daneel(&place).args([
        "ask",
        "site",
        "Come si prepara il caffè?",
        "--temperature",
        "0",
        "--json",
    ]));
    assert!(answer["sentences"][0]["support"][0]["source"].is_number(), "{answer}");
    assert!(!answer["sources"].as_array().unwrap().is_empty());

    let output = succeeds(daneel(&place).args([
        "ask",
        "site",
        "What stays on the reader's machine?",
        "--temperature",
        "0",
        "-q",
    ]));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("read/local.html#privacy"), "{text}");
}

#[test]
fn the_same_texts_give_the_same_site_and_share_its_shards() {
    let Some(place) = built() else { return };
    let before = snapshot(&place.path("site"));
    succeeds(daneel(&place).args(["build", "texts", "--out", "site", "--no-page", "--title", "Prova"]));
    let after = snapshot(&place.path("site"));
    let paths =
        |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&before), paths(&after));
    for (old, new) in before.iter().zip(&after) {
        assert!(old.1 == new.1, "{} differs between two builds", old.0.display());
    }
    assert!(!place.names().iter().any(|name| name.starts_with('.')), "{:?}", place.names());
}

#[test]
fn links_of_citations_are_followed() {
    let Some(place) = built() else { return };
    let found = json(place.daneel().args(["check", "site", "--json"]));
    assert_eq!(
        (found["dead"].as_array().unwrap().len(), found["elsewhere"].as_u64()),
        (0, Some(0)),
        "{found}"
    );
    let page = place.path("site/read/hnsw.html");
    let text = fs::read_to_string(&page).unwrap().replace("id=\"il-grafo-a-livelli\"", "");
    fs::write(page, text).unwrap();
    fails(place.daneel().args(["check", "site"]), &["1 link is dead"]);
}

/// As one does who publishes a folder with GitHub Pages: the site is a repository.
#[test]
fn a_repository_in_the_site_s_folder_outlives_the_next_build() {
    let Some(place) = built() else { return };
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(place.path("site")).args(["-c", "user.name=A", "-c", "user.email=a@example.org"]);
        String::from_utf8(succeeds(command.args(arguments)).stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    place.write("site/CNAME", "example.org\n");
    place.write("site/.nojekyll", "");
    place.write("site/read/mine.html", "<p>By hand.</p>\n");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    fs::remove_file(place.path("texts/note.txt")).unwrap();
    place.write("texts/new.md", "# New\n\nA new text about the sea.\n");
    succeeds(daneel(&place).args(["build", "texts", "--out", "site", "--no-page", "--quiet"]));
    let changed = git(&["status", "--porcelain", "--no-renames"]);
    let changed: Vec<&str> = changed.lines().map(str::trim).collect();
    for line in ["D read/note.html", "?? read/new.html", "M daneel.json", "M index/000"] {
        assert!(changed.contains(&line), "{line}: {changed:?}");
    }
    assert!(changed.iter().all(|line| !line.contains("CNAME") && !line.contains("mine")), "{changed:?}");
    assert_eq!(git(&["log", "--format=%s"]).trim(), "first");
}

#[test]
fn a_flipped_byte_is_named() {
    let Some(place) = built() else { return };
    let flip = |name: &str| {
        let path = place.path("site").join(name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        // The shard may be shared with another site: a new file takes its place.
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    };
    flip("models/smollm2-135m-instruct/001");
    fails(
        daneel(&place).args(["ask", "site", "What is private?"]),
        &["models/smollm2-135m-instruct/001", "daneel build"],
    );
    flip("index/000");
    fails(daneel(&place).args(["search", "site", "caffè"]), &["index/000", "daneel build"]);
    fs::remove_file(place.path("site/index/000")).unwrap();
    fails(daneel(&place).args(["search", "site", "caffè"]), &["index/000", "incomplete"]);
}

#[test]
fn an_embedder_that_is_not_the_index_s_is_refused() {
    let Some(place) = built() else { return };
    let path = place.path("site/daneel.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["embedder"]["sha256"] = "0".repeat(64).into();
    fs::write(&path, manifest.to_string()).unwrap();
    fails(daneel(&place).args(["search", "site", "caffè"]), &["daneel build"]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_previous_site() {
    let Some(place) = built() else { return };
    let before = snapshot(&place.path("site"));
    place.write("texts/new.md", "# Nuovo\n\nUn testo che prima non c'era, e che cambia l'indice.\n");
    // No root is needed for a limit on the size of files: writing past it fails as on a full disk.
    let program = env!("CARGO_BIN_EXE_daneel");
    // Without the previous site's shards to share, the models have to be written.
    let script = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" build texts --out other --no-page";
    fails(
        Command::new("sh").current_dir(place.0.path()).args(["-c", script]).arg(program),
        &["cannot be written; is the disk full?"],
    );
    let script = script.replace("--out other", "--out site --embedder ./copy.gguf");
    let path = succeeds(daneel(&place).args(["models", "path", "multilingual-e5-small"])).stdout;
    fs::copy(String::from_utf8(path).unwrap().trim(), place.path("copy.gguf")).unwrap();
    fails(
        Command::new("sh").current_dir(place.0.path()).args(["-c", &script]).arg(program),
        &["cannot be written; is the disk full?"],
    );
    assert_eq!(place.names(), ["copy.gguf", "site", "texts"]);
    assert!(snapshot(&place.path("site")) == before, "the previous site has changed");
}
