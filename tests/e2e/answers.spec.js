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

test("an English question is answered by the model, with a citation that opens the post at the words cited", async () => {
  const exchange = await chat.askAndWait("What is an embedding?");
  assert.equal(await exchange.verdict(), "generated");
  assert.equal(await exchange.sourcesHeading(), "cited");
  await assertCites(exchange, "en/what-an-embedding-is");
  for (const place of await exchange.citedPlaces()) assert.match(place, /:~:text=\S/);
});

test("sentences are shown as they are written, and stay", async () => {
  await chat.askAndWait("When does HNSW beat an exact scan?");
  const { told, finished } = await chat.page.evaluate(() => {
    const events = daneelNotes.filter(({ to }) => to === "page").map(({ message }) => message);
    const last = events.findLast(({ type }) => type === "answered");
    const sentences = events.filter(({ type, id, event }) => type === "answering" && id === last.id && event.type === "sentence");
    return { told: sentences.map(({ event }) => event.value), finished: last.answer.sentences };
  });
  assert.ok(told.length > 0);
  assert.deepEqual(told, finished);
});

test("an Italian question is answered with quotes from the texts and a citation that opens the post", async () => {
  const exchange = await chat.askAndWait("Perché si chiama Daneel?");
  assert.equal(await exchange.verdict(), "extractive");
  assert.match(await exchange.text(), /Asimov|Olivaw|robot/i);
  await assertCites(exchange, "it/nome-e-storia");
});

test("a quotation stands word for word in the card that it cites, and is marked there", async () => {
  const exchange = await chat.askAndWait("Perché si chiama Daneel?");
  const quotation = exchange.quotations.first();
  assert.equal(await quotation.getAttribute("lang"), "it");
  const [first] = await exchange.citations();
  await exchange.follow(first);
  const words = (text) => text.replace(/\s+/g, " ").trim();
  const quoted = words(await quotation.evaluate((element) => element.firstChild.textContent));
  const card = exchange.card(first);
  assert.ok(words(await card.locator(".source-text").innerText()).includes(quoted), quoted);
  assert.ok((await card.locator("mark").allInnerTexts()).some((mark) => words(mark).includes(quoted)));
  // The words that answer, where the reader has found them, are words of the quotation.
  for (const mark of await exchange.marks.allInnerTexts()) {
    const texts = await exchange.quotations.allInnerTexts();
    assert.ok(texts.some((text) => text.includes(mark)), mark);
  }
});

test("a greeting is answered with a greeting, in its language and without passages", async () => {
  for (const [greeting, language] of [["Ciao!", "it"], ["Hello", "en"]]) {
    await chat.newConversation();
    const exchange = await chat.askAndWait(greeting);
    assert.equal(await exchange.verdict(), "conversation");
    assert.equal(await exchange.body.getAttribute("lang"), language);
    assert.notEqual(await exchange.text(), "");
    assert.deepEqual(await exchange.citations(), []);
    assert.equal(await exchange.sources.count(), 0);
    assert.equal(await exchange.regenerate.count(), 0, "a greeting comes out the same again");
  }
});

test("a follow-up is looked up as a question that stands alone, and the page says as which", async () => {
  const first = await chat.askAndWait("Che cos'è BM25?");
  assert.equal(await first.rewritten.count(), 0);
  const second = await chat.askAndWait("E perché?");
  assert.equal(await second.question(), "E perché?");
  assert.match(await second.rewritten.innerText(), /BM25/);
  assert.notEqual(await second.verdict(), "not_found");
});

test("a question for posts is answered with a list that leads to them", async () => {
  const exchange = await chat.askAndWait("Which posts are about embeddings?");
  assert.equal(await exchange.verdict(), "listing");
  assert.equal(await exchange.sources.count(), 0, "the documents are links already");
  const places = await exchange.documents.getByRole("link").evaluateAll((links) => links.map((link) => link.href));
  assert.ok(places.some((place) => place.includes("what-an-embedding-is")), places.join(", "));
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
  assert.equal(await english.sourcesHeading(), "nearest");
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

/** At least one citation leads to the post, and every one to a heading that is there, if to any. */
async function assertCites(exchange, post) {
  const places = [];
  for (const number of await exchange.citations()) places.push(new URL(await exchange.follow(number)));
  assert.ok(places.some((place) => place.pathname.includes(post)), `${post} is not among ${places.join(", ")}`);
  for (const place of places) {
    const tab = await visitor.context.newPage();
    const response = await tab.goto(place.href);
    assert.equal(response.status(), 200, place.href);
    // Behind the heading stand the words to mark, which the page itself is not told.
    const id = decodeURIComponent(place.hash.slice(1).split(":~:")[0]);
    if (id) assert.ok(await tab.evaluate((id) => document.getElementById(id) !== null, id), `${place} names no heading`);
    await tab.close();
  }
}
