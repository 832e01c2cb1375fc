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
  await chat.ask("When does HNSW beat an exact scan?");
  await chat.waitForText();
  const first = await chat.answerText();
  await chat.waitForTextOtherThan(first);
  assert.ok(await chat.button("stop").isVisible(), "the text grew only when the answer was complete");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "generated");
  await assertCites("en/nearest-neighbours");
});

test("an Italian question is answered with quotes from the texts and a citation that opens the post", async () => {
  await chat.ask("Perché si chiama Daneel?");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "extractive");
  assert.match(await chat.answerText(), /Asimov|Olivaw|robot/i);
  await assertCites("it/nome-e-storia");
});

test("a question in a third language is answered with quotes", async () => {
  await chat.ask("¿Qué es BM25 y cómo busca por palabras?");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "extractive");
  assert.ok((await chat.citations()).length > 0);
});

test("what the texts do not say is called so, in the question's language", async () => {
  await chat.ask("What is the best recipe for tiramisu with strawberries?");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "not_found");
  assert.deepEqual(await chat.citations(), []);
  const english = await chat.answerText();
  await chat.newConversation();
  await chat.ask("Qual è la ricetta migliore per il tiramisù alle fragole?");
  await chat.waitForAnswer();
  assert.equal(await chat.verdict(), "not_found");
  const italian = await chat.answerText();
  assert.match(english, /\b(the|these|not)\b/i);
  assert.match(italian, /\b(non|nei|testi)\b/i);
});

test("an empty question cannot be sent", async () => {
  await chat.type("   ");
  await chat.composer.press("Enter");
  assert.equal(await chat.answers.count(), 0);
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());

/** At least one citation leads to the post, and every one to a heading that is there. */
async function assertCites(post) {
  const citations = await chat.citations();
  assert.ok(
    citations.some(({ href }) => new URL(href).pathname.includes(post)),
    `no citation of ${post} among ${citations.map(({ href }) => href)}`,
  );
  for (const { href } of citations) {
    const tab = await visitor.context.newPage();
    const response = await tab.goto(href);
    assert.equal(response.status(), 200, href);
    const id = decodeURIComponent(new URL(href).hash.slice(1));
    if (id) assert.equal(await tab.evaluate((id) => document.getElementById(id)?.tagName.startsWith("H"), id), true, href);
    await tab.close();
  }
}
