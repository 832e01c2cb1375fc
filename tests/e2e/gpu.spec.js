// The models on WebGPU: a graphics card played by SwiftShader, which is slow but computes the same.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, SOFTWARE_GPU } from "./support/chromium.js";
import { serveSite, serveTinySite } from "./support/daneel.js";
import { visit } from "./support/visit.js";

const QUESTION = "What does quantization do to a model?";
const ON_GPU = { flags: [SOFTWARE_GPU], page: { query: "?engine=gpu" } };

let server;
before(async () => (server = await serveSite()));
after(() => server?.close());

async function visitor(t, options) {
  const visitor = await visit(server, options);
  t.after(() => visitor.close());
  return visitor;
}

test("a question is embedded and answered on the GPU, and the page stays smooth", async (t) => {
  const { chat, assertQuiet } = await visitor(t, ON_GPU);
  await chat.waitUntilReady();
  assert.equal(await chat.engineKind(), "gpu");
  const frames = await chat.watchFrames();
  const exchange = await chat.askAndWait(QUESTION);
  const gaps = await frames();
  const long = gaps.filter((gap) => gap > 100);
  t.diagnostic(`${gaps.length} frames, the longest ${Math.max(...gaps).toFixed(0)} ms`);
  // The machine has other things to do: one frame in a hundred may wait for it.
  assert.ok(long.length <= gaps.length / 100 && Math.max(...gaps) < 300, `frames took ${long.map(Math.round)} ms`);
  assert.equal(await exchange.verdict(), "generated");
  assert.match(await exchange.text(), /integer/i);
  assert.ok((await exchange.citations()).length > 0);
  assert.match(await exchange.speed.innerText(), /^GPU · /);
  assertQuiet();
});

test("software is no GPU unless it is asked for", async (t) => {
  const { chat } = await visitor(t, { flags: [SOFTWARE_GPU] });
  await chat.engine.first().waitFor({ state: "attached" });
  assert.equal(await chat.engineKind(), "cpu");
  assert.match(await chat.engine.first().textContent(), /simulated/);
});

test("when the GPU crashes the CPU takes over and the conversation goes on", async (t) => {
  const { chat, context } = await visitor(t, ON_GPU);
  await chat.waitUntilReady();
  assert.equal(await chat.engineKind(), "gpu");
  const exchange = await chat.ask(QUESTION);
  const devtools = await context.newCDPSession(chat.page);
  await devtools.send("Browser.crashGpuProcess");
  await chat.page.locator("[data-testid=engine][data-engine=cpu]").first().waitFor({ state: "attached", timeout: 120_000 });
  assert.match(await chat.engine.first().textContent(), /problem/);
  await exchange.waitUntilDone();
  assert.equal(await exchange.verdict(), "generated");
  assert.match(await exchange.speed.innerText(), /^CPU · /);
});

/** What bench.html shows, by row. */
async function measured(t, origin, query) {
  const browser = await openBrowser({ flags: [SOFTWARE_GPU] });
  t.after(() => browser.close());
  const page = await browser.context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`${origin}/bench.html?${query}`);
  await page.locator("#table:not([hidden])").waitFor({ timeout: 240_000 });
  assert.deepEqual(complaints, []);
  const lines = await page.locator("tr").evaluateAll((lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
  return Object.fromEntries(lines);
}

test("bench.html measures the engine it is asked for", async (t) => {
  const rows = await measured(t, server.origin, "engine=gpu&prompt=8&generate=4");
  assert.equal(rows.engine, "GPU");
  assert.match(rows.adapter, /swiftshader/i);
  assert.ok(Number.parseFloat(rows["decode, 4 tokens"]) > 0);
  assert.ok(Number.parseFloat(rows["dispatches per layer"]) <= 7);
  assert.ok(Number.parseFloat(rows["of the weights' bytes in the file"]) <= 1.05);
  assert.ok(Number.parseFloat(rows["WebAssembly memory at its largest"]) <= 100.7, "96 MiB are enough on the GPU path");
});

test("a tiny model draws the same tokens on the GPU as on the CPU", async (t) => {
  const tiny = await serveTinySite();
  t.after(() => tiny.close());
  const [gpu, cpu] = [
    await measured(t, tiny.origin, "engine=gpu&prompt=150&generate=40"),
    await measured(t, tiny.origin, "engine=cpu&prompt=150&generate=40"),
  ];
  assert.deepEqual([gpu.engine, cpu.engine], ["GPU", "CPU"]);
  assert.ok(new Set(gpu["tokens written"].split(" ")).size > 5, "different tokens");
  assert.equal(gpu["tokens written"], cpu["tokens written"]);
});
