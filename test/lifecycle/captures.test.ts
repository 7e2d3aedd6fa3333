import { parcelOfSubject } from '../../nodes/lifecycle/captures';
import { loadOrders } from '../../nodes/orders/load';
import { toSplit } from '../../nodes/orders/split';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { createWorld, makeOrders, type World } from '../support/orders';
import { anOrderToShip, shipParcel } from '../support/parcels';

/** The tasks that capture parcels one by one, on the real database. */

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

const ship = (order: number, shipment: string, quantity: number, line?: string) => shipParcel(engine, order, shipment, quantity, line);

const tasksOf = (order: number) => select<{ kind: string; subject: string; lane: string; due: number }>(world.pool, "SELECT kind, subject, lane, due_at IS NOT NULL AS due FROM tasks WHERE order_id = ? AND kind LIKE '%.capture' ORDER BY id", [order]);

test('each parcel that is written has its task, due at once; the same parcel again, and one that cannot be, has none', async () => {
  const order = await anOrderToShip(world);
  expect(await ship(order, `A:${order}`, 1)).toMatchObject({ result: 'applied', status: 'PARTIALLY_SHIPPED' });
  expect(await ship(order, `A:${order}`, 1)).toMatchObject({ result: 'applied' });
  expect(await ship(order, `B:${order}`, 7)).toMatchObject({ result: 'kept' });
  expect(await tasksOf(order)).toMatchObject([{ kind: 'sfcc.capture', subject: `${order}:A:${order}`, due: 1 }]);
  expect(await ship(order, `C:${order}`, 1)).toMatchObject({ result: 'applied', status: 'SHIPPED' });
  const tasks = await tasksOf(order);
  expect(tasks.map(({ subject }) => parcelOfSubject(subject))).toEqual(['A', 'C'].map((shipment) => ({ order, shipmentId: `${shipment}:${order}` })));
});

test('a store that captures by the order keeps no such task; what a store says is asked anew for each parcel', async () => {
  const order = await anOrderToShip(world);
  await world.admin.query("UPDATE stores SET capture_per = 'order'");
  await ship(order, `A:${order}`, 1);
  expect(await tasksOf(order)).toEqual([]);
  await world.admin.query("UPDATE stores SET capture_per = 'shipment'");
  await ship(order, `B:${order}`, 1);
  expect(await tasksOf(order)).toMatchObject([{ subject: `${order}:B:${order}` }]);
});

test('whoever captures is woken by a parcel', async () => {
  const order = await anOrderToShip(world);
  const woken: string[] = [];
  const hear = (stage: string): void => void woken.push(stage);
  engine.transitions.events.on('due', hear);
  await ship(order, `A:${order}`, 1);
  engine.transitions.events.off('due', hear);
  expect(woken).toContain('sfcc.capture');
});

test('parcels of many orders, written together, have each their own', async () => {
  const orders = await Promise.all(Array.from({ length: 5 }, () => anOrderToShip(world)));
  await Promise.all(orders.map((order) => ship(order, `A:${order}`, 2)));
  for (const order of orders) expect(await tasksOf(order)).toMatchObject([{ subject: `${order}:A:${order}`, due: 1 }]);
});

test('a parcel of a part is captured at the whole', async () => {
  const [whole = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING'], true);
  await world.admin.query(
    `UPDATE line_items SET path = 'printable' WHERE order_id = ${whole};
     INSERT INTO line_items (order_id, line_id, position, sku, name, quantity, unit_price, discount, tax, total, properties, path) VALUES (${whole}, 'L2', 2, 'SKU', 'Case', 1, 500, 0, 0, 500, '{}', 'vendor')`,
  );
  const order = (await loadOrders(world.pool, [whole])).get(whole);
  const split = order && toSplit(order);
  expect(await engine.transitions.transition({ order: whole, to: 'SPLIT', actor: 'test', ...(split && { split }) })).toMatchObject({ moved: true });
  const [, vendor] = await select<{ id: number }>(world.pool, 'SELECT id FROM orders WHERE parent_order_id = ? ORDER BY part', [whole]);
  const part = vendor?.id ?? 0;
  for (const to of ['RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT'] as const) expect(await engine.transitions.transition({ order: part, to, actor: 'test' })).toMatchObject({ moved: true });
  expect(await ship(part, `A:${part}`, 1, 'L2')).toMatchObject({ result: 'applied' });
  expect(await tasksOf(part)).toEqual([]);
  expect(await tasksOf(whole)).toMatchObject([{ subject: `${part}:A:${part}`, due: 1 }]);
});

test('an order that is loaded knows what its parcels have captured, how many are still to, and how many are held', async () => {
  const order = await anOrderToShip(world);
  const loaded = async () => {
    const { captured, openCaptures, heldCaptures } = (await loadOrders(world.pool, [order])).get(order) ?? {};
    return { captured, openCaptures, heldCaptures };
  };
  expect(await loaded()).toEqual({});
  await ship(order, `A:${order}`, 1);
  await ship(order, `B:${order}`, 1);
  expect(await loaded()).toEqual({ openCaptures: 2 });
  const effect = (shipment: string, amount: number, state: string) =>
    world.admin.query("INSERT INTO effects (kind, `key`, order_id, amount, currency, request_hash, state) VALUES ('sfcc.capture', ?, ?, ?, 'USD', REPEAT('0', 32), ?)", [`sfcc.capture:${order}:0:${shipment}`, order, amount, state]);
  await effect('A', 1200, 'done');
  await effect('B', 800, 'rejected');
  await world.admin.query(`UPDATE tasks SET done_at = NOW(6), due_at = NULL WHERE subject = '${order}:A:${order}'; UPDATE tasks SET holds = 1, due_at = NULL WHERE subject = '${order}:B:${order}'`);
  expect(await loaded()).toEqual({ captured: 1200, heldCaptures: 1 });
});
