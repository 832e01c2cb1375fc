// Puts a content hash into the names that Trunk leaves alone, so that a host's cache never mixes two builds.
// Runs as a Trunk hook; order matters: a file is renamed after the names it mentions.
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.TRUNK_STAGING_DIR;

function rename(name, ...mentionedIn) {
  const digest = createHash("sha256").update(readFileSync(join(folder, name))).digest("hex").slice(0, 16);
  const dot = name.lastIndexOf(".");
  const hashed = `${name.slice(0, dot)}-${digest}${name.slice(dot)}`;
  renameSync(join(folder, name), join(folder, hashed));
  for (const other of mentionedIn) {
    const path = join(folder, other);
    const text = readFileSync(path, "utf8");
    if (!text.includes(name)) throw new Error(`${other} does not mention ${name}`);
    writeFileSync(path, text.replaceAll(name, hashed));
  }
}

rename("worker_bg.wasm", "worker.js");
rename("worker.js", "worker_start.js");
rename("worker_start.js", "index.html", "bench.js");
rename("start.js", "index.html");
rename("bench.js", "bench.html");
rename("bench.css", "bench.html");
