// Starts the page and the engine side by side: neither waits for the other's download.
const { page, wasm, worker } = document.querySelector("script[data-page]").dataset;

try {
  const theme = localStorage.getItem("daneel:theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme is then used.
}

try {
  globalThis.daneelEngine = new Worker(new URL(worker, document.baseURI), { type: "module", name: "engine" });
  const { default: init } = await import(new URL(page, document.baseURI));
  await init({ module_or_path: new URL(wasm, document.baseURI) });
} catch (error) {
  console.error(error);
  document.getElementById("start-message").textContent = navigator.language.startsWith("it")
    ? "La pagina non si è avviata. Ricaricala; se non basta, aggiorna il browser."
    : "The page could not start. Reload it; if that does not help, update your browser.";
}
