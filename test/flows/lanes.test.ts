import { createEngine, type Engine } from '../support/engine';
import { createWorld, makeOrders, type World } from '../support/orders';

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  await world.admin.query("INSERT INTO warehouses (`key`, nav_key, cirro_region) VALUES ('eu-west', 'EMEA', 'EMEA'), ('jp-tokyo', 'JAPAN', 'APAC')");
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

// All lanes of a stage are claimed at the same moment. A search that locks what lies behind its range hides it from its neighbour.
test('lanes that are claimed at the same moment do not hide their orders from each other', async () => {
  const lanes = ['EMEA', 'JAPAN', 'US'] as const;
  const orders = await makeOrders(world, 6, ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV']);
  for (const [index, order] of orders.entries()) await world.admin.query('UPDATE order_status SET lane = ? WHERE order_id = ?', [lanes[index % 3], order]);
  const missed: number[] = [];
  for (let round = 0; round < 100; round++) {
    // In turn one lane has work, then another, then all.
    const due = orders.filter((_order, index) => round % 4 === 3 || index % 3 === round % 4);
    await world.admin.query('UPDATE order_status SET due_at = NOW(6), claimed_by = NULL, claim_token = NULL WHERE order_id IN (?)', [due]);
    const claims = await Promise.all(lanes.map((lane) => engine.claims.claim({ kind: 'status', name: 'READY_TO_CREATE_IN_NAV' }, lane, 16)));
    const claimed = new Set(claims.flat().map((claim) => claim.order));
    missed.push(...due.filter((order) => !claimed.has(order)));
  }
  expect(missed).toEqual([]);
});
