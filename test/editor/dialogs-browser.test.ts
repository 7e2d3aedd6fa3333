import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FlowNode } from '../../nodes/flows/node';
import { readFlows } from '../../nodes/flows/storage';
import { Editor, inBrowser } from '../browser/an-editor';
import { startSystem, type System } from '../support/system';
import { nodeFiles } from './a-page';

const EXAMPLES = path.join(__dirname, '../../examples');

/** The dialogs as an engineer uses them, in a real browser on the real system. */
inBrowser('the dialogs', () => {
  let system: System;
  let editor: Editor;

  beforeAll(async () => {
    system = await startSystem();
    editor = await Editor.open(system);
    await editor.page.waitForFunction('RED.oms.choices');
  }, 120_000);
  afterAll(async () => {
    await editor?.close();
    await system?.stop();
  }, 60_000);
  afterEach(async () => {
    await closeAll();
  });

  const tray = () => editor.page.locator('.red-ui-tray').last();

  /** Runs code in the editor: `RED` is what its own pages use. */
  const inEditor = <T>(code: string): Promise<T> => editor.page.evaluate(code);

  async function closeAll(): Promise<void> {
    while ((await inEditor<number>('RED.editor.getEditStack().length')) > 0) {
      const before = await inEditor<number>('RED.editor.getEditStack().length');
      await inEditor('RED.tray.close()');
      await editor.page.waitForFunction(`RED.editor.getEditStack().length < ${before}`);
    }
  }

  async function open(id: string): Promise<void> {
    await inEditor(`(() => { const node = RED.nodes.node(${JSON.stringify(id)}); if (node._def.category === 'config') return RED.editor.editConfig('', node.type, node.id); RED.workspaces.show(node.z); RED.editor.edit(node); })()`);
    await tray().locator('form.oms-dialog').waitFor();
  }

  /** The texts of a select, with the labels of its groups as `# label`. */
  const offered = (property: string): Promise<string[]> =>
    inEditor(`[...document.querySelectorAll('#node-input-${property} option, #node-input-${property} optgroup')].map((each) => each.tagName === 'OPTION' ? each.textContent : '# ' + each.label)`);
  const hintOf = (property: string): Promise<string> => editor.page.locator(`.form-row:has(#node-input-${property}) + .oms-hint`).innerText();

  /** Why a field is marked as wrong; undefined where it is not. */
  async function reasonOf(property: string): Promise<string | undefined> {
    const input = editor.page.locator(`#node-input-${property}`);
    if (!(await input.evaluate((each: { classList: { contains(name: string): boolean } }) => each.classList.contains('input-error')))) return undefined;
    await inEditor(`$('#node-input-${property}').data('tooltip').open()`);
    const said = await editor.page.locator('.red-ui-popover').last().innerText();
    await inEditor(`$('#node-input-${property}').data('tooltip').close(true)`);
    return said;
  }

  const errorsOf = (id: string): Promise<string[]> => inEditor(`(() => { const node = RED.nodes.node(${JSON.stringify(id)}); RED.editor.validateNode(node); return node.validationErrors; })()`);
  const fill = (property: string, value: string): Promise<void> => editor.page.fill(`#node-input-${property}`, value).then(() => editor.page.dispatchEvent(`#node-input-${property}`, 'change'));

  test('nothing in the project’s own flows is marked as wrong', async () => {
    const wrong = await inEditor<unknown[]>("(() => { const found = []; const look = (node) => { if (node.type.startsWith('oms-') && node.valid === false) found.push([node.id, node.validationErrors]); }; RED.nodes.eachNode(look); RED.nodes.eachConfig(look); return found; })()");
    expect(wrong).toEqual([]);
  });

  test('every dialog opens, shows no untranslated key, and loses nothing when it is closed with Done', async () => {
    // What no flow of the project uses is taken from its example, without what it is wired to.
    const used = new Set(readFlows(system.flowsDir).map(({ type }) => type));
    for (const type of Object.keys(nodeFiles).filter((each) => !used.has(each))) {
      const example = (JSON.parse(readFileSync(path.join(EXAMPLES, `${type}.json`), 'utf8')) as FlowNode[]).filter((node) => node.type === 'tab' || node.type === type);
      await inEditor(`RED.nodes.import(${JSON.stringify(example)}) && null`);
    }
    const ids = await inEditor<Record<string, string>>("(() => { const ids = {}; const look = (node) => { if (node.type.startsWith('oms-')) ids[node.type] ??= node.id; }; RED.nodes.eachNode(look); RED.nodes.eachConfig(look); return ids; })()");
    expect(Object.keys(ids).toSorted()).toEqual(Object.keys(nodeFiles).toSorted());
    for (const id of Object.values(ids)) {
      const settings = `JSON.stringify(Object.fromEntries(Object.keys(RED.nodes.node('${id}')._def.defaults).map((each) => [each, String(RED.nodes.node('${id}')[each])])))`;
      const before = await inEditor(settings);
      await open(id);
      const text = await tray().innerText();
      expect({ id, keys: text.match(/\b(label|hint|action|caller|placeholder|choice|invalid|source|mode|flag)\.[a-z]/g) }).toEqual({ id, keys: null });
      expect(await tray().locator('.input-error').count()).toBe(0);
      await tray().locator('#node-dialog-ok, #node-config-dialog-ok').click();
      await editor.page.waitForFunction('RED.editor.getEditStack().length === 0');
      expect({ id, settings: await inEditor(settings) }).toEqual({ id, settings: before });
    }
    expect(editor.complaints).toEqual([]);
  }, 90_000);

  describe('oms-work', () => {
    test('offers the statuses that a stage works on, by phase and with who acts, and says what the chosen one means', async () => {
      await open('nav-create-work');
      const statuses = await offered('from');
      expect(statuses).toContain('READY_TO_CREATE_IN_NAV – NAV');
      expect(statuses.slice(0, 2)).toEqual(['# Intake', 'READY_FOR_PROCESSING – OMS']);
      for (const other of ['PENDING_NAV_RELEASE', 'FAILED_TO_CREATE_IN_NAV', 'RETAINED', 'VOIDED']) expect(statuses.join(' ')).not.toContain(other);
      expect(await hintOf('from')).toMatch(/^A stage works on it \(NAV\)\..* Late after 15 min: Look the order up in NAV/);
    });

    test('offers waiting statuses only to a stage whose orders become due by a job', async () => {
      await open('nav-create-work');
      expect(await offered('from')).not.toContain('EXPORTED_TO_TPL – Cirro');
      await editor.page.check('#node-input-scheduled');
      expect(await offered('from')).toContain('EXPORTED_TO_TPL – Cirro');
      await editor.page.selectOption('#node-input-from', 'EXPORTED_TO_TPL');
      await editor.page.uncheck('#node-input-scheduled');
      expect(await reasonOf('from')).toBe('Status: orders in EXPORTED_TO_TPL wait for an event; only with “Due by a job” can a stage take them');
    });

    test('offers as failure only what the status leads to, anew for another status, and keeps what has become illegal, marked', async () => {
      await open('nav-create-work');
      expect((await offered('failure')).slice(0, 4)).toEqual(['none: a hold', '# Errors', 'FAILED_TO_CREATE_IN_NAV', 'FAILED_TO_CANCEL']);
      expect(await offered('failure')).not.toContain('FAILED_TO_EXPORT_TO_TPL');
      expect(await reasonOf('failure')).toBeUndefined();
      await editor.page.selectOption('#node-input-from', 'CIRRO_INVENTORY_CONFIRMED');
      expect(await offered('failure')).toContain('FAILED_TO_EXPORT_TO_TPL');
      expect(await offered('failure')).toContain('FAILED_TO_CREATE_IN_NAV – not possible here');
      expect(await reasonOf('failure')).toBe('Failure status: CIRRO_INVENTORY_CONFIRMED does not lead to FAILED_TO_CREATE_IN_NAV');
      await editor.page.selectOption('#node-input-failure', 'FAILED_TO_EXPORT_TO_TPL');
      expect(await reasonOf('failure')).toBeUndefined();
    });

    test('says who takes a status already', async () => {
      await open('nav-create-work');
      await editor.page.selectOption('#node-input-from', 'SHIPPED');
      expect(await reasonOf('from')).toBe('Status: “Shipped orders” takes them already');
      // With lanes of their own two may share it.
      await closeAll();
      await inEditor("RED.nodes.node('shipping-notice-work').lanes = 'EMEA'");
      await open('nav-create-work');
      await tray().getByRole('checkbox', { name: 'US' }).check();
      await editor.page.selectOption('#node-input-from', 'SHIPPED');
      expect(await reasonOf('from')).toBeUndefined();
      await inEditor("RED.nodes.node('shipping-notice-work').lanes = ''");
    });

    test('of tasks offers the kinds that are written', async () => {
      await open('intake-mark-work');
      expect(await offered('task')).toEqual(['sfcc.mark-exported', 'sfcc.cancel', 'sfcc.fulfil', 'sfcc.capture', 'parent.recompute', 'print-station.cancel', 'fulfillment.cancel']);
      expect(await editor.page.locator('#node-input-from').isVisible()).toBe(false);
    });

    test('refuses numbers that make no sense, each with the reason', async () => {
      await open('nav-create-work');
      for (const [property, value, reason] of [
        ['attempts', '0', 'Attempts: must be a whole number from 1 to 1000'],
        ['attempts', '2.5', 'Attempts: must be a whole number from 1 to 1000'],
        ['perLane', '-1', 'At once, per lane: must be a whole number from 1 to 1000'],
        ['maxSeconds', '0.5', 'Longest wait (s): must not be shorter than the first wait'],
        ['firstSeconds', '', 'First wait (s): must be a number from 0.05 to 86400'],
      ] as const) {
        await fill(property, value);
        expect({ value, reason: await reasonOf(property) }).toEqual({ value, reason });
      }
    });

    test('keeps ticked lanes as one text', async () => {
      await open('nav-create-work');
      await tray().getByRole('checkbox', { name: 'US' }).check();
      await tray().getByRole('checkbox', { name: 'JAPAN' }).check();
      expect(await inEditor("$('#node-input-lanes').val()")).toBe('JAPAN, US');
    });
  });

  describe('oms-transition', () => {
    test('offers what the stage at the other end of the wires leads to, next steps first', async () => {
      await open('nav-created');
      const statuses = await offered('to');
      expect(statuses.slice(0, 4)).toEqual(['# Next steps', 'PENDING_NAV_RELEASE – NAV', 'FAILED_TO_CREATE_IN_NAV – operations', 'RELEASED_FROM_NAV – OMS']);
      expect(statuses).toContain('# Cancellations');
      expect(statuses.join(' ')).not.toContain('SHIPPED');
      expect(await hintOf('to')).toMatch(/^Comes from READY_TO_CREATE_IN_NAV\. Waits for an event/);
    });

    test('shows an illegal one that is there, marked, and the node carries the reason', async () => {
      await inEditor("RED.nodes.node('nav-created').to = 'SHIPPED'");
      expect(await errorsOf('nav-created')).toEqual(['To status: READY_TO_CREATE_IN_NAV does not lead to SHIPPED']);
      await open('nav-created');
      expect((await offered('to'))[0]).toBe('SHIPPED – not possible here');
      expect(await reasonOf('to')).toBe('To status: READY_TO_CREATE_IN_NAV does not lead to SHIPPED');
      await editor.page.selectOption('#node-input-to', 'PENDING_NAV_RELEASE');
      expect(await reasonOf('to')).toBeUndefined();
      await tray().locator('#node-dialog-ok').click();
      await editor.page.waitForFunction("RED.nodes.node('nav-created').valid");
    });

    test('follows the wires as they are drawn: cut, everything is offered with a note; wired to another stage, the old status is wrong at once', async () => {
      const link = "RED.nodes.filterLinks({ target: RED.nodes.node('nav-created') })[0]";
      await inEditor(`window.cut = ${link}; RED.nodes.removeLink(window.cut)`);
      await open('nav-created');
      expect(await hintOf('to')).toMatch(/^No oms-work reaches this node yet: every status is offered\./);
      expect(await offered('to')).toEqual(expect.arrayContaining(['the task is done', '# Shipping', 'SHIPPED – NAV']));
      await closeAll();
      await inEditor("window.other = { source: RED.nodes.node('nav-route-work'), sourcePort: 0, target: RED.nodes.node('nav-created') }; RED.nodes.addLink(window.other)");
      await editor.page.waitForFunction("RED.nodes.node('nav-created').valid === false");
      expect(await errorsOf('nav-created')).toEqual(['To status: RELEASED_FROM_NAV does not lead to PENDING_NAV_RELEASE']);
      await inEditor('RED.nodes.removeLink(window.other); RED.nodes.addLink(window.cut)');
      await editor.page.waitForFunction("RED.nodes.node('nav-created').valid === true");
    });

    test('of a stage over a status is not done without a status', async () => {
      await open('nav-created');
      expect(await offered('to')).not.toContain('the task is done');
      await closeAll();
      await open('intake-marked');
      expect((await offered('to'))[0]).toBe('the task is done');
    });
  });

  describe('a node without its settings, fresh from the palette', () => {
    const fresh = (type: string): Promise<string[]> =>
      inEditor(`(() => { const node = { id: 'fresh', type: '${type}', z: 'nav', x: 0, y: 0, _def: RED.nodes.getType('${type}'), users: [] }; for (const [each, { value }] of Object.entries(node._def.defaults)) node[each] = value; node._ = node._def._; RED.editor.validateNode(node); return node.validationErrors; })()`);

    test.each([
      ['oms-work', ['Status: choose one']],
      ['oms-auth', ['Callers: choose one']],
      ['oms-validate', ['Contract: choose one']],
      ['oms-fact', ['Contract: choose one']],
      ['oms-flag', ['Flag: choose one']],
      ['oms-due', ['Status: choose one']],
      ['oms-schedules', ['Class of jobs: choose one']],
      ['oms-nav-document', ['Connection: choose a connection']],
      ['oms-sfcc-order', ['Connection: choose a connection']],
      ['oms-sfcc-orders', ['Connection: choose a connection']],
      ['oms-service-bus-receive', ['Connection: choose a connection']],
      ['oms-operator', []],
      ['oms-wait', []],
      ['oms-transition', []],
    ])('%s says what is missing', async (type, errors) => {
      expect(await fresh(type)).toEqual(errors);
    });
  });

  test.each([
    ['nav', 4],
    ['camel', 1],
    ['sfcc', 4],
    ['service-bus', 1],
  ])('the button Test of the %s connection asks the partner and shows the answer', async (partner, answers) => {
    await open(`${partner}-connection`);
    await tray().getByRole('button', { name: 'Test' }).click();
    await tray().locator('.oms-findings .fa-check').nth(answers - 1).waitFor();
    expect(await tray().locator('.oms-findings .fa-times').count()).toBe(0);
    expect(await tray().locator('.oms-findings').innerText()).toMatch(/answered in \d+ ms/);
  });

  test('it uses what stands in the dialog, and says in words what failed', async () => {
    await system.fault({ system: 'camel', fault: 'drop-before' });
    await open('camel-connection');
    await tray().getByRole('button', { name: 'Test' }).click();
    await tray().locator('.oms-findings .fa-times').waitFor();
    expect(await tray().locator('.oms-findings').innerText()).toContain('Camel: the connection was cut before an answer came');
    await system.clearFaults();
  });

  test('a connection’s limits are checked in the one dialog that all share', async () => {
    for (const partner of ['nav', 'camel', 'sfcc']) {
      await open(`${partner}-connection`);
      await editor.page.fill('#node-config-input-timeoutSeconds', '0');
      await editor.page.dispatchEvent('#node-config-input-timeoutSeconds', 'change');
      expect(await tray().locator('.input-error').count()).toBe(1);
      await closeAll();
    }
  });

  test('the palette holds our nodes in five groups, and its tooltip begins with the first sentence of the help', async () => {
    const groups = await inEditor<string[]>("[...document.querySelectorAll('.red-ui-palette-category')].map((each) => each.querySelector('.red-ui-palette-header').textContent).filter((label) => label.startsWith('OMS'))");
    expect(groups).toEqual(['OMS stages', 'OMS edge', 'OMS orders', 'OMS jobs', 'OMS partners']);
    expect(await inEditor("$(RED.nodes.getNodeHelp('oms-wait')).first().text()")).toBe('Ends a stage for now: the order is due again after some time.');
  });
});

