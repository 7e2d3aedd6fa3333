import { array, assert as assertAlways, asyncProperty, constantFrom } from 'fast-check';
import { lifecycle, type Status } from '../../nodes/lifecycle/lifecycle';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

const one = async (path: readonly Status[] = ['READY_FOR_PROCESSING']): Promise<number> => (await makeOrders(world, 1, path))[0] ?? 0;
const move = (order: number, to: Status, more = {}) => engine.transitions.transition({ order, to, actor: 'test', ...more });

test('a transition writes audit, status, due time and outbox together', async () => {
  const order = await one();
  const result = await move(order, 'READY_TO_CREATE_IN_NAV', { reason: 'nothing to review' });
  expect(result).toEqual({ moved: true, from: 'READY_FOR_PROCESSING', to: 'READY_TO_CREATE_IN_NAV', version: 2 });
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', version: 2, due: 1 });
  const [audit] = await select<{ actor: string; reason: string }>(world.pool, 'SELECT actor, reason FROM order_audits WHERE order_id = ? AND version = 2', [order]);
  expect(audit).toEqual({ actor: 'test', reason: 'nothing to review' });
  const [row] = await select<{ type: string; version: number; data: string }>(world.pool, 'SELECT type, version, data FROM outbox WHERE order_id = ?', [order]);
  expect({ ...row, data: JSON.parse(row?.data ?? '{}') as object }).toEqual({ type: 'StatusChanged', version: 2, data: { version: 2, from: 'READY_FOR_PROCESSING', to: 'READY_TO_CREATE_IN_NAV' } });
});

test('where it waits, nothing is due; where a job schedules it, nothing is due yet', async () => {
  const waiting = await one(['READY_TO_CREATE_IN_NAV']);
  await move(waiting, 'PENDING_NAV_RELEASE');
  expect(await statusOf(world, waiting)).toMatchObject({ due: 0, holds: 0 });
  const shipped = await one(['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL']);
  await move(shipped, 'SHIPPED');
  expect(await statusOf(world, shipped)).toMatchObject({ status: 'SHIPPED', due: 0, holds: 0 });
});

test('a status that no deployed stage works on opens a hold that says so, and a later stage releases it', async () => {
  const order = await one(['RELEASED_FROM_NAV']);
  await move(order, 'READY_FOR_BATCHING');
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_BATCHING', due: 0, holds: 1 });
  expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND kind = 'no-stage' AND reason LIKE 'no stage for READY_FOR_BATCHING%'", [order])).toBe(1);
  engine.stages.addStatus('READY_FOR_BATCHING', { node: 'later', scheduled: false });
  await engine.sweep.run();
  engine.stages.remove('READY_FOR_BATCHING', 'later');
  expect(await statusOf(world, order)).toMatchObject({ due: 1, holds: 0 });
});

test('every refusal has its name and changes nothing', async () => {
  const order = await one();
  expect(await move(999_999_999, 'FULFILLED')).toEqual({ moved: false, refused: 'unknown-order' });
  expect(await move(order, 'FULFILLED')).toMatchObject({ refused: 'illegal', status: 'READY_FOR_PROCESSING' });
  expect(await move(order, 'READY_TO_CREATE_IN_NAV', { from: 'PENDING_APPROVALS' })).toMatchObject({ refused: 'stale' });
  expect(await move(order, 'READY_TO_CREATE_IN_NAV', { version: 7 })).toMatchObject({ refused: 'stale' });
  expect(await move(order, 'READY_TO_CREATE_IN_NAV', { token: 'stolen' })).toMatchObject({ refused: 'fenced' });
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_PROCESSING', version: 1 });
});

test('one bad row leaves its neighbours alone: refusals, and an error that only the database sees', async () => {
  const orders = await makeOrders(world, 40);
  const results = await Promise.allSettled(
    orders.map((order, index) =>
      index === 7
        ? move(order, 'READY_TO_CREATE_IN_NAV', { writes: [{ table: 'fulfillments', rows: [{ order_id: 0, shipment_id: 'x', carrier: 'c', tracking: 't', shipped_at: new Date() }] }] })
        : move(order, index === 3 ? 'SHIPPED' : 'READY_TO_CREATE_IN_NAV'),
    ),
  );
  expect(results[7]?.status).toBe('rejected');
  expect(results[3]).toMatchObject({ value: { moved: false, refused: 'illegal' } });
  const good = results.filter((result) => result.status === 'fulfilled' && result.value.moved);
  expect(good).toHaveLength(38);
  expect(await statusOf(world, orders[7] ?? 0)).toMatchObject({ status: 'READY_FOR_PROCESSING', version: 1 });
});

