import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { splitFlows } from '../../nodes/flows/files';
import { lintFolder } from '../../nodes/flows/lint';
import { readFlows } from '../../nodes/flows/storage';
import { build, chooseNode, run } from '../bin/scripts';
import { startSystem, type System, waitFor } from '../support/system';
import { ACarrier } from './a-carrier';
import { blocksOf, copyOfProject } from './a-copy';

/** docs/adding-an-integration.md is followed to the letter, in a copy of the project: what it shows is what is built and run here. */

const ROOT = path.join(__dirname, '../..');
/** What the tests of the pages look at, beside the pages. */
const LOOKED_AT = ['test/editor', 'docs', 'README.md', 'jest.config.js'];

/** What jest says of one test. */
interface Assertion {
  ancestorTitles: string[];
  fullName: string;
  status: string;
  failureMessages: string[];
}

const document = readFileSync(path.join(ROOT, 'docs/adding-an-integration.md'), 'utf8');
const blocks = blocksOf(document);

/** Step 1 in the editor: everything to the right of a node, in its group, is pushed aside. A deploy then writes the files. */
function makeRoom(folder: string): void {
  const [, after, group, pixels] = /to the right of \*(.+?)\* in the group \*(.+?)\*, and push it (\d+) pixels to the right/.exec(document) ?? [];
  const flows = readFlows(folder);
  const frame = flows.find(({ type, name }) => type === 'group' && name === group);
  const left = flows.find(({ g, name }) => g === frame?.id && name === after);
  const shifted = flows.map((node) => (node['g'] === frame?.id && Number(node['x']) > Number(left?.['x']) && !document.includes(`+    "id": "${node.id}"`) ? { ...node, x: Number(node['x']) + Number(pixels) } : node));
  expect(shifted.filter((node, index) => node !== flows[index]).length).toBeGreaterThan(3);
  for (const [file, text] of splitFlows(shifted).files) writeFileSync(path.join(folder, file), text);
}

let copy: string;
let carrier: ACarrier;
let system: System;

beforeAll(async () => {
  copy = copyOfProject(blocks, LOOKED_AT);
  makeRoom(path.join(copy, 'flows'));
  carrier = new ACarrier();
}, 60_000);
afterAll(async () => {
  await system?.stop();
  await carrier?.stop();
}, 60_000);

test('the document brings four files of a partner, its declarations and its place in a flow', () => {
  const made = blocks.filter(({ language }) => language !== 'diff').map(({ file }) => path.basename(file));
  expect(made.slice(0, 4)).toEqual(['client.ts', 'effects.ts', 'oms-swiftpost-collection.ts', 'oms-swiftpost-collection.html']);
  expect(made.slice(4)).toEqual(['en-US', 'de'].flatMap(() => ['oms-swiftpost-collection.json', 'oms-swiftpost-collection.html']));
  expect(blocks.filter(({ language }) => language === 'diff').map(({ file }) => file)).toEqual(['package.json', 'nodes/runtime/config.ts', 'flows/cirro.json']);
});

