//! `daneel serve`: headers, ranges, compression, and the errors of a port or a folder that cannot be used.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
};

use crate::support::{EMPTY_MANIFEST, Place, fails};

/// A running server; ended with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut child = place
            .daneel()
            .args(["serve", "site", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.split("localhost:").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        Self { port: port.parse().unwrap(), child }
    }

    /// Head in lower case, and body, of one answer.
    fn get(&self, path: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end + 4..].to_vec())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn site() -> Place {
    let place = Place::new();
    place.write("site/daneel.json", EMPTY_MANIFEST);
    place.write("site/index.html", format!("<!doctype html>{}", "a".repeat(5000)));
    place.write("site/page-0f3a9c21d4e5b687_bg.wasm", vec![0; 5000]);
    place.write("site/manifest.webmanifest", "{}");
    place.write("site/models/x/000", (0..=255).collect::<Vec<u8>>());
    place
}

#[test]
fn files_have_the_right_types_and_lifetimes() {
    let place = site();
    let server = Server::start(&place);
    let check = |path: &str, expected: &[&str]| {
        let (head, _) = server.get(path, "");
        for part in
            expected.iter().chain(&["200 ok", "x-content-type-options: nosniff", "content-security-policy: "])
        {
            assert!(head.contains(part), "{path}: `{part}` is not in\n{head}");
        }
    };
    check("/", &["content-type: text/html", "cache-control: no-cache", "etag: "]);
    check("/page-0f3a9c21d4e5b687_bg.wasm", &["content-type: application/wasm", "immutable"]);
    check("/manifest.webmanifest", &["content-type: application/manifest+json"]);
    check("/daneel.json", &["content-type: application/json", "cache-control: no-cache"]);
    check("/models/x/000", &["content-length: 256"]);
}

#[test]
fn text_and_wasm_are_compressed_and_weights_are_not() {
    let place = site();
    let server = Server::start(&place);
    let encoding = |path: &str, accepted: &str| {
        let (head, body) = server.get(path, &format!("Accept-Encoding: {accepted}\r\n"));
        let line = head.lines().find_map(|line| line.strip_prefix("content-encoding: ").map(str::to_owned));
        (line, body.len())
    };
    let (name, size) = encoding("/", "gzip, br");
    assert_eq!(name.as_deref(), Some("br"));
    assert!(size < 500, "{size}");
    assert_eq!(encoding("/page-0f3a9c21d4e5b687_bg.wasm", "gzip").0.as_deref(), Some("gzip"));
    assert_eq!(encoding("/models/x/000", "gzip, br"), (None, 256));
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let place = site();
    let server = Server::start(&place);
    let (head, body) = server.get("/models/x/000", "Range: bytes=10-13\r\n");
    assert!(
        head.contains("206 partial content") && head.contains("content-range: bytes 10-13/256"),
        "{head}"
    );
    assert_eq!(body, [10, 11, 12, 13]);
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let place = site();
    let server = Server::start(&place);
    let (head, _) = server.get("/daneel.json", "");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let (head, body) = server.get("/daneel.json", &format!("If-None-Match: {tag}\r\n"));
    assert!(head.contains("304 not modified") && body.is_empty(), "{head}");
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let place = site();
    place.write("secret.txt", "secret");
    let server = Server::start(&place);
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//secret.txt"] {
        let (head, body) = server.get(path, "");
        assert!(!head.contains("200 ok"), "{path}: {head}");
        assert!(!body.windows(6).any(|window| window == b"secret"), "{path}");
    }
}

#[test]
fn a_port_in_use_is_named_with_another_to_try() {
    let place = site();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    fails(
        place.daneel().args(["serve", "site", "--port", &port.to_string()]),
        &[&format!("port {port} is in use"), "--port "],
    );
}

#[test]
fn a_folder_that_is_no_site_is_refused() {
    let place = Place::new();
    fails(place.daneel().args(["serve", "nowhere"]), &["there is no folder nowhere", "daneel build"]);
    place.write("photos/a.jpg", "");
    fails(place.daneel().args(["serve", "photos"]), &["photos is not a site", "daneel build"]);
    place.write("photos/daneel.json", r#"{"format_version": 2}"#);
    fails(place.daneel().args(["serve", "photos"]), &["format version 2", "daneel build"]);
}
