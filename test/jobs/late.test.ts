import { LATE_STATUSES, tellLate, WORKING_STATUSES } from '../../nodes/jobs/late';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { createWorld, makeOrders, type World } from '../support/orders';

/** Orders that stand too long in a status get a line in their timeline, once for each stay. */

let world: World;
let engine: Engine;
const WAITING: readonly Status[] = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE'];

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine?.processes.stop();
  await world?.close();
});
beforeEach(() => world.admin.query("UPDATE order_status SET entered_at = NOW(6)"));

const since = (minutes: number, ...orders: number[]) => world.admin.query('UPDATE order_status SET entered_at = NOW(6) - INTERVAL ? MINUTE WHERE order_id IN (?)', [minutes, orders]);
const lines = (order: number) => select<{ text: string; actor: string }>(world.admin, "SELECT text, actor FROM order_events WHERE order_id = ? AND kind = 'late'", [order]);
const tell = (statuses: readonly Status[] = ['PENDING_NAV_RELEASE']) => tellLate(world.pool, statuses, 'job:test');

test('who is late is told once, with the time and the runbook; who is in time is not', async () => {
  const [late = 0, inTime = 0] = await makeOrders(world, 2, WAITING);
  await since(121, late);
  await since(119, inTime);
  expect([await tell(), await tell()]).toEqual([1, 0]);
  expect(await lines(late)).toEqual([{ actor: 'job:test', text: expect.stringMatching(/^in PENDING_NAV_RELEASE since \d{4}-\d\d-\d\d \d\d:\d\d, expected no longer than 2 h\. Release the sales order in NAV/) as string }]);
  expect(await lines(inTime)).toEqual([]);
});

test('the next stay that takes too long is told again', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV']);
  await since(16, order);
  expect(await tell(WORKING_STATUSES)).toBe(1);
  await engine.transitions.transition({ order, to: 'FAILED_TO_CREATE_IN_NAV', actor: 'test' });
  await engine.transitions.transition({ order, to: 'READY_TO_CREATE_IN_NAV', actor: 'test' });
  expect(await tell(WORKING_STATUSES)).toBe(0);
  await world.admin.query("UPDATE order_events SET at = NOW(6) - INTERVAL 1 HOUR WHERE order_id = ? AND kind = 'late'", [order]);
  await since(16, order);
  expect(await tell(WORKING_STATUSES)).toBe(1);
  expect(await lines(order)).toHaveLength(2);
});

test('one that waits for a date is not late before it', async () => {
  const [order = 0] = await makeOrders(world, 1, ['DELAYED']);
  await since(60 * 24 * 4, order);
  const until = (sign: '+' | '-') => world.admin.query(`UPDATE orders SET resume_at = NOW(6) ${sign} INTERVAL 1 DAY WHERE id = ?`, [order]);
  await until('+');
  expect(await tell(LATE_STATUSES)).toBe(0);
  await until('-');
  expect(await tell(LATE_STATUSES)).toBe(1);
});

test('who is held, or paused by stage, partner or store, is known already; told when that is over', async () => {
  const [held = 0, paused = 0] = await makeOrders(world, 2, WAITING);
  await since(600, held, paused);
  await world.pool.query('UPDATE order_status SET holds = 1 WHERE order_id = ?', [held]);
  for (const pause of [{ kind: 'stage', name: 'PENDING_NAV_RELEASE' }, { kind: 'partner', name: 'NAV' }, { kind: 'store', name: world.store.url }] as const) {
    const id = await engine.pauses.open({ ...pause, reason: 'a test', actor: 'test' });
    expect(await tell()).toBe(0);
    await engine.pauses.release(id, 'test');
  }
  expect(await tell()).toBe(1);
  expect([(await lines(held)).length, (await lines(paused)).length]).toEqual([0, 1]);
});

test('an order whose status has ended it is not late', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING', 'CS_CANCELLED']);
  await since(100_000, order);
  expect(await tell(WORKING_STATUSES)).toBe(0);
});

test('every status that something owes a step is looked at', () => {
  expect(WORKING_STATUSES).toEqual(expect.arrayContaining(['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'SHIPPED']));
  expect(LATE_STATUSES).toEqual(expect.arrayContaining(['PENDING_NAV_RELEASE', 'EXPORTED_TO_TPL']));
  expect(WORKING_STATUSES).not.toContain('PENDING_NAV_RELEASE');
  for (const never of ['PROCESSED_EXTERNALLY', 'FAILED_TO_CREATE_IN_NAV', 'RETAINED'] as const) expect(LATE_STATUSES).not.toContain(never);
});
