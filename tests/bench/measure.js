// Measures the page in headless Chromium and prints a table; `--json FILE` writes it too. Called by `cargo xtask bench browser`.
import { writeFile } from "node:fs/promises";
import { openBrowser } from "../e2e/support/chromium.js";
import { engineSpeed, searchTime } from "./engines.js";
import { questionTimes, warmStart } from "./page_times.js";
import { sizes } from "./sizes.js";
import { printTable } from "./table.js";

const parts = { engines: engineSpeed, search: searchTime, questions: questionTimes, start: warmStart, sizes };

const words = process.argv.slice(2);
const flag = words.indexOf("--json");
const [, file] = flag < 0 ? [] : words.splice(flag, 2);
if (flag >= 0 && !file) throw new Error("--json needs a file");
const unknown = words.filter((word) => !(word in parts));
if (unknown.length > 0) throw new Error(`no such part: ${unknown}; the parts: ${Object.keys(parts)}`);

const rows = [];
for (const [name, measure] of Object.entries(parts)) {
  if (words.length > 0 && !words.includes(name)) continue;
  console.error(`measuring: ${name}`);
  rows.push(...(await measure(openBrowser)));
}
printTable(rows);
if (file) await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
