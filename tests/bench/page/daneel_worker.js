// The product's engine or index in a worker, as the product runs it.
import init, { Engine, Haystack } from "/daneel/daneel_bench.js";

const ready = init();
let engine;

const tasks = {
  async load({ url }) {
    engine = await Engine.load(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    return {};
  },
  answer: ({ messages, max_tokens }) => engine.answer(messages, max_tokens),
  search({ n_chunks, n_queries }) {
    const haystack = new Haystack(n_chunks);
    const milliseconds = [];
    for (let query = 0; query < n_queries; query++) {
      const begin = performance.now();
      haystack.search();
      milliseconds.push(performance.now() - begin);
    }
    return { milliseconds };
  },
};

self.onmessage = async ({ data: { task, ...request } }) => {
  try {
    await ready;
    self.postMessage(await tasks[task](request));
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
