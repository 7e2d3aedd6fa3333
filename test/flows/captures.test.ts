import { parseAmount } from '../../nodes/orders/money';
import type { Effect } from '../../sandbox/journal/effects';
import { type OrderView, startSystem, type System, waitFor } from '../support/system';
import { aParcel, everything, type Parcel, results, ship } from './partners';

/** Stores that capture by the shipment, through the deployed flows; POPS-JP captures by the order, as stores usually do. */

let system: System;

beforeAll(async () => {
  system = await startSystem({ flows: (node) => void (node.type === 'oms-work' && Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 })), env: { OMS_INQUIRY_SECONDS: '0.2,0.5,1' } });
  await system.sql("UPDATE stores SET capture_per = 'shipment' WHERE site IN ('POPS-US', 'POPS-EU')");
}, 120_000);
afterAll(() => system?.stop(), 60_000);

type Lines = Parcel['lines'];

/** An order that an own warehouse ships, of at least so many pieces. */
async function ofPieces(least: number, site: string): Promise<OrderView> {
  const names = await system.place(8, { template: 'own-warehouse', seed: `pieces ${site}`, site });
  await system.reach(names, 'OMS_CREATED_ORDER_FULFILLMENT');
  const orders = await Promise.all(names.map((name) => system.order(name)));
  const found = orders.find(({ lines }) => lines.reduce((sum, { quantity }) => sum + quantity, 0) >= least);
  if (!found) throw new Error(`no order of ${least} pieces`);
  return found;
}

/** All pieces in so many parcels, one in each but the last. */
function inParcels({ name, lines }: OrderView, count: number): Parcel[] {
  const pieces = lines.flatMap(({ line_id, quantity }) => Array.from({ length: quantity }, () => ({ line_id, quantity: 1 })));
  const packed = (some: Lines): Lines => [...Map.groupBy(some, ({ line_id }) => line_id)].map(([line_id, same]) => ({ line_id, quantity: same.length }));
  return Array.from({ length: count }, (_, index) => aParcel(name, packed(index === count - 1 ? pieces.slice(index) : pieces.slice(index, index + 1))));
}

async function shipped(parcel: Parcel): Promise<void> {
  expect(results(await ship(system, parcel))).toMatchObject([{ result: 'applied' }]);
}

const captures = (name: string): Promise<Effect[]> => system.effects({ name, system: 'sfcc', operation: 'capture' });
const minor = (amounts: readonly { amount: string }[], currency: string): number => amounts.reduce((sum, { amount }) => sum + parseAmount(amount, currency), 0);
const amountsOf = (effects: readonly Effect[]): { amount: string }[] => effects.map(({ detail }) => ({ amount: String(detail['amount']) }));

/** Until so many parcels are captured, and no task of that is open. */
const captured = (name: string, parcels: number): Promise<unknown> =>
  waitFor(
    async () => (await captures(name)).length === parcels && (await system.order(name)).tasks.filter(({ kind, done_at }) => kind === 'sfcc.capture' && done_at !== null).length === parcels,
    { what: `${parcels} captured parcels of ${name}`, seen: async () => ({ order: await system.order(name), log: system.warnings() }) },
  );

