// The `daneel` program, serving a site folder on a free port of this machine.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const TINY_MODEL = new URL("../fixtures/tiny.gguf", import.meta.url).pathname;

/** Builds a site of one short text whose chat model is tiny and random, and serves it; `close` deletes it. */
export async function serveTinySite() {
  const folder = await mkdtemp(join(tmpdir(), "daneel-tiny-"));
  const [texts, site] = [join(folder, "texts"), join(folder, "site")];
  await mkdir(texts);
  await writeFile(join(texts, "lighthouse.md"), "# The lighthouse\n\nAnna Ferrari built it in 1912, and it is painted red.\n");
  await promisify(execFile)(process.env.DANEEL, ["build", texts, "--model", TINY_MODEL, "--out", site, "--quiet"]);
  const server = await serveSite(site);
  return {
    origin: server.origin,
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serves the demo's site, or another folder. */
export async function serveSite(folder = process.env.DANEEL_SITE) {
  const port = await freePort();
  const child = spawn(process.env.DANEEL, ["serve", folder, "--port", String(port)], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const origin = `http://127.0.0.1:${port}`;
  await Promise.race([
    untilAnswers(`${origin}/daneel.json`),
    ended.then((code) => Promise.reject(new Error(`daneel serve ended with code ${code}`))),
  ]);
  return {
    origin,
    async close() {
      child.kill();
      await ended;
    },
  };
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function untilAnswers(url) {
  const end = Date.now() + 10_000;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > end) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
