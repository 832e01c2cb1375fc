// The machine's own Chromium with an empty profile: nothing of it talks to anybody.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What gives Chromium a WebGPU without a graphics card: SwiftShader, a program. */
export const SOFTWARE_GPU = "--enable-unsafe-webgpu";

/** A browser with one profile on disk, as a visitor has; `close` deletes it. `flags` are more of Chromium's. */
export async function openBrowser({ flags = [], ...options } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "daneel-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...flags],
    locale: "en-US",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
