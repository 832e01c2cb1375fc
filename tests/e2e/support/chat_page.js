// The chat page as a visitor uses it: by labels and roles, in one of its languages.
import { readFileSync } from "node:fs";

const words = (language) =>
  JSON.parse(readFileSync(new URL(`../../../web/locales/${language}.json`, import.meta.url), "utf8"));

/** How long models may take to load, and a small model to answer on a busy machine. */
const LONG = 240_000;

export class ChatPage {
  /** Opens a new tab; `path` is the site's folder on its host. */
  static async open(context, origin, { path = "/", language = "en" } = {}) {
    const page = await context.newPage();
    await page.goto(`${origin}${path}`);
    return new ChatPage(page, words(language));
  }

  constructor(page, words) {
    this.page = page;
    this.words = words;
    this.composer = page.getByRole("textbox", { name: words.composer_label });
    this.conversation = page.getByRole("log", { name: words.messages });
    this.questions = this.conversation.getByRole("article", { name: words.you_asked });
    this.answers = this.conversation.getByRole("article", { name: words.answer });
    this.quickResults = page.getByRole("region", { name: words.quick_results });
    this.suggestions = page.getByRole("list", { name: words.suggestions });
  }

  /** The latest answer. */
  get answer() {
    return this.answers.last();
  }

  button(name, within = this.page) {
    return within.getByRole("button", { name: this.words[name], exact: true });
  }

  /** Until everything works, written answers included. */
  async waitUntilReady() {
    await this.status("status_ready").waitFor({ timeout: LONG });
  }

  status(name) {
    return this.page.getByRole("status").filter({ hasText: this.words[name] });
  }

  async type(text) {
    await this.composer.fill(text);
  }

  async ask(question) {
    await this.type(question);
    await this.button("send").click();
  }

  /** Until the latest answer has some text. */
  async waitForText() {
    await this.waitForTextOtherThan("");
  }

  async waitForTextOtherThan(text) {
    const body = await this.body().elementHandle({ timeout: LONG });
    await this.page.waitForFunction(([body, text]) => body.innerText.trim() !== text, [body, text], { timeout: LONG });
  }

  /** Until the latest answer is complete. */
  async waitForAnswer() {
    await this.button("regenerate").last().waitFor({ timeout: LONG });
  }

  async answerText(index = -1) {
    return (await this.body(index).innerText()).trim();
  }

  async newConversation() {
    await this.button("new_conversation").first().click();
  }

  /** Moves the focus key by key, as far as it takes. */
  async tabTo(target, key = "Tab") {
    for (let presses = 0; presses < 60; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${target}`);
  }
}
