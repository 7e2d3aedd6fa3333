import { readFlows } from '../../nodes/flows/storage';
import type { SidebarOrder } from '../../nodes/editor/sidebar-order';
import type { StageRow } from '../../nodes/editor/sidebar-stages';
import { type Answer, startSystem, type System, waitFor } from '../support/system';

/** What the tab OMS of the editor's sidebar asks the server. */

let system: System;
let done: string;

beforeAll(async () => {
  system = await startSystem();
  done = await one();
  await system.reach(done, 'FULFILLED');
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const one = async (): Promise<string> => (await system.place(1))[0] ?? '';
const ask = (where: string, more: { method?: string; body?: unknown } = {}): Promise<Answer> => system.admin(`/oms/${where}`, more);

async function orderOf(name: string): Promise<SidebarOrder> {
  const answer = await ask(`orders/${encodeURIComponent(name)}`);
  expect(answer.status).toBe(200);
  return (answer.body as { order: SidebarOrder }).order;
}

async function found(q: string): Promise<string[]> {
  const answer = await ask(`orders?q=${encodeURIComponent(q)}`);
  expect(answer.status).toBe(200);
  return (answer.body as { orders: { name: string }[] }).orders.map(({ name }) => name);
}

async function stageOf(stage: string): Promise<StageRow> {
  const { stages } = (await ask('stages')).body as { stages: StageRow[] };
  const row = stages.find((each) => each.stage === stage);
  if (!row) throw new Error(`no stage ${stage}`);
  return row;
}

async function pause(body: object): Promise<number> {
  const answer = await ask('pauses', { body });
  expect(answer.status).toBe(200);
  return (answer.body as { id: number }).id;
}

const NAV = { kind: 'stage', name: 'READY_TO_CREATE_IN_NAV', reason: 'NAV is slow' };

test.each([
  ['GET', 'orders?q=x'],
  ['GET', 'orders/1'],
  ['GET', 'stages'],
  ['POST', 'pauses'],
  ['DELETE', 'pauses/1'],
])('%s %s asks for the sign-in of the editor', async (method, where) => {
  // A caller's token of the API opens nothing here.
  for (const as of [null, 'operator'] as const) expect((await system.api(`/editor/oms/${where}`, { method, as, ...(method === 'POST' && { body: NAV }) })).status).toBe(401);
  expect(await system.count('SELECT COUNT(*) FROM pauses')).toBe(0);
});

describe('orders', () => {
  test('an order is found by its name, its number at the storefront and the beginning of an e-mail address', async () => {
    const [row] = await system.sql<{ email: string; number: string }>('SELECT customer_email AS email, platform_id AS number FROM orders WHERE name = ?', [done]);
    for (const q of [done, ` ${done} `, row?.number ?? '', row?.email.slice(0, -4) ?? '', done.slice(0, -1)]) expect(await found(q)).toContain(done);
    expect(await found('nobody-has-this')).toEqual([]);
    expect(await found('%')).toEqual([]);
    expect(await found('')).toContain(done);
  });

  test('it is told where it stands; nothing of the customer leaves the server', async () => {
    const [row] = await system.sql<{ email: string; content: string }>('SELECT customer_email AS email, content FROM orders WHERE name = ?', [done]);
    const { customer, shippingAddress } = JSON.parse(row?.content ?? '{}') as { customer: { name: string }; shippingAddress: { address1: string } };
    const texts = [(await ask(`orders/${done}`)).text, (await ask(`orders?q=${row?.email}`)).text];
    expect(texts[0]).toContain(done);
    expect(texts[1]).toContain(done);
    for (const personal of [row?.email ?? 'none', customer.name, shippingAddress.address1]) {
      expect(personal.length).toBeGreaterThan(3);
      for (const text of texts) expect(text).not.toContain(personal);
    }
    expect(await orderOf(done)).toMatchObject({ name: done, status: 'FULFILLED', standing: 'final', holds: [], pause: null });
  });

  test('each step that a node did names a node of the deployed flows; the newest comes first', async () => {
    const { timeline } = await orderOf(done);
    const ids = new Set(readFlows(system.flowsDir).map(({ id }) => id));
    for (const kind of ['transition', 'effect', 'fact']) {
      const steps = timeline.filter((step) => step.kind === kind);
      expect(steps.length).toBeGreaterThan(0);
      for (const { node, text } of steps) expect({ text, there: ids.has(node ?? '') }).toEqual({ text, there: true });
    }
    const times = timeline.map(({ at }) => Date.parse(String(at)));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(timeline[0]?.text).toMatch(/→ FULFILLED/);
  });

  test('one that waits for a partner, one that failed and one that is held each say so', async () => {
    await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject', count: 1 });
    const failed = await one();
    await system.reach(failed, 'FAILED_TO_CREATE_IN_NAV');
    expect(await orderOf(failed)).toMatchObject({ standing: 'error', owner: 'operations', runbook: expect.stringMatching(/./) as string });

    await system.fault({ system: 'camel', operation: 'fulfillment-request', fault: 'drop-before', count: 1 });
    const held = await one();
    await waitFor(async () => (await system.holds(held)).length > 0, { what: 'the hold' });
    expect(await orderOf(held)).toMatchObject({ standing: 'held', holds: [{ kind: 'camel.request.in-doubt', effect: { kind: 'camel.request' } }] });

    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 600_000 });
    const waiting = await one();
    await system.reach(waiting, 'PENDING_NAV_RELEASE');
    expect(await orderOf(waiting)).toMatchObject({ standing: 'waiting', owner: expect.stringMatching(/./) as string });
    await system.clearFaults();
  }, 60_000);

  test('an unknown order is refused in words', async () => {
    const answer = await ask('orders/NONE-1');
    expect(answer).toMatchObject({ status: 400, body: { code: 'order.unknown', message: 'there is no order NONE-1' } });
  });

  test('a hostile name comes back as it is, as JSON', async () => {
    const name = 'US-<img src=x onerror=alert(1)>';
    await system.sql('INSERT INTO orders (store_id, platform_id, name, warehouse_id, currency, total, content) SELECT store_id, ?, ?, warehouse_id, currency, total, content FROM orders WHERE name = ?', [name, name, done]);
    await system.sql("INSERT INTO order_audits (order_id, version, from_status, to_status, actor) SELECT id, 1, '', 'PRE_ORDER', 'test' FROM orders WHERE name = ?", [name]);
    const answer = await ask(`orders?q=${encodeURIComponent('US-<')}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(await found('US-<')).toEqual([name]);
    expect((await orderOf(name)).name).toBe(name);
  });
});

describe('stages', () => {
  test('every oms-work of the flows is there, tab by tab and from top to bottom', async () => {
    const flows = readFlows(system.flowsDir);
    const tabs = flows.filter(({ type }) => type === 'tab').map(({ id }) => id);
    const place = (node: Record<string, unknown>): number => tabs.indexOf(String(node['z'])) * 1e8 + Number(node['y']) * 1e4 + Number(node['x']);
    const expected = flows.filter(({ type }) => type === 'oms-work').toSorted((a, b) => place(a) - place(b)).map((node) => ({ node: node.id, stage: node['from'] || node['task'], name: node.name }));
    const { stages } = (await ask('stages')).body as { stages: StageRow[] };
    expect(stages.map(({ node, stage, name }) => ({ node, stage, name }))).toEqual(expected);
    expect(stages.map(({ tab }) => tab)).not.toContain('');
  });

  test('a pause stops the claims of its stage and of no other; resumed, it goes on; both name the person', async () => {
    const id = await pause(NAV);
    const names = await system.place(3);
    await system.reach(names, 'READY_TO_CREATE_IN_NAV');
    expect(await stageOf('READY_TO_CREATE_IN_NAV')).toMatchObject({ waiting: 3, running: 0, late: 0, held: 0, pauses: [id] });
    expect((await stageOf('READY_TO_CREATE_IN_NAV')).oldest).toBeGreaterThanOrEqual(0);
    expect((await stageOf('READY_FOR_PROCESSING')).pauses).toEqual([]);
    expect(await orderOf(names[0] ?? '')).toMatchObject({ standing: 'paused', pause: { id, reason: 'NAV is slow', actor: 'operator:admin' } });
    expect(await system.effects({ system: 'nav', operation: 'document:1', name: names[0] ?? '' })).toEqual([]);

    expect(await ask(`pauses/${id}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: { released: true } });
    await system.reach(names, 'FULFILLED');
    expect(await stageOf('READY_TO_CREATE_IN_NAV')).toMatchObject({ waiting: 0, oldest: null, pauses: [] });
    expect(await system.sql('SELECT actor, released_by FROM pauses WHERE id = ?', [id])).toEqual([{ actor: 'operator:admin', released_by: 'operator:admin' }]);
    // A second end of the same pause says that there is none.
    expect(await ask(`pauses/${id}`, { method: 'DELETE' })).toMatchObject({ status: 400, body: { code: 'pause.unknown' } });
  }, 60_000);

  test('a pause of a partner stops its stages, one of a store is told apart; an end by itself is kept', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const partner = await pause({ kind: 'partner', name: 'NAV', reason: 'maintenance', until });
    const store = await pause({ kind: 'store', name: 'https://us.shop.sandbox', reason: 'stocktaking' });
    expect((await stageOf('READY_TO_CREATE_IN_NAV')).pauses).toEqual([partner]);
    expect((await stageOf('READY_FOR_PROCESSING')).pauses).toEqual([]);
    const { pauses } = (await ask('stages')).body as { pauses: { id: number; until: string | null }[] };
    expect(pauses.map(({ id, until: end }) => ({ id, end: end && Math.round(Date.parse(end) / 1000) }))).toEqual([
      { id: partner, end: Math.round(Date.parse(until) / 1000) },
      { id: store, end: null },
    ]);
    for (const id of [partner, store]) expect((await ask(`pauses/${id}`, { method: 'DELETE' })).status).toBe(200);
  });

  test.each([
    [{ ...NAV, reason: '' }, 'contract.violated'],
    [{ ...NAV, until: 'tomorrow' }, 'contract.violated'],
    [{ ...NAV, name: 'NO_SUCH_STAGE' }, 'pause.unknown-name'],
    [{ ...NAV, actor: 'somebody else' }, 'contract.violated'],
    [['no object'], 'contract.violated'],
  ])('a pause like %j is refused', async (body, code) => {
    expect(await ask('pauses', { body })).toMatchObject({ status: 400, body: { code } });
    expect(await system.count('SELECT COUNT(*) FROM pauses WHERE released_at IS NULL')).toBe(0);
  });

  test.each(['x', '0', '-1', '1e3', '99999999'])('ending the pause %s is refused', async (id) => {
    expect(await ask(`pauses/${id}`, { method: 'DELETE' })).toMatchObject({ status: 400, body: { code: 'pause.unknown' } });
  });
});
