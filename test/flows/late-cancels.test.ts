import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { anEvent, everything, post, ship } from './partners';

/** Cancels of orders that a 3PL, an own warehouse or a vendor has: asked for through the deployed flows, and decided by the answer. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
  // The test accepts in Cirro's place, and tells of parcels, so that an order stays where it is to be cancelled.
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(async () => {
  await system.clearFaults();
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
});

const atThe3pl = async (): Promise<string> => {
  const [name = ''] = await system.place(1);
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  await post(system, anEvent(name, 'accepted'));
  await system.reach(name, 'EXPORTED_TO_TPL');
  return name;
};

const cancel = (name: string): Promise<Answer> => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } });
const wishes = async (name: string): Promise<unknown[]> => (await system.order(name)).cancellations.map(({ state, decision_reason }) => ({ state, decision_reason }));
const decided = (name: string): Promise<unknown> => waitFor(async () => (await system.order(name)).cancellations[0]?.state !== 'waiting', { what: 'the decision', seen: () => system.order(name) });
const deeds = async (name: string): Promise<string[]> => (await system.effects({ name })).map(({ system: partner, operation }) => `${partner} ${operation}`);
const why = async (name: string) => (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string; owes: string; causes: { kind: string; who: string; text: string }[]; next: { facts: { fact: string }[] } };
/** Keeps Cirro from answering a question by itself. */
const unanswered = (): Promise<void> => system.fault({ system: 'camel', operation: 'cancellation', fault: 'latency', ms: 600_000 });

/** NAV took it back, the storefront voided it, and nothing was shipped or paid. */
async function isCancelledEverywhere(name: string): Promise<void> {
  await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV', 60_000);
  await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  expect(await system.storefront(name)).toMatchObject({ cancelled: true, fulfilled: false, captured: false });
  expect((await deeds(name)).filter((deed) => deed === 'nav document:7')).toHaveLength(1);
  expect(await deeds(name)).not.toContain('sfcc fulfill');
  expect(await system.holds(name)).toEqual([]);
}

test.each(['EXPORTED_TO_TPL', 'WAITING_FULFILLMENT_CONFIRMATION'] as const)('granted in %s: Cirro is asked once, then the order is cancelled, in NAV and at the storefront, too', async (status) => {
  const [waiting = ''] = status === 'EXPORTED_TO_TPL' ? [await atThe3pl()] : await system.place(1);
  await system.reach(waiting, status);
  expect(await cancel(waiting)).toMatchObject({ status: 202, body: { result: 'waiting', status, reason: expect.stringContaining('asked to stop') } });
  await isCancelledEverywhere(waiting);
  expect(await wishes(waiting)).toEqual([{ state: 'granted', decision_reason: 'Cirro has stopped it' }]);
  expect((await deeds(waiting)).filter((deed) => deed === 'camel cancellation-request')).toHaveLength(1);
  const order = await system.order(waiting);
  expect(order.effects.find(({ kind }) => kind === 'camel.cancel')).toMatchObject({ state: 'done', key: `camel.cancel:${order.id}:1` });
}, 90_000);

test('refused: the wish is declined with the reason, and the order goes on', async () => {
  await system.fault({ system: 'camel', operation: 'cancellation', fault: 'reject', count: 2 });
  const name = await atThe3pl();
  expect((await cancel(name)).status).toBe(202);
  await decided(name);
  expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: 'Cirro does not stop it: The sandbox was told to refuse this.' }]);
  expect(await system.holds(name)).toEqual([]);
  await ship(system, await everything(system, name));
  await system.reach(name, 'FULFILLED', 60_000);
}, 90_000);

