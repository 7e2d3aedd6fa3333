import { OutcomeUnknown } from '../../nodes/runtime/errors';
import { describe as describeFailure } from '../../nodes/runtime/failure';
import { JobRuns } from '../../nodes/jobs/runs';
import { causesOf } from '../../nodes/orders/causes';
import { OrderDesk } from '../../nodes/orders/desk';
import { lookAtParts } from '../../nodes/orders/family';
import { loadOrders } from '../../nodes/orders/load';
import { Platforms } from '../../nodes/orders/platforms';
import { toSplit } from '../../nodes/orders/split';
import { readStanding } from '../../nodes/orders/standing';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

/** How a split order and its parts are written, followed and cancelled, on the real database. */

let world: World;
let engine: Engine;
let desk: OrderDesk;
const asked = { actor: 'operator:test', reason: 'the customer called' };

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  for (const status of ['PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_BATCHED']) engine.stages.addStatus(status, { node: status, scheduled: false });
  desk = new OrderDesk({ pool: world.pool, transitions: engine.transitions, platforms: new Platforms({}) });
}, 30_000);
beforeEach(() => world.admin.query('UPDATE order_status SET due_at = NULL; UPDATE tasks SET due_at = NULL'));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

/** An order of a printed and a vendor's line, which is due for review. */
async function mixed(): Promise<number> {
  const [order = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING'], true);
  await world.admin.query(
    `UPDATE line_items SET path = 'printable' WHERE order_id = ${order};
     INSERT INTO line_items (order_id, line_id, position, sku, name, quantity, unit_price, discount, tax, total, properties, path) VALUES (${order}, 'L2', 2, 'SKU', 'Case', 1, 500, 0, 0, 500, '{}', 'vendor');
     INSERT INTO line_item_assets (line_item_id, kind, url) SELECT id, 'artwork', 'https://art.test/1' FROM line_items WHERE order_id = ${order} AND line_id = 'L1';
     INSERT INTO payments (order_id, instrument_id, method, currency, amount) VALUES (${order}, 'pi', 'CREDIT_CARD', 'USD', 3000)`,
  );
  return order;
}

async function splitOf(order: number) {
  const split = toSplit((await loadOrders(world.pool, [order])).get(order) ?? fail(`order ${order} cannot be loaded`));
  return split ?? fail(`order ${order} goes one way`);
}

const fail = (why: string): never => {
  throw new Error(why);
};

const change = async (order: number, more: object = {}) => ({ order, to: 'SPLIT' as const, actor: 'test', split: await splitOf(order), ...more });
const partsOf = async (order: number): Promise<number[]> => (await select<{ id: number }>(world.pool, 'SELECT order_id AS id FROM order_status WHERE parent_order_id = ? ORDER BY order_id', [order])).map(({ id }) => id);

/** A split order with its two parts, moved along paths of their own. */
async function family(first: readonly Status[] = [], second: readonly Status[] = []): Promise<{ whole: number; one: number; two: number; name: string }> {
  const whole = await mixed();
  expect(await engine.transitions.transition(await change(whole))).toMatchObject({ moved: true, to: 'SPLIT' });
  const [one = 0, two = 0] = await partsOf(whole);
  for (const [part, path] of [[one, first], [two, second]] as const)
    for (const to of path) expect(await engine.transitions.transition({ order: part, to, actor: 'test' })).toMatchObject({ moved: true });
  const [row] = await select<{ name: string }>(world.pool, 'SELECT name FROM orders WHERE id = ?', [whole]);
  return { whole, one, two, name: row?.name ?? '' };
}

const TO_WAREHOUSE = ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL'] as const;

/** One look at the parts, as the flow takes it. */
async function look(whole: number, end: (work: Awaited<ReturnType<Engine['claim']>>, step: string) => Promise<unknown>): Promise<void> {
  await world.admin.query("UPDATE tasks SET due_at = IF(order_id = ?, NOW(6), NULL) WHERE kind = 'parent.recompute' AND done_at IS NULL", [whole]);
  const work = await engine.claim({ task: 'parent.recompute' });
  expect(work.order).toBe(whole);
  const step = await lookAtParts(world.pool, { name: 'whole', storeId: 1, storePlatform: 'sfcc' }, work);
  await end(work, step);
}

const openLooks = (whole: number): Promise<number> => count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'parent.recompute' AND done_at IS NULL", [whole]);
const effect = (order: number, kind: string, state: string) =>
  world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES (?, ?, ?, '', ?, 1)", [kind, `${kind}:${order}:1`, order, state]);

describe('writing', () => {
  test('the parts are written with the step: lines, artwork, shares of the payment, first audits, events, due at once', async () => {
    const { whole, one, two, name } = await family();
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SPLIT', due: 0 });
    for (const part of [one, two]) expect(await statusOf(world, part)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', version: 1, due: 1 });
    const rows = await select(world.pool, 'SELECT o.name, o.part, o.path, o.total, l.line_id AS line, (SELECT COUNT(*) FROM line_item_assets a WHERE a.line_item_id = l.id) AS assets, p.amount, p.state FROM orders o JOIN line_items l ON l.order_id = o.id JOIN payments p ON p.order_id = o.id WHERE o.parent_order_id = ? ORDER BY o.part', [whole]);
    expect(rows).toEqual([
      { name: `${name}-1`, part: 1, path: 'printable', total: 2500, line: 'L1', assets: 1, amount: 2500, state: 'share' },
      { name: `${name}-2`, part: 2, path: 'vendor', total: 500, line: 'L2', assets: 0, amount: 500, state: 'share' },
    ]);
    expect(await count(world, "SELECT COUNT(*) FROM outbox WHERE order_id IN (?) AND type = 'OrderCreated' AND version = 1", [[one, two]])).toBe(2);
    expect(await select(world.pool, 'SELECT reason FROM order_audits WHERE order_id = ? AND version = 1', [two])).toEqual([{ reason: `part 2 of ${name}` }]);
  });

  test('twice at the same moment, by claims that have both been given out: one set of parts', async () => {
    for (let round = 0; round < 20; round++) {
      const order = await mixed();
      const results = await Promise.all([change(order), change(order, { from: 'READY_FOR_PROCESSING' }), change(order, { version: 1 })].map(async (each) => engine.transitions.transition(await each)));
      expect(results.filter(({ moved }) => moved)).toHaveLength(1);
      expect(await partsOf(order)).toHaveLength(2);
    }
  });

  test('by a claim that was taken away, of an order that was edited since, or without parts: refused, and nothing is written', async () => {
    const order = await mixed();
    expect(await engine.transitions.transition(await change(order, { token: 'stolen' }))).toMatchObject({ refused: 'fenced' });
    const split = await splitOf(order);
    await world.admin.query('UPDATE orders SET revision = revision + 1 WHERE id = ?', [order]);
    expect(await engine.transitions.transition({ order, to: 'SPLIT', actor: 'test', split })).toMatchObject({ refused: 'stale' });
    expect(await engine.transitions.transition({ order, to: 'SPLIT', actor: 'test' })).toMatchObject({ refused: 'no-parts' });
    expect(await partsOf(order)).toEqual([]);
    expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_PROCESSING', version: 1 });
  });

  test('a neighbour in the same group whose parts cannot be written leaves the others alone', async () => {
    const [good, bad] = [await mixed(), await mixed()];
    await world.admin.query("INSERT INTO orders (store_id, platform_id, name, warehouse_id) SELECT 1, CONCAT('taken-', id), CONCAT(name, '-1'), 1 FROM orders WHERE id = ?", [bad]);
    const results = await Promise.allSettled([good, bad].map(async (order) => engine.transitions.transition(await change(order))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await partsOf(good)).length).toBe(2);
    expect(await partsOf(bad)).toEqual([]);
    expect(await statusOf(world, bad)).toMatchObject({ status: 'READY_FOR_PROCESSING' });
  });

  test('a partner’s report about the whole is kept and shown: partners know its parts alone', async () => {
    const { whole } = await family();
    const shipment = { order_id: 'x', shipment_id: 'p', carrier: 'UPS', tracking: '1', shipped_at: '2026-11-01T10:00:00Z', lines: [{ line_id: 'L1', quantity: 1 }] };
    expect(await engine.transitions.apply({ source: 'cirro', eventId: 'on-the-whole', type: 'shipped', order: whole, body: shipment, actor: 'partner:cirro' })).toMatchObject({ result: 'kept', reason: expect.stringContaining('parts') as string });
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SPLIT', holds: 1 });
  });
});

describe('parcels of parts, as their whole shows them', () => {
  const parcel = async (part: number, carrier: string, tracking: string, line: string): Promise<void> => {
    await world.pool.query("INSERT INTO fulfillments (order_id, shipment_id, carrier, tracking, shipped_at) VALUES (?, 'S-1', ?, ?, '2026-11-21 10:00:00')", [part, carrier, tracking]);
    await world.pool.query("INSERT INTO fulfillment_items (order_id, shipment_id, line_id, quantity) VALUES (?, 'S-1', ?, 1)", [part, line]);
  };
  const shown = async (order: number) => (await loadOrders(world.pool, [order])).get(order)?.fulfillments.map(({ shipmentId, carrier, tracking, lines }) => [shipmentId, carrier, tracking, lines.map(({ lineId, quantity }) => `${lineId} ${quantity}`).toSorted().join()]);

  test('lines of two parts in one parcel are one parcel', async () => {
    const { whole, one, two } = await family();
    await parcel(one, 'UPS', '1Z', 'L1');
    await parcel(two, 'UPS', '1Z', 'L2');
    expect(await shown(whole)).toEqual([['S-1', 'UPS', '1Z', 'L1 1,L2 1']]);
  });

  test.each([['two shippers', 'DHL', 'JD'], ['one shipper under two tracking numbers', 'UPS', '2Z']])('the same shipment id of %s is two parcels, each with its own lines', async (_whose, carrier, tracking) => {
    const { whole, one, two } = await family();
    await parcel(one, 'UPS', '1Z', 'L1');
    await parcel(two, carrier, tracking, 'L2');
    expect(await shown(whole)).toEqual([['S-1', 'UPS', '1Z', 'L1 1'], ['S-1', carrier, tracking, 'L2 1']]);
    expect(await shown(one)).toEqual([['S-1', 'UPS', '1Z', 'L1 1']]);
    expect(await shown(two)).toEqual([['S-1', carrier, tracking, 'L2 1']]);
  });
});

describe('following', () => {
  test('no job, sweep, pause or put-back makes a split order due, in whatever status', async () => {
    const { whole } = await family([...TO_WAREHOUSE, 'SHIPPED'], [...TO_WAREHOUSE, 'SHIPPED']);
    await look(whole, (work) => engine.ends.move(work, 'SHIPPED', 'test', 'every part has left'));
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SHIPPED', due: 0, holds: 0 });
    await new JobRuns(world.pool, engine.processes).makeDue('SHIPPED');
    expect(await statusOf(world, whole)).toMatchObject({ due: 0 });
    for (const part of await partsOf(whole)) expect(await statusOf(world, part)).toMatchObject({ due: 1 });
    await world.admin.query('UPDATE order_status SET entered_at = NOW(6) - INTERVAL 1 HOUR WHERE order_id = ?', [whole]);
    await engine.sweep.run();
    expect(await statusOf(world, whole)).toMatchObject({ due: 0 });
  });

  test('a part that moves while its order looks: the look is worth nothing, and comes again', async () => {
    const { whole, two } = await family([...TO_WAREHOUSE, 'SHIPPED'], TO_WAREHOUSE);
    await look(whole, async (work, step) => {
      expect(step).toBe('partially-shipped');
      await engine.transitions.transition({ order: two, to: 'SHIPPED', actor: 'test' });
      expect(await engine.ends.move(work, 'PARTIALLY_SHIPPED', 'test', 'late')).toMatchObject({ moved: false, refused: 'fenced' });
    });
    expect(await openLooks(whole)).toBe(1);
    await look(whole, (work, step) => {
      expect(step).toBe('shipped');
      return engine.ends.move(work, 'SHIPPED', 'test', 'every part has left');
    });
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SHIPPED' });
  });

  test('when NAV knows of all parts, one task tells the storefront, however often the order looks', async () => {
    const { whole, one } = await family([...TO_WAREHOUSE, 'SHIPPED', 'EXPORTED_TO_NAV'], [...TO_WAREHOUSE, 'SHIPPED', 'EXPORTED_TO_NAV']);
    await look(whole, (work) => engine.ends.move(work, 'SHIPPED', 'test', 'every part has left'));
    const told = (more = '') => count(world, `SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.fulfil' ${more}`, [whole]);
    expect(await told()).toBe(0);
    await look(whole, (work) => engine.ends.complete(work, 'looked'));
    expect(await told('AND done_at IS NULL AND due_at IS NOT NULL')).toBe(1);
    const fulfil = await engine.claim({ task: 'sfcc.fulfil' });
    await engine.transitions.transition({ order: one, to: 'FULFILLED', actor: 'test' });
    await look(whole, (work) => engine.ends.complete(work, 'looked'));
    expect(await engine.ends.move(fulfil, 'FULFILLED', 'test', 'fulfilled and captured')).toMatchObject({ moved: true });
    expect(await told('AND done_at IS NOT NULL')).toBe(1);
  });
});

const TO_PRINT = ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_WAITING_FOR_BATCHING'] as const;

const statuses = async (...orders: number[]): Promise<string[]> => (await Promise.all(orders.map((order) => statusOf(world, order)))).map(({ status }) => status);
/** A look at the parts that finds no step. */
const again = (whole: number): Promise<void> => look(whole, (work) => engine.ends.complete(work, 'looked'));
const wishes = (order: number) => select<{ state: string; ask: string | null; of: string | null; reason: string | null }>(world.pool, 'SELECT state, ask, asked_of AS `of`, decision_reason AS reason FROM cancellations WHERE order_id = ? ORDER BY id', [order]);
const holds = (order: number) => select<{ kind: string; reason: string }>(world.pool, 'SELECT kind, reason FROM holds WHERE order_id = ? AND resolved_at IS NULL ORDER BY id', [order]);
/** The tasks that ask whoever has this part, and the numbers of the questions. */
const questions = async (order: number): Promise<string[]> =>
  (await select<{ kind: string; subject: string }>(world.pool, "SELECT kind, subject FROM tasks WHERE order_id = ? AND kind IN ('print-station.cancel', 'fulfillment.cancel') ORDER BY id", [order])).map(({ kind, subject }) => `${kind} ${subject.split(':')[1]}`);
const answer = (order: number, type: string, more: object = {}) =>
  engine.transitions.apply({ source: 'cirro', eventId: `${type}-${order}-${Math.random()}`, type, order, actor: 'partner:cirro', body: { id: 'x', type, order_id: 'x', sequence: 0, at: '', ...more } });
const parcel = (order: number, line: string, quantity: number) =>
  answer(order, 'shipped', { shipment_id: `S-${order}`, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: line, quantity }] });
