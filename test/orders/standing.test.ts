import { Calls } from '../../nodes/effects/calls';
import { causesOf } from '../../nodes/orders/causes';
import type { OrderDesk } from '../../nodes/orders/desk';
import { loadOrders } from '../../nodes/orders/load';
import { Replay } from '../../nodes/orders/replay';
import { readStanding, type Standing } from '../../nodes/orders/standing';
import { captureParcel } from '../../nodes/sfcc/effects';
import { select } from '../../nodes/store/pool';
import type { StageRoutes } from '../../nodes/work/routes';
import { createEngine, type Engine } from '../support/engine';
import { createWorld, makeOrders, type World } from '../support/orders';
import { shippedInTwo } from '../support/parcels';

/** Where an order stands whose parcels are captured one by one, and what a replay of it does, on the real database. */

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
}, 30_000);
beforeEach(() => world.admin.query("UPDATE stores SET capture_per = 'shipment'"));
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

async function taskOf(order: number, shipment: string): Promise<number> {
  const [task] = await select<{ id: number }>(world.pool, "SELECT id FROM tasks WHERE kind = 'sfcc.capture' AND subject = ?", [`${order}:${shipment}`]);
  return task?.id ?? 0;
}
const called = (order: number, shipment: string, state: string, amount = 1250) =>
  world.admin.query("INSERT INTO effects (kind, `key`, order_id, amount, currency, request_hash, state) VALUES ('sfcc.capture', ?, ?, ?, 'USD', REPEAT('0', 32), ?)", [`sfcc.capture:${order}:0:${shipment}`, order, amount, state]);
async function held(order: number, shipment: string, reason: string): Promise<void> {
  const task = await taskOf(order, shipment);
  await world.admin.query(`UPDATE tasks SET holds = 1, due_at = NULL WHERE id = ${task}`);
  await world.admin.query("INSERT INTO holds (order_id, task_id, effect_id, kind, reason, actor) SELECT ?, ?, id, 'sfcc.Expired', ?, 'test' FROM effects WHERE `key` = ?", [order, task, reason, `sfcc.capture:${order}:0:${shipment}`]);
}
async function standing(order: number): Promise<Standing> {
  const found = await readStanding(world.pool, String(order));
  if (!found) throw new Error(`no order ${order}`);
  return found;
}

test('each capture is shown with its own hold, and its parcel', async () => {
  const order = await shippedInTwo(world, engine);
  for (const shipment of ['A', 'B']) await called(order, shipment, 'rejected');
  await held(order, 'B', 'the card has expired');
  await held(order, 'A', 'the amount is too high');
  const causes = causesOf(await standing(order), { route: undefined, guards: [], nextSlot: undefined, awaited: [] });
  expect(causes.filter(({ text }) => text.includes('sfcc.capture')).map(({ text }) => text)).toEqual([
    'Beside it, sfcc.capture of parcel A is held (sfcc.Expired): the amount is too high',
    'Beside it, sfcc.capture of parcel B is held (sfcc.Expired): the card has expired',
  ]);
});

test('a replay says of each capture whether it is sent: of one that is tried again, of one that is held, of one that was never sent', async () => {
  const order = await shippedInTwo(world, engine);
  await called(order, 'A', 'intent');
  await world.admin.query(`UPDATE tasks SET due_at = NOW(6) + INTERVAL 1 HOUR, attempts = 2 WHERE id = ${await taskOf(order, 'A')}`);
  const calls = new Calls();
  calls.add('capture', () => [captureParcel]);
  const replay = new Replay({
    pool: world.pool, calls, desk: {} as OrderDesk, orders: { load: (ids) => loadOrders(world.pool, ids) },
    routes: { of: async (stage: string) => (stage === 'sfcc.capture' ? { nodes: ['capture'] } : undefined) } as unknown as StageRoutes,
  });
  expect(await replay.plan(String(order))).toMatchObject({
    calls: [{ key: `sfcc.capture:${order}:0:A`, action: 'send' }, { key: `sfcc.capture:${order}:0:B`, state: 'not begun', action: 'send' }],
    steps: ['sfcc.capture is done again'],
  });
  await called(order, 'B', 'rejected');
  await held(order, 'B', 'the card has expired');
  expect(await replay.plan(String(order))).toMatchObject({
    calls: [{ key: `sfcc.capture:${order}:0:A`, action: 'send' }, { key: `sfcc.capture:${order}:0:B`, action: 'blocked', reason: expect.stringMatching(/^hold \d+ \(sfcc\.Expired\) is decided first$/) as string }],
    steps: ['sfcc.capture is done again'],
  });
});

describe('what parcels have captured', () => {
  const paid = (order: number, state: string) => world.admin.query("INSERT INTO payments (order_id, instrument_id, method, amount, currency, state) VALUES (?, 'card', 'CREDIT_CARD', 2500, 'USD', ?)", [order, state]);
  const capturesOf = async (order: number) => (await standing(order)).captures;

  test('is told of an order that is still to be paid, where its store captures by the shipment', async () => {
    const [order = 0] = await makeOrders(world, 1);
    await paid(order, 'authorized');
    expect(await capturesOf(order)).toMatchObject({ amount: 0, total: 2500, captured: 0, parcels: 0 });
    await world.admin.query("UPDATE stores SET capture_per = 'order'");
    expect(await capturesOf(order)).toBeUndefined();
  });

  test('is not told of one that was paid as a whole before its store changed', async () => {
    const [order = 0] = await makeOrders(world, 1);
    await paid(order, 'captured');
    expect(await capturesOf(order)).toBeUndefined();
  });

  test('counts no parcel that nothing was captured for, and what the end has taken', async () => {
    const order = await shippedInTwo(world, engine);
    await paid(order, 'authorized');
    await called(order, 'A', 'done');
    await world.admin.query('UPDATE tasks SET done_at = NOW(6), due_at = NULL WHERE order_id = ?', [order]);
    expect(await capturesOf(order)).toMatchObject({ amount: 1250, captured: 1, parcels: 2 });
    await world.admin.query("INSERT INTO effects (kind, `key`, order_id, amount, currency, request_hash, state) VALUES ('sfcc.fulfil', ?, ?, 1250, 'USD', REPEAT('0', 32), 'done')", [`sfcc.fulfil:${order}`, order]);
    expect(await capturesOf(order)).toMatchObject({ amount: 2500, captured: 1, parcels: 2 });
  });
});