const why = async (name: string): Promise<Record<string, unknown>> => (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as Record<string, unknown>;

test('an order in three parcels: each captures what left in it, to the cent; the storefront is told once, at the end', async () => {
  const order = await ofPieces(3, 'POPS-US');
  const { name, currency, total } = order;
  expect(await why(name)).toMatchObject({ captured: { amount: '0.00', of: total, currency, parcels: 0, of_parcels: 0 } });
  const parcels = inParcels(order, 3);
  for (const [index, parcel] of parcels.entries()) {
    await shipped(parcel);
    await captured(name, index + 1);
    if (index === 2) continue;
    const taken = await captures(name);
    expect(minor(amountsOf(taken), currency)).toBeLessThan(parseAmount(total, currency));
    expect(await why(name)).toMatchObject({ status: 'PARTIALLY_SHIPPED', captured: { of: total, parcels: index + 1, of_parcels: index + 1 } });
    expect(await system.storefront(name)).toMatchObject({ fulfilled: false });
    expect((await system.order(name)).payments.map(({ state }) => state)).toEqual(order.payments.map(() => 'authorized'));
  }
  await system.reach(name, 'FULFILLED');
  const [whole, shop, taken, fulfilments] = await Promise.all([system.order(name), system.storefront(name), captures(name), system.effects({ name, operation: 'fulfill' })]);
  expect(taken.map(({ key, detail }) => ({ key, shipment: detail['shipment'] }))).toEqual(parcels.map(({ shipment_id }) => ({ key: `${name}:${shipment_id}`, shipment: shipment_id })));
  expect(minor(shop.captures, currency)).toBe(parseAmount(total, currency));
  expect(fulfilments).toHaveLength(1);
  expect(shop).toMatchObject({ status: 'completed', fulfilled: true });
  expect(whole.payments.map(({ state }) => state)).toEqual(order.payments.map(() => 'captured'));
  expect(whole.fulfillments.map(({ state }) => state)).toEqual(['told', 'told', 'told']);
  expect(whole.timeline.filter(({ text }) => text.startsWith('payment.captured')).map(({ text }) => text)).toEqual(
    parcels.map(({ shipment_id }, index) => `payment.captured – ${String(taken[index]?.detail['amount'])} of ${total} ${currency} for parcel ${shipment_id}`),
  );
  expect(await why(name)).toMatchObject({ captured: { amount: total, of: total, parcels: 3, of_parcels: 3 } });
  const told = await system.sql<{ data: string }>("SELECT data FROM outbox WHERE order_id = ? AND type = 'PaymentCaptured' ORDER BY id", [whole.id]);
  expect(told.map(({ data }) => (JSON.parse(data) as { amount: string; parcel: string }))).toMatchObject(taken.map(({ key, detail }) => ({ amount: detail['amount'], parcel: key })));
}, 120_000);

test('parcels that are reported together are captured each by itself, and add up', async () => {
  const order = await ofPieces(3, 'POPS-EU');
  const answers = await ship(system, ...inParcels(order, 3));
  expect(results(answers).map(({ result }) => result)).toEqual(['applied', 'applied', 'applied']);
  await system.reach(order.name, 'FULFILLED');
  const taken = await captures(order.name);
  expect(taken).toHaveLength(3);
  expect(minor(amountsOf(taken), order.currency)).toBe(parseAmount(order.total, order.currency));
}, 120_000);

test('a split order: the parcels of its parts are captured at the whole, under their parts’ names', async () => {
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US', seed: 'split' });
  const parts = () => system.sql<{ name: string; status: string }>('SELECT o.name, s.status FROM orders o JOIN order_status s ON s.order_id = o.id JOIN orders p ON p.id = o.parent_order_id WHERE p.name = ? ORDER BY o.part', [name]);
  const byHand = new Set<string>();
  await waitFor(
    async () => {
      for (const part of await parts()) {
        if (part.status !== 'OMS_CREATED_ORDER_FULFILLMENT' || byHand.has(part.name)) continue;
        byHand.add(part.name);
        await ship(system, await everything(system, part.name));
      }
      return (await system.standing(name))?.status === 'FULFILLED';
    },
    { what: `${name} to be fulfilled`, timeoutMs: 90_000, seen: async () => ({ whole: await system.order(name), parts: await parts(), log: system.warnings() }) },
  );
  const [whole, taken, shop] = await Promise.all([system.order(name), captures(name), system.storefront(name)]);
  const parcels = (await Promise.all((await parts()).map((part) => system.order(part.name)))).flatMap((part) => part.fulfillments.map(({ shipment_id }) => `${part.name}:${shipment_id}`));
  expect(parcels.length).toBeGreaterThan(1);
  expect(taken.map(({ key }) => key).toSorted()).toEqual(parcels.toSorted());
  expect(minor(shop.captures, whole.currency)).toBe(parseAmount(whole.total, whole.currency));
  expect(await system.effects({ name, operation: 'fulfill' })).toHaveLength(1);
  for (const part of await parts()) expect((await system.order(part.name)).effects.filter(({ kind }) => kind.startsWith('sfcc.'))).toEqual([]);
  expect(whole.effects.filter(({ kind }) => kind === 'sfcc.capture').map(({ key, state }) => `${key} ${state}`).toSorted()).toEqual(
    (await Promise.all((await parts()).map(async (part, index) => (await system.order(part.name)).fulfillments.map(({ shipment_id }) => `sfcc.capture:${whole.id}:${index + 1}:${shipment_id} done`)))).flat().toSorted(),
  );
}, 120_000);

test('a split order of which one part never leaves: what has left is captured, the rest is not', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject', count: 1 });
  const [name = ''] = await system.place(1, { template: 'split', site: 'POPS-US', seed: 'apart' });
  const parts = () => system.sql<{ name: string; status: string; total: number }>('SELECT o.name, s.status, o.total FROM orders o JOIN order_status s ON s.order_id = o.id JOIN orders p ON p.id = o.parent_order_id WHERE p.name = ? ORDER BY o.part', [name]);
  const done = new Set<string>();
  await waitFor(
    async () => {
      for (const part of (await parts()).filter((each) => !done.has(each.name))) {
        if (part.status === 'OMS_CREATED_ORDER_FULFILLMENT') await ship(system, await everything(system, part.name));
        else if (part.status === 'FAILED_TO_CREATE_IN_NAV') await system.api(`/api/oms/orders/${part.name}/processed-externally`, { body: { reason: 'settled with the customer' } });
        else continue;
        done.add(part.name);
      }
      return (await system.standing(name))?.status === 'FAILED_TO_FULFILL';
    },
    { what: `${name} to end in different ways`, timeoutMs: 90_000, seen: async () => ({ whole: await system.order(name), parts: await parts(), log: system.warnings() }) },
  );
  const left = (await parts()).filter(({ status }) => status !== 'PROCESSED_EXTERNALLY');
  expect(left).toHaveLength((await parts()).length - 1);
  await captured(name, left.length);
  const [whole, taken] = await Promise.all([system.order(name), captures(name)]);
  // Each part has captured what it costs, as NAV knows it.
  expect(taken.map(({ key, detail }) => ({ part: key.split(':')[0], amount: parseAmount(detail['amount'], whole.currency) }))).toEqual(expect.arrayContaining(left.map((part) => ({ part: part.name, amount: part.total }))));
  expect(taken).toHaveLength(left.length);
  const sum = minor(amountsOf(taken), whole.currency);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThan(parseAmount(whole.total, whole.currency));
  expect(await system.storefront(name)).toMatchObject({ fulfilled: false });
}, 120_000);