test('a parcel that comes first wins; the yes after it is held, and a no is nothing new', async () => {
  await unanswered();
  const name = await atThe3pl();
  expect((await cancel(name)).status).toBe(202);
  await waitFor(async () => (await deeds(name)).includes('camel cancellation-request'), { what: 'the question' });
  const { because, owes, causes, next } = await why(name);
  expect(because).toBe('Held (cancel.asked): the warehouse has the order: its 3PL is asked to stop, and decides');
  expect(owes).toBe('Cirro');
  expect(causes).toContainEqual(expect.objectContaining({ kind: 'cancel-waiting', who: 'Cirro', text: expect.stringContaining('decided when its 3PL answers') }));
  expect(next.facts.map(({ fact }) => fact)).toEqual(expect.arrayContaining(['shipped', 'cancel_acknowledged', 'cancel_refused']));
  expect((await cancel(name)).status).toBe(202);
  await ship(system, await everything(system, name));
  await system.reach(name, 'FULFILLED', 60_000);
  expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: expect.stringContaining('has left the warehouse') }]);
  expect((await deeds(name)).filter((deed) => deed === 'camel cancellation-request')).toHaveLength(1);
  expect((await post(system, anEvent(name, 'cancel_refused'))).body).toMatchObject({ result: 'already' });
  expect(await post(system, anEvent(name, 'cancel_acknowledged'))).toMatchObject({ status: 202, body: { result: 'kept' } });
  expect(await system.holds(name)).toMatchObject([{ kind: 'fact.exception', reason: expect.stringContaining('nobody asks to cancel') }]);
}, 90_000);

test('Camel takes the question and its answer is lost: the same again, one question, and the order is cancelled when Cirro says so', async () => {
  await unanswered();
  await system.fault({ system: 'camel', operation: 'cancellation-request', fault: 'drop-after', count: 1 });
  const name = await atThe3pl();
  expect((await cancel(name)).status).toBe(202);
  await waitFor(async () => (await system.order(name)).effects.find(({ kind }) => kind === 'camel.cancel')?.state === 'done', { what: 'the question in doubt to be settled', seen: () => system.order(name) });
  const order = await system.order(name);
  expect(order.effects.find(({ kind }) => kind === 'camel.cancel')).toMatchObject({ reference: `CAN-${name}/1` });
  expect((await deeds(name)).filter((deed) => deed === 'camel cancellation-request')).toHaveLength(1);
  expect(order.cancellations).toMatchObject([{ state: 'waiting', ask: 'asked', asked_of: 'provider', asked_at: expect.any(String) }]);
  const yes = anEvent(name, 'cancel_acknowledged');
  expect((await post(system, yes)).body).toMatchObject({ result: 'applied' });
  await isCancelledEverywhere(name);
  expect((await post(system, yes)).status).toBe(200);
  expect((await post(system, anEvent(name, 'cancel_acknowledged'))).body).toMatchObject({ result: 'already' });
}, 90_000);

test('an own warehouse is not called: /why says who owes the answer, and its event decides', async () => {
  const [name = ''] = await system.place(1, { template: 'own-warehouse' });
  await system.reach(name, 'OMS_CREATED_ORDER_FULFILLMENT');
  expect(await cancel(name)).toMatchObject({ status: 202, body: { result: 'waiting', reason: expect.stringContaining('ask there, and report the answer') } });
  expect((await why(name)).owes).toBe('own warehouse or vendor');
  expect((await post(system, anEvent(name, 'cancel_refused', { sequence: 0, data: { reason: 'it is packed' } }))).body).toMatchObject({ result: 'applied', status: 'OMS_CREATED_ORDER_FULFILLMENT' });
  expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: 'the warehouse does not stop it: it is packed' }]);
  expect((await cancel(name)).status).toBe(202);
  expect((await post(system, anEvent(name, 'cancel_acknowledged', { sequence: 0 }))).body).toMatchObject({ result: 'applied' });
  await isCancelledEverywhere(name);
  expect((await deeds(name)).filter((deed) => deed.startsWith('camel'))).toEqual([]);
}, 90_000);

test('a yes that nobody asked for is kept with a hold, a no is refused', async () => {
  const name = await atThe3pl();
  expect(await post(system, anEvent(name, 'cancel_refused'))).toMatchObject({ status: 409 });
  expect(await post(system, anEvent(name, 'cancel_acknowledged'))).toMatchObject({ status: 202, body: { result: 'kept', status: 'EXPORTED_TO_TPL' } });
  expect(await system.holds(name)).toMatchObject([{ kind: 'fact.exception' }]);
}, 60_000);
