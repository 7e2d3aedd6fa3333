import { JobRuns } from '../../nodes/jobs/runs';
import { OrderDesk } from '../../nodes/orders/desk';
import { lookAtParts } from '../../nodes/orders/family';
import { loadOrders } from '../../nodes/orders/load';
import { Platforms } from '../../nodes/orders/platforms';
import { toSplit } from '../../nodes/orders/split';
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

  test.each<[string, readonly Status[], object]>([
    ['has left', [...TO_WAREHOUSE, 'SHIPPED'], { result: 'refused', possible: ['refund'] }],
    ['is with the warehouse', TO_WAREHOUSE, { result: 'not-yet' }],
  ])('one part %s: refused with the part’s name, and nothing moves', async (_what, path, body) => {
    const { whole, one, two, name } = await family([], path);
    const before = await Promise.all([whole, one, two].map((order) => statusOf(world, order)));
    const answer = await desk.cancel(String(whole), asked);
    expect(answer).toMatchObject({ statusCode: 409, body });
    expect(answer.body.reason).toContain(`${name}-2: `);
    expect((await Promise.all([whole, one, two].map((order) => statusOf(world, order)))).map(({ status }) => status)).toEqual(before.map(({ status }) => status));
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

  test('the call turns out to have brought the part to the warehouse: the waiting wish is declined with the reason', async () => {
    const { whole, one } = await family(['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT']);
    await effect(one, 'camel.request', 'unknown');
    expect(await desk.cancel(String(whole), asked)).toMatchObject({ statusCode: 202 });
    await engine.transitions.apply({ source: 'cirro', eventId: `accepted-${one}`, type: 'accepted', order: one, body: { id: 'a', type: 'accepted', order_id: 'x', sequence: 1, at: '' }, actor: 'partner:cirro' });
    await look(whole, (work) => engine.ends.complete(work, 'looked'));
    expect(await statusOf(world, whole)).toMatchObject({ status: 'SPLIT', pending: 0 });
    expect(await count(world, "SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = 'declined' AND decision_reason LIKE '%not yet%'", [whole])).toBe(1);
  });

  test('a cancel of the whole and a step of a part at the same moment: never the one without the other', async () => {
    for (let round = 0; round < 40; round++) {
      const { whole, one, two } = await family(['PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT'], []);
      const [wish, step] = await Promise.all([desk.cancel(String(whole), asked), engine.transitions.transition({ order: one, from: 'CIRRO_READY_FOR_FULFILLMENT', to: 'EXPORTED_TO_TPL', actor: 'test' })]);
      const statuses = (await Promise.all([whole, one, two].map((order) => statusOf(world, order)))).map(({ status }) => status);
      expect({ statuses, moved: step.moved }).toEqual(wish.statusCode === 200 ? { statuses: ['CS_CANCELLED', 'CS_CANCELLED', 'CS_CANCELLED'], moved: false } : { statuses: ['SPLIT', 'EXPORTED_TO_TPL', 'READY_TO_CREATE_IN_NAV'], moved: true });
    }
  }, 60_000);
});
