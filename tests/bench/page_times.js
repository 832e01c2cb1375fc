// The product's page as a visitor has it: question to sources, question to first token, and a second visit.
import { ChatPage } from "../e2e/support/chat_page.js";
import { serveSite } from "../e2e/support/daneel.js";
import { observeEngine } from "../e2e/support/observer.js";
import { median } from "./table.js";

const VISITS = 5;

const QUESTIONS = [
  ["en", "What happens when a visitor asks a question?"],
  ["it", "Perché si chiama Daneel?"],
  ["en", "When does HNSW beat an exact scan?"],
  ["it", "Che cosa vede chi ospita il sito?"],
  ["en", "What is an embedding?"],
  ["it", "Come vengono controllate le citazioni?"],
  ["en", "What does four-bit quantization do to the weights?"],
  ["it", "Che cos'è BM25?"],
  ["en", "When is LoRA better than retrieval?"],
  ["it", "Quanto costa all'autore avere molti lettori?"],
];

/** Ten questions, each in a new conversation; times from the moment the page hands the question on. */
export async function questionTimes(openBrowser) {
  return onSite(openBrowser, async (context, origin) => {
    const chat = await ChatPage.open(context, origin);
    await chat.waitUntilReady();
    const times = [];
    for (const [language, question] of QUESTIONS) {
      await chat.newConversation();
      const begin = await chat.page.evaluate(() => (daneelNotes.length = 0, performance.now()));
      await chat.askAndWait(question);
      const notes = await chat.page.evaluate(() => daneelNotes);
      const asked = notes.find(({ to, message }) => to === "engine" && message.type === "ask")?.at ?? begin;
      const first = (type) => notes.find(({ message }) => message.type === "answering" && message.event.type === type)?.at;
      const answered = notes.find(({ message }) => message.type === "answered");
      const text = first("text") ?? answered.at;
      times.push({ language, sources: first("sources") - asked, text: text - asked });
      console.error(`  ${language}: sources ${times.at(-1).sources.toFixed(0)} ms, text ${times.at(-1).text.toFixed(0)} ms (${answered.message.answer.kind})`);
    }
    const of = (language, what) => median(times.filter((time) => !language || time.language === language).map((time) => time[what]));
    const note = "CPU engine, median of ten questions";
    return [
      { what: "question to sources", value: of(undefined, "sources") / 1000, unit: "s", goal: "<= 0.5", note },
      { what: "question to first text", value: of(undefined, "text") / 1000, unit: "s", goal: "<= 12", note },
      { what: "question to first text, English", value: of("en", "text") / 1000, unit: "s", note: "median of five" },
      { what: "question to first text, Italian", value: of("it", "text") / 1000, unit: "s", note: "median of five" },
    ];
  });
}

/** Later visits, with the models in the browser's storage; times from the start of navigation. */
export async function warmStart(openBrowser) {
  return onSite(openBrowser, async (context, origin) => {
    const first = await ChatPage.open(context, origin);
    await first.waitUntilReady();
    await first.page.close();
    const results = [];
    const ready = [];
    for (let visit = 0; visit < VISITS; visit++) {
      const chat = await ChatPage.open(context, origin);
      await chat.type("embedding");
      await chat.waitUntilReady();
      const notes = await chat.page.evaluate(() => daneelNotes);
      results.push(notes.find(({ message }) => message.type === "found" && message.results.hits.length > 0)?.at);
      ready.push(notes.findLast(({ message }) => message.type === "ready").at);
      await chat.page.close();
    }
    const note = `median of ${VISITS} visits`;
    return [
      { what: "second visit, first keyword result", value: median(results) / 1000, unit: "s", goal: "<= 1", note },
      { what: "second visit, ready to answer", value: median(ready) / 1000, unit: "s", goal: "<= 6", note },
    ];
  });
}

async function onSite(openBrowser, measure) {
  const server = await serveSite();
  const browser = await openBrowser();
  try {
    await browser.context.addInitScript(observeEngine);
    return await measure(browser.context, server.origin);
  } finally {
    await browser.close();
    await server.close();
  }
}