test('the same order twice in one group is judged step by step', async () => {
  const order = await one();
  const [first, second, third] = await Promise.all([move(order, 'READY_TO_CREATE_IN_NAV'), move(order, 'PENDING_NAV_RELEASE'), move(order, 'PENDING_NAV_RELEASE')]);
  expect([first.moved, second.moved, third.moved]).toEqual([true, true, false]);
  expect(await statusOf(world, order)).toMatchObject({ status: 'PENDING_NAV_RELEASE', version: 3 });
});

test('what comes too early is looked at again after the step that makes it right, also where both come in one group', async () => {
  const order = await one(['READY_TO_CREATE_IN_NAV']);
  const release = { source: 'nav', eventId: `release-${order}`, type: 'FAILED_TO_RELEASE_FROM_NAV', order, body: { status: 'FAILED_TO_RELEASE_FROM_NAV', event_id: `release-${order}` }, actor: 'partner:nav' };
  const [fact, step] = await Promise.all([engine.transitions.apply(release), move(order, 'PENDING_NAV_RELEASE')]);
  expect(fact).toMatchObject({ result: 'kept' });
  expect(step).toMatchObject({ moved: true });
  expect(await statusOf(world, order)).toMatchObject({ status: 'FAILED_TO_RELEASE_FROM_NAV' });
});

test('a row that is locked elsewhere waits alone; the others of its group are written at once', async () => {
  const [locked = 0, free = 0] = await makeOrders(world, 2);
  const connection = await world.admin.getConnection();
  await connection.query('START TRANSACTION');
  await connection.query('SELECT 1 FROM order_status WHERE order_id = ? FOR UPDATE', [locked]);
  const slow = move(locked, 'READY_TO_CREATE_IN_NAV');
  await expect(move(free, 'READY_TO_CREATE_IN_NAV')).resolves.toMatchObject({ moved: true });
  expect(await statusOf(world, free)).toMatchObject({ version: 2 });
  await connection.query('ROLLBACK');
  connection.release();
  await expect(slow).resolves.toMatchObject({ moved: true });
});

test('two processes racing for the same step: exactly one wins, every time', async () => {
  const rival = await createEngine(world);
  const orders = await makeOrders(world, 200);
  const results = await Promise.all(
    orders.map(async (order) => {
      const both = await Promise.all([engine, rival].map((each) => each.transitions.transition({ order, from: 'READY_FOR_PROCESSING', to: 'READY_TO_CREATE_IN_NAV', actor: 'race' })));
      return both.filter((result) => result.moved).length;
    }),
  );
  await rival.processes.stop();
  expect(results.every((winners) => winners === 1)).toBe(true);
  expect(await count(world, "SELECT COUNT(*) FROM order_audits WHERE actor = 'race'")).toBe(200);
});

test('the control: without the guard, load–check–save lets both win', async () => {
  await world.admin.query('CREATE TABLE naive (id INT PRIMARY KEY, status VARCHAR(48), moves INT DEFAULT 0)');
  await world.admin.query("INSERT INTO naive (id, status) VALUES (1, 'A')");
  let looked = 0;
  let bothLooked: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (bothLooked = resolve));
  const naive = async (): Promise<boolean> => {
    const [row] = await select<{ status: string }>(world.admin, 'SELECT status FROM naive WHERE id = 1');
    if (++looked === 2) bothLooked();
    await both;
    if (row?.status !== 'A') return false;
    await world.admin.query("UPDATE naive SET status = 'B', moves = moves + 1 WHERE id = 1");
    return true;
  };
  const winners = (await Promise.all([naive(), naive()])).filter(Boolean).length;
  expect(winners).toBe(2);
});

test('whatever is asked, in whatever order, the audits are an unbroken chain of declared edges and say the same as the status', async () => {
  await assertAlways(
    asyncProperty(array(constantFrom(...lifecycle.names), { minLength: 1, maxLength: 12 }), async (wanted) => {
      const order = await one();
      await Promise.all(wanted.map((to) => move(order, to)));
      const audits = await select<{ version: number; from_status: string; to_status: string }>(world.pool, 'SELECT version, from_status, to_status FROM order_audits WHERE order_id = ? ORDER BY version', [order]);
      audits.forEach((audit, index) => {
        expect(audit.version).toBe(index + 1);
        if (index === 0) return;
        expect(audit.from_status).toBe(audits[index - 1]?.to_status);
        expect(lifecycle.allows(audit.from_status, audit.to_status)).toBe(true);
      });
      const status = await statusOf(world, order);
      expect([status.status, status.version]).toEqual([audits.at(-1)?.to_status, audits.length]);
    }),
    { numRuns: 60 },
  );
});
