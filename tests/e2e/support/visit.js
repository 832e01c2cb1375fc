// One visitor: a browser with an empty profile on a site, and a record of all that the page asks the network for and says on
// its console.
import assert from "node:assert/strict";
import { ChatPage } from "./chat_page.js";
import { openBrowser } from "./chromium.js";
import { observeEngine } from "./observer.js";

/** Opens `server.origin`; `options` are Playwright's, `page` says which folder and language. */
export async function visit(server, { page = {}, ...options } = {}) {
  const browser = await openBrowser(options);
  const { context } = browser;
  const requests = [];
  const complaints = [];
  const record = (opened) => {
    opened.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    opened.on("pageerror", (error) => complaints.push(String(error)));
  };
  context.pages().forEach(record);
  context.on("page", record);
  context.on("request", (request) => requests.push({ method: request.method(), url: new URL(request.url()) }));
  await context.addInitScript(observeEngine);
  const chat = await ChatPage.open(context, server.origin, page).catch(async (error) => {
    // A browser left open would keep the test run from ending.
    await browser.close();
    throw error;
  });
  return {
    chat,
    context,
    requests,
    complaints,
    /** Opens another tab, as a later visit does. */
    again: () => ChatPage.open(context, server.origin, page),
    close: browser.close,
    clipboard: () => chat.page.evaluate(() => navigator.clipboard.readText()),
    /** Fails if the page complained or asked for anything but the site's own files. */
    assertQuiet() {
      assert.deepEqual(complaints, [], "the console is not empty");
      assertOwnFiles(requests, server.origin, page);
    },
  };
}

function assertOwnFiles(requests, origin, { path = "/", query = "" }) {
  assert.ok(requests.length > 0, "no request was seen, so nothing is proved");
  for (const { method, url } of requests) {
    if (url.protocol === "data:" || url.protocol === "blob:") continue;
    assert.equal(url.origin, origin, `${url} is not of the site`);
    assert.ok(url.pathname.startsWith(path), `${url} is outside ${path}`);
    assert.equal(method, "GET", `${url} was sent something`);
    assert.ok(url.search === "" || (url.pathname === path && url.search === query), `${url} carries a query`);
  }
}
