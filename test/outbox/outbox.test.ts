import path from 'node:path';
import { Contracts } from '../../nodes/edge/contracts';
import { EVENT_TYPES } from '../../nodes/lifecycle/events';
import type { Fact } from '../../nodes/lifecycle/facts';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import type { OrderEvent } from '../../nodes/outbox/event';
import { Outbox } from '../../nodes/outbox/outbox';
import { select } from '../../nodes/store/pool';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, type World } from '../support/orders';

/** What is told about orders, and who may tell it. */

let world: World;
let engine: Engine;
let rival: Engine;
let outbox: Outbox;
let other: Outbox;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  rival = await createEngine(world);
  outbox = new Outbox(world.pool, engine.processes);
  other = new Outbox(world.pool, rival.processes);
});
afterAll(async () => {
  await engine.processes.stop();
  await rival.processes.stop();
  await world.close();
});
beforeEach(async () => {
  await world.admin.query('DELETE FROM outbox; UPDATE outbox_claims SET claimed_by = NULL, claim_token = NULL');
});

const CIRRO: readonly Status[] = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL'];
const one = async (route?: readonly Status[]): Promise<number> => (await makeOrders(world, 1, route))[0] ?? 0;
const move = (order: number, to: Status, more = {}) => engine.transitions.transition({ order, to, actor: 'flow:test', ...more });
const parcel = (order: number, quantity: number, id = 'S-1'): Fact => ({
  source: 'cirro', eventId: id, type: 'shipped', order, actor: 'partner:cirro',
  body: { order_id: 'x', shipment_id: id, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: 'L1', quantity }] },
});
const nameOf = async (order: number): Promise<string> => (await select<{ name: string }>(world.pool, 'SELECT name FROM orders WHERE id = ?', [order]))[0]?.name ?? '';

/** Takes everything that waits and marks it as published. */
async function told(from = outbox): Promise<OrderEvent[]> {
  const all: OrderEvent[] = [];
  for (let taken = await from.take(100); taken; taken = await from.take(100)) {
    all.push(...taken.events);
    expect(await from.published(taken.batch)).toBe(true);
  }
  return all;
}