test('a store that captures by the order captures once, and keeps no task of its parcels', async () => {
  const order = await ofPieces(2, 'POPS-JP');
  for (const parcel of inParcels(order, 2)) await shipped(parcel);
  await system.reach(order.name, 'FULFILLED');
  const [whole, taken] = await Promise.all([system.order(order.name), captures(order.name)]);
  expect(taken.map(({ detail }) => ({ amount: detail['amount'], shipment: detail['shipment'] }))).toEqual([{ amount: order.total, shipment: undefined }]);
  expect(whole.tasks.filter(({ kind }) => kind === 'sfcc.capture')).toEqual([]);
  expect(await why(order.name)).not.toHaveProperty('captured');
}, 120_000);

test('a capture whose answer is lost is looked up, and not made again', async () => {
  const order = await ofPieces(2, 'POPS-US');
  const [first, last] = inParcels(order, 2) as [Parcel, Parcel];
  await system.fault({ system: 'sfcc', operation: 'capture', fault: 'drop-after', count: 1 });
  await shipped(first);
  await captured(order.name, 1);
  await shipped(last);
  await system.reach(order.name, 'FULFILLED');
  await system.clearFaults();
  const taken = await captures(order.name);
  expect(taken.map(({ key }) => key)).toEqual([first, last].map(({ shipment_id }) => `${order.name}:${shipment_id}`));
  expect(minor(amountsOf(taken), order.currency)).toBe(parseAmount(order.total, order.currency));
  const { effects, holds } = await system.order(order.name);
  expect(effects.filter(({ kind }) => kind === 'sfcc.capture')).toMatchObject([{ state: 'done', attempt: 1, reference: taken[0]?.detail['transaction_id'] }, { state: 'done', attempt: 1 }]);
  expect(holds).toEqual([]);
}, 120_000);

/** An order in two parcels that have left, whose captures the storefront has refused. */
async function refused(): Promise<{ order: OrderView; held: readonly number[] }> {
  const order = await ofPieces(2, 'POPS-US');
  await system.fault({ system: 'sfcc', operation: 'capture', fault: 'reject' });
  for (const parcel of inParcels(order, 2)) await shipped(parcel);
  await system.reach(order.name, 'FAILED_TO_FULFILL');
  await system.clearFaults();
  const held = await system.holds(order.name);
  expect(held.map(({ reason }) => reason)).toEqual([1, 2].map(() => expect.stringContaining('SFCC refuses') as string));
  expect(await captures(order.name)).toEqual([]);
  expect(await system.storefront(order.name)).toMatchObject({ fulfilled: false });
  return { order, held: held.map(({ id }) => id) };
}

