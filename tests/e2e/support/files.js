// A folder, or several under names of their own, as a static site on a port of this machine.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { Transform } from "node:stream";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/**
 * Serves `mounts`, folders by URL prefix, the longer prefix first; without headers for threads, as most hosts do.
 * The file at `damage` arrives with one bit flipped.
 */
export async function serveFiles(mounts, { damage } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = await locate(mounts, path);
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file.path)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": file.size });
    const stream = createReadStream(file.path);
    (path === damage ? stream.pipe(flipFirstBit()) : stream).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

function flipFirstBit() {
  let first = true;
  return new Transform({
    transform(bytes, _encoding, done) {
      if (first) bytes[0] ^= 1;
      first = false;
      done(null, bytes);
    },
  });
}

async function locate(mounts, path) {
  for (const [prefix, folder] of Object.entries(mounts)) {
    if (!path.startsWith(prefix)) continue;
    let name = normalize(path.slice(prefix.length));
    if (name === "." || name.endsWith(sep)) name = join(name, "index.html");
    if (name.startsWith("..")) return undefined;
    const full = join(folder, name);
    const status = await stat(full).catch(() => undefined);
    if (status?.isFile()) return { path: full, size: status.size };
  }
  return undefined;
}
