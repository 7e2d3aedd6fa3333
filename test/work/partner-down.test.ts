import { Breaker } from '../../nodes/runtime/breaker';
import { Retryable } from '../../nodes/runtime/errors';
import { describe as describeFailure, type Failure } from '../../nodes/runtime/failure';
import type { Work } from '../../nodes/work/source';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

/** What an order does while its partner is known to be down. */

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
beforeEach(() => world.admin.query('UPDATE order_status SET due_at = NULL'));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

const STAGE: Partial<Work> = { failure: 'FAILED_TO_CREATE_IN_NAV', retry: { attempts: 8, firstMs: 1, maxMs: 10 } };
const ROUNDS = 20;

/** What a call says while the breaker is open. */
async function down(): Promise<Failure> {
  const nav = new Breaker({ name: 'NAV US', code: 'nav.breaker-open', trips: () => true, unreached: () => true });
  const call = () => nav.run(() => Promise.reject(new Retryable('NAV cannot be reached', { code: 'nav.unreachable' }))).catch((error: unknown) => error);
  while (nav.state === 'closed') await call();
  return describeFailure(await call());
}

/** The same order is claimed and fails, again and again, until it has gone on or the rounds are over. @returns what was decided each time */
async function fails(order: number, failure: Failure, more: Partial<Work> = STAGE): Promise<string[]> {
  const decided: string[] = [];
  for (let round = 0; round < ROUNDS && (await statusOf(world, order)).status === 'READY_TO_CREATE_IN_NAV'; round++) {
    decided.push(await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV', more), failure, 'test'));
    await world.pool.query("UPDATE order_status SET due_at = NOW(6) WHERE order_id = ? AND status = 'READY_TO_CREATE_IN_NAV'", [order]);
  }
  return decided;
}

test('it waits for as long as that takes: no attempt counts, and it says since when the partner is down', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], true);
  const decided = await fails(order, await down());
  expect(decided).toHaveLength(ROUNDS);
  expect(decided[0]).toMatch(/^NAV US is down, again in \d/);
  expect(await statusOf(world, order)).toMatchObject({
    status: 'READY_TO_CREATE_IN_NAV', attempts: 0, holds: 0, version: 1,
    reason: expect.stringMatching(/^NAV US is down since 20\S+Z: NAV cannot be reached\. It is tried again by itself; waiting for it uses up no attempt\.$/) as string,
  });
});

test('the control: counted as attempts, eight of them end in FAILED_TO_CREATE_IN_NAV, though nothing was ever sent', async () => {
  const { partnerDown: _, ...counted } = await down();
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], true);
  expect(await fails(order, counted)).toHaveLength(8);
  expect(await statusOf(world, order)).toMatchObject({ status: 'FAILED_TO_CREATE_IN_NAV' });
});

test('attempts that were made before are kept: with those that come after the partner is there again they are eight', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], true);
  const unreachable: Failure = { class: 'retryable', code: 'nav.unreachable', message: 'NAV cannot be reached' };
  for (const failure of [unreachable, unreachable, await down(), await down()]) {
    await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV', STAGE), failure, 'test');
    await world.pool.query('UPDATE order_status SET due_at = NOW(6) WHERE order_id = ?', [order]);
  }
  expect(await statusOf(world, order)).toMatchObject({ attempts: 2 });
  expect(await fails(order, unreachable)).toHaveLength(6);
  expect(await statusOf(world, order)).toMatchObject({ status: 'FAILED_TO_CREATE_IN_NAV' });
});

test('it is due again when the partner may be tried, within a minute', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], true);
  const failure = await down();
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV', STAGE), { ...failure, retryAfterMs: 60_000 }, 'test');
  expect(await count(world, 'SELECT COUNT(*) FROM order_status WHERE order_id = ? AND claimed_by IS NULL AND due_at > NOW(6) + INTERVAL 30 SECOND AND due_at <= NOW(6) + INTERVAL 60 SECOND', [order])).toBe(1);
  expect(failure.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test('a task beside the line waits alike', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV']);
  await world.pool.query("INSERT INTO tasks (kind, order_id, store_id, subject, lane, due_at) VALUES ('sfcc.mark-exported', ?, 1, 'x', 'US', NOW(6))", [order]);
  const failure = await down();
  for (let round = 0; round < ROUNDS; round++) {
    await engine.ends.fail(await engine.claim({ task: 'sfcc.mark-exported' }, { retry: { attempts: 8, firstMs: 1, maxMs: 10 } }), failure, 'test');
    await world.pool.query('UPDATE tasks SET due_at = NOW(6) WHERE order_id = ?', [order]);
  }
  expect(await count(world, "SELECT COUNT(*) FROM tasks WHERE order_id = ? AND attempts = 0 AND holds = 0 AND done_at IS NULL AND reason LIKE 'NAV US is down since%'", [order])).toBe(1);
});
