import type { Status } from '../../nodes/lifecycle/lifecycle';
import type { Effect } from '../../sandbox/journal/effects';
import { parseAmount } from '../../nodes/orders/money';
import { startSystem, type System, waitFor } from '../support/system';
import { everything, results, ship } from './partners';

/** Orders whose lines are fulfilled in different ways, through the deployed flows: parts of their own, one order to the storefront. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
}, 120_000);
afterAll(() => system?.stop(), 60_000);

interface Part {
  id: number;
  name: string;
  part: number;
  path: string;
  status: string;
}

const partsOf = (name: string): Promise<Part[]> =>
  system.sql<Part>('SELECT o.id, o.name, o.part, o.path, s.status FROM orders o JOIN order_status s ON s.order_id = o.id JOIN orders p ON p.id = o.parent_order_id WHERE p.name = ? ORDER BY o.part', [name]);

/** Until every whole order and all its parts are fulfilled. */
const carry = (names: readonly string[]): Promise<void> => ended(names, 'FULFILLED');

/** Ships by hand what no partner of the sandbox ships by itself, until the whole orders stand in this status and all their parts are fulfilled. */
async function ended(names: readonly string[], status: Status): Promise<void> {
  const shipped = new Set<string>();
  await waitFor(
    async () => {
      const parts = (await Promise.all(names.map(partsOf))).flat();
      for (const { name, status: stands } of parts) {
        if (stands !== 'OMS_CREATED_ORDER_FULFILLMENT' || shipped.has(name)) continue;
        shipped.add(name);
        expect(results(await ship(system, await everything(system, name)))).toEqual([expect.objectContaining({ result: 'applied' })]);
      }
      const wholes = await system.standings(names);
      return wholes.length === names.length && wholes.every((whole) => whole.status === status) && parts.every((part) => part.status === 'FULFILLED');
    },
    { what: `${names.length} split orders in ${status}`, timeoutMs: 60_000, seen: async () => ({ wholes: await system.standings(names), parts: (await Promise.all(names.map(partsOf))).flat(), log: system.warnings() }) },
  );
}

const deeds = (effects: readonly Effect[], part: number): string[] => effects.filter(({ detail }) => (detail['part'] ?? 0) === part).map(({ system: partner, operation }) => `${partner} ${operation}`).toSorted();

test('each part is an order of its own for NAV and the warehouse; the storefront is told once, about the whole', async () => {
  const names = await system.place(6, { template: 'split', seed: 'split' });
  await carry(names);
  for (const name of names) {
    const [order, shop, parts, effects] = await Promise.all([system.order(name), system.storefront(name), partsOf(name), system.effects({ name })]);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map((part) => part.name)).toEqual(parts.map(({ part }) => `${name}-${part}`));
    expect(new Set(parts.map(({ path }) => path)).size).toBe(parts.length);
    expect(parts.map(({ status }) => status)).toEqual(parts.map(() => 'FULFILLED'));
    expect(deeds(effects, 0)).toEqual(['sfcc capture', 'sfcc fulfill']);
    for (const { part } of parts) {
      const own = deeds(effects, part);
      for (const deed of ['nav document:1', 'nav document:6']) expect({ part, deed, times: own.filter((each) => each === deed).length }).toEqual({ part, deed, times: 1 });
      expect(new Set(own).size).toBe(own.length);
      expect(own.filter((deed) => deed.startsWith('sfcc'))).toEqual([]);
    }
    expect(shop).toMatchObject({ status: 'completed', fulfilled: true, captured: true });
    expect(shop.captures.map(({ amount, currency }) => ({ amount, currency }))).toEqual([{ amount: order.total, currency: order.currency }]);
    for (const line of shop.lines) expect(line.fulfilled).toBe(line.quantity);
    for (const payment of order.payments) expect(payment.state).toBe('captured');
  }
}, 120_000);

const HOUSES = { 'us-east': ['US', 'us'], 'eu-west': ['EMEA', 'emea'], 'jp-tokyo': ['JAPAN', 'japan'] } as const;
const houseOf = (warehouse: string): readonly [lane: string, endpoint: string] => HOUSES[warehouse as keyof typeof HOUSES];
const linesIn = async (name: string): Promise<string[]> => (await system.order(name)).lines.map(({ line_id, warehouse }) => `${line_id} ${warehouse}`);