inBrowser('the dialogs in German', () => {
  let system: System;
  let editor: Editor;

  beforeAll(async () => {
    system = await startSystem();
    editor = await Editor.open(system, { locale: 'de-DE' });
    await editor.page.waitForFunction('RED.oms.choices');
  }, 120_000);
  afterAll(async () => {
    await editor?.close();
    await system?.stop();
  }, 60_000);

  test('labels, reasons, palette and help are German', async () => {
    await editor.page.evaluate("RED.workspaces.show('nav'); RED.editor.edit(RED.nodes.node('nav-create-work'))");
    const tray = editor.page.locator('.red-ui-tray').last();
    await tray.locator('form.oms-dialog').waitFor();
    expect(await tray.innerText()).toMatch(/Nimmt[\s\S]*Fehlerstatus[\s\S]*Gleichzeitig je Spur/);
    await editor.page.fill('#node-input-attempts', '0');
    await editor.page.dispatchEvent('#node-input-attempts', 'change');
    expect(await editor.page.evaluate("RED.nodes.node('nav-create-work')._def.defaults.attempts.validate.call(RED.nodes.node('nav-create-work'), '0', {})")).toBe('Versuche: muss eine ganze Zahl von 1 bis 1000 sein');
    expect(await editor.page.evaluate("RED.nodes.getNodeHelp('oms-wait')")).toContain('Eingänge');
    expect(await editor.page.evaluate("[...document.querySelectorAll('.red-ui-palette-header')].map((each) => each.textContent)")).toContain('OMS Zeitpläne');
  });
});
