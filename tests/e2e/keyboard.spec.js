// A visitor without a mouse.
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

test("a question is asked, followed to its source and copied with keys alone", async () => {
  const { keyboard } = chat.page;
  await keyboard.press("Tab");
  await keyboard.press("/");
  await keyboard.type("Che cos'è BM25?");
  await keyboard.press("Enter");
  const exchange = chat.exchange();
  await exchange.waitUntilDone();
  await chat.tabTo(exchange.links.first(), "Shift+Tab");
  await keyboard.press("Enter");
  await keyboard.press("Tab");
  const focused = await chat.page.evaluate(() => document.activeElement.href);
  assert.match(focused, /ricerca-per-parole/);
  await chat.tabTo(exchange.copy, "Shift+Tab");
  await keyboard.press("Enter");
  assert.match(await visitor.clipboard(), /BM25/);
});

test("Shift+Enter starts a new line, and Escape stops an answer", async () => {
  const { keyboard } = chat.page;
  await chat.composer.focus();
  await keyboard.type("What is");
  await keyboard.press("Shift+Enter");
  await keyboard.type("an embedding?");
  assert.equal(await chat.composer.inputValue(), "What is\nan embedding?");
  await keyboard.press("Enter");
  await chat.stop.waitFor();
  await keyboard.press("Escape");
  await chat.exchange().waitUntilDone();
  assert.ok(await chat.send.isVisible());
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());
