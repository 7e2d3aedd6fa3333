import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkFlows } from '../../nodes/flows/check/check';
import type { FlowNode } from '../../nodes/flows/node';
import { startSystem, type System, waitFor } from '../support/system';

/** The flows under Import → Examples, each imported into the running system by itself. */

const ROOT = path.join(__dirname, '../..');
const FOLDER = path.join(ROOT, 'examples');
const types = Object.keys((JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { 'node-red': { nodes: object } })['node-red'].nodes);
const examples = readdirSync(FOLDER).map((file) => path.basename(file, '.json'));
const read = (type: string): FlowNode[] => JSON.parse(readFileSync(path.join(FOLDER, `${type}.json`), 'utf8')) as FlowNode[];

/** What shows a badge of its own soon after the start. */
const BUSY = new Set(['oms-work', 'oms-schedules', 'oms-service-bus-receive', 'oms-outbox']);

interface Badge {
  fill: string;
  text: string;
}

let system: System;
let token: string;
let flowsDir: string;
let leave: () => void;
const badges = new Map<string, Badge>();

beforeAll(async () => {
  flowsDir = mkdtempSync(path.join(tmpdir(), 'oms-examples-'));
  system = await startSystem({ flowsDir });
  token = await system.signIn();
  leave = await system.listen('status/#', (topic, badge) => badges.set(topic.slice('status/'.length), badge as Badge));
}, 90_000);
afterAll(async () => {
  leave?.();
  await system?.stop();
  rmSync(flowsDir, { recursive: true, force: true });
}, 60_000);

const admin = (where: string, more: { method?: string; headers?: Record<string, string>; body?: unknown } = {}) =>
  system.api(`/editor/${where}`, { as: null, ...more, headers: { authorization: `Bearer ${token}`, 'node-red-api-version': 'v2', ...more.headers } });

/** Deploys these nodes and nothing else, as the editor does. */
async function deploy(flows: FlowNode[]): Promise<void> {
  const { rev } = (await admin('flows')).body as { rev: string };
  badges.clear();
  const answer = await admin('flows', { headers: { 'node-red-deployment-type': 'full' }, body: { rev, flows } });
  expect({ status: answer.status, said: answer.status === 200 ? '' : answer.text }).toEqual({ status: 200, said: '' });
}

test('every node type has its example, named after it, and there is none besides', () => {
  expect(examples.toSorted()).toEqual(types.toSorted());
});

describe.each(types)('%s', (type) => {
  const nodes = read(type);
  const placed = nodes.filter((node) => node['x'] !== undefined);

  test('is shown by a tab of its own, which says what it shows', () => {
    expect(nodes.filter((node) => node.type === type).length).toBeGreaterThan(0);
    const tabs = nodes.filter((node) => node.type === 'tab');
    expect(tabs.map(({ label, info }) => ({ label, info }))).toEqual([{ label: expect.stringMatching(/^Example: ./), info: expect.stringMatching(/[\s\S]+Runbook: /) }]);
    expect(placed.filter((node) => node.type === 'comment')).toHaveLength(1);
  });

  test('breaks no rule for flows', () => {
    expect(checkFlows(nodes)).toEqual([]);
  });

  test('is taken by a deploy, and every node of it starts soundly', async () => {
    const before = system.logs().length;
    await deploy(nodes);
    const busy = nodes.filter((node) => BUSY.has(node.type)).map((node) => node.id);
    await waitFor(() => busy.every((id) => badges.get(id) && badges.get(id)?.fill !== 'red'), { what: `the badges of ${busy.join(', ')}`, timeoutMs: 10_000, seen: () => [...badges] });
    expect([...badges].filter(([, { fill }]) => fill === 'red')).toEqual([]);
    for (const { method, url } of nodes.filter((node) => node.type === 'http in') as unknown as { method: string; url: string }[]) {
      const answer = await system.api(url.replace(':id', '1'), { method: method.toUpperCase(), as: null, ...(method !== 'get' && { body: {} }) });
      expect({ url, status: answer.status }).toEqual({ url, status: 401 });
    }
    const said = system.logs().slice(before).map((line) => JSON.parse(line) as { code?: string; level?: unknown; node?: string; reason?: string });
    expect(said.filter(({ code, level }) => code !== 'order.moved' && (level === 'error' || level === 'warn' || Number(level) >= 40))).toEqual([]);
  }, 30_000);
});

test('the editor offers each of them under Import → Examples', async () => {
  expect(((await admin('library/examples/flows/oms')).body as string[] | { fn: string }[]).map((entry) => (typeof entry === 'string' ? entry : entry.fn)).toSorted()).toEqual(types.toSorted());
  for (const type of types) expect((await admin(`library/examples/flows/oms/${type}`)).body).toEqual(read(type));
});
