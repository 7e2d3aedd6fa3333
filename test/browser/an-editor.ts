import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { findChromium } from '../bin/scripts';
import type { System } from '../support/system';

const program = findChromium();
const LIMIT_MS = 15_000;

/** Tests that need a browser. Without one they are skipped and say so; in CI that is a failure. */
export function inBrowser(name: string, tests: () => void): void {
  jest.setTimeout(4 * LIMIT_MS);
  if (program) return describe(name, tests);
  const reason = `${name}: no Chromium is installed (apt-get install chromium)`;
  if (process.env['CI']) {
    test(name, () => {
      throw new Error(reason);
    });
    return;
  }
  process.stderr.write(`skipped: ${reason}\n`);
  describe.skip(name, tests);
}

/** The editor in a real browser, signed in. */
export class Editor {
  readonly page: Page;
  /** What the browser complained about since the sign-in: errors on its console, exceptions of scripts. */
  readonly complaints: string[] = [];
  /** Answers with an error since the sign-in, e.g. `422 POST /editor/flows`. */
  readonly refusals: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  /** @param locale the language that the browser asks for */
  static async open(system: System, { locale = 'en-GB' } = {}): Promise<Editor> {
    const browser = await chromium.launch({ executablePath: program ?? 'chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC', locale, reducedMotion: 'reduce' });
    page.setDefaultTimeout(LIMIT_MS);
    const editor = new Editor(browser, page);
    await editor.#signIn(system);
    editor.#listen();
    return editor;
  }

  async #signIn(system: System): Promise<void> {
    await this.page.goto(`${system.url}/editor`);
    await this.page.fill('#node-dialog-login-username', 'admin');
    await this.page.fill('#node-dialog-login-password', system.adminPassword);
    await this.page.press('#node-dialog-login-password', 'Enter');
    await this.page.locator('#red-ui-workspace-tabs li').first().waitFor();
    await this.page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden' });
  }

  #listen(): void {
    this.page.on('pageerror', (error) => this.complaints.push(error.message));
    this.page.on('console', (message) => {
      // That a request was refused is told by its answer, with its address.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
    this.page.on('response', (response) => {
      if (response.status() >= 400) this.refusals.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
  }

  /** The names of the tabs, from left to right. */
  tabs(): Promise<string[]> {
    return this.page.locator('#red-ui-workspace-tabs li a.red-ui-tab-label').allInnerTexts();
  }

  /** Shows a tab of the flows. */
  async show(tab: string): Promise<void> {
    await this.page.evaluate(`RED.workspaces.show(${JSON.stringify(tab)})`);
    await this.page.waitForFunction(`RED.workspaces.active() === ${JSON.stringify(tab)}`);
  }

  node(id: string): Locator {
    return this.page.locator(`#red-ui-workspace-chart [id="${id}"]`);
  }

  /** Waits until the badge under a node reads like this. @returns what it reads */
  async badge(id: string, like: RegExp): Promise<string> {
    const badge = this.node(id).locator('.red-ui-flow-node-status-label').filter({ hasText: like });
    await badge.waitFor();
    return badge.innerHTML();
  }

  /** Drags a node so many pixels to the right. */
  async drag(id: string, right: number): Promise<void> {
    // While a deploy is under way nothing can be touched.
    await this.page.locator('#red-ui-full-shade').waitFor({ state: 'hidden' });
    const box = await this.node(id).boundingBox();
    if (!box) throw new Error(`${id} cannot be seen`);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + right / 2, y, { steps: 4 });
    await this.page.mouse.move(x + right, y, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Draws a wire from the first output of a node to the input of another. */
  async wire(from: string, to: string): Promise<void> {
    const [start, end] = await Promise.all([this.node(from).locator('.red-ui-flow-port-output .red-ui-flow-port').first().boundingBox(), this.node(to).locator('.red-ui-flow-port-input .red-ui-flow-port').boundingBox()]);
    if (!start || !end) throw new Error(`the ports of ${from} and ${to} cannot be seen`);
    await this.page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 8 });
    await this.page.mouse.up();
    await this.page.waitForFunction(`RED.nodes.getNodeLinks(${JSON.stringify(from)}).some(({ target }) => target.id === ${JSON.stringify(to)})`);
  }

  /** Presses Deploy. */
  async press(): Promise<void> {
    await this.page.locator('#red-ui-header-button-deploy:not(.disabled)').click();
  }

  /** Presses Deploy. @returns what the editor says when it has gone well */
  async deploy(): Promise<string> {
    const success = this.page.locator('.red-ui-notification-success');
    await success.waitFor({ state: 'detached' });
    await this.press();
    await success.waitFor();
    const said = await success.innerText();
    await success.click();
    return said;
  }

  /** Opens the tab OMS of the sidebar. */
  async sidebar(): Promise<Locator> {
    await this.page.evaluate("RED.sidebar.show('oms')");
    const sidebar = this.page.locator('.oms-sidebar');
    await sidebar.waitFor();
    return sidebar;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}