test('it compiles, and the linter has nothing to say', async () => {
  expect(await build({ projectRoot: copy })).toBe(true);
  const lint = await run(chooseNode(), [path.join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--type-aware', 'nodes/swiftpost', 'nodes/runtime/config.ts'], { cwd: copy });
  expect(lint).toMatchObject({ status: 0 });
}, 60_000);

test('its page passes what the page of every node must', async () => {
  const config = path.join(copy, 'jest.pages.js');
  writeFileSync(config, "module.exports = { ...require('./jest.config.js'), globalSetup: undefined, globalTeardown: undefined };\n");
  const jest = await run(chooseNode(), [path.join(ROOT, 'node_modules/jest/bin/jest.js'), '--config', config, '--json', 'test/editor/dialogs.test.ts'], { cwd: copy });
  const results = (JSON.parse(jest.stdout) as { testResults: { assertionResults: Assertion[] }[] }).testResults.flatMap(({ assertionResults }) => assertionResults);
  const about = results.filter(({ ancestorTitles }) => ancestorTitles.includes('oms-swiftpost-collection'));
  expect(results.filter(({ status }) => status !== 'passed').map(({ fullName, failureMessages }) => [fullName, failureMessages])).toEqual([]);
  expect(about.length).toBeGreaterThan(5);
}, 60_000);

test('the flow passes the check of a deploy, and stands in the files as a deploy writes it', () => {
  expect(lintFolder(path.join(copy, 'flows'))).toEqual([]);
});

describe('orders through the new node', () => {
  beforeAll(async () => {
    system = await startSystem({
      root: copy,
      env: { SWIFTPOST_URL: await carrier.start(), SWIFTPOST_TOKEN: carrier.token, OMS_INQUIRY_SECONDS: '0.5,1' },
      flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 }),
    });
  }, 120_000);

  const one = async (): Promise<string> => (await system.place(1))[0] ?? '';
  const bookingsOf = (name: string): string[] => carrier.booked.filter(({ reference }) => reference === `${name}/1`).map(({ id }) => id);
  const effectOf = async (name: string): Promise<object | undefined> => (await system.order(name)).effects.find(({ kind }) => kind === 'swiftpost.collect');

  test('an order is collected once, and runs to its end', async () => {
    const name = await one();
    await system.reach(name, 'FULFILLED');
    const [booking] = carrier.booked;
    const { lines } = await system.order(name);
    expect(carrier.booked).toEqual([{ id: 'SW1', reference: `${name}/1`, warehouse: expect.stringMatching(/./) as string, country: expect.stringMatching(/^[A-Z]{2}$/) as string, pieces: lines.reduce((sum, { quantity }) => sum + quantity, 0) }]);
    expect(await effectOf(name)).toMatchObject({ state: 'done', attempt: 1, reference: booking?.id });
    expect(carrier.asked).toBe(0);
    // The step leads to the node on the canvas.
    const steps = (await system.order(name)).timeline as unknown as { kind: string; node: string; text: string }[];
    expect(steps.filter(({ text }) => text.startsWith('swiftpost.collect')).map(({ kind, node }) => `${kind} ${node}`)).toEqual(['effect cirro-collection']);
  }, 60_000);

  test('it books, and its answer is cut off: it is asked, and the order goes on; nothing is booked twice', async () => {
    carrier.cut = 1;
    const name = await one();
    await system.reach(name, 'FULFILLED');
    expect(bookingsOf(name)).toHaveLength(1);
    expect(carrier.asked).toBeGreaterThan(0);
    expect(await effectOf(name)).toMatchObject({ state: 'done', attempt: 1, reference: bookingsOf(name)[0] });
    expect(await system.effects({ name, operation: 'fulfillment-request' })).toHaveLength(1);
  }, 60_000);

  test('it refuses: the order stands in the failure status with its words; put back, it is collected once', async () => {
    carrier.refuse = 1;
    const name = await one();
    await system.reach(name, 'FAILED_TO_EXPORT_TO_TPL');
    expect(bookingsOf(name)).toEqual([]);
    expect((await system.order(name)).timeline.at(-1)?.text).toContain('Swiftpost refuses: we do not collect there');
    await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'they do now' } });
    await system.reach(name, 'FULFILLED');
    expect(bookingsOf(name)).toHaveLength(1);
  }, 60_000);

  test('it is away: nothing was booked, the step is tried again until it counts as down, and no attempt is used up', async () => {
    await carrier.stop();
    const name = await one();
    const waits = await waitFor(
      async () => {
        const standing = await system.standing(name);
        return standing?.reason?.startsWith('swiftpost is down since') && !standing.claimed && standing;
      },
      { what: 'the order to wait for a partner that is down', seen: () => system.standing(name) },
    );
    expect(waits).toMatchObject({ status: 'CIRRO_READY_FOR_FULFILLMENT', attempts: 0, holds: 0 });
    expect(await effectOf(name)).toMatchObject({ kind: 'swiftpost.collect', reference: null });
  }, 60_000);
});
