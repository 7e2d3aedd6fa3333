import { type System, waitFor } from '../support/system';
import { anEvent, post } from '../flows/partners';
import { judge } from './oracle';
import { comeToRest, startRig } from './rig/course';
import { armed, AT_A_SPLIT_CANCEL } from './rig/points';

/** A cancel of a split order whose parts PrintStation, Cirro and perhaps a vendor have, killed wherever it asks them and wherever it decides. */

let system: System;

beforeAll(async () => {
  // A message of the bus that a killed server had taken comes again when its lock ends.
  system = await startRig({ lockMs: 2000 });
  await system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('print_station_create_order', '', TRUE) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)");
  // Each part stays with whoever has it; questions are answered.
  for (const operation of ['order-created', 'batch']) await system.fault({ system: 'print-station', operation, fault: 'latency', ms: 600_000 });
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

interface Standing {
  name: string;
  part: number;
  status: string;
}

const family = (name: string): Promise<Standing[]> =>
  system.sql<Standing>('SELECT o.name, o.part, s.status FROM orders o JOIN order_status s ON s.order_id = o.id LEFT JOIN orders p ON p.id = o.parent_order_id WHERE COALESCE(p.name, o.name) = ? ORDER BY o.part', [name]);

const isKilled = (): boolean => system.process?.signalCode === 'SIGKILL';

const AT_REST = new Set(['PRINT_STATION_WAITING_FOR_BATCHING', 'WAITING_FULFILLMENT_CONFIRMATION', 'OMS_CREATED_ORDER_FULFILLMENT']);
const IS_CANCELLED = /CANCEL/;

/** Split orders, each part of which somebody has. */
async function splits(count: number): Promise<string[]> {
  const names = await system.place(count, { template: 'split' });
  for (const name of names)
    await waitFor(async () => {
      const parts = (await family(name)).filter(({ part }) => part > 0);
      return parts.length > 1 && parts.every(({ status }) => AT_REST.has(status));
    }, { what: `the parts of ${name} where somebody has them`, timeoutMs: 45_000, seen: () => family(name) });
  return names;
}

/** Wants it cancelled, and has the vendor agree, who is no partner of the sandbox; the server may end at any of it. */
async function press(name: string): Promise<void> {
  await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the customer called' } }).catch(() => undefined);
  for (const part of (await family(name)).filter(({ status }) => status === 'OMS_CREATED_ORDER_FULFILLMENT')) await post(system, { ...anEvent(part.name, 'cancel_acknowledged', { sequence: 0 }), id: `vendor-${part.name}` }).catch(() => undefined);
}

test.each(AT_A_SPLIT_CANCEL)('killed at $site of $about: all parts are cancelled or none, and in the end all, everywhere, once', async (point) => {
  const names = await splits(2);
  await system.kill('SIGKILL');
  await system.startServer(armed(point, 'kill'));
  await waitFor(async () => {
    if (!isKilled()) await Promise.all(names.map(press));
    return isKilled();
  }, { what: `an order at ${point.site}/${point.about}`, timeoutMs: 30_000, seen: () => Promise.all(names.map(family)) });
  await system.kill('SIGKILL');
  for (const name of names) {
    const cancelled = (await family(name)).map(({ status }) => IS_CANCELLED.test(status));
    expect(new Set(cancelled).size).toBe(1);
  }
  await system.startServer();
  for (const name of names)
    await waitFor(async () => {
      if ((await family(name)).every(({ status }) => IS_CANCELLED.test(status))) return true;
      await press(name);
      return false;
    }, { what: `${name} cancelled with all its parts`, timeoutMs: 45_000, seen: async () => ({ stand: await family(name), whole: await system.order(name), log: system.warnings() }) });
  await comeToRest(system, names, { limitSeconds: 60 });
  expect((await judge(system, names)).violations).toEqual([]);
  for (const name of names) {
    const deeds = (await system.effects({ name })).map(({ system: partner, operation, detail }) => `${partner} ${operation} ${String(detail['part'] ?? 0)}`);
    const times = (deed: string): number => deeds.filter((each) => each === deed).length;
    expect({ name, told: times('sfcc cancel 0'), ...(await system.storefront(name)) }).toMatchObject({ told: 1, cancelled: true, captured: false });
    for (const { part, status } of (await family(name)).filter(({ part: number }) => number > 0)) expect({ name, part, status, inNav: times(`nav document:7 ${part}`) }).toEqual({ name, part, status: 'EXPORTED_CANCELLATION_TO_NAV', inNav: 1 });
    expect(await system.count("SELECT COUNT(*) FROM cancellations c JOIN orders o ON o.id = c.order_id LEFT JOIN orders p ON p.id = o.parent_order_id WHERE COALESCE(p.name, o.name) = ? AND c.state = 'waiting'", [name])).toBe(0);
    expect(await system.count('SELECT COUNT(*) FROM order_status s JOIN orders o ON o.id = s.order_id LEFT JOIN orders p ON p.id = o.parent_order_id WHERE COALESCE(p.name, o.name) = ? AND (s.pending > 0 OR s.holds > 0)', [name])).toBe(0);
  }
}, 150_000);
