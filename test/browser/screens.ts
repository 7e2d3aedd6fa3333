import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readFlows } from '../../nodes/flows/storage';
import { startSystem, type System, waitFor } from '../support/system';
import { Editor, inBrowser } from './an-editor';

/** The pictures of docs/screens, made anew by `bin/run screens`: not a part of the test run, since every run would change them. */
inBrowser('pictures of the editor', () => {
  const folder = path.join(__dirname, '../../docs/screens');
  const LARGEST = 300_000;
  let system: System;
  let editor: Editor;
  let held: string;

  beforeAll(async () => {
    system = await startSystem();
    await system.reach(await system.place(12, { seed: 'screens' }), 'FULFILLED', 60_000);
    await system.fault({ system: 'camel', operation: 'fulfillment-request', fault: 'drop-before', count: 1 });
    held = (await system.place(1, { seed: 'held', site: 'POPS-US' }))[0] ?? '';
    await waitFor(async () => (await system.holds(held)).length > 0, { what: 'the hold' });
    await system.admin('/oms/pauses', { body: { kind: 'partner', name: 'NAV', reason: 'NAV is being updated' } });
    await system.reach(await system.place(7, { seed: 'waiting' }), 'READY_TO_CREATE_IN_NAV');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    editor = await Editor.open(system);
  }, 120_000);
  afterAll(async () => {
    await editor?.close();
    await system?.stop();
  });

  const picture = async (name: string): Promise<void> => void (await editor.page.screenshot({ path: path.join(folder, `${name}.png`) }));
  const sidebars = (shown: boolean): Promise<unknown> => editor.page.evaluate(`['left', 'right'].forEach((side) => RED.menu.setSelected('menu-item-' + side + '-sidebar', ${String(shown)}))`);

  /** The whole tab in the window; the zoom is animated, and over when nothing moves for a while. */
  async function fit(): Promise<void> {
    await editor.page.evaluate("RED.actions.invoke('core:zoom-fit')");
    await still();
    if (Number(await editor.page.evaluate('RED.view.scale()')) > 1) await natural();
  }
  async function natural(): Promise<void> {
    await editor.page.evaluate("RED.actions.invoke('core:zoom-reset')");
    await still();
    await editor.page.evaluate("document.querySelector('#red-ui-workspace-chart').scrollTo(0, 0)");
  }
  const still = (): Promise<unknown> =>
    editor.page.evaluate(`new Promise((resolve) => {
      let [last, calm] = ['', 0];
      const look = () => {
        const chart = document.querySelector('#red-ui-workspace-chart');
        const now = [RED.view.scale(), chart.scrollLeft, chart.scrollTop].join();
        calm = now === last ? calm + 1 : 0;
        last = now;
        if (calm > 30) resolve(); else requestAnimationFrame(look);
      };
      look();
    })`);

  test('every tab', async () => {
    await sidebars(false);
    for (const { id, label } of readFlows(system.flowsDir).filter(({ type }) => type === 'tab')) {
      await editor.show(id);
      await fit();
      await picture(`tab-${String(label).toLowerCase().replaceAll(/\W+/g, '-')}`);
    }
    await sidebars(true);
    expect(readdirSync(folder).length).toBeGreaterThan(5);
  }, 120_000);

  test('the sidebar: an order and its timeline, and the stages', async () => {
    const sidebar = await editor.sidebar();
    // The debug panel leaves the whole height to it.
    await editor.page.evaluate("$('button[data-tab-id=debug].selected').trigger('click')");
    await sidebar.getByRole('searchbox').fill(held);
    await sidebar.getByRole('searchbox').press('Enter');
    await sidebar.locator('.oms-sidebar-timeline li').first().getByRole('button').click();
    await natural();
    await picture('sidebar-order');
    await sidebar.getByRole('tab', { name: 'Stages' }).click();
    await sidebar.locator('[data-stage]').first().waitFor();
    await sidebar.locator('[data-stage="READY_TO_CREATE_IN_NAV"]').getByRole('button').first().click();
    await still();
    await picture('sidebar-stages');
    expect(editor.complaints).toEqual([]);
  });

  test('the dialog of a node', async () => {
    const node = readFlows(system.flowsDir).find(({ type, from }) => type === 'oms-work' && from === 'READY_TO_CREATE_IN_NAV');
    await editor.show(node?.z ?? '');
    await editor.node(node?.id ?? '').dblclick();
    await editor.page.locator('#node-input-name').waitFor();
    await editor.page.waitForFunction("document.querySelector('.red-ui-tray')?.getAnimations().length === 0 && !document.querySelector('.red-ui-tray').style.right?.startsWith('-')");
    await picture('node-dialog');
    expect(editor.complaints).toEqual([]);
  });

  test('a deploy that is refused', async () => {
    const id = (matches: (node: Record<string, unknown>) => boolean): string => readFlows(system.flowsDir).find((node) => matches(node))?.id ?? '';
    await editor.page.locator('#node-dialog-cancel').click();
    await editor.page.locator('.red-ui-tray').waitFor({ state: 'detached' });
    await editor.wire(id(({ from }) => from === 'RELEASED_FROM_NAV'), id(({ type, to }) => type === 'oms-transition' && to === 'PENDING_NAV_RELEASE'));
    await editor.press();
    const [confirm, toast] = [editor.page.getByRole('button', { name: 'Confirm deploy' }), editor.page.locator('.red-ui-notification-error')];
    await confirm.or(toast).first().waitFor();
    if (await confirm.isVisible()) await confirm.click();
    await toast.waitFor();
    await editor.page.locator('#red-ui-full-shade').waitFor({ state: 'hidden' });
    await picture('refused-deploy');
    expect(await toast.innerText()).toContain('which the lifecycle does not allow');
  });

  test('the page of the API', async () => {
    await editor.page.goto(`${system.url}/api/docs`);
    await editor.page.locator('.opblock').first().waitFor();
    await picture('api-docs');
    expect(editor.complaints).toEqual([]);
  });

  test('no picture is large', () => {
    expect(readdirSync(folder).filter((file) => statSync(path.join(folder, file)).size > LARGEST)).toEqual([]);
  });
});