test('captures that the storefront refuses are held, and the order is not fulfilled without them; released and put back it is', async () => {
  const { order: { name, total, currency }, held } = await refused();
  const answer = await why(name);
  expect(answer).toMatchObject({ status: 'FAILED_TO_FULFILL', because: expect.stringContaining('The captures of 2 parcels are held') as string, captured: { amount: '0.00', parcels: 0, of_parcels: 2 } });
  expect((answer['causes'] as { text: string }[]).filter(({ text }) => /sfcc\.capture of parcel \S+ is held/.test(text))).toHaveLength(2);
  const replay = (await system.api(`/api/oms/orders/${name}/replay?dry_run=true`, { body: { reason: 'looked at' } })).body as { calls: { kind: string; action: string; reason: string }[] };
  expect(replay.calls.filter(({ kind }) => kind === 'sfcc.capture')).toMatchObject([1, 2].map(() => ({ action: 'blocked', reason: expect.stringMatching(/^hold \d+ .*is decided first$/) as string })));
  for (const hold of held) expect((await system.decide(hold, 'release', 'the card is valid again')).status).toBe(200);
  expect((await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the card is valid again' } })).status).toBe(200);
  await system.reach(name, 'FULFILLED');
  const taken = await captures(name);
  expect(taken).toHaveLength(2);
  expect(minor(amountsOf(taken), currency)).toBe(parseAmount(total, currency));
}, 120_000);

test('an order that was settled elsewhere captures nothing any more, and says so', async () => {
  const { order: { name }, held } = await refused();
  expect((await system.api(`/api/oms/orders/${name}/processed-externally`, { body: { reason: 'paid by bank transfer' } })).status).toBe(200);
  for (const hold of held) expect((await system.decide(hold, 'release', 'paid by bank transfer')).status).toBe(200);
  await waitFor(async () => (await system.order(name)).tasks.every(({ done_at }) => done_at !== null), { what: 'the end of its tasks', seen: () => system.order(name) });
  const { timeline, status } = await system.order(name);
  expect(status).toBe('PROCESSED_EXTERNALLY');
  expect(timeline.filter(({ text }) => text.startsWith('payment.not-captured – the order was settled elsewhere'))).toHaveLength(2);
  expect(await system.holds(name)).toEqual([]);
  expect(await captures(name)).toEqual([]);
}, 120_000);

test('while captures are under way the order waits for them, and says so', async () => {
  const order = await ofPieces(2, 'POPS-US');
  const pause = await system.pause('stage', 'sfcc.capture');
  for (const parcel of inParcels(order, 2)) await shipped(parcel);
  await system.reach(order.name, 'EXPORTED_TO_NAV');
  await waitFor(async () => (await why(order.name))['because']?.toString().includes('its parcels are captured first'), { what: 'the order to say what it waits for', seen: () => why(order.name) });
  expect(await captures(order.name)).toEqual([]);
  expect(await system.storefront(order.name)).toMatchObject({ fulfilled: false });
  await system.resume(pause);
  await system.reach(order.name, 'FULFILLED');
  expect(await captures(order.name)).toHaveLength(2);
}, 120_000);

test('a store that changes how it captures: what is captured already is not captured again, what is not is captured at the end', async () => {
  const order = await ofPieces(3, 'POPS-EU');
  const [first, second, last] = inParcels(order, 3) as [Parcel, Parcel, Parcel];
  await shipped(first);
  await captured(order.name, 1);
  await system.sql("UPDATE stores SET capture_per = 'order' WHERE site = 'POPS-EU'");
  await shipped(second);
  await shipped(last);
  await system.reach(order.name, 'FULFILLED');
  await system.sql("UPDATE stores SET capture_per = 'shipment' WHERE site = 'POPS-EU'");
  const taken = await captures(order.name);
  expect(taken.map(({ detail }) => detail['shipment'])).toEqual([first.shipment_id, undefined]);
  expect(minor(amountsOf(taken), order.currency)).toBe(parseAmount(order.total, order.currency));
}, 120_000);
