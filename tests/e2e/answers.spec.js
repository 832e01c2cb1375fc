// A visitor asks, in languages that the model speaks and does not, about things that the texts say and do not say.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { visit } from "./support/visit.js";

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

test("an English question is answered by the model, word by word, with a citation that opens the post", async () => {
  const exchange = await chat.ask("What is an embedding?");
  await exchange.waitForTextOtherThan("");
  const first = await exchange.text();
  await exchange.waitForTextOtherThan(first);
  assert.ok(await chat.stop.isVisible(), "the text grew only when the answer was complete");
  await exchange.waitUntilDone();
  assert.equal(await exchange.verdict(), "generated");
  await assertCites(exchange, "en/what-an-embedding-is");
});

test("an Italian question is answered with quotes from the texts and a citation that opens the post", async () => {
  const exchange = await chat.askAndWait("Perché si chiama Daneel?");
  assert.equal(await exchange.verdict(), "extractive");
  assert.match(await exchange.text(), /Asimov|Olivaw|robot/i);
  await assertCites(exchange, "it/nome-e-storia");
});

test("a question in a third language is answered with quotes", async () => {
  const exchange = await chat.askAndWait("¿Qué es BM25 y cómo busca por palabras?");
  assert.equal(await exchange.verdict(), "extractive");
  assert.ok((await exchange.citations()).length > 0);
});

test("what the texts do not say is called so, in the question's language", async () => {
  const english = await chat.askAndWait("What is the best recipe for tiramisu with strawberries?");
  assert.equal(await english.verdict(), "not_found");
  assert.deepEqual(await english.citations(), []);
  assert.match(await english.text(), /\b(texts|passages|nothing)\b/i);
  await chat.newConversation();
  const italian = await chat.askAndWait("Qual è la ricetta migliore per il tiramisù alle fragole?");
  assert.equal(await italian.verdict(), "not_found");
  assert.match(await italian.text(), /\b(testi|passi|nulla|niente)\b/i);
});

test("an empty question is not sent", async () => {
  await chat.type("   ");
  await chat.composer.press("Enter");
  assert.equal(await chat.exchanges.count(), 0);
});

test("passages are found while the question is typed", async () => {
  await chat.type("HNSW graph");
  await chat.quickResults.first().waitFor();
  assert.match(await chat.quickResults.first().innerText(), /HNSW|neighbour/i);
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());

/** At least one citation leads to the post, and every one to a heading that is there. */
async function assertCites(exchange, post) {
  const places = [];
  for (const number of await exchange.citations()) places.push(new URL(await exchange.follow(number)));
  assert.ok(places.some((place) => place.pathname.includes(post)), `${post} is not among ${places.join(", ")}`);
  for (const place of places) {
    const tab = await visitor.context.newPage();
    const response = await tab.goto(place.href);
    assert.equal(response.status(), 200, place.href);
    const id = decodeURIComponent(place.hash.slice(1));
    if (id) assert.ok(await tab.evaluate((id) => document.getElementById(id) !== null, id), `${place} names no heading`);
    await tab.close();
  }
}
