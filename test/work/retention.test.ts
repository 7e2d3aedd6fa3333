import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, type World } from '../support/orders';

/** What has a retention goes when its time is over, and nothing else does. */

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine?.processes.stop();
  await world?.close();
});

test('runs, keys, published events and answered facts are forgotten in their time; what is owed, kept or goes on stays', async () => {
  const [order = 0] = await makeOrders(world, 1);
  const [job] = (await world.admin.query("INSERT INTO recurring_jobs (class, cron) VALUES ('test.kept', '0 0 1 1 *')")) as unknown as [{ insertId: number }];
  const days = (number: number): string => `NOW(6) - INTERVAL ${number} DAY`;
  const run = (day: number, state: string): string => `INSERT INTO job_runs (job_id, slot, state, started_at) VALUES (${job.insertId}, ${days(day)}, '${state}', ${days(day)})`;
  const key = (name: string, day: number): string => `INSERT INTO idempotency_keys (caller, \`key\`, request_hash, lease_until, created_at) VALUES ('reader', '${name}', UNHEX(SHA2('x', 256)), NOW(), ${days(day)})`;
  const event = (day: number, published: string): string => `INSERT INTO outbox (order_id, type, data, at, published_at) VALUES (${order}, 'Test', '{}', ${days(day)}, ${published})`;
  const fact = (id: string, day: number, state: string): string => `INSERT INTO inbox (source, event_id, type, order_id, body, state, status, received_at) VALUES ('test', '${id}', 'test', ${order}, '{}', '${state}', 'READY_FOR_PROCESSING', ${days(day)})`;
  for (const sql of [
    run(8, 'done'), run(9, 'skipped'), run(6, 'done'), run(10, 'running'),
    key('old', 8), key('new', 6),
    event(31, days(31)), event(29, days(29)), event(400, 'NULL'),
    fact('old', 401, 'applied'), fact('new', 399, 'applied'), fact('owed', 500, 'kept'),
  ]) await world.admin.query(sql);
  await engine.sweep.run();
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE job_id = ?", [job.insertId])).toBe(2);
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE job_id = ? AND state = 'running'", [job.insertId])).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM idempotency_keys WHERE `key` = 'new'")).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM idempotency_keys WHERE `key` = 'old'")).toBe(0);
  expect(await count(world, "SELECT COUNT(*) FROM outbox WHERE type = 'Test'")).toBe(2);
  expect(await count(world, "SELECT COUNT(*) FROM outbox WHERE type = 'Test' AND published_at IS NULL")).toBe(1);
  expect(await count(world, "SELECT COUNT(*) FROM inbox WHERE event_id IN ('new', 'owed')")).toBe(2);
  expect(await count(world, "SELECT COUNT(*) FROM inbox WHERE event_id = 'old'")).toBe(0);
  expect(await count(world, 'SELECT COUNT(*) FROM order_audits WHERE order_id = ?', [order])).toBe(1);
});
