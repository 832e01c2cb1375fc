// Starts the engine. Messages that come before its WebAssembly is ready wait here for it.
import init from "./worker.js";

const early = [];
self.onmessage = (event) => early.push(event.data);
try {
  await init();
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  console.error(error);
  self.postMessage({ type: "failed", stage: "index", message: `The engine could not start: ${error}. Reload the page, or update your browser.` });
}
