// Runs in the page before its own code: notes what page and engine tell each other, and when.

/** For `context.addInitScript`. The notes are in `daneelNotes`: { at, to: "engine" | "page", message }. */
export function observeEngine() {
  const notes = [];
  const note = (to, message) => notes.push({ at: performance.now(), to, message });
  globalThis.daneelNotes = notes;
  globalThis.Worker = class extends Worker {
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("message", ({ data }) => note("page", data));
    }
    postMessage(message, ...rest) {
      note("engine", message);
      super.postMessage(message, ...rest);
    }
  };
}
