import { Rejected } from '../../nodes/runtime/errors';
import { describe as describeFailure } from '../../nodes/runtime/failure';
import { select } from '../../nodes/store/pool';
import { CRASHES_BEFORE_HOLD } from '../../nodes/work/processes';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  await world.admin.query('UPDATE order_status SET due_at = NULL');
  engine = await createEngine(world);
});
afterEach(() => engine.processes.stop());
afterAll(() => world.close());

const READY = { kind: 'status', name: 'READY_TO_CREATE_IN_NAV' } as const;
const due = async (n = 1): Promise<number[]> => makeOrders(world, n, ['READY_TO_CREATE_IN_NAV'], true);

test('a claim takes the longest due first, leaves the due index, counts the attempt and belongs to this process', async () => {
  const [first = 0, second = 0] = await due(2);
  await world.pool.query('UPDATE order_status SET due_at = NOW(6) - INTERVAL 1 MINUTE WHERE order_id = ?', [second]);
  const claimed = await engine.claims.claim(READY, 'US', 1);
  expect(claimed).toMatchObject([{ order: second, attempt: 1 }]);
  expect(await statusOf(world, second)).toMatchObject({ due: 0, attempts: 1, claimed_by: engine.processes.id });
  expect(await engine.claims.claim(READY, 'EMEA', 10)).toEqual([]);
  expect((await engine.claims.claim(READY, 'US', 10)).map((claim) => claim.order)).toEqual([first]);
});

test('four processes claiming at once: every order once', async () => {
  const orders = await due(300);
  const rivals = await Promise.all([1, 2, 3].map(() => createEngine(world)));
  const all = await Promise.all(
    [engine, ...rivals].map(async (each) => {
      const mine: number[] = [];
      for (let claimed = await each.claims.claim(READY, 'US', 7); claimed.length > 0; claimed = await each.claims.claim(READY, 'US', 7)) mine.push(...claimed.map((claim) => claim.order));
      return mine;
    }),
  );
  await Promise.all(rivals.map((rival) => rival.processes.stop()));
  expect(all.flat().toSorted((a, b) => a - b)).toEqual(orders);
});

test('the control: claiming with a plain SELECT gives an order to two', async () => {
  const [order = 0] = await due(1);
  let looked = 0;
  let bothLooked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (bothLooked = resolve));
  const naive = async (): Promise<boolean> => {
    const rows = await select(world.admin, 'SELECT order_id FROM order_status WHERE order_id = ? AND due_at <= NOW(6)', [order]);
    if (++looked === 2) bothLooked();
    await both;
    if (rows.length === 0) return false;
    await world.admin.query('UPDATE order_status SET due_at = NULL WHERE order_id = ?', [order]);
    return true;
  };
  expect(await Promise.all([naive(), naive()])).toEqual([true, true]);
});

test('a claim that was taken away writes nothing: its token is fenced everywhere', async () => {
  const [order = 0] = await due();
  const work = await engine.claim('READY_TO_CREATE_IN_NAV');
  await world.admin.query("UPDATE order_status SET claim_token = 'another' WHERE order_id = ?", [order]);
  expect(await engine.ends.wait(work, 1000, 'late')).toBe(false);
  expect(await engine.ends.move(work, 'PENDING_NAV_RELEASE', 'test', '')).toMatchObject({ refused: 'fenced' });
  expect(await engine.ends.fail(work, describeFailure(new Rejected('no', { code: 'x' })), 'test')).toBe('the claim was taken away');
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', holds: 0 });
});

test('a wait does not count as an attempt, a failure does, and both say why', async () => {
  const [order = 0] = await due();
  await engine.ends.wait(await engine.claim('READY_TO_CREATE_IN_NAV'), 0, 'not yet');
  expect(await statusOf(world, order)).toMatchObject({ attempts: 0, due: 1, reason: 'not yet' });
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV'), { class: 'retryable', code: 'nav.unreachable', message: 'NAV is away' }, 'test');
  expect(await statusOf(world, order)).toMatchObject({ attempts: 1, due: 1, reason: 'NAV is away' });
});