test.each([['POPS-US', 'us-east', 'eu-west'], ['POPS-EU', 'eu-west', 'jp-tokyo']])('lines of %s from %s and %s are two parts: each with its own NAV endpoint, lane and 3PL request; one capture', async (site, own, other) => {
  const [name = ''] = await system.place(1, { template: 'two-warehouses', site });
  await carry([name]);
  const [order, shop, effects] = await Promise.all([system.order(name), system.storefront(name), system.effects({ name })]);
  const parts = await system.sql<{ part: number; name: string; warehouse: string; path: string; lane: string }>(
    'SELECT o.part, o.name, o.path, w.`key` AS warehouse, s.lane FROM orders o JOIN order_status s ON s.order_id = o.id JOIN warehouses w ON w.id = o.warehouse_id WHERE s.parent_order_id = ? ORDER BY o.part', [order.id]);
  expect(parts).toEqual([own, other].map((warehouse, index) => ({ part: index + 1, name: `${name}-${index + 1}`, warehouse, path: 'finished', lane: houseOf(warehouse)[0] })));
  for (const { part, warehouse, name: partName } of parts) {
    const of = (operation: string) => effects.filter((each) => each.operation === operation && each.detail['part'] === part).map(({ detail }) => detail['region'] ?? detail['warehouse']);
    expect([of('document:1'), of('fulfillment-request'), of('document:6')]).toEqual([[houseOf(warehouse)[1]], [warehouse], [houseOf(warehouse)[1]]]);
    for (const line of await linesIn(partName)) expect(line).toMatch(new RegExp(` ${warehouse}$`));
  }
  expect((await Promise.all(parts.map((part) => linesIn(part.name)))).flat().toSorted()).toEqual((await linesIn(name)).toSorted());
  expect(order.timeline.map(({ text }) => text)).toContainEqual(expect.stringContaining(`${name}-1 finished, ${name}-2 finished from ${other}`));
  expect(deeds(effects, 0)).toEqual(['sfcc capture', 'sfcc fulfill']);
  expect(shop).toMatchObject({ status: 'completed', fulfilled: true, captured: true });
  expect(shop.captures.map(({ amount }) => amount)).toEqual([order.total]);
}, 120_000);

test('an order all of whose lines leave from the same other warehouse goes there, unsplit', async () => {
  const [name = ''] = await system.place(1, { template: 'elsewhere', site: 'POPS-US' });
  await system.reach(name, 'FULFILLED');
  expect(await partsOf(name)).toEqual([]);
  expect(await system.sql('SELECT w.`key` AS warehouse, s.lane FROM orders o JOIN order_status s ON s.order_id = o.id JOIN warehouses w ON w.id = o.warehouse_id WHERE o.name = ?', [name])).toEqual([{ warehouse: 'eu-west', lane: 'EMEA' }]);
  const effects = await system.effects({ name });
  expect(effects.flatMap(({ operation, detail }) => (operation.startsWith('document:') ? [`${operation} ${String(detail['region'])}`] : operation === 'fulfillment-request' ? [`${operation} ${String(detail['warehouse'])}`] : []))).toEqual(['document:1 emea', 'fulfillment-request eu-west', 'document:6 emea']);
  expect(deeds(effects, 0).filter((deed) => deed.startsWith('sfcc'))).toEqual(['sfcc capture', 'sfcc fulfill']);
}, 90_000);

test('the parts hold every line once, and what they share adds up to the whole', async () => {
  const [{ name } = { name: '' }] = await system.sql<{ name: string }>("SELECT p.name FROM orders p WHERE p.part = 0 AND EXISTS (SELECT 1 FROM orders c WHERE c.parent_order_id = p.id) LIMIT 1");
  const whole = await system.order(name);
  const parts = await Promise.all((await partsOf(name)).map((part) => system.order(part.name)));
  expect(parts.flatMap(({ lines }) => lines.map(({ line_id, quantity, quantity_shipped }) => `${line_id} ${quantity} ${quantity_shipped}`)).toSorted()).toEqual(whole.lines.map(({ line_id, quantity }) => `${line_id} ${quantity} ${quantity}`).toSorted());
  const sum = (amounts: readonly string[]): number => amounts.reduce((all, amount) => all + parseAmount(amount, whole.currency), 0);
  expect(sum(parts.map(({ total }) => total))).toBe(sum([whole.total]));
  expect(sum(parts.flatMap(({ payments }) => payments.map(({ amount }) => amount)))).toBe(sum(whole.payments.map(({ amount }) => amount)));
  for (const { payments } of parts) for (const { state } of payments) expect(state).toBe('share');
  expect(parts.map(({ fulfillments }) => fulfillments.map(({ state }) => state))).toEqual(parts.map(() => ['told']));
  const first = whole.timeline.find(({ text }) => text.includes('→ SPLIT'))?.text ?? '';
  for (const part of parts) expect(first).toContain(part.name);
}, 60_000);

