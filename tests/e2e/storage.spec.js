// Models are fetched once, checked, and kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { serveFiles } from "./support/files.js";
import { visit } from "./support/visit.js";

const manifest = JSON.parse(readFileSync(join(process.env.DANEEL_SITE, "daneel.json"), "utf8"));

test("a second visit takes the models from the browser's storage", async (t) => {
  const server = await serveSite();
  t.after(() => server.close());
  const visitor = await visit(server);
  t.after(() => visitor.close());
  await visitor.chat.waitUntilReady();
  const isModel = ({ url }) => url.pathname.startsWith("/models/");
  const shards = manifest.embedder.shards.length + manifest.chat.shards.length;
  assert.equal(visitor.requests.filter(isModel).length, shards, "the first visit fetches every shard once");
  await visitor.chat.page.close();
  visitor.requests.length = 0;
  const again = await visitor.again();
  await again.waitUntilReady();
  assert.deepEqual(visitor.requests.filter(isModel), []);
  visitor.assertQuiet();
});

test("a damaged model is refused with a message, and what needs it not still works", async (t) => {
  const damaged = manifest.chat.shards.at(-1).path;
  const server = await serveFiles({ "/": process.env.DANEEL_SITE }, { damage: `/${damaged}` });
  t.after(() => server.close());
  const visitor = await visit(server);
  t.after(() => visitor.close());
  const { chat } = visitor;
  await chat.status("status_failed").waitFor({ timeout: 120_000 });
  await chat.notice(/damaged|checksum|SHA-256|does not match/i).waitFor();
  await chat.ask("What is an embedding?");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "extractive");
  assert.ok((await chat.citations()).length > 0);
});

test("the site works in any folder of any host", async (t) => {
  const path = "/some/where/chat/";
  const server = await serveFiles({ [path]: process.env.DANEEL_SITE });
  t.after(() => server.close());
  const visitor = await visit(server, { page: { path, language: "it" }, locale: "it-IT" });
  t.after(() => visitor.close());
  const { chat } = visitor;
  await chat.waitUntilReady();
  await chat.ask("Perché si chiama Daneel?");
  await chat.waitForAnswer();
  const [citation] = await chat.citations();
  assert.ok(new URL(citation.href).pathname.startsWith(path), citation.href);
  visitor.assertQuiet();
});
