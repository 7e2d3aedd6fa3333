import { BatchingPlaces } from '../../nodes/print-station/places';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

/** Places at a warehouse's BatchStation, on the real database. */

let world: World;
let engine: Engine;
let places: BatchingPlaces;

const CAPACITY = 7;
const READY = ['RELEASED_FROM_NAV', 'READY_FOR_BATCHING'] as const;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  engine.stages.addStatus('READY_FOR_BATCHING', { node: 'READY_FOR_BATCHING', scheduled: false });
  places = new BatchingPlaces({ pool: world.pool, transitions: engine.transitions });
}, 60_000);
afterAll(async () => {
  await engine?.processes.stop();
  await world?.close();
});
beforeEach(async () => {
  await world.admin.query('DELETE FROM batching_places');
  await world.admin.query('REPLACE INTO batching_capacities (warehouse_id, capacity) VALUES (1, ?)', [CAPACITY]);
});

const move = (order: number, to: Parameters<Engine['transitions']['transition']>[0]['to'] & string) => engine.transitions.transition({ order, to, actor: 'test' });
const taken = async (): Promise<number> => count(world, 'SELECT COUNT(*) FROM batching_places');

test('of many orders that come at once exactly as many get a place as there are, over and over', async () => {
  for (let round = 0; round < 5; round++) {
    await world.admin.query('DELETE FROM batching_places');
    const orders = await makeOrders(world, 40, READY);
    const got = await Promise.all(orders.map((order) => places.take(order, 'us-east')));
    expect(got.filter((place) => place.taken)).toHaveLength(CAPACITY);
    expect(got.find((place) => !place.taken)).toEqual({ taken: false, used: CAPACITY, capacity: CAPACITY });
    expect(await taken()).toBe(CAPACITY);
    // They leave the places to the next round.
    for (const order of orders) await move(order, 'FAILED_TO_BATCH');
  }
}, 60_000);

test('looking first and inserting then, without the lock, gives away more: the test would see it', async () => {
  const orders = await makeOrders(world, 40, READY);
  const naive = async (order: number): Promise<void> => {
    if ((await taken()) < CAPACITY) await world.pool.query('INSERT INTO batching_places (order_id, warehouse_id) VALUES (?, 1)', [order]);
  };
  await Promise.all(orders.map(naive));
  expect(await taken()).toBeGreaterThan(CAPACITY);
  for (const order of orders) await move(order, 'FAILED_TO_BATCH');
});

test('an order keeps its place, and leaves it with its batch, its failure or its cancel', async () => {
  await world.admin.query('UPDATE batching_capacities SET capacity = 1');
  const [first = 0, second = 0, third = 0] = await makeOrders(world, 3, READY);
  expect(await places.take(first, 'us-east')).toEqual({ taken: true });
  expect(await places.take(first, 'us-east')).toEqual({ taken: true });
  await move(first, 'WAITING_BATCHING_CAPACITY');
  expect(await places.take(second, 'us-east')).toMatchObject({ taken: false });
  await move(first, 'BATCHED');
  expect(await places.take(second, 'us-east')).toEqual({ taken: true });
  await move(second, 'CS_CANCELLED');
  expect(await places.take(third, 'us-east')).toEqual({ taken: true });
  await move(third, 'FAILED_TO_BATCH');
});

test('a warehouse without a capacity takes any number', async () => {
  await world.admin.query('DELETE FROM batching_capacities');
  const orders = await makeOrders(world, 20, READY);
  const got = await Promise.all(orders.map((order) => places.take(order, 'us-east')));
  expect(got).toEqual(orders.map(() => ({ taken: true })));
  for (const order of orders) await move(order, 'FAILED_TO_BATCH');
});

test('without a capacity, too, the places of orders that have gone on are thrown away', async () => {
  await world.admin.query('DELETE FROM batching_capacities');
  const [here = 0, gone = 0] = await makeOrders(world, 2, READY);
  for (const order of [here, gone]) await places.take(order, 'us-east');
  await move(gone, 'FAILED_TO_BATCH');
  await places.resume('test', 'test');
  expect(await count(world, 'SELECT order_id FROM batching_places')).toBe(here);
  await move(here, 'FAILED_TO_BATCH');
});

test('who waits for a place goes on as places become free, the longest waiting first; who is at BatchStation stays', async () => {
  await world.admin.query('UPDATE batching_capacities SET capacity = 2');
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = await makeOrders(world, 5, READY);
  for (const order of [first, second]) await places.take(order, 'us-east');
  for (const order of [first, second, third, fourth, fifth]) await move(order, 'WAITING_BATCHING_CAPACITY');
  expect(await places.resume('test', 'node')).toBe(0);
  await move(first, 'BATCHED');
  expect(await places.resume('test', 'node')).toBe(1);
  expect(await statusOf(world, third)).toMatchObject({ status: 'READY_FOR_BATCHING', due: 1 });
  // The place is on its way to the third: nobody else is sent for it.
  expect(await places.resume('test', 'node')).toBe(0);
  await world.admin.query('UPDATE batching_capacities SET capacity = 10');
  expect(await places.resume('test', 'node')).toBe(2);
  expect((await statusOf(world, second)).status).toBe('WAITING_BATCHING_CAPACITY');
});
