import { describe as describeFailure } from '../../nodes/runtime/failure';
import { OutcomeUnknown } from '../../nodes/runtime/errors';
import { OrderDesk } from '../../nodes/orders/desk';
import { Platforms } from '../../nodes/orders/platforms';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;
let desk: OrderDesk;
const asked = { actor: 'operator:test', reason: 'the customer called' };

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  desk = new OrderDesk({ pool: world.pool, transitions: engine.transitions, platforms: new Platforms({}) });
});
beforeEach(() => world.admin.query('UPDATE order_status SET due_at = NULL'));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

const one = async (due = false): Promise<number> => (await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], due))[0] ?? 0;
const effect = (order: number, kind: string, state: string) =>
  world.pool.query("INSERT INTO effects (kind, `key`, order_id, request_hash, state, attempt) VALUES (?, ?, ?, '', ?, 1)", [kind, `${kind}:${order}`, order, state]);
const cancellations = (order: number, state: string) => count(world, 'SELECT COUNT(*) FROM cancellations WHERE order_id = ? AND state = ?', [order, state]);

test('before NAV knows it, an order is cancelled, and a task tells the storefront', async () => {
  const order = await one();
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 200, body: { status: 'CS_CANCELLED', result: 'cancelled' } });
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.cancel' AND due_at IS NOT NULL", [order])).toBe(1);
  expect(await statusOf(world, order)).toMatchObject({ holds: 0, due: 0 });
});

test('the export mark, which may be repeated, stands in nobody’s way', async () => {
  const order = await one();
  await effect(order, 'sfcc.mark-exported', 'sent');
  expect((await desk.cancel(String(order), asked)).body.result).toBe('cancelled');
});

test('while a call is in doubt the wish waits, once; when NAV turns out to know the order it is declined with that reason', async () => {
  const order = await one();
  await effect(order, 'nav.create', 'unknown');
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 202, body: { result: 'waiting' } });
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 202 });
  expect(await cancellations(order, 'waiting')).toBe(1);
  await engine.transitions.apply({ source: 'nav', eventId: `release-${order}`, type: 'RELEASED_FROM_NAV', order, body: {}, actor: 'partner:nav' });
  expect(await statusOf(world, order)).toMatchObject({ status: 'RELEASED_FROM_NAV', pending: 0 });
  expect(await cancellations(order, 'declined')).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM order_events WHERE order_id = ? AND kind = 'cancel.declined' AND text LIKE 'NAV knows the order%'", [order])).toBe(1);
});

test('a person who voids the call in doubt grants the cancel with it', async () => {
  const order = await one(true);
  const work = await engine.claim('READY_TO_CREATE_IN_NAV');
  await effect(order, 'nav.create', 'unknown');
  const doubt = await count(world, 'SELECT id FROM effects WHERE order_id = ?', [order]);
  await engine.ends.fail(work, describeFailure(new OutcomeUnknown('cut', { code: 'nav.create.in-doubt', effect: doubt })), 'test');
  expect((await desk.cancel(String(order), asked)).statusCode).toBe(202);
  await desk.decideHold(await count(world, 'SELECT id FROM holds WHERE order_id = ?', [order]), 'void', asked);
  expect(await statusOf(world, order)).toMatchObject({ status: 'CS_CANCELLED', holds: 0, pending: 0 });
  expect(await cancellations(order, 'granted')).toBe(1);
});

test('once NAV knows it, a cancel is refused with the reason', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE']);
  expect(await desk.cancel(String(order), asked)).toMatchObject({ statusCode: 409, body: { status: 'PENDING_NAV_RELEASE', reason: expect.stringContaining('NAV knows') } });
});

test('a cancel that the storefront refused is put back and told again, and no stage is missed', async () => {
  const order = await one();
  await desk.cancel(String(order), asked);
  await engine.transitions.transition({ order, to: 'FAILED_TO_CANCEL', actor: 'flow:test', reason: 'refused' });
  await world.pool.query("UPDATE tasks SET done_at = NOW(6), due_at = NULL, result = 'failed' WHERE order_id = ? AND kind = 'sfcc.cancel'", [order]);
  expect(await desk.putBack(String(order), asked)).toMatchObject({ body: { status: 'CS_CANCELLED' } });
  expect(await statusOf(world, order)).toMatchObject({ holds: 0 });
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND kind = 'sfcc.cancel' AND due_at IS NOT NULL AND done_at IS NULL", [order])).toBe(1);
});

test('an order that is over has no open holds', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'FAILED_TO_CREATE_IN_NAV']);
  await world.pool.query("INSERT INTO holds (order_id, kind, reason, actor) VALUES (?, 'test', 'look', 'test')", [order]);
  await world.pool.query('UPDATE order_status SET holds = 1 WHERE order_id = ?', [order]);
  expect(await desk.processedExternally(String(order), asked)).toMatchObject({ statusCode: 200 });
  expect(await statusOf(world, order)).toMatchObject({ status: 'PROCESSED_EXTERNALLY', holds: 0 });
  expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND decision = 'moot'", [order])).toBe(1);
});

test('a cancel and the step after which it is too late, at once: exactly one wins, five hundred times', async () => {
  const orders = await makeOrders(world, 500, ['READY_TO_CREATE_IN_NAV']);
  const outcomes = await Promise.all(
    orders.map(async (order, index) => {
      const step = async () => (await engine.transitions.transition({ order, from: 'READY_TO_CREATE_IN_NAV', to: 'PENDING_NAV_RELEASE', actor: 'race' })).moved;
      const cancel = async () => (await engine.transitions.transition({ order, to: 'CS_CANCELLED', wish: true, ...asked })).moved;
      const won = await Promise.all(index % 2 === 0 ? [step(), cancel()] : [cancel(), step()]);
      return { winners: won.filter(Boolean).length, status: (await statusOf(world, order)).status };
    }),
  );
  expect(outcomes.filter(({ winners }) => winners !== 1)).toEqual([]);
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['CS_CANCELLED', 'PENDING_NAV_RELEASE']));
}, 30_000);