test('a split order is in no stage in any status, and steps along as its parts do', async () => {
  const wholes = await system.sql<{ id: number; due: number; claimed: number; attempts: number }>("SELECT order_id AS id, due_at IS NOT NULL AS due, claimed_by IS NOT NULL AS claimed, attempts FROM order_status WHERE children > 0");
  expect(wholes.length).toBeGreaterThan(0);
  for (const { id, due, claimed, attempts } of wholes) {
    expect({ id, due, claimed, attempts }).toEqual({ id, due: 0, claimed: 0, attempts: 0 });
    const path = (await system.sql<{ to: string }>('SELECT to_status AS `to` FROM order_audits WHERE order_id = ? ORDER BY version', [id])).map(({ to }) => to);
    expect(path.filter((to) => to !== 'PARTIALLY_SHIPPED')).toEqual(['READY_FOR_PROCESSING', 'SPLIT', 'SHIPPED', 'FULFILLED']);
  }
  await waitFor(async () => (await system.count('SELECT COUNT(*) FROM tasks WHERE done_at IS NULL')) === 0, { what: 'the end of every task', seen: () => system.sql('SELECT kind, due_at, claimed_by, holds, reason FROM tasks WHERE done_at IS NULL') });
}, 60_000);

test('the storefront refuses the whole: it fails visibly, its parts stay done, and a put-back tells it again', async () => {
  await system.fault({ system: 'sfcc', operation: 'fulfill', fault: 'reject' });
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US' });
  await ended([name], 'FAILED_TO_FULFILL');
  expect((await partsOf(name)).map(({ status }) => status)).toEqual((await partsOf(name)).map(() => 'FULFILLED'));
  await system.clearFaults();
  expect((await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the payment is settled' } })).body).toMatchObject({ status: 'SHIPPED', result: 'put-back' });
  await carry([name]);
  expect(deeds(await system.effects({ name }), 0)).toEqual(['sfcc capture', 'sfcc fulfill']);
}, 90_000);

test('the same order in every search, and twice in each: split once', async () => {
  await system.fault({ system: 'sfcc', operation: 'mark-exported', fault: 'error' }, { system: 'sfcc', operation: 'search', fault: 'duplicate' });
  const names = [...(await system.place(2, { template: 'split', site: 'POPS-EU' })), ...(await system.place(1, { template: 'two-warehouses', site: 'POPS-EU' }))];
  await waitFor(async () => (await Promise.all(names.map(partsOf))).every((parts) => parts.length > 1), { what: 'parts' });
  const again = await system.count("SELECT COUNT(*) FROM job_runs WHERE result REGEXP '[1-9][0-9]* known'");
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM job_runs WHERE result REGEXP '[1-9][0-9]* known'")) > again, { what: 'one more run that found them again' });
  await system.clearFaults();
  await carry(names);
  for (const name of names) {
    const parts = await partsOf(name);
    expect(await system.count('SELECT COUNT(*) FROM orders WHERE platform_id = ?', [name.slice(3)])).toBe(1 + parts.length);
    expect(deeds(await system.effects({ name }), 0)).toEqual(['sfcc capture', 'sfcc fulfill']);
  }
}, 120_000);

test('a store that does not export to NAV: parts begin released, NAV hears of none, the storefront is told once', async () => {
  await system.sql("UPDATE stores SET export_to_nav = FALSE WHERE site = 'POPS-JP'");
  const names = await system.place(3, { template: 'split', site: 'POPS-JP' });
  await carry(names);
  for (const name of names) {
    const effects = await system.effects({ name });
    expect(effects.filter(({ system: partner }) => partner === 'nav')).toEqual([]);
    expect(deeds(effects, 0)).toEqual(['sfcc capture', 'sfcc fulfill']);
    for (const part of await partsOf(name)) expect((await system.order(part.name)).timeline.find(({ kind }) => kind === 'transition')?.text).toBe(`RELEASED_FROM_NAV – part ${part.part} of ${name}`);
  }
}, 120_000);

test('why, the search and the order itself show the whole and its parts, and what the whole waits for', async () => {
  const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US' });
  await system.reach(name, 'SPLIT');
  const parts = await partsOf(name);
  const children = parts.map((part) => ({ name: part.name, status: 'READY_TO_CREATE_IN_NAV' }));
  const read = async (of: string, what = '') => (await system.api(`/api/oms/orders/${of}${what}`, { as: 'reader' })).body as Record<string, unknown>;
  expect(await read(name)).toMatchObject({ part: 0, parent: null, children, waits_for: { kind: 'waiting', owner: 'its parts' } });
  expect(await read(parts[0]?.name ?? '')).toMatchObject({ part: 1, parent: name, children: [] });
  const whole = await read(name, '/why');
  expect(whole).toMatchObject({ status: 'SPLIT', kind: 'waiting', parent: null, children, next: { to: expect.arrayContaining(['PARTIALLY_SHIPPED', 'SHIPPED', 'OMS_CANCELLED', 'FAILED_TO_FULFILL']) as string[], stage: 'split-work', facts: [] } });
  for (const part of parts) expect(whole['because']).toContain(`${part.name} READY_TO_CREATE_IN_NAV`);
  const allowed = (body: Record<string, unknown>) => (body['actions'] as { action: string; allowed: boolean; text: string }[]).find(({ action }) => action === 'cancel');
  expect(allowed(whole)).toMatchObject({ allowed: true });
  const part = await read(parts[0]?.name ?? '', '/why');
  expect(part).toMatchObject({ parent: name, children: [], causes: [{ kind: 'paused' }] });
  expect(allowed(part)).toMatchObject({ allowed: false, text: expect.stringContaining(name) as string });
  const { orders } = (await system.api(`/api/oms/orders?q=${name}`, { as: 'reader' })).body as { orders: { name: string; parent: string | null; parts: number }[] };
  expect(orders.map((order) => ({ name: order.name, parent: order.parent, parts: order.parts })).toReversed()).toEqual([{ name, parent: null, parts: parts.length }, ...parts.map((each) => ({ name: each.name, parent: name, parts: 0 }))]);
  await system.resume(pause);
  await carry([name]);
  expect(await read(name, '/why')).toMatchObject({ kind: 'final', owes: 'nobody' });
}, 90_000);

const cancel = (name: string) => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the customer called' } });

test('before NAV knows it a split order is cancelled with all its parts, and voided at the storefront once; a part alone is not', async () => {
  const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US' });
  await system.reach(name, 'SPLIT');
  const [first] = await partsOf(name);
  expect(await cancel(first?.name ?? '')).toMatchObject({ status: 409, body: { result: 'refused', reason: expect.stringContaining(name) as string } });
  expect(await cancel(name)).toMatchObject({ status: 200, body: { order_id: name, status: 'CS_CANCELLED', result: 'cancelled' } });
  await system.resume(pause);
  await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  await waitFor(async () => (await system.order(name)).payments.every(({ state }) => state === 'voided'), { what: 'voided payments' });
  expect((await partsOf(name)).map(({ status }) => status)).not.toContain('READY_TO_CREATE_IN_NAV');
  expect((await system.effects({ name })).map(({ system: partner, operation }) => `${partner} ${operation}`)).toEqual(['sfcc cancel']);
}, 60_000);

test('a cancel of an order from two warehouses is taken back at the NAV endpoint of each', async () => {
  const pause = await system.pause('stage', 'CIRRO_READY_FOR_FULFILLMENT');
  const [name = ''] = await system.place(1, { template: 'two-warehouses', site: 'POPS-US' });
  await system.reach([`${name}-1`, `${name}-2`], 'CIRRO_READY_FOR_FULFILLMENT');
  expect(await cancel(name)).toMatchObject({ status: 200, body: { result: 'cancelled' } });
  await system.resume(pause);
  await system.reach([`${name}-1`, `${name}-2`], 'EXPORTED_CANCELLATION_TO_NAV');
  await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  const effects = await system.effects({ name });
  const documents = (operation: string) => effects.filter((each) => each.operation === operation).map(({ detail }) => `${String(detail['part'])} ${String(detail['region'])}`).toSorted();
  expect([documents('document:1'), documents('document:7')]).toEqual([['1 us', '2 emea'], ['1 us', '2 emea']]);
  expect(effects.filter(({ system: partner }) => partner === 'camel')).toEqual([]);
  expect(effects.filter(({ operation }) => operation === 'cancel')).toHaveLength(1);
}, 90_000);

test('what has been shipped is refunded, not cancelled: a part refuses for the whole', async () => {
  const [{ name } = { name: '' }] = await system.sql<{ name: string }>("SELECT o.name FROM orders o JOIN order_status s ON s.order_id = o.id WHERE s.children > 0 AND s.status = 'FULFILLED' LIMIT 1");
  expect(await cancel(name)).toMatchObject({ status: 409, body: { result: 'refused', possible: ['refund'] } });
  expect((await system.storefront(name)).cancelled).toBe(false);
});
