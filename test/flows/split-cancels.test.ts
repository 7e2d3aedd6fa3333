import { randomUUID } from 'node:crypto';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { anEvent, everything, post, ship } from './partners';

/** Cancels of split orders of which PrintStation or a warehouse has a part, through the deployed flows: all parts or none. */

let system: System;

/** The print floor and Cirro tell nothing by themselves: the test does in their place. Questions whether an order can be stopped they answer. */
const silent = async (): Promise<void> => {
  await system.clearFaults();
  for (const operation of ['order-created', 'batch']) await system.fault({ system: 'print-station', operation, fault: 'latency', ms: 600_000 });
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
};

beforeAll(async () => {
  system = await startSystem();
  await system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('print_station_create_order', '', TRUE) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)");
}, 120_000);
beforeEach(() => silent());
afterAll(() => system?.stop(), 60_000);

interface Part {
  name: string;
  path: 'printable' | 'finished-goods' | 'vendor';
  part: number;
  status: Status;
}

const partsOf = (name: string): Promise<Part[]> =>
  system.sql<Part>('SELECT o.name, o.path, o.part, s.status FROM orders o JOIN order_status s ON s.order_id = o.id JOIN orders p ON p.id = o.parent_order_id WHERE p.name = ? ORDER BY o.part', [name]);

/** A split order with a part at PrintStation and one that stands where it is said; some have one at a vendor's. */
async function split(finished: Status): Promise<{ name: string; printed: string; packed: string; vendors: string[] }> {
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US' });
  const at: Record<string, Status> = { printable: 'PRINT_STATION_WAITING_FOR_BATCHING', vendor: 'OMS_CREATED_ORDER_FULFILLMENT' };
  await waitFor(async () => {
    const parts = await partsOf(name);
    return parts.length > 1 && parts.every(({ path, status }) => status === (at[path] ?? finished));
  }, { what: 'the parts where they are to be cancelled', timeoutMs: 45_000, seen: () => partsOf(name) });
  const parts = await partsOf(name);
  const of = (path: string): string[] => parts.filter((part) => part.path === path).map((part) => part.name);
  const [printed = ''] = of('printable');
  const vendors = of('vendor');
  const [packed = ''] = parts.map((part) => part.name).filter((part) => part !== printed && !vendors.includes(part));
  return { name, printed, packed, vendors };
}

const cancel = (name: string): Promise<Answer> => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the customer called' } });
const wishes = async (name: string): Promise<unknown[]> => (await system.order(name)).cancellations.map(({ state, decision_reason }) => ({ state, decision_reason }));
const decided = (name: string): Promise<unknown> => waitFor(async () => (await system.order(name)).cancellations[0]?.state !== 'waiting', { what: 'the decision', timeoutMs: 45_000, seen: () => system.order(name) });
const deeds = async (name: string): Promise<string[]> => (await system.effects({ name })).map(({ system: partner, operation, detail }) => `${partner} ${operation} ${String(detail['part'] ?? 0)}`);
const why = async (name: string) => (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string; owes: string; causes: { kind: string; who: string; text: string }[]; actions: { action: string; allowed: boolean; text: string }[] };
const acknowledge = (name: string, data: object): Promise<Answer> =>
  system.api('/api/service_bus/events', { as: 'print-station', body: { id: `ack-${randomUUID()}`, type: 'print_station.cancellation_acknowledged', order_id: name, sequence: 1, at: new Date().toISOString(), data } });
const batched = (name: string, sequence: number): Promise<Answer> =>
  system.api('/api/v3/print_station/batches', { as: null, headers: { authorization: `Bearer ${system.tokens['print-station']}` }, body: { orders: [{ event_id: `result-${randomUUID()}`, order_id: name, sequence, at: new Date().toISOString(), result: 'batched', batch_reference: 'PB-TEST' }] } });
/** The vendors agree, whom nobody calls. */
const agree = async (vendors: readonly string[]): Promise<void> => {
  for (const vendor of vendors) expect((await post(system, anEvent(vendor, 'cancel_acknowledged', { sequence: 0 }))).body).toMatchObject({ result: 'applied' });
};
const times = (all: readonly string[], deed: string): number => all.filter((each) => each === deed).length;

