// What a visitor downloads before any model: the page's and the worker's WebAssembly as a host sends them.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const GOALS = { page: 400, worker: 2000 };

export async function sizes() {
  const folder = process.env.DANEEL_BUNDLE;
  const files = (await readdir(folder)).filter((name) => name.endsWith(".wasm"));
  return Promise.all(
    files.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      const part = name.startsWith("worker") ? "worker" : "page";
      return { what: `${part} wasm, brotli`, value: brotli.length / 1000, unit: "kB", goal: `<= ${GOALS[part]}` };
    }),
  );
}
