//! `daneel serve`: a site folder is shown to this machine's browser, with the headers a good static host would send.

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header},
    middleware::{self, Next},
    response::Response,
};
use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate as _, SizeAbove},
    },
    services::ServeDir,
};

use crate::{console::Console, site};

/// Files below this many bytes are not worth compressing.
const MIN_COMPRESSED: u64 = 1024;
/// Level of brotli and gzip: most of the gain at a fraction of the time, as each answer is compressed anew.
const COMPRESSION_LEVEL: i32 = 5;
/// A file name with at least this many hexadecimal digits after a `-` never changes its content.
const HASH_DIGITS: usize = 8;

/// What the browser is told of every file. The page runs its own scripts and talks to its own origin only; it may be
/// framed, since authors embed it.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'none'",
    ),
];

/// What `daneel serve` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  daneel serve ./site\n  daneel serve ./site --port 9000 --open\n  \
    daneel serve ./site --host 0.0.0.0    # other machines of the network can see it")]
pub struct Arguments {
    /// Site folder
    pub site: PathBuf,
    /// Port; 0 takes a free one
    #[arg(short, long, default_value_t = 8080)]
    pub port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
}

/// Runs `daneel serve` until Ctrl-C.
///
/// # Errors
/// If the folder is no site, or the port cannot be had.
pub fn run(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    site::read_manifest(&arguments.site)?;
    let runtime = tokio::runtime::Runtime::new().context("the server's threads cannot be started")?;
    let served = runtime.block_on(serve(arguments, console));
    // A download that is under way must not keep the program from ending.
    runtime.shutdown_background();
    served
}

async fn serve(arguments: &Arguments, console: Console) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Serving {
        url: String,
        site: String,
    }
    let listener = match TcpListener::bind(SocketAddr::new(arguments.host, arguments.port)).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {} is in use; type `daneel serve {} --port {}`",
            arguments.port,
            arguments.site.display(),
            arguments.port.checked_add(1).unwrap_or(8080)
        ),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{}:{} cannot be listened on", arguments.host, arguments.port));
        }
    };
    let address = listener.local_addr().context("the server's address is not known")?;
    let url = url(address);
    let serving = Serving { url: url.clone(), site: arguments.site.display().to_string() };
    console.result(&serving, |serving| format!("{} is on {} (Ctrl-C ends it)", serving.site, serving.url))?;
    if arguments.open
        && let Err(error) = open::that_detached(&url)
    {
        console.warn(format_args!("no browser could be opened ({error}); open {url} yourself"));
    }
    tokio::select! {
        result = axum::serve(listener, router(&arguments.site)) => result.context("the server failed"),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Where a browser of this machine finds the server.
fn url(address: SocketAddr) -> String {
    match address.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => format!("http://localhost:{}", address.port()),
        _ => format!("http://{address}"),
    }
}

/// The files of a folder with ranges, MIME types, entity tags, compression and headers.
fn router(folder: &Path) -> Router {
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Precise(COMPRESSION_LEVEL))
        .compress_when(SizeAbove::new(MIN_COMPRESSED).and(is_compressible));
    Router::new()
        .fallback_service(ServeDir::new(folder))
        .layer(compression)
        .layer(middleware::from_fn(set_headers))
}

/// Text and WebAssembly shrink; weights and the index do not, and neither does a part of a file.
fn is_compressible(status: StatusCode, _: Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let shrinks = kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind.ends_with("javascript")
        || kind == "application/wasm";
    status == StatusCode::OK && shrinks
}

async fn set_headers(request: Request, next: Next) -> Response {
    let is_immutable = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // `no-cache` is no prohibition: the browser keeps the file and asks whether it is still the same.
    let cache = match is_immutable {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Whether a file's name carries a hash of its content, as Trunk gives it: `page-0f3a9c21d4e5b687_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('-').skip(1).any(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        digits >= HASH_DIGITS && !part.as_bytes().get(digits).is_some_and(u8::is_ascii_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_immutable() {
        for hashed in
            ["/page-0f3a9c21d4e5b687_bg.wasm", "/a/worker-0f3a9c21d4e5b687.js", "/my-page-0f3a9c21.css"]
        {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for plain in
            ["/", "/daneel.json", "/sw.js", "/models/smollm2-135m-instruct/000", "/read/di-facciata.html"]
        {
            assert!(!is_hashed(plain), "{plain}");
        }
    }

    #[test]
    fn weights_and_parts_of_files_are_sent_as_they_are() {
        let check = |status: StatusCode, content_type: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            is_compressible(status, Version::HTTP_11, &headers, &axum::http::Extensions::new())
        };
        assert!(check(StatusCode::OK, "application/wasm"));
        assert!(check(StatusCode::OK, "text/html; charset=utf-8"));
        assert!(check(StatusCode::OK, "application/manifest+json"));
        assert!(!check(StatusCode::OK, "application/octet-stream"));
        assert!(!check(StatusCode::PARTIAL_CONTENT, "application/wasm"));
    }
}