/** All parts are cancelled, in NAV, too, where each had a document; the storefront has voided the whole, once; nothing was shipped or paid. */
async function isCancelledEverywhere(name: string): Promise<void> {
  const parts = await partsOf(name);
  await system.reach(parts.map((part) => part.name), 'EXPORTED_CANCELLATION_TO_NAV', 60_000);
  await system.reach(name, 'CS_CANCELLED');
  await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  expect(await system.storefront(name)).toMatchObject({ cancelled: true, fulfilled: false, captured: false });
  await waitFor(async () => (await system.order(name)).payments.every(({ state }) => state === 'voided'), { what: 'voided payments' });
  const all = await deeds(name);
  expect(times(all, 'sfcc cancel 0')).toBe(1);
  for (const { part } of parts) expect({ part, told: times(all, `nav document:7 ${part}`) }).toEqual({ part, told: 1 });
  for (const each of [name, ...parts.map((part) => part.name)]) expect(await system.holds(each)).toEqual([]);
  const moved = await system.sql<{ at: Date }>('SELECT DISTINCT a.at FROM order_audits a JOIN orders o ON o.id = a.order_id LEFT JOIN orders p ON p.id = o.parent_order_id WHERE COALESCE(p.name, o.name) = ? AND a.to_status = ?', [name, 'CS_CANCELLED']);
  expect(moved.length).toBe(1);
}

test('a part at PrintStation: it is asked once, the others are kept from Cirro, and its yes cancels all of them', async () => {
  const pause = await system.pause('stage', 'CIRRO_READY_FOR_FULFILLMENT');
  await system.fault({ system: 'print-station', operation: 'order.cancel.request', fault: 'drop-after', count: 1 });
  const { name, printed, packed, vendors } = await split('CIRRO_READY_FOR_FULFILLMENT');
  expect(await cancel(name)).toMatchObject({ status: 202, body: { result: 'waiting', status: 'SPLIT', reason: expect.stringContaining(`${printed}: the print floor has the order: it is asked to stop`) } });
  expect((await system.holds(packed)).map(({ kind }) => kind)).toEqual(['cancel.asked']);
  await system.resume(pause);
  expect(await cancel(printed)).toMatchObject({ status: 409, body: { result: 'refused', reason: expect.stringContaining(name) } });
  await agree(vendors);
  await isCancelledEverywhere(name);
  const all = await deeds(name);
  expect(all.filter((deed) => deed.startsWith('print-station'))).toEqual(['print-station order.create.request 1', 'print-station order.cancel.request 1']);
  expect(all.filter((deed) => deed.startsWith('camel'))).toEqual([]);
  expect(await wishes(name)).toEqual([{ state: 'granted', decision_reason: expect.stringContaining(`${printed}: PrintStation has stopped it`) }]);
  expect(await wishes(printed)).toEqual([{ state: 'granted', decision_reason: 'PrintStation has stopped it' }, { state: 'declined', decision_reason: expect.stringContaining('cancelled as a whole') }]);
}, 120_000);

test('parts at Cirro: each is asked once, however often the whole is; Camel’s answer to a question is lost, and all are cancelled when Cirro says so', async () => {
  await system.fault({ system: 'camel', operation: 'cancellation-request', fault: 'drop-after', count: 1 });
  const { name, printed, packed, vendors } = await split('WAITING_FULFILLMENT_CONFIRMATION');
  expect((await batched(printed, 1)).status).toBe(200);
  await system.reach(printed, 'WAITING_FULFILLMENT_CONFIRMATION');
  await post(system, anEvent(packed, 'accepted'));
  await system.reach(packed, 'EXPORTED_TO_TPL');
  expect((await cancel(name)).status).toBe(202);
  expect((await cancel(name)).status).toBe(202);
  await agree(vendors);
  await isCancelledEverywhere(name);
  const all = await deeds(name);
  for (const part of await partsOf(name)) expect(times(all, `camel cancellation-request ${part.part}`)).toBe(part.path === 'vendor' ? 0 : 1);
  expect(await wishes(name)).toHaveLength(1);
}, 120_000);

