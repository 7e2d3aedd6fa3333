import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { splitFlows } from '../../nodes/flows/files';
import type { FlowNode } from '../../nodes/flows/node';
import { startSystem, type System, waitFor } from '../support/system';

const ROOT = path.join(__dirname, '../..');
const { nodes: declared, plugins } = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { 'node-red': { nodes: Record<string, string>; plugins: Record<string, string> } })['node-red'];
const isConnection = (type: string): boolean => type.endsWith('-connection');
const types = Object.keys(declared).filter((type) => !isConnection(type));

/** Settings with which each type is set up soundly; types that need none are left out. */
const SETTINGS: Record<string, object> = {
  'oms-work': { source: 'status', from: 'AGING_ORDER', task: '', lanes: '', perLane: 1, failure: '', attempts: 1, firstSeconds: 1, maxSeconds: 1, scheduled: false },
  'oms-transition': { to: 'PENDING_NAV_RELEASE', reason: '' },
  'oms-wait': { seconds: 1, reason: 'test' },
  'oms-auth': { callers: 'operator' },
  'oms-validate': { contract: 'pause' },
  'oms-fact': { contract: 'fulfill-orders' },
  'oms-order': { action: 'get' },
  'oms-late': { from: '' },
  'oms-jobs': { action: 'runs' },
  'oms-operator': { action: 'put-back' },
  'oms-schedules': { jobClass: 'none' },
  'oms-due': { from: 'SHIPPED' },
  'oms-flag': { flag: 'fulfillment_confirmation', mode: 'gate' },
  'oms-sfcc-orders': { connection: 'sfcc', pageSize: 10 },
  'oms-sfcc-order': { connection: 'sfcc', action: 'fulfil' },
  'oms-nav-document': { connection: 'nav', document: 'sales-order' },
  'oms-nav-product': { connection: 'nav', endpoint: 'US' },
  'oms-fulfillment-request': { sequence: true },
  'oms-print-cancel': { connection: 'bus' },
  'oms-print-request': { connection: 'bus', station: 'print-station' },
  'oms-service-bus-receive': { connection: 'bus', inFlight: 1, maxDeliveries: 3 },
  'oms-service-bus-send': { connection: 'bus' },
  'oms-dead-letters': { connection: 'bus', action: 'replay', contract: 'fulfillment-event' },
  'oms-outbox': { batch: 10 },
};

/** What no flow should send and somebody will. */
const BAD: Record<string, unknown>[] = [
  {},
  { payload: null },
  { payload: 7, topic: -1 },
  { payload: 'text', work: 'no work' },
  { payload: [[[]]], work: {}, order: {} },
  { payload: { orders: 'none' }, work: { token: 1, id: 'x' }, order: null },
  { payload: { orders: [null] }, job: { run: 'x' } },
  { work: { token: 'stolen', id: 1, order: 1, name: 'READY_TO_CREATE_IN_NAV', source: 'status', effects: [], retry: { attempts: 1, firstMs: 1, maxMs: 1 }, attempt: 1, since: 0 }, order: { id: 1 } },
  { outbox: { token: 'stolen', ids: [1], since: 0 }, payload: { id: 'x'.repeat(129), body: {} } },
  { outbox: { token: 7, ids: 'all' }, payload: [{ id: 'x' }] },
  { job: { run: 999_999, id: 999_999, class: 'none', storeUrl: 'https://nowhere', slot: '', since: 0 } },
];

let system: System;
let flowsDir: string;

beforeAll(async () => {
  flowsDir = mkdtempSync(path.join(tmpdir(), 'oms-contract-'));
  for (const [file, text] of splitFlows(contractFlows()).files) {
    mkdirSync(path.dirname(path.join(flowsDir, file)), { recursive: true });
    writeFileSync(path.join(flowsDir, file), text);
  }
  system = await startSystem({ flowsDir, env: { OMS_ANSWER_SECONDS: '5' } });
}, 90_000);
afterAll(async () => {
  await system.stop();
  rmSync(flowsDir, { recursive: true, force: true });
});

