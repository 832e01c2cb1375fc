// A visitor stops, repeats, copies, begins anew and comes back.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { visit } from "./support/visit.js";

const QUESTION = "Why does an unchanged prefix not have to be computed twice?";

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

test("Stop breaks the answer off, and another question can be asked", async () => {
  await chat.ask(QUESTION);
  await chat.waitForText();
  await chat.button("stop").click();
  await chat.waitForAnswer();
  assert.equal(await chat.wasStopped(), true);
  const text = await chat.answerText();
  await chat.ask("What is an embedding?");
  await chat.waitForText();
  assert.equal(await chat.answerText(0), text, "a stopped answer went on");
  await chat.button("stop").click();
  await chat.waitForAnswer();
});

test("Stop works while the model still reads", async () => {
  await chat.ask(QUESTION);
  await chat.button("stop").click();
  await chat.waitForAnswer();
  assert.equal(await chat.wasStopped(), true);
});

test("an answer can be made again and copied", async () => {
  await chat.ask("Che cos'è BM25?");
  await chat.waitForAnswer();
  await chat.button("regenerate").last().click();
  await chat.waitForAnswer();
  assert.equal(await chat.answers.count(), 1);
  await chat.button("copy").last().click();
  const copied = await chat.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /BM25/);
});

test("a conversation survives a reload", async () => {
  await chat.ask("Perché si chiama Daneel?");
  await chat.waitForAnswer();
  const text = await chat.answerText();
  await chat.page.reload();
  await chat.openConversation("Perché si chiama Daneel?");
  assert.equal(await chat.answerText(), text);
  assert.equal(await chat.questions.count(), 1);
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());