test('PrintStation stops its part and Cirro refuses: nobody is cancelled, the stopped part says so and is asked for again, and all of it is fulfilled', async () => {
  await system.fault({ system: 'camel', operation: 'cancellation', fault: 'latency', ms: 600_000 });
  const { name, printed, packed, vendors } = await split('WAITING_FULFILLMENT_CONFIRMATION');
  expect((await cancel(name)).status).toBe(202);
  await waitFor(async () => (await wishes(printed)).some((wish) => (wish as { decision_reason: string | null }).decision_reason === 'PrintStation has stopped it'), { what: 'the answer of PrintStation', seen: () => system.order(printed) });
  expect(await post(system, anEvent(packed, 'cancel_refused', { data: { reason: 'it is packed' } }))).toMatchObject({ status: 200, body: { result: 'applied' } });
  await decided(name);
  expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: `${packed}: Cirro does not stop it: it is packed` }]);
  for (const part of [name, packed, ...vendors]) expect(await system.holds(part)).toEqual([]);
  expect(await system.holds(printed)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining(`PrintStation has stopped it, but the cancel of the whole order is declined: ${packed}: Cirro does not stop it`) }]);
  expect((await why(printed)).owes).toBe('operations');
  expect((await why(printed)).actions).toContainEqual(expect.objectContaining({ action: 'repush', allowed: true, text: 'the print floor is asked again, by request 2' }));
  expect(await system.api(`/api/oms/orders/${printed}/repush`, { body: { reason: 'the customer keeps it' } })).toMatchObject({ status: 200, body: { status: 'PRINT_STATION_READY_FOR_BATCHING', result: 'repush' } });
  expect(await system.holds(printed)).toEqual([]);
  await system.reach(printed, 'PRINT_STATION_WAITING_FOR_BATCHING');
  await waitFor(async () => (await deeds(name)).includes('print-station order.update.repush 1'), { what: 'the second request to print' });
  expect((await batched(printed, 2)).body).toMatchObject({ orders: [{ result: 'applied' }] });
  await system.reach(printed, 'WAITING_FULFILLMENT_CONFIRMATION');
  for (const part of await partsOf(name)) await ship(system, await everything(system, part.name));
  await system.reach(name, 'FULFILLED', 60_000);
  expect((await deeds(name)).filter((deed) => deed.startsWith('sfcc'))).toEqual(['sfcc fulfill 0', 'sfcc capture 0']);
}, 150_000);

test('nobody has answered: why of the whole and of each part says who owes it; a parcel that comes first wins, and a yes after it is held', async () => {
  for (const partner of ['print-station', 'camel'] as const) await system.fault({ system: partner, operation: 'cancellation', fault: 'latency', ms: 600_000 });
  const { name, printed, packed, vendors } = await split('WAITING_FULFILLMENT_CONFIRMATION');
  expect((await cancel(name)).status).toBe(202);
  const whole = await why(name);
  expect(whole.because).toContain(`PrintStation answers about ${printed}`);
  expect(whole.because).toContain(`Cirro answers about ${packed}`);
  expect(whole.owes).toContain('PrintStation and Cirro');
  expect(await why(printed)).toMatchObject({ owes: 'PrintStation', because: expect.stringContaining('it is asked to stop') });
  expect(await why(packed)).toMatchObject({ owes: 'Cirro', causes: expect.arrayContaining([expect.objectContaining({ kind: 'cancel-waiting', text: expect.stringContaining('decided when its 3PL answers') })]) });
  for (const vendor of vendors) expect((await why(vendor)).owes).toBe('own warehouse or vendor');
  expect((await acknowledge(printed, { granted: true })).body).toMatchObject({ result: 'applied', status: 'PRINT_STATION_WAITING_FOR_BATCHING' });
  const heard = await why(printed);
  expect(heard.owes).toContain('Cirro');
  expect(heard.causes).toContainEqual(expect.objectContaining({ kind: 'cancel-waiting', text: expect.stringContaining(`(${printed}: PrintStation has stopped it)`) }));
  await ship(system, await everything(system, packed));
  await decided(name);
  expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: expect.stringMatching(new RegExp(`^${packed}: .*has left the warehouse`)) }]);
  expect(await system.holds(printed)).toMatchObject([{ kind: 'cancel.stopped', reason: expect.stringContaining('PrintStation has stopped it') }]);
  expect(await system.holds(packed)).toEqual([]);
  expect(await post(system, anEvent(packed, 'cancel_acknowledged'))).toMatchObject({ status: 202, body: { result: 'kept' } });
  expect(await cancel(name)).toMatchObject({ status: 409, body: { result: 'refused', possible: ['refund'] } });
  expect((await system.storefront(name)).cancelled).toBe(false);
}, 120_000);
