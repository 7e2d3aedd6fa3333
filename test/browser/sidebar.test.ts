import type { Locator } from 'playwright-core';
import { startSystem, type System } from '../support/system';
import { Editor, inBrowser } from './an-editor';

/** The tab OMS of the sidebar, as support uses it: find an order, see where it was, pause a stage. */
inBrowser('the sidebar OMS', () => {
  let system: System;
  let editor: Editor;
  let sidebar: Locator;
  let names: string[];

  beforeAll(async () => {
    system = await startSystem();
    names = await system.place(3, { seed: 'sidebar', site: 'POPS-US' });
    await system.reach(names, 'FULFILLED');
    editor = await Editor.open(system);
    sidebar = await editor.sidebar();
  }, 120_000);
  afterAll(async () => {
    await editor?.close();
    await system?.stop();
  });

  async function find(text: string): Promise<void> {
    const input = sidebar.getByRole('searchbox');
    await input.fill(text);
    await input.press('Enter');
  }
  const view = (name: 'Orders' | 'Stages'): Promise<void> => sidebar.getByRole('tab', { name }).click();
  /** Somebody comes back to the window: what is shown is asked for at once. */
  const comesBack = (): Promise<void> => editor.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  const heading = (): Locator => sidebar.locator('.oms-sidebar-name');
  const selected = (): Promise<unknown> => editor.page.evaluate('({ tab: RED.workspaces.active(), nodes: (RED.view.selection().nodes ?? []).map(({ id }) => id) })');

  test('a search that finds one order opens it; one that finds several lists them; a list item opens its order', async () => {
    await find(names[0] ?? '');
    await heading().waitFor();
    expect(await heading().innerText()).toBe(names[0]);
    await find('US-');
    const items = sidebar.locator('.oms-sidebar-found').getByRole('button');
    await items.nth(2).waitFor();
    expect(await items.allInnerTexts()).toEqual([...names].toReversed().map((name) => expect.stringMatching(new RegExp(`^${name}\\s+\\d+ s\\s+Fulfilled`)) as string));
    await items.nth(1).press('Enter');
    await heading().waitFor();
    expect(await heading().innerText()).toBe(names[1]);
    await find('nobody');
    await sidebar.getByText('No order begins like this.').waitFor();
  });

  test('the timeline tells the way of the order, and a click on a step shows the node that did it', async () => {
    await find(names[2] ?? '');
    const steps = sidebar.locator('.oms-sidebar-timeline li');
    await steps.first().waitFor();
    const texts = await steps.allInnerTexts();
    expect(texts[0]).toMatch(/EXPORTED_TO_NAV → FULFILLED/);
    expect(texts.at(-1)).toMatch(/READY_FOR_PROCESSING/);
    expect(await sidebar.locator('.oms-sidebar-gone').count()).toBe(0);

    const { timeline } = (await system.order(names[2] ?? '')) as unknown as { timeline: { text: string; node: string }[] };
    const step = timeline.find(({ text }) => text.startsWith('READY_TO_CREATE_IN_NAV → '));
    await steps.filter({ hasText: 'READY_TO_CREATE_IN_NAV → ' }).getByRole('button').click();
    await editor.node(step?.node ?? '').waitFor();
    expect(await selected()).toEqual({ tab: await editor.page.evaluate(`RED.nodes.node(${JSON.stringify(step?.node)}).z`), nodes: [step?.node] });
  });

  test('a step whose node is no longer deployed says so', async () => {
    await system.sql("UPDATE inbox SET node = 'gone-node' WHERE order_id = (SELECT id FROM orders WHERE name = ?)", [names[0]]);
    await find(names[0] ?? '');
    const gone = sidebar.locator('.oms-sidebar-gone');
    await gone.first().waitFor();
    expect(new Set(await gone.allInnerTexts())).toEqual(new Set(['The node that did this is no longer deployed: gone-node']));
    expect(await sidebar.locator('.oms-sidebar-timeline li').filter({ has: gone }).getByRole('button').count()).toBe(0);
  });

  test('a hostile name is text', async () => {
    const name = 'US-<img src=x onerror="window.hacked=1">';
    await system.sql('INSERT INTO orders (store_id, platform_id, name, warehouse_id, currency, total, content) SELECT store_id, ?, ?, warehouse_id, currency, total, content FROM orders WHERE name = ?', [name, name, names[0]]);
    await system.sql("INSERT INTO order_audits (order_id, version, from_status, to_status, actor, reason) SELECT id, 1, '', 'PRE_ORDER', '<b>x</b>', '<script>window.hacked=1</script>' FROM orders WHERE name = ?", [name]);
    await find('US-');
    await sidebar.getByRole('button', { name }).waitFor();
    await find('US-<');
    await heading().waitFor();
    expect(await heading().innerText()).toBe(name);
    expect(await sidebar.locator('.oms-sidebar-timeline li').innerText()).toMatch(/PRE_ORDER – <script>window\.hacked=1<\/script>\s+<b>x<\/b>/);
    expect(await sidebar.locator('img, b b, script').count()).toBe(0);
    expect(await editor.page.evaluate('window.hacked')).toBeUndefined();
  });

  test('a stage is shown on the canvas, paused with a reason, and resumed', async () => {
    await view('Stages');
    const stage = sidebar.locator('[data-stage="READY_TO_CREATE_IN_NAV"]');
    await stage.getByRole('button').first().click();
    expect(await editor.page.evaluate("RED.view.selection().nodes.map(({ type, from }) => `${type} ${from}`)")).toEqual(['oms-work READY_TO_CREATE_IN_NAV']);

    await stage.getByRole('button', { name: /^Pause / }).click();
    await editor.page.keyboard.type('NAV is slow');
    await editor.page.keyboard.press('Enter');
    await stage.getByText(/^Paused by operator:admin for \d+ s: NAV is slow$/).waitFor();
    const order = (await system.place(1, { seed: 'paused' }))[0] ?? '';
    await stage.locator('.oms-sidebar-waiting').filter({ hasText: /^1$/ }).waitFor();
    expect((await system.standing(order))?.status).toBe('READY_TO_CREATE_IN_NAV');

    // The order says what it waits for.
    await view('Orders');
    await find(order);
    await sidebar.locator('.oms-sidebar-standing').getByText('Its stage is paused').waitFor();

    await view('Stages');
    await stage.getByRole('button', { name: /^Resume / }).click();
    await stage.getByRole('button', { name: /^Pause / }).waitFor();
    await system.reach(order, 'FULFILLED');
    expect(await system.sql('SELECT reason, actor, released_by FROM pauses')).toEqual([{ reason: 'NAV is slow', actor: 'operator:admin', released_by: 'operator:admin' }]);
  });

  test('what goes wrong is said in words, and goes away with it', async () => {
    const problem = sidebar.getByRole('alert');
    const answers: [object, RegExp][] = [
      [{ status: 503, json: { code: 'database.away', message: 'the database cannot be reached' } }, /^The database cannot be reached\.$/],
      [{ status: 401, body: 'Unauthorized' }, /^You are signed out, or may not do this\.\s*Sign in$/],
      [{ status: 502, body: '<html>' }, /^The server answers with an error \(502\)\.$/],
    ];
    for (const [answer, text] of answers) {
      await editor.page.route('**/oms/stages*', (route) => route.fulfill(answer));
      await comesBack();
      await problem.filter({ hasText: text }).waitFor();
      await editor.page.unroute('**/oms/stages*');
    }
    await editor.page.route('**/oms/stages*', (route) => route.abort());
    await comesBack();
    await problem.filter({ hasText: 'The server does not answer.' }).waitFor();
    await editor.page.unroute('**/oms/stages*');
    await comesBack();
    await problem.waitFor({ state: 'hidden' });
    editor.refusals.splice(0);
    expect(await sidebar.locator('[data-stage]').count()).toBeGreaterThan(5);
  });

  test('while nobody looks at it nothing is asked', async () => {
    let asked = 0;
    editor.page.on('request', (request) => (asked += request.url().includes('/oms/') ? 1 : 0));
    await Promise.all([editor.page.waitForResponse(/\/oms\/stages/), comesBack()]);
    await editor.page.evaluate("RED.sidebar.show('info')");
    await sidebar.waitFor({ state: 'hidden' });
    const before = asked;
    await comesBack();
    expect(asked).toBe(before);
    await Promise.all([editor.page.waitForResponse(/\/oms\/stages/), editor.page.evaluate("RED.sidebar.show('oms')")]);
  });

  test('the browser never complained', () => {
    expect(editor.complaints).toEqual([]);
    expect(editor.refusals).toEqual([]);
  });
});
