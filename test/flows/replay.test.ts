import type { ReplayedCall } from '../../nodes/orders/replay';
import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { holdOf, pausedIn } from './standing-orders';

/** A replay first says what it will do about each remote call, then does just that: nothing that might ship or charge twice. */

let system: System;

beforeAll(async () => {
  system = await startSystem({
    env: { OMS_INQUIRY_SECONDS: '60' },
    flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 60, maxSeconds: 60 }),
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

interface Replayed {
  result: string;
  status: string;
  version: number;
  calls: ReplayedCall[];
  steps: string[];
}

const ask = (name: string, dryRun?: string): Promise<Answer> =>
  system.api(`/api/oms/orders/${name}/replay${dryRun === undefined ? '' : `?dry_run=${dryRun}`}`, { body: { reason: 'a test asks for it' } });
const shown = async (name: string): Promise<Replayed> => {
  const before = await system.standing(name);
  const answer = await ask(name, 'true');
  expect(answer.status).toBe(200);
  const after = await system.standing(name);
  expect({ version: after?.version, due: after?.due, attempts: after?.attempts }).toEqual({ version: before?.version, due: before?.due, attempts: before?.attempts });
  return answer.body as Replayed;
};
const actions = ({ calls }: Replayed): string[] => calls.map(({ kind, action }) => `${kind} ${action}`);
const one = async (): Promise<string> => (await system.place(1))[0] ?? '';
const once = async (name: string): Promise<void> => {
  for (const operation of ['document:1', 'fulfillment-request', 'document:6', 'fulfill', 'capture']) expect(await system.effects({ name, operation })).toHaveLength(1);
};

test('everything has happened: each call is left alone, with the partner’s reference', async () => {
  const name = await one();
  await system.reach(name, 'FULFILLED');
  const plan = await shown(name);
  expect(plan).toMatchObject({ result: 'dry-run', steps: [] });
  expect(new Set(plan.calls.map(({ action }) => action))).toEqual(new Set(['skip']));
  expect(plan.calls.find(({ kind }) => kind === 'nav.create')?.reference).toMatch(/^SO\d+$/);
  expect((await ask(name)).body).toMatchObject({ result: 'nothing', status: 'FULFILLED' });
  await once(name);
}, 60_000);

test('what was refused is sent again, what was not begun is named; two replays at once are one', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject' });
  const name = await one();
  await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
  await system.clearFaults();
  const plan = await shown(name);
  expect(plan.calls.find(({ kind }) => kind === 'nav.create')).toMatchObject({ action: 'send', state: 'rejected', reason: expect.stringContaining('nothing of it has happened') as string });
  expect(plan.steps).toEqual(['put back from FAILED_TO_CREATE_IN_NAV to READY_TO_CREATE_IN_NAV']);
  const answers = await Promise.all([ask(name), ask(name), ask(name)]);
  expect(answers.filter(({ body }) => (body as Replayed).result === 'replayed')).toHaveLength(1);
  await system.reach(name, 'FULFILLED');
  await once(name);
}, 60_000);

test('what might have happened is blocked: sending it again could ship twice', async () => {
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 }, { system: 'camel', operation: 'fulfillment-request', fault: 'drop-after', count: 1 });
  const name = await one();
  const hold = await holdOf(system, name);
  const plan = await shown(name);
  expect(plan.steps).toEqual([]);
  expect(plan.calls.find(({ kind }) => kind === 'camel.request')).toMatchObject({ action: 'blocked', reason: expect.stringMatching(new RegExp(`could ship or charge twice: hold ${hold.id} asks`)) as string });
  expect(await ask(name)).toMatchObject({ status: 409, body: { result: 'blocked' } });
  expect(await system.effects({ name, operation: 'fulfillment-request' })).toHaveLength(1);
  await system.clearFaults();
  await system.decide(hold.id, 'done');
}, 60_000);

test('a capture in doubt is blocked', async () => {
  await system.fault({ system: 'sfcc', operation: 'fulfill', fault: 'drop-after' }); // not of the first alone: an order of a test before may still be on its way
  const name = await one();
  await waitFor(async () => (await system.order(name)).status === 'EXPORTED_TO_NAV' && (await shown(name)).calls.some(({ state }) => state === 'unknown'), { what: 'a capture in doubt' });
  const plan = await shown(name);
  expect(actions(plan)).toEqual(expect.arrayContaining(['nav.create skip', 'camel.request skip', 'nav.notice skip', 'sfcc.fulfil blocked']));
  expect(plan.steps).toEqual([]);
  expect((await ask(name)).status).toBe(409);
  expect(await system.effects({ name, operation: 'capture' })).toHaveLength(1);
}, 60_000);

test('what waits for its next attempt is tried at once', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'throttle' });
  const name = await one();
  await waitFor(async () => (await system.standing(name))?.reason != null, { what: 'a failed attempt' });
  await system.clearFaults();
  const plan = await shown(name);
  expect(plan.steps).toEqual(['the next attempt in READY_TO_CREATE_IN_NAV is due now']);
  expect(plan.calls.find(({ kind }) => kind === 'nav.create')?.action).toBe('send');
  expect((await ask(name)).body).toMatchObject({ result: 'replayed' });
  await system.reach(name, 'FULFILLED');
  expect((await system.order(name)).timeline.some(({ text, actor }) => text.startsWith('replayed') && actor === 'operator:Test Person')).toBe(true);
  await once(name);
}, 60_000);

test('a cancel that the storefront refused is told again, and NAV, which never knew the order, is not', async () => {
  const { name, pause } = await pausedIn(system, 'READY_TO_CREATE_IN_NAV');
  await system.fault({ system: 'sfcc', operation: 'cancel', fault: 'reject' });
  await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } });
  await system.reach(name, 'FAILED_TO_CANCEL');
  await system.clearFaults();
  await system.resume(pause);
  const plan = await shown(name);
  expect(actions(plan)).toEqual(expect.arrayContaining(['sfcc.cancel send']));
  expect(plan.calls.some(({ kind }) => kind === 'nav.cancel')).toBe(false);
  expect((await ask(name)).body).toMatchObject({ result: 'replayed', status: 'CS_CANCELLED' });
  await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  expect(await system.effects({ name, operation: 'cancel' })).toHaveLength(1);
}, 60_000);

test('who only wants to see does nothing by a slip of the pen', async () => {
  const name = await one();
  await system.reach(name, 'FULFILLED');
  for (const wrong of ['yes', '1', 'TRUE', '']) expect((await ask(name, wrong)).status).toBe(400);
  expect((await ask('US-NOBODY', 'true')).status).toBe(404);
  expect((await system.api(`/api/oms/orders/${name}/replay?dry_run=true`, { as: 'reader', headers: { 'x-actor': 'Reader' }, body: { reason: 'may not' } })).status).toBe(403);
}, 60_000);
