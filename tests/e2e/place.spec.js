// The site lies where the author put it, and speaks the visitor's language.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serveFiles } from "./support/files.js";
import { visit } from "./support/visit.js";

const PATH = "/some/where/chat/";

let server;
let visitor;

before(async () => {
  server = await serveFiles({ [PATH]: process.env.DANEEL_SITE });
  visitor = await visit(server, { page: { path: PATH }, locale: "it-IT" });
});
after(async () => {
  await visitor?.close();
  await server?.close();
});

test("the site works in any folder of any host", async () => {
  const { chat } = visitor;
  await chat.waitUntilReady();
  const exchange = await chat.askAndWait("Perché si chiama Daneel?");
  const [first] = await exchange.citations();
  const place = new URL(await exchange.follow(first));
  assert.ok(place.pathname.startsWith(PATH), place.href);
});

test("an Italian browser gets an Italian page", async () => {
  const { chat } = visitor;
  assert.equal(await chat.page.getAttribute("html", "lang"), "it");
  assert.equal(await chat.send.getAttribute("aria-label"), "Invia");
});

test("the console stayed empty and nothing outside the folder was asked for", () => visitor.assertQuiet());
