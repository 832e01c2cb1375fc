// Prints the speed of llama.cpp's Vulkan build as JSON: `node llama_cpp_speed.mjs PACKAGE MODEL PROMPT_TOKENS GENERATED_TOKENS`,
// where PACKAGE is the folder of node-llama-cpp. Called by `cargo xtask bench gpu`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, modelPath, promptTokens, generatedTokens] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(join(folder, "dist/index.js")));
const llama = await getLlama({ gpu: "vulkan", build: "never", skipDownload: true, logLevel: "error" });
const model = await llama.loadModel({ modelPath, gpuLayers: "max" });
const context = await model.createContext({ contextSize: 1024, batchSize: 512 });
const sequence = context.getSequence();
// The same tokens as those of `daneel bench`, spread over the vocabulary.
const prompt = Array.from({ length: Number(promptTokens) }, (_, index) => ((index + 1) * 7919) % 49152);

async function rates(prompt, count) {
  await sequence.clearHistory();
  let start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1));
  const prefill = (prompt.length - 1) / (performance.now() - start);
  start = performance.now();
  let written = 0;
  for await (const _ of sequence.evaluate(prompt.slice(-1), { temperature: 0 })) if (++written === count) break;
  return { prefill: prefill * 1e3, decode: (written / (performance.now() - start)) * 1e3 };
}

await rates(prompt.slice(0, 8), 2);
console.log(JSON.stringify({ device: (await llama.getGpuDeviceNames())[0], ...(await rates(prompt, Number(generatedTokens))) }));
process.exit(0);
