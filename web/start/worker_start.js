// Starts the engine. Messages that come before its WebAssembly is ready wait here for it.
import init from "./worker.js";

// wgpu 30 does not know WebGPU's feature "subgroups": it is asked for here, wherever the adapter has it.
const { GPUAdapter } = self;
if (GPUAdapter) {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (wish = {}) {
    const more = this.features.has("subgroups") ? ["subgroups"] : [];
    return requestDevice.call(this, { ...wish, requiredFeatures: [...(wish.requiredFeatures ?? []), ...more] });
  };
  self.daneelAsksForSubgroups = true;
}

const early = [];
self.onmessage = (event) => early.push(event.data);
try {
  await init();
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  console.error(error);
  self.postMessage({ type: "failed", stage: "index", message: `The engine could not start: ${error}. Reload the page, or update your browser.` });
}
