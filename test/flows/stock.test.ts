import { startSystem, type System, waitFor } from '../support/system';
import { holdOf } from './standing-orders';

/** The stock is asked for before Cirro is, where the flag says so; and requests without a sequence. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await flag('cirro_inventory_check', true);
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

const flag = (name: string, enabled: boolean): Promise<unknown> =>
  system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES (?, '', ?) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)", [name, enabled]);
const one = async (template: 'finished' | 'out-of-stock' = 'finished'): Promise<string> => (await system.place(1, { template }))[0] ?? '';
const way = async (name: string): Promise<string[]> =>
  (await system.sql<{ to: string }>('SELECT a.to_status AS `to` FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? ORDER BY a.version', [name])).map(({ to }) => to);
const why = async (name: string): Promise<{ because: string; causes: { kind: string }[] }> => (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string; causes: { kind: string }[] };

test('what is there is asked for, then requested', async () => {
  const name = await one();
  await system.reach(name, 'FULFILLED');
  expect(await way(name)).toEqual(expect.arrayContaining(['CIRRO_READY_FOR_FULFILLMENT', 'CIRRO_PENDING_INVENTORY_CHECK', 'CIRRO_INVENTORY_CONFIRMED', 'EXPORTED_TO_TPL']));
}, 60_000);

test('what is not there waits, says what is missing, and goes on when it has come', async () => {
  await system.sql("UPDATE recurring_jobs SET cron = '0 0 3 1 1 *' WHERE class = 'cirro.inventory-recheck'");
  const name = await one('out-of-stock');
  await system.reach(name, 'CIRRO_WAITING_INVENTORY');
  const answer = await why(name);
  expect(answer).toMatchObject({ kind: 'waiting', owes: 'Cirro' });
  expect(answer.because).toMatch(/out of stock: \S+ has 0 of \d+ LATE-801122/);
  expect(answer.because).toContain('“Orders without stock” looks again at');
  expect(await system.count("SELECT COUNT(*) FROM effects e JOIN orders o ON o.id = e.order_id WHERE o.name = ? AND e.kind = 'camel.request'", [name])).toBe(0);
  await system.sql("UPDATE recurring_jobs SET cron = '* * * * * *' WHERE class = 'cirro.inventory-recheck'");
  await system.reach(name, 'FULFILLED');
  expect(await way(name)).toEqual(expect.arrayContaining(['CIRRO_WAITING_INVENTORY', 'CIRRO_INVENTORY_CONFIRMED']));
}, 60_000);

test('a question that Camel refuses holds the order with the reason', async () => {
  await system.fault({ system: 'camel', operation: 'inventory-check', fault: 'reject' });
  const name = await one();
  const hold = await holdOf(system, name);
  expect(hold).toMatchObject({ kind: 'camel.sandbox.refused', reason: expect.stringContaining('The sandbox was told to refuse this') as string });
  await system.clearFaults();
  await system.decide(hold.id, 'release');
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('a question without an answer is asked again', async () => {
  await system.fault({ system: 'camel', operation: 'inventory-check', fault: 'drop-after', count: 1 });
  const name = await one();
  await system.reach(name, 'FULFILLED');
  expect(await way(name)).toContain('CIRRO_INVENTORY_CONFIRMED');
}, 60_000);

test('where the master switch goes off meanwhile, what is in stock waits for it', async () => {
  const pause = await system.pause('stage', 'CIRRO_INVENTORY_CONFIRMED');
  const name = await one();
  await system.reach(name, 'CIRRO_INVENTORY_CONFIRMED');
  await flag('cirro_fulfillment_request', false);
  await system.resume(pause);
  await system.reach(name, 'CIRRO_WAITING_FOR_FULFILLMENT');
  await flag('cirro_fulfillment_request', true);
  await system.sql("UPDATE recurring_jobs SET cron = '* * * * * *' WHERE class = 'cirro.master-switch'");
  await system.reach(name, 'FULFILLED');
  expect(await way(name)).toEqual(expect.arrayContaining(['CIRRO_INVENTORY_CONFIRMED', 'CIRRO_WAITING_FOR_FULFILLMENT', 'CIRRO_READY_FOR_FULFILLMENT']));
}, 90_000);

test('without the sequence a request names none, and its answers name 0', async () => {
  await flag('cirro_fulfillment_sequence', false);
  const name = await one();
  await system.reach(name, 'FULFILLED');
  const [request] = (await system.effects({ system: 'camel' })).filter(({ key }) => key === `${name}/0`);
  expect(request).toMatchObject({ operation: 'fulfillment-request' });
  const events = await waitFor(async () => {
    const rows = await system.sql<{ body: string }>("SELECT i.body FROM inbox i JOIN orders o ON o.id = i.order_id WHERE o.name = ? AND i.type = 'accepted'", [name]);
    return rows.length > 0 && rows;
  }, { what: 'the acceptance' });
  expect(JSON.parse(events[0]?.body ?? '{}')).toMatchObject({ sequence: 0 });
}, 60_000);