/** Each type in a tab of its own: messages come in by HTTP; what it completes and what reaches Catch is counted. */
function contractFlows(): FlowNode[] {
  const flows: FlowNode[] = [
    { id: 'sfcc', type: 'oms-sfcc-connection', timeoutSeconds: 5, sockets: 2 },
    { id: 'nav', type: 'oms-nav-connection', timeoutSeconds: 5, sockets: 1 },
    { id: 'camel', type: 'oms-camel-connection', timeoutSeconds: 5, sockets: 2 },
    { id: 'bus', type: 'oms-service-bus-connection' },
  ];
  for (const type of types) {
    const node = (id: string, of: string, more: object, wires: string[][] = []): FlowNode => ({ id: `${type}-${id}`, type: of, z: `tab-${type}`, x: 100, y: 100, ...more, wires: wires.map((out) => out.map((to) => `${type}-${to}`)) });
    const tally = (what: string): object => ({ outputs: 0, func: `const t = flow.get('tally') ?? { done: 0, caught: [] }; ${what}; flow.set('tally', t);` });
    flows.push(
      { id: `tab-${type}`, type: 'tab', label: type },
      node('in', 'http in', { url: `/contract/${type}`, method: 'post' }, [['begin']]),
      node('begin', 'function', { outputs: 2, func: 'return [msg.payload, { req: msg.req, res: msg.res, payload: {} }];' }, [['node'], ['answer']]),
      node('answer', 'http response', { statusCode: '200' }),
      node('node', type, { ...SETTINGS[type], name: type }, [[], [], []]),
      node('complete', 'complete', { scope: [`${type}-node`] }, [['completed']]),
      node('completed', 'function', tally('t.done++')),
      node('catch', 'catch', { scope: [`${type}-node`] }, [['caught']]),
      node('caught', 'function', tally("t.caught.push(msg.failure?.code ?? 'no failure')")),
      node('ask', 'http in', { url: `/contract/${type}`, method: 'get' }, [['tell']]),
      node('tell', 'function', { outputs: 1, func: "msg.payload = flow.get('tally') ?? { done: 0, caught: [] }; return msg;" }, [['told']]),
      node('told', 'http response', {}),
    );
  }
  return flows;
}

test.each(Object.entries(plugins))('%s has its page in the editor', (id, file) => {
  expect(readFileSync(path.join(ROOT, file.replace(/^dist\//, '').replace(/\.js$/, '.html')), 'utf8')).toContain(`registerPlugin('${id}'`);
});

test('every file named oms-*.ts is declared as a node, or as a plugin of the editor', async () => {
  const { readdir } = await import('node:fs/promises');
  const files = (await readdir(path.join(ROOT, 'nodes'), { recursive: true })).filter((file) => /(^|\/)oms-[\w-]+\.ts$/.test(file)).map((file) => path.basename(file, '.ts'));
  expect(Object.keys({ ...declared, ...plugins }).filter((id) => id.startsWith('oms-')).toSorted()).toEqual(files.toSorted());
});

test.each(types.filter((type) => !['oms-work', 'oms-schedules', 'oms-service-bus-receive', 'oms-outbox'].includes(type)))(
  '%s: whatever comes, each message ends exactly once, in Complete or in Catch, and the process lives',
  async (type) => {
    for (const message of BAD) expect((await system.api(`/contract/${type}`, { body: message, as: null })).status).toBe(200);
    const tally = await waitFor(
      async () => {
        const { body } = await system.api(`/contract/${type}`, { as: null });
        return body.done + body.caught.length >= BAD.length && (body as { done: number; caught: string[] });
      },
      { what: `${BAD.length} ends of ${type}`, timeoutMs: 15_000, seen: async () => (await system.api(`/contract/${type}`, { as: null })).body },
    );
    expect(tally.done + tally.caught.length).toBe(BAD.length);
    // Foreseen, with a code of its own: neither an error of ours nor one without a name.
    expect(tally.caught).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(no failure|internal)$/)]));
    expect((await system.api('/healthz', { as: null })).status).toBe(200);
  },
);
