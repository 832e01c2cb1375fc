// What `daneel bench` prints, measured in this browser. `?engine=…&prompt=…&generate=…` begins at once.
const fields = ["engine", "prompt", "generate"].map((id) => document.getElementById(id));
const [engine, prompt, generate] = fields;
const state = document.getElementById("state");
const table = document.getElementById("table");
const button = document.querySelector("button");
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

const REASONS = {
  wanted: () => "asked for",
  no_gpu: ({ message }) => message,
  software: ({ adapter }) => `${adapter} is software, no GPU`,
  race: ({ gpu, cpu }) => (gpu < cpu ? `the GPU is ${(cpu / gpu).toFixed(1)} times as fast` : `the CPU is ${(gpu / cpu).toFixed(1)} times as fast`),
  failed: ({ message }) => message,
};

function rows({ report, heap_bytes }) {
  const { gpu } = report;
  return [
    ["engine", report.engine.toUpperCase()],
    ["why", REASONS[report.reason.type](report.reason)],
    ["adapter", report.adapter?.name ?? "none"],
    ["load time", `${report.load_seconds.toFixed(2)} s`],
    [`prefill, ${report.prompt_tokens} tokens`, `${report.prefill_tokens_per_second.toFixed(1)} tokens/s`],
    [`decode, ${report.generated_tokens} tokens`, `${report.decode_tokens_per_second.toFixed(1)} tokens/s`],
    ...(gpu
      ? [
          ["dispatches per token", gpu.dispatches],
          ["dispatches per layer", gpu.dispatches_per_layer.toFixed(1)],
          ["bytes read per token", megabytes(gpu.weight_bytes_read + gpu.kv_bytes_read)],
          ["of the weights' bytes in the file", gpu.bytes_read_over_file.toFixed(3)],
          ["overhead per token, to encode it", `${(gpu.encode_seconds * 1e3).toFixed(2)} ms`],
          ["overhead per token, to hand it over", `${(gpu.submit_seconds * 1e3).toFixed(2)} ms`],
          ["copy bandwidth", `${(gpu.copy_bytes_per_second / 1e9).toFixed(1)} GB/s`],
          ["share of it that decoding uses", `${(gpu.share_of_copy_bandwidth * 100).toFixed(1)} %`],
        ]
      : []),
    ["tokens written", report.tokens.join(" ")],
    ["WebAssembly memory at its largest", megabytes(heap_bytes)],
  ];
}

function show(outcome) {
  document.getElementById("model").textContent = outcome.model;
  const lines = rows(outcome).map(([name, value]) => {
    const line = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: name });
    line.append(head, Object.assign(document.createElement("td"), { textContent: value }));
    return line;
  });
  table.tBodies[0].replaceChildren(...lines);
  table.hidden = false;
}

function measure() {
  button.disabled = true;
  table.hidden = true;
  state.textContent = "Loading…";
  const worker = new Worker(new URL("worker_start.js", document.baseURI), { type: "module", name: "engine" });
  const finish = (text) => {
    state.textContent = text;
    button.disabled = false;
    worker.terminate();
  };
  worker.onerror = ({ message }) => finish(`The engine has stopped: ${message}`);
  worker.onmessage = ({ data }) => {
    if (data.type === "progress") state.textContent = `Downloading: ${megabytes(data.done)} of ${megabytes(data.total)}`;
    if (data.type === "progress" && data.done === data.total) state.textContent = "Measuring…";
    if (data.type === "failed") finish(data.message);
    if (data.type === "measured") {
      show(data);
      finish("Done.");
    }
  };
  worker.postMessage({
    type: "bench",
    manifest_url: new URL("daneel.json", document.baseURI).href,
    engine: engine.value,
    prompt_tokens: prompt.valueAsNumber,
    generate_tokens: generate.valueAsNumber,
  });
}

document.getElementById("choice").onsubmit = (event) => {
  event.preventDefault();
  measure();
};
const wishes = new URLSearchParams(location.search);
for (const field of fields) if (wishes.has(field.id)) field.value = wishes.get(field.id);
if (wishes.size > 0) measure();
