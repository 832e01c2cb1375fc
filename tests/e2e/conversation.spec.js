// A visitor stops, repeats, copies, begins anew and comes back.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { visit } from "./support/visit.js";

const ENGLISH = "Why does an unchanged prefix not have to be computed twice?";
const ITALIAN = "Che cos'è BM25?";

let server;
let visitor;
let chat;

before(async () => {
  server = await serveSite();
  visitor = await visit(server);
  chat = visitor.chat;
  await chat.waitUntilReady();
});
beforeEach(() => chat.newConversation());
after(async () => {
  await visitor?.close();
  await server?.close();
});

test("Stop breaks a written answer off, and another question can be asked", async () => {
  const stopped = await chat.ask(ENGLISH);
  await stopped.waitForTextOtherThan("");
  await chat.stop.click();
  await stopped.waitUntilDone();
  assert.ok(await stopped.stopped.isVisible());
  const text = await stopped.text();
  await chat.askAndWait(ITALIAN);
  assert.equal(await chat.exchanges.count(), 2);
  assert.equal(await chat.exchange(0).text(), text, "a stopped answer went on");
});

test("Stop works while the model still reads", async () => {
  // Not asked before: what was read once need not be read again, and is written at once.
  const exchange = await chat.ask("When does HNSW beat an exact scan?");
  await exchange.root.getByTestId("pending").waitFor();
  await chat.stop.click();
  await exchange.waitUntilDone();
  assert.equal(await exchange.text(), "");
  assert.ok(await chat.send.isVisible());
});

test("an answer can be made again", async () => {
  const exchange = await chat.askAndWait(ITALIAN);
  await exchange.regenerate.click();
  await exchange.waitUntilDone();
  assert.equal(await chat.exchanges.count(), 1);
  assert.match(await exchange.text(), /BM25/);
});

test("an answer can be copied, with the sources it cites", async () => {
  const exchange = await chat.askAndWait(ITALIAN);
  await exchange.copy.click();
  const copied = await visitor.clipboard();
  assert.match(copied, /BM25/);
  assert.match(copied, /\[1\].*http/s);
});

test("a conversation survives a reload, and a new one begins empty", async () => {
  const question = "Che cosa vede chi ospita il sito?";
  const text = await (await chat.askAndWait(question)).text();
  await chat.page.reload();
  await chat.conversations.filter({ hasText: question }).first().click();
  assert.equal(await chat.exchange().question(), question);
  assert.equal(await chat.exchange().text(), text);
  await chat.newConversation();
  assert.equal(await chat.exchanges.count(), 0);
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());
