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

test("Stop breaks an answer off, and another question can be asked", async () => {
  const stopped = await chat.ask(ENGLISH);
  await stopped.root.getByTestId("pending").waitFor();
  await chat.stop.click();
  await stopped.waitUntilDone();
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
  const exchange = await chat.askAndWait(ENGLISH);
  await exchange.regenerate.click();
  await exchange.waitUntilDone();
  assert.equal(await chat.exchanges.count(), 1);
  assert.notEqual(await exchange.text(), "");
});

test("an answer that would come out the same cannot be made again", async () => {
  const exchange = await chat.askAndWait(ITALIAN);
  assert.equal(await exchange.verdict(), "extractive");
  assert.equal(await exchange.regenerate.count(), 0);
});

test("an answer can be copied, with the sources it cites", async () => {
  const exchange = await chat.askAndWait(ITALIAN);
  await exchange.copy.click();
  const copied = await visitor.clipboard();
  assert.match(copied, /BM25/);
  assert.match(copied, /\[\d\].*http/s);
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

test("conversations that an earlier version stored are still shown", async () => {
  const answer = { text: "Because *it* is [1].", kind: "generated", language: "en", sources: [], stopped: false, figures: null };
  const stored = { version: 1, conversations: [{ id: 1, exchanges: [{ question: "Why is it so?", answer }] }] };
  await chat.page.evaluate((text) => localStorage.setItem("daneel:/:history", text), JSON.stringify(stored));
  await chat.page.reload();
  await chat.conversations.filter({ hasText: "Why is it so?" }).first().click();
  assert.equal(await chat.exchange().text(), "Because it is [1].");
  await chat.waitUntilReady();
  await chat.newConversation();
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());