const acknowledge = (order: number, data: object) =>
  engine.transitions.apply({ source: 'print-station', eventId: `ack-${order}-${Math.random()}`, type: 'print_station.cancellation_acknowledged', order, actor: 'partner:print-station', body: { sequence: 1, data } });

describe('cancelling', () => {
  test('every part is where it can still be cancelled: all of them at once, and one task tells the storefront', async () => {
    const { whole, one, two } = await family([], ['PENDING_NAV_RELEASE']);
    await effect(two, 'nav.create', 'done');
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 200, body: { status: 'CS_CANCELLED', result: 'cancelled' } });
    expect(await statusOf(world, whole)).toMatchObject({ status: 'CS_CANCELLED', due: 0 });
    expect(await statusOf(world, one)).toMatchObject({ status: 'CS_CANCELLED', due: 0 });
    expect(await statusOf(world, two)).toMatchObject({ status: 'CS_CANCELLED', due: 1 }); // NAV takes it back
    expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE kind = 'sfcc.cancel' AND order_id IN (?)", [[whole, one, two]])).toBe(1);
  });

  test('one part has left: refused with the part’s name, and nothing moves', async () => {
    const { whole, one, two, name } = await family(TO_PRINT, [...TO_WAREHOUSE, 'SHIPPED']);
    const before = await statuses(whole, one, two);
    const refused = await desk.cancel(String(whole), asked);
    expect(refused).toMatchObject({ statusCode: 409, body: { result: 'refused', possible: ['refund'] } });
    expect(refused.body.reason).toContain(`${name}-2: `);
    expect(await statuses(whole, one, two)).toEqual(before);
    expect(await questions(one)).toEqual([]);
  });

  test('a part alone is not cancelled: the answer names the whole order', async () => {
    const { one, name } = await family();
    expect(await desk.cancel(String(one), asked)).toMatchObject({ statusCode: 409, body: { result: 'refused', reason: `it is a part of ${name}, which is cancelled as a whole` } });
    expect(await statusOf(world, one)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV' });
  });

  test('a call about a part is in doubt: the wish waits, and the look after its settlement grants it', async () => {
    const { whole, one, two } = await family();
    await effect(one, 'nav.create', 'unknown');
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SPLIT', pending: 1 });
    await engine.transitions.apply({ source: 'nav', eventId: `release-${one}`, type: 'RELEASED_FROM_NAV', order: one, body: {}, actor: 'partner:nav' });
    await look(whole, (work) => engine.ends.complete(work, 'looked'));
    for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', pending: 0 });
    expect(await count(world, "SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = 'granted'", [whole])).toBe(1);
  });

  test('the call turns out to have brought the part to the warehouse: its 3PL is asked then, and the other part is kept where it is', async () => {
    const { whole, one, two, name } = await family(['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
    await effect(one, 'camel.request', 'unknown');
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202 });
    await engine.transitions.apply({ source: 'cirro', eventId: `accepted-${one}`, type: 'accepted', order: one, body: { id: 'a', type: 'accepted', order_id: 'x', sequence: 1, at: '' }, actor: 'partner:cirro' });
    expect(await questions(one)).toEqual([]);
    await again(whole);
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SPLIT', pending: 1, holds: 0 });
    expect(await wishes(whole)).toEqual([{ state: 'waiting', ask: 'asked', of: null, reason: null }]);
    expect(await questions(one)).toEqual(['fulfillment.cancel 1']);
    expect(await holds(two)).toEqual([{ kind: 'cancel.asked', reason: `the cancel of ${name} waits for the answer about ${name}-1: until then this part is kept where it is` }]);
    expect(await answer(one, 'cancel_acknowledged')).toMatchObject({ result: 'applied' });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
  });

  test('a cancel of the whole and a step of a part at the same moment: never the one without the other', async () => {
    for (let round = 0; round < 40; round++) {
      const { whole, one, two } = await family(['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT'], []);
      const [wish, step] = await Promise.all([desk.cancel(String(whole), asked), engine.transitions.transition({ order: one, from: 'CIRRO_READY_FOR_FULFILLMENT', to: 'EXPORTED_TO_TPL', actor: 'test' })]);
      expect({ stand: await statuses(whole, one, two), moved: step.moved }).toEqual(wish.statusCode === 200 ? { stand: ['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED'], moved: false } : { stand: ['SPLIT', 'EXPORTED_TO_TPL', 'READY_TO_CREATE_IN_NAV'], moved: true });
    }
  }, 60_000);
});

