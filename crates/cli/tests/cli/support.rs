//! What the tests of the command line share: the program in a folder of its own, and a small file server.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// A folder for one test, with a cache of its own.
pub struct Place(pub TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, run in this folder with an empty cache and nothing to fetch models with.
    pub fn daneel(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daneel"));
        command
            .current_dir(self.0.path())
            .env("DANEEL_CACHE", self.path("cache"))
            .env("OLLAMA_MODELS", self.path("ollama"))
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .env("PATH", self.path("no-programs"))
            .env_remove("DANEEL_MODELS")
            .env_remove("DANEEL_WEB_DIST")
            .env_remove("HF_TOKEN");
        command
    }

    /// The program with the models of this machine, or nothing if they have not been pulled.
    pub fn daneel_with_models(&self) -> Option<Command> {
        let pulled = || {
            let list = Command::new(env!("CARGO_BIN_EXE_daneel"))
                .args(["models", "list", "--json"])
                .output()
                .ok()?;
            let list: serde_json::Value = serde_json::from_slice(&list.stdout).ok()?;
            let defaults = list.as_array()?.iter().filter(|model| model["default"] == true);
            Some(defaults.clone().count() == 2 && defaults.clone().all(|model| model["pulled"] == true))
        };
        if pulled() != Some(true) {
            assert!(
                std::env::var_os("REQUIRE_MODELS").is_none(),
                "the models are missing: `daneel models pull`"
            );
            println!("SKIP: the default models have not been pulled (`daneel models pull`)");
            return None;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_daneel"));
        command.current_dir(self.0.path()).env_remove("DANEEL_WEB_DIST");
        Some(command)
    }

    /// Everything in this folder, hidden files included.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Runs a command that has to fail, in order, with a message that holds all of `expected`.
pub fn fails(command: &mut Command, expected: &[&str]) -> String {
    let output = command.output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("error: "), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in:\n{message}");
    }
    message
}

/// Runs a command that has to succeed.
pub fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A manifest that is valid and names no file.
pub const EMPTY_MANIFEST: &str = r#"{
    "format_version": 1, "title": "Prova", "languages": ["it"], "n_documents": 0, "n_chunks": 0, "persona": {},
    "suggestions": [], "index": [], "chat": null,
    "embedder": {"name": "x", "license": "MIT", "languages": [], "sha256": "", "shards": []}
}"#;

/// What a [`FileServer`] does with a request for its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Sends what was asked for.
    Whole,
    /// Breaks the first transfer off in the middle.
    BreakOffOnce,
    /// Sends a few bytes at a time, for minutes.
    Drip,
}

/// A server of one file on this machine, with ranges and the digest header of Hugging Face.
pub struct FileServer {
    pub address: String,
    /// First line and `Range` of each request.
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    pub fn start(bytes: Vec<u8>, sha256: Option<String>, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            let mut breaks = behaviour == Behaviour::BreakOffOnce;
            for stream in listener.incoming().flatten() {
                // A client that goes away is part of some tests.
                let _ = answer(stream, &bytes, sha256.as_deref(), &seen, behaviour, &mut breaks);
            }
        });
        Self { address, requests }
    }
}

fn answer(
    mut stream: TcpStream,
    bytes: &[u8],
    sha256: Option<&str>,
    seen: &Mutex<Vec<String>>,
    behaviour: Behaviour,
    breaks: &mut bool,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut range = None;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    seen.lock().unwrap().push(format!("{request} {range:?}"));
    let start = range.unwrap_or(0).min(bytes.len());
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let digest = sha256.map_or_else(String::new, |sha256| format!("X-Linked-ETag: \"{sha256}\"\r\n"));
    let body = &bytes[start..];
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{digest}Connection: close\r\n\r\n",
        body.len()
    )?;
    if request.starts_with("HEAD") {
        return Ok(());
    }
    if std::mem::take(breaks) {
        return stream.write_all(&body[..body.len() / 2]);
    }
    if behaviour == Behaviour::Drip {
        for part in body.chunks(16) {
            stream.write_all(part)?;
            thread::sleep(Duration::from_millis(20));
        }
        return Ok(());
    }
    stream.write_all(body)
}

/// Every file below a folder with its content, for comparisons.
pub fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push((path.clone(), fs::read(path).unwrap())),
            }
        }
    }
    files.sort();
    files
}
