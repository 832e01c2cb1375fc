// The chat page as a visitor uses it.

/** How long models may take to load, and a small model to answer on a busy machine. */
const LONG = 240_000;

export class ChatPage {
  /** Opens a new tab; `path` is the site's folder on its host, `query` begins with `?`. */
  static async open(context, origin, { path = "/", query = "" } = {}) {
    const page = await context.newPage();
    await page.goto(`${origin}${path}${query}`);
    return new ChatPage(page);
  }

  constructor(page) {
    this.page = page;
    this.composer = page.getByTestId("composer");
    this.send = page.getByTestId("send");
    this.stop = page.getByTestId("stop");
    this.status = page.getByTestId("status");
    this.engine = page.getByTestId("engine");
    this.notices = page.getByTestId("notice");
    this.suggestions = page.getByTestId("suggestion");
    this.quickResults = page.getByTestId("quick-result");
    this.exchanges = page.getByTestId("exchange");
    this.conversations = page.getByTestId("history-item");
  }

  /** A question with its answer; the latest by default. */
  exchange(index = -1) {
    return new Exchange(this.exchanges.nth(index));
  }

  /** Until everything works, written answers included. */
  async waitUntilReady() {
    await this.page.locator("[data-testid=status][data-ability=write]").waitFor({ timeout: LONG });
  }

  /** `gpu` or `cpu`, once it is known. */
  async engineKind() {
    return this.engine.first().getAttribute("data-engine");
  }

  async type(text) {
    await this.composer.fill(text);
  }

  async ask(question) {
    await this.type(question);
    await this.send.click();
    return this.exchange();
  }

  async askAndWait(question) {
    const exchange = await this.ask(question);
    await exchange.waitUntilDone();
    return exchange;
  }

  /** Watches how long the page is not drawn; what comes back gives the milliseconds between frames so far. */
  async watchFrames() {
    await this.page.evaluate(() => {
      window.frameGaps = [];
      let last = performance.now();
      const draw = () => {
        const now = performance.now();
        window.frameGaps.push(now - last);
        last = now;
        requestAnimationFrame(draw);
      };
      requestAnimationFrame(draw);
    });
    return () => this.page.evaluate(() => window.frameGaps);
  }

  async newConversation() {
    await this.page.getByTestId("new-conversation").click();
  }

  /** Moves the focus key by key, as far as it takes. */
  async tabTo(target, key = "Tab") {
    for (let presses = 0; presses < 80; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not lead to ${target}`);
  }
}

class Exchange {
  constructor(root) {
    this.root = root;
    this.body = root.getByTestId("answer");
    this.rewritten = root.getByTestId("rewritten");
    this.quotations = root.getByTestId("quotation");
    this.marks = this.body.locator("mark");
    this.documents = root.getByTestId("document");
    this.sources = root.getByTestId("sources");
    this.stopped = root.getByTestId("stopped");
    this.speed = root.getByTestId("speed");
    this.copy = root.getByTestId("copy");
    this.regenerate = root.getByTestId("regenerate");
    this.links = root.getByTestId("citation");
  }

  async waitUntilDone() {
    await this.root.and(this.root.page().locator("[data-state=done]")).waitFor({ timeout: LONG });
  }

  async question() {
    return (await this.root.locator(".question-text").innerText()).trim();
  }

  async text() {
    return (await this.body.innerText()).trim();
  }

  /** `generated`, `extractive`, `listing`, `conversation` or `not_found`. */
  async verdict() {
    return this.root.getAttribute("data-kind");
  }

  /** `found`, `cited` or `nearest`: what the passages below the answer are to it. */
  async sourcesHeading() {
    return this.sources.getAttribute("data-heading");
  }

  /** Where the citations lead in a tab of their own. */
  async citedPlaces() {
    return this.links.evaluateAll((links) => links.map((link) => link.href));
  }

  /** Numbers of the citations in the text. */
  async citations() {
    return this.links.evaluateAll((links) => [...new Set(links.map((link) => link.dataset.number))]);
  }

  /** The card of a source. */
  card(number) {
    return this.root.locator(`[data-testid=source-card][data-number="${number}"]`);
  }

  /** Follows a citation to its card and returns where the card leads. */
  async follow(number) {
    await this.root.locator(`[data-testid=citation][data-number="${number}"]`).first().click();
    const link = this.card(number).and(this.root.page().locator("[open]")).getByTestId("source-link");
    await link.waitFor();
    return link.evaluate((link) => link.href);
  }
}
