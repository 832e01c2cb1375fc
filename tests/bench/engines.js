// The engine beside wllama on one thread, and the index by itself, each in its worker on a bare page.
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { serveFiles } from "../e2e/support/files.js";
import { median } from "./table.js";

const ROUNDS = 5;
const CHUNKS = 10_000;
const QUERIES = 200;

/** Medians over rounds in which the two take turns, so that whatever else the machine does meets both. */
export async function engineSpeed(openBrowser) {
  return onPage(openBrowser, async (page) => {
    const url = `/model/${basename(process.env.DANEEL_CHAT_MODEL)}`;
    const runs = { daneel: [], wllama: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of Object.keys(runs)) {
        const run = await page.evaluate((request) => answer(request), [name, url, round]);
        console.error(`  ${name}: prefill ${run.prefill.toFixed(1)}, decode ${run.decode.toFixed(1)} tokens/s`);
        runs[name].push(run);
      }
    }
    const { prompt_tokens, generated_tokens } = runs.daneel[0];
    const speed = (name, phase) => median(runs[name].map((run) => run[phase]));
    const note = `${prompt_tokens} + ${generated_tokens} tokens, SmolLM2-135M Q4_1, one thread`;
    const rows = ["prefill", "decode"].flatMap((phase) => [
      { what: `${phase}, daneel`, value: speed("daneel", phase), unit: "tokens/s", note },
      { what: `${phase}, wllama 3.8.1`, value: speed("wllama", phase), unit: "tokens/s" },
      {
        what: `${phase}, ratio`,
        value: speed("daneel", phase) / speed("wllama", phase),
        unit: "x",
        goal: phase === "prefill" ? ">= 1.5" : ">= 1.15",
      },
    ]);
    return rows;
  });
}

/** Searching without the question's embedding. */
export async function searchTime(openBrowser) {
  return onPage(openBrowser, async (page) => {
    const milliseconds = await page.evaluate((request) => search(request), [CHUNKS, QUERIES]);
    const note = `median of ${QUERIES}, keyword and vector arm`;
    return [{ what: `search in ${CHUNKS} chunks`, value: median(milliseconds), unit: "ms", goal: "<= 5", note }];
  });
}

async function onPage(openBrowser, measure) {
  const here = (path) => fileURLToPath(new URL(path, import.meta.url));
  const server = await serveFiles({
    "/wllama/": here("../../node_modules/@wllama/wllama/esm"),
    "/daneel/": process.env.DANEEL_BENCH_WASM,
    "/model/": dirname(process.env.DANEEL_CHAT_MODEL),
    "/": here("page"),
  });
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(`${server.origin}/`);
    return await measure(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
