// The `daneel` program, serving a site folder on a free port of this machine.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

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
