// A visitor without a mouse.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
after(async () => {
  await visitor?.close();
  await server?.close();
});

test("a question is asked, answered and followed to its source with keys alone", async () => {
  const { keyboard } = chat.page;
  await chat.tabTo(chat.composer);
  await keyboard.type("Che cos'è BM25?");
  await keyboard.press("Enter");
  await chat.waitForAnswer();
  await chat.tabTo(chat.button("copy").last(), "Shift+Tab");
  await keyboard.press("Enter");
  assert.match(await chat.page.evaluate(() => navigator.clipboard.readText()), /BM25/);
});

test("Shift+Enter starts a new line", async () => {
  await chat.composer.focus();
  await chat.page.keyboard.type("one");
  await chat.page.keyboard.press("Shift+Enter");
  await chat.page.keyboard.type("two");
  assert.equal(await chat.composer.inputValue(), "one\ntwo");
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());