test('retryable: as often as the stage says, then its failure status; without one a hold', async () => {
  const [order = 0] = await due();
  for (let attempt = 1; attempt <= 3; attempt++) {
    await world.pool.query('UPDATE order_status SET due_at = NOW(6) WHERE order_id = ?', [order]);
    const work = await engine.claim('READY_TO_CREATE_IN_NAV', { failure: 'FAILED_TO_CREATE_IN_NAV' });
    expect(work.attempt).toBe(attempt);
    await engine.ends.fail(work, { class: 'retryable', code: 'nav.unreachable', message: 'NAV is away' }, 'test');
  }
  expect(await statusOf(world, order)).toMatchObject({ status: 'FAILED_TO_CREATE_IN_NAV', holds: 0 });

  const [held = 0] = await due();
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV', { retry: { attempts: 1, firstMs: 1, maxMs: 1 } }), { class: 'retryable', code: 'nav.unreachable', message: 'NAV is away' }, 'test');
  expect(await statusOf(world, held)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', holds: 1, due: 0, claimed_by: null });
});

test('definite: the failure status at once; in doubt: looked at again, then a hold', async () => {
  const [rejected = 0] = await due();
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV', { failure: 'FAILED_TO_CREATE_IN_NAV' }), { class: 'rejected', code: 'nav.fault', message: 'no such item' }, 'test');
  expect(await statusOf(world, rejected)).toMatchObject({ status: 'FAILED_TO_CREATE_IN_NAV' });
  expect(await count(world, "SELECT COUNT(*) FROM order_audits WHERE order_id = ? AND reason = 'no such item'", [rejected])).toBe(1);

  const [doubt = 0] = await due();
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV'), { class: 'unknown', code: 'nav.create.in-doubt', message: 'no answer', lookAgainMs: 0 }, 'test');
  expect(await statusOf(world, doubt)).toMatchObject({ due: 1, attempts: 0, holds: 0 });
  await engine.ends.fail(await engine.claim('READY_TO_CREATE_IN_NAV'), { class: 'unknown', code: 'nav.create.in-doubt', message: 'no answer' }, 'test');
  expect(await statusOf(world, doubt)).toMatchObject({ due: 0, holds: 1 });
});

test('claims of a process that fell silent are freed by another, which counts the crash', async () => {
  const [order = 0] = await due();
  const dead = await createEngine(world);
  await dead.claims.claim(READY, 'US', 1);
  await engine.processes.beat();
  expect(await statusOf(world, order)).toMatchObject({ due: 0 });
  await world.admin.query('UPDATE processes SET beat_at = NOW(6) - INTERVAL 6 SECOND WHERE id = ?', [dead.processes.id]);
  await engine.processes.beat();
  expect(await statusOf(world, order)).toMatchObject({ due: 1, claimed_by: null, attempts: 1 });
  expect(await count(world, 'SELECT crashes FROM order_status WHERE order_id = ?', [order])).toBe(1);
  await dead.processes.stop();
});

test('an earlier run of the same instance is certainly gone: its claims are free at once', async () => {
  const [order = 0] = await due();
  const before = await createEngine(world, 'same');
  await before.claims.claim(READY, 'US', 1);
  const after = await createEngine(world, 'same');
  expect(await statusOf(world, order)).toMatchObject({ due: 1, claimed_by: null });
  await after.processes.stop();
  await before.processes.stop();
});

test('what ends its process again and again stands in a hold', async () => {
  const [order = 0] = await due();
  for (let crash = 1; crash <= CRASHES_BEFORE_HOLD; crash++) {
    const dying = await createEngine(world);
    await dying.claims.claim(READY, 'US', 1);
    await dying.processes.stop();
  }
  expect(await statusOf(world, order)).toMatchObject({ due: 0, holds: 1 });
  expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND kind = 'crashes'", [order])).toBe(1);
});

test('a process that others took for dead goes on under a new key', async () => {
  const before = engine.processes.id;
  await world.admin.query('UPDATE processes SET ended_at = NOW(6) WHERE id = ?', [before]);
  await engine.processes.beat();
  expect(engine.processes.id).not.toBe(before);
});

test.each([
  ['stage', 'READY_TO_CREATE_IN_NAV'],
  ['partner', 'NAV'],
  ['store', 'https://shop.test'],
] as const)('a pause of a %s: nothing is claimed, what comes is not due, releasing makes it due', async (kind, name) => {
  const [waiting = 0] = await due();
  const id = await engine.pauses.open({ kind, name, reason: 'maintenance', actor: 'operator:test' });
  expect(await engine.claims.claim(READY, 'US', 10)).toEqual([]);
  const [coming = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING']);
  await engine.transitions.transition({ order: coming, to: 'READY_TO_CREATE_IN_NAV', actor: 'test' });
  expect(await statusOf(world, coming)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', due: 0 });
  // Even a row that somebody made due is not claimed.
  await world.pool.query('UPDATE order_status SET due_at = NOW(6) WHERE order_id = ?', [waiting]);
  expect(await engine.claims.claim(READY, 'US', 10)).toEqual([]);
  expect(await engine.pauses.release(id, 'operator:test')).toBe(true);
  expect([(await statusOf(world, waiting)).due, (await statusOf(world, coming)).due]).toEqual([1, 1]);
  expect(await engine.claims.claim(READY, 'US', 1)).toHaveLength(1);
  expect(await engine.pauses.release(id, 'operator:test')).toBe(false);
});

test('a pause ends by itself at its time, by the database’s clock', async () => {
  const [order = 0] = await due();
  const pause = { kind: 'partner', name: 'NAV', reason: 'short', actor: 'operator:test' } as const;
  await expect(engine.pauses.open({ ...pause, until: new Date(Date.now() - 60_000) })).rejects.toMatchObject({ code: 'pause.past' });
  const id = await engine.pauses.open({ ...pause, until: new Date(Date.now() + 3_600_000) });
  await world.admin.query('UPDATE pauses SET until = NOW(6) WHERE id = ?', [id]);
  await engine.sweep.run();
  expect(await statusOf(world, order)).toMatchObject({ due: 1 });
  expect(await engine.pauses.list()).toEqual([]);
});

test('a pause of what does not exist is refused', async () => {
  await expect(engine.pauses.open({ kind: 'partner', name: 'Nobody', reason: 'x', actor: 'test' })).rejects.toThrow('there is no partner named Nobody');
});

test('a claim whose end could not be written is free again; one that is in work is left alone', async () => {
  const [forgotten = 0] = await due();
  engine.active.end(await engine.claim('READY_TO_CREATE_IN_NAV')); // as when the database is away: the slot is free, the row is not
  const [working = 0] = await due();
  await engine.claim('READY_TO_CREATE_IN_NAV');
  await world.admin.query('UPDATE order_status SET claimed_at = NOW(6) - INTERVAL 1 MINUTE WHERE order_id IN (?, ?)', [forgotten, working]);
  await engine.sweep.run();
  expect(await statusOf(world, forgotten)).toMatchObject({ due: 1, claimed_by: null, attempts: 1 });
  expect(await statusOf(world, working)).toMatchObject({ due: 0, claimed_by: engine.processes.id });
});

test('the sweep makes due what somebody forgot, and nothing else', async () => {
  const [forgotten = 0, held = 0] = await makeOrders(world, 2, ['READY_TO_CREATE_IN_NAV']);
  await world.pool.query('UPDATE order_status SET holds = 1 WHERE order_id = ?', [held]);
  await engine.sweep.run();
  expect(await statusOf(world, forgotten)).toMatchObject({ due: 0 });
  await world.admin.query('UPDATE order_status SET entered_at = NOW(6) - INTERVAL 1 MINUTE WHERE order_id IN (?, ?)', [forgotten, held]);
  await engine.sweep.run();
  expect(await statusOf(world, forgotten)).toMatchObject({ due: 1 });
  expect(await statusOf(world, held)).toMatchObject({ due: 0 });
});