describe('what is told', () => {
  const contracts = new Contracts(path.join(__dirname, '../../docs/contracts'));

  /** An order that is shipped in two parcels and paid, and one that is cancelled. */
  async function aLife(): Promise<{ name: string; cancelled: string; events: OrderEvent[] }> {
    const order = await one(CIRRO);
    await engine.transitions.apply(parcel(order, 1));
    await engine.transitions.apply(parcel(order, 1, 'S-2'));
    await move(order, 'EXPORTED_TO_NAV');
    await move(order, 'FULFILLED', { captured: { reference: 'cap-1', paid: { amount: '25.00', currency: 'USD' } } });
    const gone = await one();
    await move(gone, 'CS_CANCELLED', { actor: 'operator:Jane Doe', reason: 'Jane Doe called' });
    return { name: await nameOf(order), cancelled: await nameOf(gone), events: await told() };
  }

  test('captures of parcels are no steps of the order: each has the parcel in its id, and the same at every telling', async () => {
    const order = await one(CIRRO);
    const capture = (parcelOf: string, amount: string) => engine.transitions.transition({ order, actor: 'system:work', captured: { reference: `cap-${amount}`, paid: { amount, currency: 'USD' }, parcel: parcelOf } });
    for (const [of, amount] of [['T-1:S-1', '12.00'], ['T-1:S-2', '13.00']] as const) expect(await capture(of, amount)).toMatchObject({ moved: false });
    const events = await told();
    const name = await nameOf(order);
    expect(events.map(({ id, data }) => ({ id, parcel: data['parcel'], amount: data['amount'] }))).toEqual([
      { id: expect.stringMatching(new RegExp(`^${name}:6:PaymentCaptured:[0-9a-f]{12}$`)) as string, parcel: 'T-1:S-1', amount: '12.00' },
      { id: expect.stringMatching(new RegExp(`^${name}:6:PaymentCaptured:[0-9a-f]{12}$`)) as string, parcel: 'T-1:S-2', amount: '13.00' },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    for (const event of events) expect(() => contracts.validate('order-event', event)).not.toThrow();
    await world.admin.query('UPDATE outbox SET published_at = NULL');
    expect((await told()).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(await count(world, "SELECT COUNT(*) FROM payments WHERE order_id = ? AND state = 'captured'", [order])).toBe(0);
  });

  test('each step, parcel, payment and cancel is an event, in their order, under an id of business meaning', async () => {
    const { name, cancelled, events } = await aLife();
    expect(events.map(({ id }) => id)).toEqual([
      `${name}:7:StatusChanged`, `${name}:7:Shipped`, `${name}:8:StatusChanged`, `${name}:8:Shipped`, `${name}:9:StatusChanged`, `${name}:10:PaymentCaptured`, `${name}:10:StatusChanged`,
      `${cancelled}:2:StatusChanged`, `${cancelled}:2:Cancelled`,
    ]);
    const dataOf = (id: string): object | undefined => events.find((event) => event.id === id)?.data;
    expect(dataOf(`${name}:8:Shipped`)).toEqual({ version: 8, shipment_id: 'S-2', carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00.000Z', lines: [{ line_id: 'L1', quantity: 1 }] });
    expect(dataOf(`${name}:10:PaymentCaptured`)).toEqual({ version: 10, amount: '25.00', currency: 'USD', reference: 'cap-1' });
    expect(dataOf(`${cancelled}:2:Cancelled`)).toEqual({ version: 2, status: 'CS_CANCELLED', decided_by: 'operator', why: 'customer-service' });
    expect(events[0]).toMatchObject({ order_id: name, store: 'https://shop.test' });
    expect(JSON.stringify(events)).not.toMatch(/Jane|@|Some One/);
  });

  test('each keeps the contract, and a spoiled twin of each does not', async () => {
    const { events } = await aLife();
    const [created] = [{ ...events[0], id: 'T-1:1:OrderCreated', type: 'OrderCreated', data: { version: 1, status: 'READY_FOR_PROCESSING' } }];
    const all = [created, ...events];
    expect(new Set(all.map((event) => event.type))).toEqual(new Set(EVENT_TYPES));
    for (const event of all) {
      expect(() => contracts.validate('order-event', event)).not.toThrow();
      const data = event.data ?? {};
      expect(() => contracts.validate('order-event', { ...event, data: Object.fromEntries(Object.entries(data).slice(1)) })).toThrow(/version/);
      expect(() => contracts.validate('order-event', { ...event, data: { ...data, customer: 'Some One' } })).toThrow(/customer/);
      expect(() => contracts.validate('order-event', { ...event, type: event.type === 'Shipped' ? 'Cancelled' : 'Shipped' })).toThrow(/must/);
    }
  });

  test('a change that is refused, and one that is rolled back, tell nothing', async () => {
    const order = await one();
    await move(order, 'FULFILLED');
    await move(order, 'READY_TO_CREATE_IN_NAV', { token: 'stolen', captured: { paid: { amount: '1.00', currency: 'USD' } } });
    await move(order, 'READY_TO_CREATE_IN_NAV', { writes: [{ table: 'fulfillments', rows: [{ order_id: 0, shipment_id: 'x', carrier: 'c', tracking: 't', shipped_at: new Date() }] }] }).catch(() => undefined);
    expect(await told()).toEqual([]);
  });
});

describe('who may tell it', () => {
  const moved = async (howMany: number): Promise<number[]> => {
    const orders = await makeOrders(world, howMany);
    await Promise.all(orders.map((order) => move(order, 'READY_TO_CREATE_IN_NAV')));
    return orders;
  };
  const waiting = (): Promise<number> => count(world, 'SELECT COUNT(*) FROM outbox WHERE published_at IS NULL');

  test('one batch is in work at a time, in this process and in another; what is given back is taken again first', async () => {
    await moved(5);
    const first = await outbox.take(3);
    expect(first?.events).toHaveLength(3);
    expect(await outbox.take(3)).toBeUndefined();
    expect(await other.take(3)).toBeUndefined();
    await outbox.giveBack(first?.batch.token ?? '');
    const again = await other.take(3);
    expect(again?.events).toEqual(first?.events);
    expect(again && (await other.published(again.batch))).toBe(true);
    expect(await told()).toHaveLength(2);
    expect(await outbox.waiting()).toEqual({ events: 0, seconds: 0 });
  });

  test('a process that ended leaves its batch to the others; what it says afterwards is not written', async () => {
    await moved(2);
    const mortal = await createEngine(world);
    const its = new Outbox(world.pool, mortal.processes);
    const batch = await its.take(10);
    expect(await other.take(10)).toBeUndefined();
    await mortal.processes.stop();
    const taken = await other.take(10);
    expect(taken?.events).toEqual(batch?.events);
    expect(batch && (await its.published(batch.batch))).toBe(false);
    expect(await waiting()).toBe(2);
    expect(taken && (await other.published(taken.batch))).toBe(true);
    expect(await waiting()).toBe(0);
  });

  test('a batch whose end could not be written is taken again by the same process', async () => {
    await moved(1);
    const first = await outbox.take(10);
    // A new instance: nothing is known here of the batch, as after its message was lost.
    const fresh = new Outbox(world.pool, engine.processes);
    expect((await fresh.take(10))?.events).toEqual(first?.events);
  });

  test('how many wait, and since when', async () => {
    await moved(3);
    await world.admin.query('UPDATE outbox SET at = NOW(6) - INTERVAL 90 SECOND ORDER BY id LIMIT 1');
    const { events, seconds } = await outbox.waiting();
    expect(events).toBe(3);
    expect(seconds).toBeGreaterThanOrEqual(90);
    expect(seconds).toBeLessThan(150);
  });

  test('two processes at once, over and over: every event once, those of one order in their order', async () => {
    const orders = await moved(60);
    await Promise.all(orders.map((order) => move(order, 'PENDING_NAV_RELEASE')));
    const bus: string[] = [];
    const work = async (from: Outbox): Promise<void> => {
      while ((await waiting()) > 0) {
        const taken = await from.take(7);
        if (!taken) continue;
        bus.push(...taken.events.map(({ id }) => id));
        await from.published(taken.batch);
      }
    };
    await Promise.all([work(outbox), work(other)]);
    expect(bus).toHaveLength(120);
    expect(new Set(bus).size).toBe(120);
    for (const order of orders) {
      const name = await nameOf(order);
      expect(bus.filter((id) => id.startsWith(`${name}:`))).toEqual([`${name}:2:StatusChanged`, `${name}:3:StatusChanged`]);
    }
  });

  test('the control: without a claim both tell the same events; marked before they are told, a crash loses them', async () => {
    await moved(10);
    const read = (): Promise<{ id: number }[]> => select(world.pool, 'SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id');
    const mark = (rows: { id: number }[]): Promise<unknown> => world.pool.query('UPDATE outbox SET published_at = NOW(6) WHERE id IN (?)', [rows.map(({ id }) => id)]);
    const bus: number[] = [];
    const [mine, theirs] = await Promise.all([read(), read()]);
    for (const rows of [mine, theirs]) {
      bus.push(...rows.map(({ id }) => id));
      await mark(rows);
    }
    expect(bus.length - new Set(bus).size).toBe(10);
    await moved(10);
    await mark(await read());
    // Here the process dies. The next one finds nothing to tell, and nobody has heard of the ten.
    expect(await read()).toEqual([]);
  });
});
