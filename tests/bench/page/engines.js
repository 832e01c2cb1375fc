// Two engines behind one function each: load a GGUF file, then answer and say how fast each phase was.
import { ANSWER_TOKENS, messages } from "./prompt.js";

const engines = {
  async wllama(model) {
    const { LoggerWithoutDebug, Wllama } = await import("/wllama/index.js");
    const engine = new Wllama({ default: "/wllama/wasm/wllama.wasm" }, { logger: LoggerWithoutDebug, suppressNativeLog: true });
    const file = await (await fetch(model)).blob();
    await engine.loadModel([file], { n_threads: 1, n_gpu_layers: 0, n_ctx: 2048, n_parallel: 1 });
    return async (run) => {
      const answer = await engine.createChatCompletion({
        messages: messages(run),
        temperature: 0,
        max_tokens: ANSWER_TOKENS,
        cache_prompt: false,
        stream: false,
        timings_per_token: true,
      });
      const { prompt_n, prompt_per_second, predicted_n, predicted_per_second } = answer.timings;
      return {
        text: answer.choices[0].message.content,
        prompt_tokens: prompt_n,
        prefill: prompt_per_second,
        generated_tokens: predicted_n,
        decode: predicted_per_second,
      };
    };
  },

  async daneel(model) {
    const call = worker();
    await call({ task: "load", url: new URL(model, location).href });
    return (run) => call({ task: "answer", messages: messages(run), max_tokens: ANSWER_TOKENS });
  },
};

function worker() {
  const worker = new Worker("daneel_worker.js", { type: "module" });
  return (request) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      worker.onerror = (event) => reject(new Error(event.message ?? "the worker could not start"));
      worker.postMessage(request);
    });
}

const loaded = new Map();

/** Loads an engine once and lets it answer. */
globalThis.answer = async ([name, model, run]) => {
  if (!loaded.has(name)) loaded.set(name, await engines[name](model));
  return loaded.get(name)(run);
};

/** Milliseconds of each search in an index of made-up chunks. */
globalThis.search = async ([n_chunks, n_queries]) => (await worker()({ task: "search", n_chunks, n_queries })).milliseconds;
