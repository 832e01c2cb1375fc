// What a visitor sees, on a phone and on a desk, by day and by night: pictures in DANEEL_ARTIFACTS, and nothing cut off.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serveSite } from "./support/daneel.js";
import { visit } from "./support/visit.js";

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } };

let server;
let visitor;

before(async () => {
  mkdirSync(process.env.DANEEL_ARTIFACTS, { recursive: true });
  server = await serveSite();
  visitor = await visit(server, { viewport: SIZES.desktop });
});
after(async () => {
  await visitor?.close();
  await server?.close();
});

test("the first page is whole at every width, in light and dark", async () => {
  await visitor.chat.waitUntilReady();
  await takePictures("start");
});

test("an answer with its sources is whole at every width, in light and dark", async () => {
  await visitor.chat.askAndWait("Perché si chiama Daneel?");
  await takePictures("answer");
});

test("the console stayed empty and nothing but the site's own files was asked for", () => visitor.assertQuiet());

async function takePictures(name) {
  const { page } = visitor.chat;
  for (const [device, size] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const path = join(process.env.DANEEL_ARTIFACTS, `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled" });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${device}: ${overflow} pixels wider than the screen`);
    }
  }
}
