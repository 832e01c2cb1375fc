// Models are fetched once, checked, and kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { serveFiles } from "./support/files.js";
import { visit } from "./support/visit.js";

const manifest = JSON.parse(readFileSync(join(process.env.DANEEL_SITE, "daneel.json"), "utf8"));
const shards = [...manifest.embedder.shards, ...manifest.chat.shards].map(({ path }) => `/${path}`);

test("a second visit takes the models from the browser's storage", async (t) => {
  const server = await serveSite();
  t.after(() => server.close());
  const visitor = await visit(server);
  t.after(() => visitor.close());
  const fetched = () => visitor.requests.map(({ url }) => url.pathname).filter((path) => shards.includes(path));
  await visitor.chat.waitUntilReady();
  assert.deepEqual(fetched().sort(), [...shards].sort(), "the first visit fetches every shard once");
  await visitor.chat.page.close();
  visitor.requests.length = 0;
  await (await visitor.again()).waitUntilReady();
  assert.deepEqual(fetched(), []);
  visitor.assertQuiet();
});

test("a damaged model is refused with a message, and what does not need it still works", async (t) => {
  const damaged = `/${manifest.chat.shards.at(-1).path}`;
  const server = await serveFiles({ "/": process.env.DANEEL_SITE }, { damage: damaged });
  t.after(() => server.close());
  const visitor = await visit(server);
  t.after(() => visitor.close());
  const { chat } = visitor;
  const stage = chat.page.locator("[data-testid=stage-chat][data-state=failed]");
  await stage.waitFor({ timeout: 120_000 });
  assert.match(await stage.innerText(), /damaged|SHA-256|checksum|match/i);
  const exchange = await chat.askAndWait("What is an embedding?");
  assert.equal(await exchange.verdict(), "extractive");
  assert.ok((await exchange.citations()).length > 0);
});