describe('a cancel of a split order that somebody has a part of', () => {
  test('PrintStation has a part: it alone is asked, once; the other part is kept; its yes cancels all of them together', async () => {
    const { whole, one, two, name } = await family(TO_PRINT, ['PENDING_NAV_RELEASE']);
    for (const part of [one, two]) await effect(part, 'nav.create', 'done');
    const answered = await desk.cancel(String(whole), asked);
    expect(answered).toMatchObject({ statusCode: 202, body: { status: 'SPLIT', result: 'waiting', reason: `${name}-1: the print floor has the order: it is asked to stop, and decides` } });
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202 });
    expect(await wishes(whole)).toEqual([{ state: 'waiting', ask: 'asked', of: null, reason: null }]);
    expect(await wishes(one)).toEqual([{ state: 'waiting', ask: 'asked', of: 'print-station', reason: null }]);
    expect(await wishes(two)).toEqual([]);
    expect([await questions(one), await questions(two), await questions(whole)]).toEqual([['print-station.cancel 1'], [], []]);
    for (const part of [one, two]) expect(await holds(part)).toMatchObject([{ kind: 'cancel.asked' }]);
    // What comes from outside is taken all the same; the part stays where that leads.
    await engine.transitions.apply({ source: 'nav', eventId: `release-${two}`, type: 'RELEASED_FROM_NAV', order: two, body: {}, actor: 'partner:nav' });
    expect(await statusOf(world, two)).toMatchObject({ status: 'RELEASED_FROM_NAV', due: 0 });
    expect(await acknowledge(one, { granted: true })).toMatchObject({ result: 'applied', status: 'PRINT_STATION_WAITING_FOR_BATCHING' });
    expect(await acknowledge(one, { granted: true })).toMatchObject({ result: 'already' });
    expect(await statuses(whole, one, two)).toEqual(['SPLIT', 'PRINT_STATION_WAITING_FOR_BATCHING', 'RELEASED_FROM_NAV']);
    await again(whole);
    for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0, due: order === whole ? 0 : 1 });
    expect(await wishes(whole)).toEqual([{ state: 'granted', ask: 'asked', of: null, reason: `${name}-1: PrintStation has stopped it` }]);
    expect(await wishes(one)).toEqual([{ state: 'granted', ask: 'granted', of: 'print-station', reason: 'PrintStation has stopped it' }]);
    expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE kind = 'sfcc.cancel' AND order_id IN (?)", [[whole, one, two]])).toBe(1);
    expect(await acknowledge(one, { granted: true })).toMatchObject({ result: 'already' });
  });

  test('an answer of the one decides nothing while the other owes his; the second yes does', async () => {
    const { whole, one, two, name } = await family(TO_PRINT, TO_WAREHOUSE);
    expect((await desk.cancel(String(whole), asked)).body.reason).toMatch(new RegExp(`^${name}-1: .*; ${name}-2: `));
    expect([await questions(one), await questions(two)]).toEqual([['print-station.cancel 1'], ['fulfillment.cancel 1']]);
    expect(await answer(two, 'cancel_acknowledged')).toMatchObject({ result: 'applied' });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['SPLIT', 'PRINT_STATION_WAITING_FOR_BATCHING', 'EXPORTED_TO_TPL']);
    expect(await statusOf(world, two)).toMatchObject({ holds: 1, pending: 1 });
    expect(await acknowledge(one, { granted: true })).toMatchObject({ result: 'applied' });
    await again(whole);
    for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
    expect(await wishes(whole)).toMatchObject([{ reason: `${name}-1: PrintStation has stopped it; ${name}-2: Cirro has stopped it` }]);
  });

  test('one refuses: nobody is cancelled, and the part that was stopped for it is held and says so', async () => {
    const { whole, one, two, name } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await acknowledge(one, { granted: true });
    await answer(two, 'cancel_refused', { data: { reason: 'it is packed' } });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['SPLIT', 'PRINT_STATION_WAITING_FOR_BATCHING', 'EXPORTED_TO_TPL']);
    for (const order of [whole, two]) expect(await statusOf(world, order)).toMatchObject({ holds: 0, pending: 0 });
    expect(await statusOf(world, one)).toMatchObject({ holds: 1, pending: 0 });
    expect(await wishes(whole)).toMatchObject([{ state: 'declined', reason: `${name}-2: Cirro does not stop it: it is packed` }]);
    expect(await wishes(two)).toMatchObject([{ state: 'declined', ask: 'refused', reason: 'Cirro does not stop it: it is packed' }]);
    expect(await wishes(one)).toMatchObject([{ state: 'declined', ask: 'granted', reason: expect.stringContaining('the whole order is declined') as string }]);
    const [hold] = await holds(one);
    expect(hold?.kind).toBe('cancel.stopped');
    for (const text of ['PrintStation has stopped it', `${name}-2: Cirro does not stop it: it is packed`, 'repush']) expect(hold?.reason).toContain(text);
    // The part that refused is asked again, the one that has stopped is not.
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202, body: { reason: expect.stringMatching(new RegExp(`^${name}-2: [^;]*$`)) as string } });
    await world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES ('camel.cancel', ?, ?, '', 'done', 1)", [`camel.cancel:${two}:1`, two]);
    await answer(two, 'cancel_acknowledged');
    await again(whole);
    for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
  });

  test('a part that was stopped for nothing is asked for again: by the next number, and its hold ends', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await effect(one, 'print-station.create', 'done');
    await effect(two, 'camel.request', 'done');
    await desk.cancel(String(whole), asked);
    await answer(two, 'cancel_acknowledged');
    await acknowledge(one, { granted: false, reason: 'it is printed' });
    await again(whole);
    expect(await holds(one)).toEqual([]);
    expect(await holds(two)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining('Cirro has stopped it') as string }]);
    expect(await desk.repush(String(two), asked)).toMatchObject({ statusCode: 200, body: { status: 'CIRRO_READY_FOR_FULFILLMENT', result: 'repush' } });
    expect(await statusOf(world, two)).toMatchObject({ status: 'CIRRO_READY_FOR_FULFILLMENT', holds: 0, due: 1 });
    expect(await count(world, 'SELECT export_sequence FROM orders WHERE id = ?', [two])).toBe(2);
    expect(await desk.repush(String(two), asked)).toMatchObject({ statusCode: 409 });
  });

  test('a part that its 3PL has stopped before our own step followed its answer: asked for again from where it stands', async () => {
    const { whole, one, two } = await family(TO_PRINT, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
    await effect(two, 'camel.request', 'done');
    await desk.cancel(String(whole), asked);
    await answer(two, 'cancel_acknowledged');
    await acknowledge(one, { granted: false });
    await again(whole);
    expect(await desk.repush(String(two), asked)).toMatchObject({ statusCode: 200, body: { status: 'CIRRO_READY_FOR_FULFILLMENT', result: 'repush' } });
    expect(await statusOf(world, two)).toMatchObject({ status: 'CIRRO_READY_FOR_FULFILLMENT', holds: 0, due: 1 });
    expect(await count(world, 'SELECT export_sequence FROM orders WHERE id = ?', [two])).toBe(2);
  });

  test('a part that its 3PL has rejected meanwhile is stopped by that; an own warehouse is asked by a person', async () => {
    const { whole, one, two } = await family(TO_WAREHOUSE, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT']);
    await effect(one, 'camel.request', 'done');
    expect((await desk.cancel(String(whole), asked)).statusCode).toBe(202);
    expect([await questions(one), await questions(two)]).toEqual([['fulfillment.cancel 1'], []]);
    expect(await answer(one, 'rejected', { sequence: 1, data: { reason: 'no such street' } })).toMatchObject({ result: 'applied', status: 'CIRRO_READY_FOR_FULFILLMENT' });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['SPLIT', 'CIRRO_READY_FOR_FULFILLMENT', 'OMS_CREATED_ORDER_FULFILLMENT']);
    expect(await statusOf(world, one)).toMatchObject({ due: 0 });
    await answer(two, 'cancel_acknowledged');
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
  });

  test.each([['everything of a part', 2], ['some of a part', 1]])('a parcel with %s that comes first wins; who had stopped his part is not believed to send it', async (_what, quantity) => {
    const { whole, one, two, name } = await family(TO_WAREHOUSE, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT']);
    await world.admin.query("UPDATE line_items SET quantity = 2 WHERE order_id = ?", [one]);
    await desk.cancel(String(whole), asked);
    await answer(two, 'cancel_acknowledged');
    await parcel(one, 'L1', quantity);
    await look(whole, (work, step) => engine.ends.move(work, step === 'partially-shipped' ? 'PARTIALLY_SHIPPED' : fail(step), 'test', 'a part has left'));
    expect(await wishes(whole)).toMatchObject([{ state: 'declined', reason: expect.stringMatching(new RegExp(`^${name}-1: .*left the warehouse`)) as string }]);
    expect(await statusOf(world, whole)).toMatchObject({ status: 'PARTIALLY_SHIPPED', pending: 0, holds: 0 });
    expect(await statusOf(world, one)).toMatchObject({ pending: 0, holds: 0 });
    expect(await holds(two)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining('the warehouse has stopped it') as string }]);
    // The yes that comes after it is held: nobody asks any more.
    expect(await answer(one, 'cancel_acknowledged')).toMatchObject({ result: 'kept' });
    expect(await holds(one)).toMatchObject([{ kind: 'fact.exception' }]);
  });

  test('a partner who says much: what he says is kept as far as there is room', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await acknowledge(one, { granted: true, reason: 'y'.repeat(400) });
    await answer(two, 'cancel_refused', { data: { reason: 'n'.repeat(400) } });
    await again(whole);
    expect((await wishes(whole))[0]).toMatchObject({ state: 'declined', reason: expect.stringMatching(/n{400}$/) as string });
    expect(await holds(one)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringMatching(/y…, but .*n….*or cancel the whole order again\.$/) as string }]);
  });

  test('the opposite answers: a no after a yes declines while the other is awaited, a yes after a no is held', async () => {
    const { whole, one, two } = await family(TO_WAREHOUSE, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT']);
    await desk.cancel(String(whole), asked);
    await answer(one, 'cancel_acknowledged');
    await again(whole);
    expect(await answer(one, 'cancel_refused')).toMatchObject({ result: 'applied' });
    expect(await answer(one, 'cancel_acknowledged')).toMatchObject({ result: 'kept' });
    await again(whole);
    expect(await wishes(whole)).toMatchObject([{ state: 'declined' }]);
    expect(await holds(one)).toMatchObject([{ kind: 'fact.exception' }]);
    expect(await holds(two)).toEqual([]);
  });

  test.each(['nothing has been tried', 'it is tried just now', 'it was tried in vain'])('a question that has not gone out when the wish is declined is not put any more (%s); the next wish puts it', async (tried) => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await effect(two, 'camel.request', 'done');
    await desk.cancel(String(whole), asked);
    const question = async () => (await select<{ subject: string; isDue: number; result: string | null }>(world.pool, "SELECT subject, due_at IS NOT NULL AS isDue, result FROM tasks WHERE order_id = ? AND kind = 'fulfillment.cancel' ORDER BY id", [two]));
    expect(await question()).toEqual([{ subject: `${two}:1`, isDue: 1, result: null }]);
    await world.admin.query("UPDATE tasks SET due_at = NULL WHERE kind = 'fulfillment.cancel' AND order_id <> ?", [two]);
    const work = tried === 'it is tried just now' ? await engine.claim({ task: 'fulfillment.cancel' }) : undefined;
    if (tried === 'it was tried in vain') await effect(two, 'camel.cancel', 'intent');
    await acknowledge(one, { granted: false });
    await again(whole);
    expect(await wishes(whole)).toMatchObject([{ state: 'declined' }]);
    expect(await question()).toEqual([{ subject: `${two}:1`, isDue: 0, result: 'nobody asks any more' }]);
    expect(work && (await engine.ends.wait(work, 0, 'Camel is down'))).not.toBe(true);
    expect(await question()).toMatchObject([{ isDue: 0 }]);
    await desk.cancel(String(whole), asked);
    expect((await question()).filter(({ isDue }) => isDue === 1)).toEqual([{ subject: `${two}:${tried === 'it was tried in vain' ? 2 : 1}`, isDue: 1, result: null }]);
  });

  test('a question that has gone out when the wish is declined is heard to its end', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await world.admin.query("UPDATE tasks SET due_at = NULL WHERE kind = 'fulfillment.cancel' AND order_id <> ?", [two]);
    const work = await engine.claim({ task: 'fulfillment.cancel' });
    await effect(two, 'camel.cancel', 'sent');
    await acknowledge(one, { granted: false });
    await again(whole);
    expect(await wishes(two)).toMatchObject([{ state: 'declined' }]);
    expect(await engine.ends.complete(work, 'asked')).toBe(true);
  });

  test('the task of a question in doubt that was given up stays held when the wish is declined: nobody puts it again by that', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await world.admin.query("UPDATE tasks SET due_at = NULL WHERE kind = 'fulfillment.cancel' AND order_id <> ?", [two]);
    const work = await engine.claim({ task: 'fulfillment.cancel' });
    await effect(two, 'camel.cancel', 'unknown');
    await engine.claims.hold(work, { kind: 'crashes', reason: 'its process ended three times', actor: 'test', effect: undefined });
    await acknowledge(one, { granted: false });
    await again(whole);
    expect(await wishes(two)).toMatchObject([{ state: 'declined' }]);
    expect(await select(world.pool, "SELECT due_at AS due, holds, done_at AS done FROM tasks WHERE order_id = ? AND kind = 'fulfillment.cancel'", [two])).toEqual([{ due: null, holds: 1, done: null }]);
    expect(await holds(two)).toMatchObject([{ kind: 'crashes' }]);
  });

  test.each(['print-station', 'camel'])('%s stops its part after the other one has refused: held all the same, with the same way out', async (partner) => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    const [late, sooner] = partner === 'camel' ? [two, one] : [one, two];
    await effect(one, 'print-station.create', 'done');
    await effect(two, 'camel.request', 'done');
    await desk.cancel(String(whole), asked);
    await effect(late, `${partner}.cancel`, 'done');
    await (partner === 'camel' ? acknowledge(sooner, { granted: false }) : answer(sooner, 'cancel_refused'));
    await again(whole);
    expect(await holds(late)).toEqual([]);
    await (partner === 'camel' ? answer(late, 'cancel_acknowledged') : acknowledge(late, { granted: true }));
    expect(await holds(late)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining('repush') as string }]);
    expect(await desk.repush(String(late), asked)).toMatchObject({ statusCode: 200 });
    expect(await statusOf(world, late)).toMatchObject({ status: partner === 'camel' ? 'CIRRO_READY_FOR_FULFILLMENT' : 'PRINT_STATION_READY_FOR_BATCHING', holds: 0, due: 1 });
  });

  test('a kept part that a person releases goes on, and is asked about where it arrives; a part that was asked and goes on declines the wish', async () => {
    const { whole, one, two } = await family(TO_PRINT, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
    await desk.cancel(String(whole), asked);
    const released = await count(world, 'SELECT id FROM holds WHERE order_id = ? AND resolved_at IS NULL', [two]);
    await desk.decideHold(released, 'release', asked);
    expect(await statusOf(world, two)).toMatchObject({ due: 1, holds: 0 });
    await again(whole);
    expect(await holds(two)).toEqual([]);
    await engine.transitions.transition({ order: two, to: 'EXPORTED_TO_TPL', actor: 'test' });
    await again(whole);
    expect(await questions(two)).toEqual(['fulfillment.cancel 1']);
    expect(await holds(two)).toMatchObject([{ kind: 'cancel.asked' }]);
    for (const to of ['PRINT_STATION_BATCHED', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL'] as const) {
      await engine.transitions.transition({ order: one, to, actor: 'test' });
      if (to === 'CIRRO_READY_FOR_FULFILLMENT') await effect(one, 'camel.request', 'done');
    }
    await again(whole);
    expect(await wishes(whole)).toMatchObject([{ state: 'declined', reason: expect.stringContaining('the warehouse has the order by now') as string }]);
    for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ holds: 0, pending: 0 });
  });

  test('PrintStation has stopped a part that a person let go on to its 3PL: held, and nobody may ask the 3PL for it twice', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await acknowledge(one, { granted: true });
    for (const to of ['PRINT_STATION_BATCHED', 'CIRRO_READY_FOR_FULFILLMENT'] as const) await engine.transitions.transition({ order: one, to, actor: 'test' });
    await effect(one, 'camel.request', 'done');
    await engine.transitions.transition({ order: one, to: 'EXPORTED_TO_TPL', actor: 'test' });
    await again(whole);
    expect(await wishes(whole)).toMatchObject([{ state: 'declined', reason: expect.stringContaining('the warehouse has the order by now') as string }]);
    expect(await holds(one)).toMatchObject([{ kind: 'fact.exception', reason: expect.stringContaining('it stands in EXPORTED_TO_TPL') as string }]);
    expect(await holds(two)).toEqual([]);
    expect(await desk.repush(String(one), asked)).toMatchObject({ statusCode: 409 });
  });

  test('PrintStation has stopped a part that a person let go on, and nobody knows whether its 3PL has the request: a second cancel asks the 3PL', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await desk.cancel(String(whole), asked);
    await acknowledge(one, { granted: true });
    for (const to of ['PRINT_STATION_BATCHED', 'CIRRO_READY_FOR_FULFILLMENT'] as const) await engine.transitions.transition({ order: one, to, actor: 'test' });
    await effect(one, 'camel.request', 'unknown');
    await answer(two, 'cancel_refused');
    await again(whole);
    expect(await wishes(whole)).toMatchObject([{ state: 'declined' }]);
    expect(await holds(one)).toMatchObject([{ kind: 'fact.exception', reason: expect.stringContaining('it stands in CIRRO_READY_FOR_FULFILLMENT') as string }]);
    expect(await answer(one, 'accepted', { sequence: 1 })).toMatchObject({ result: 'applied', status: 'EXPORTED_TO_TPL' });
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202 });
    expect(await statuses(whole, one)).toEqual(['SPLIT', 'EXPORTED_TO_TPL']);
    expect(await questions(one)).toEqual(['print-station.cancel 1', 'fulfillment.cancel 1']);
    expect(await desk.repush(String(one), asked)).toMatchObject({ statusCode: 409 });
  });

  test('a 3PL stops its part, then some of it leaves all the same: nobody brings the rest, and a person is told', async () => {
    const { whole, one, two } = await family(TO_WAREHOUSE, ['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT']);
    await world.admin.query('UPDATE line_items SET quantity = 2 WHERE order_id = ?', [one]);
    await desk.cancel(String(whole), asked);
    await answer(one, 'cancel_acknowledged');
    await parcel(one, 'L1', 1);
    await look(whole, (work, step) => engine.ends.move(work, step === 'partially-shipped' ? 'PARTIALLY_SHIPPED' : fail(step), 'test', 'a part has left'));
    expect(await wishes(whole)).toMatchObject([{ state: 'declined' }]);
    expect(await holds(one)).toMatchObject([{ kind: 'fact.exception', reason: expect.stringMatching(/^Cirro has stopped it, but it stands in PARTIALLY_SHIPPED: ask whether what is left of it comes/) as string }]);
    expect(await holds(two)).toEqual([]);
  });

  test('a 3PL that rejects a part while it is asked to stop it, for nothing: there is no request to repeat, and the release has it asked anew', async () => {
    const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
    await effect(two, 'camel.request', 'done');
    await desk.cancel(String(whole), asked);
    expect(await answer(two, 'rejected', { sequence: 1 })).toMatchObject({ result: 'applied', status: 'CIRRO_READY_FOR_FULFILLMENT' });
    await acknowledge(one, { granted: false });
    await again(whole);
    expect(await holds(two)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining('where none is offered, by a release of this hold') as string }]);
    expect(await desk.repush(String(two), asked)).toMatchObject({ statusCode: 409 });
    await desk.decideHold(await count(world, 'SELECT id FROM holds WHERE order_id = ? AND resolved_at IS NULL', [two]), 'release', asked);
    expect(await statusOf(world, two)).toMatchObject({ status: 'CIRRO_READY_FOR_FULFILLMENT', holds: 0, due: 1 });
  });

  test('the whole looks twice in one group: whoever has a part is asked once', async () => {
    const { whole, one, two } = await family(['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
    await effect(one, 'camel.request', 'unknown');
    await desk.cancel(String(whole), asked);
    await answer(one, 'accepted', { sequence: 1 });
    await Promise.all([engine.transitions.transition({ order: whole, parts: [one, two], actor: 'test' }), answer(whole, 'accepted')]);
    expect(await wishes(one)).toMatchObject([{ state: 'waiting', ask: 'asked', of: 'provider' }]);
    expect(await questions(one)).toEqual(['fulfillment.cancel 1']);
    for (const part of [one, two]) expect(await holds(part)).toMatchObject([{ kind: 'cancel.asked' }]);
    expect(await statusOf(world, one)).toMatchObject({ holds: 1, pending: 1 });
  });

  test('what it waits for is told: answers that are owed, then a call in doubt, then only the look', async () => {
    const { whole, one, two, name } = await family(TO_PRINT, []);
    const told = async (order: number) => causesOf((await readStanding(world.pool, String(order))) ?? fail('no such order'), { route: undefined, guards: [], nextSlot: undefined, awaited: [] }).find(({ kind }) => kind === 'cancel-waiting')?.text;
    await desk.cancel(String(whole), asked);
    await effect(two, 'nav.create', 'unknown');
    expect(await told(whole)).toMatch(new RegExp(`decided when PrintStation answers about ${name}-1\\.$`));
    await acknowledge(one, { granted: true });
    expect(await told(whole)).toMatch(new RegExp(`decided when the call in doubt about ${name}-2 is settled \\(${name}-1: PrintStation has stopped it\\)\\.$`));
    await world.pool.query("UPDATE effects SET state = 'done' WHERE order_id = ?", [two]);
    expect(await told(whole)).toMatch(/decided with all its parts: every answer is in/);
  });

  test('a call about a kept part comes into doubt: every yes is kept until it is settled', async () => {
    const { whole, one, two } = await family(TO_PRINT, []);
    await desk.cancel(String(whole), asked);
    await effect(two, 'nav.create', 'unknown');
    await acknowledge(one, { granted: true });
    await again(whole);
    expect(await statuses(whole, one)).toEqual(['SPLIT', 'PRINT_STATION_WAITING_FOR_BATCHING']);
    expect(await wishes(one)).toEqual([{ state: 'waiting', ask: 'granted', of: 'print-station', reason: 'PrintStation has stopped it' }]);
    await engine.transitions.apply({ source: 'nav', eventId: `release-${two}`, type: 'RELEASED_FROM_NAV', order: two, body: {}, actor: 'partner:nav' });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
  });

  test.each(['its reply is lost', 'its process ends'])('every answer is in, and a call that a claim had begun about a kept part is in doubt (%s): the part is let go so that its stage settles it', async (how) => {
    const { whole, one, two } = await family(TO_PRINT, []);
    const other = await createEngine(world);
    const work = await other.claim('READY_TO_CREATE_IN_NAV');
    expect(work.order).toBe(two);
    await desk.cancel(String(whole), asked);
    await effect(two, 'nav.create', 'sent');
    // While an answer is owed it stays where it is.
    await again(whole);
    expect(await holds(two)).toMatchObject([{ kind: 'cancel.asked' }]);
    const ending = async (): Promise<void> => {
      await world.pool.query("UPDATE effects SET state = 'unknown' WHERE order_id = ?", [two]);
      if (how === 'its process ends') await other.processes.stop();
      else await other.ends.fail(work, describeFailure(new OutcomeUnknown('cut', { code: 'nav.create.in-doubt', lookAgainMs: 0 })), 'test');
    };
    if (how === 'its reply is lost') await ending();
    await acknowledge(one, { granted: true });
    await again(whole);
    expect(await statuses(whole, one)).toEqual(['SPLIT', 'PRINT_STATION_WAITING_FOR_BATCHING']);
    expect(await holds(one)).toMatchObject([{ kind: 'cancel.asked' }]);
    expect(await holds(two)).toEqual([]);
    if (how === 'its process ends') await ending();
    expect(await statusOf(world, two)).toMatchObject({ holds: 0, due: 1 });
    const settled = await engine.claim('READY_TO_CREATE_IN_NAV');
    const [call] = await select<{ id: number }>(world.pool, 'SELECT id FROM effects WHERE order_id = ?', [two]);
    settled.effects.push({ id: call?.id ?? 0, attempt: 1, state: 'done' });
    expect(await engine.ends.move(settled, 'PENDING_NAV_RELEASE', 'test', 'NAV has it')).toMatchObject({ moved: true });
    await again(whole);
    expect(await statuses(whole, one, two)).toEqual(['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
    if (how === 'its reply is lost') await other.processes.stop();
  });

  test('the answers are in and the whole has not looked: a second wish has the first one decided', async () => {
    const { whole, one, two } = await family(TO_PRINT, []);
    await desk.cancel(String(whole), asked);
    await acknowledge(one, { granted: true });
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202 });
    expect(await statuses(whole, one, two)).toEqual(['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
    expect(await wishes(whole)).toMatchObject([{ state: 'granted' }]);
  });

  test('both answers, the parcel and the wish itself at the same moment, thirty times: all parts or none, and nothing is left open', async () => {
    for (let round = 0; round < 30; round++) {
      const { whole, one, two } = await family(TO_PRINT, TO_WAREHOUSE);
      await Promise.all([desk.cancel(String(whole), asked), round % 3 === 0 ? parcel(two, 'L2', 1) : answer(two, 'accepted', { sequence: 1 })]);
      await Promise.all([acknowledge(one, { granted: true }), answer(two, 'cancel_acknowledged'), ...(round % 2 === 0 ? [parcel(two, 'L2', 1)] : [])]);
      await look(whole, (work, step) => (step === 'partially-shipped' ? engine.ends.move(work, 'PARTIALLY_SHIPPED', 'test', 'left') : engine.ends.complete(work, 'looked')));
      const [first, ...others] = await statuses(whole, one, two);
      const left = others[1] === 'SHIPPED';
      expect([first, ...others]).toEqual(left ? ['PARTIALLY_SHIPPED', 'PRINT_STATION_WAITING_FOR_BATCHING', 'SHIPPED'] : ['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED']);
      for (const order of [whole, one, two]) expect(await statusOf(world, order)).toMatchObject({ pending: 0 });
      expect(await count(world, "SELECT COUNT(*) FROM cancellations WHERE order_id IN (?) AND state = 'waiting'", [[whole, one, two]])).toBe(0);
    }
  }, 60_000);
});
