import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { type Answer, startSystem, type System, waitFor } from '../support/system';

/** Printable orders through the deployed flows: printed before Cirro is asked, by PrintStation or by BatchStation. */

let system: System;

beforeAll(async () => {
  system = await startSystem({
    flows(node) {
      // As often as ever, but not for minutes.
      if (node.id === 'batching-print-station-work') Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.2 });
    },
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const flag = (enabled: boolean): Promise<unknown> =>
  system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('print_station_create_order', '', ?) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)", [enabled]);

/** What the print floor was asked for, e.g. `order.create.request 1`. */
const asked = async (name: string): Promise<string[]> => (await system.effects({ system: 'print-station', name })).map(({ operation, detail }) => `${operation} ${String(detail['sequence'])}`);

const steps = async (name: string): Promise<string[]> =>
  (await system.sql<{ to: string }>('SELECT a.to_status AS `to` FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? ORDER BY a.version', [name])).map(({ to }) => to);

const inOrder = (wanted: readonly string[], found: readonly string[]): string[] => found.filter((step) => wanted.includes(step));

test('a printable order is printed by PrintStation, then packed: it ends FULFILLED with its batch', async () => {
  await flag(true);
  const names = await system.place(6, { template: 'printable', seed: 'print-station' });
  await system.reach(names, 'FULFILLED', 90_000);
  for (const name of names) {
    const order = await system.order(name);
    expect(order.batch_reference).toMatch(/^PB-\d+$/);
    expect(order.holds).toEqual([]);
    expect(await asked(name)).toEqual(['order.create.request 1']);
    expect(inOrder(['RELEASED_FROM_NAV', 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_BATCHED', 'CIRRO_READY_FOR_FULFILLMENT'], await steps(name))).toEqual(['RELEASED_FROM_NAV', 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_BATCHED', 'CIRRO_READY_FOR_FULFILLMENT']);
    expect(order.effects.find(({ kind }) => kind === 'print-station.create')).toMatchObject({ state: 'done', key: `print-station.create:${order.id}:1` });
  }
  const [sent] = await system.effects({ system: 'print-station', name: names[0] ?? '' });
  const lines = sent?.detail['lines'] as { assets: number }[];
  expect(lines.length).toBeGreaterThan(0);
  for (const { assets } of lines) expect(assets).toBe(2);
}, 120_000);

test('the older path: BatchStation is asked, and the order ends FULFILLED with its batch', async () => {
  await flag(false);
  const names = await system.place(4, { template: 'printable', seed: 'batch-station' });
  await system.reach(names, 'FULFILLED', 90_000);
  for (const name of names) {
    expect((await system.order(name)).batch_reference).toMatch(/^PB-\d+$/);
    expect(await asked(name)).toEqual(['batch.create.request 1']);
    expect(inOrder(['RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'BATCHED', 'CIRRO_READY_FOR_FULFILLMENT'], await steps(name))).toEqual(['RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'BATCHED', 'CIRRO_READY_FOR_FULFILLMENT']);
  }
}, 120_000);

/** Keeps the print floor from answering by itself: the test answers in its place. */
const silent = async (): Promise<void> => {
  for (const operation of ['order-created', 'batch']) await system.fault({ system: 'print-station', operation, fault: 'latency', ms: 600_000 });
};

const results = (...orders: object[]): Promise<Answer> =>
  system.api('/api/v3/print_station/batches', { as: null, headers: { authorization: `Bearer ${system.tokens['print-station']}` }, body: { orders } });

const result = (name: string, more: object = {}): object => ({ event_id: `result-${randomUUID()}`, order_id: name, sequence: 1, at: new Date().toISOString(), result: 'batched', batch_reference: 'PB-TEST', ...more });

const repush = (name: string): Promise<Answer> => system.api(`/api/oms/orders/${name}/repush`, { body: { reason: 'the floor has lost it' } });

const place = async (status: Status, template: 'printable' | 'vendor' = 'printable'): Promise<string> => {
  const [name = ''] = await system.place(1, { template });
  await system.reach(name, status);
  return name;
};

describe('answers that come early, twice, late or over the other way', () => {
  beforeAll(async () => {
    await flag(true);
    await silent();
  });
  afterAll(() => system.clearFaults());

  test('a batch that comes before the release is kept, and applied once the request is out', async () => {
    const pause = await system.pause('partner', 'NAV');
    const [name = ''] = await system.place(1, { template: 'printable' });
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    expect((await results(result(name))).body).toEqual({ orders: [expect.objectContaining({ order_id: name, result: 'kept' })] });
    await system.resume(pause);
    await system.reach(name, 'FULFILLED', 60_000);
    expect((await system.order(name)).batch_reference).toBe('PB-TEST');
    expect(await asked(name)).toEqual(['order.create.request 1']);
  }, 90_000);

  test('each result of a request is answered for itself; the same event again, over the bus, gets its stored answer', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    const good = result(name) as { event_id: string; at: string };
    const { status, body } = await results(good, result('US-NOBODY'));
    expect(status).toBe(200);
    expect(body).toEqual({ orders: [expect.objectContaining({ order_id: name, result: 'applied', status: 'PRINT_STATION_BATCHED' }), { order_id: 'US-NOBODY', result: 'unknown' }] });
    const bus = new ServiceBusClient(system.busConnection);
    await bus.createSender('int-prod-batching-update-oms').sendMessages({ messageId: good.event_id, contentType: 'application/json', body: { id: good.event_id, type: 'Event::BatchCreated', order_id: name, sequence: 1, at: good.at, data: { batch_reference: 'PB-OTHER' } } });
    await bus.close();
    await system.reach(name, 'FULFILLED', 60_000);
    expect((await system.order(name)).batch_reference).toBe('PB-TEST');
    expect(await system.count("SELECT COUNT(*) FROM inbox i JOIN orders o ON o.id = i.order_id WHERE o.name = ? AND i.source = 'print-station'", [name])).toBe(1);
    expect(await system.holds(name)).toEqual([]);
  }, 90_000);

  test('PrintStation says that it has the order: noted in the timeline, and the order waits on', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    const event = { id: `created-${name}`, type: 'print_station.order_created', order_id: name, sequence: 1, at: new Date().toISOString() };
    expect(await system.api('/api/service_bus/events', { as: 'print-station', body: event })).toMatchObject({ status: 200, body: { result: 'applied', status: 'PRINT_STATION_WAITING_FOR_BATCHING' } });
    expect((await system.order(name)).timeline).toContainEqual(expect.objectContaining({ text: expect.stringContaining('PrintStation has the order (request 1)') }));
    const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string };
    expect(why.because).toContain('until the print floor tells us: batched');
    await results(result(name));
    await system.reach(name, 'FULFILLED', 60_000);
  }, 90_000);

  test('a failed batch says why; put back it is asked for again under the next number, and an answer to the first is held', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect((await results(result(name, { result: 'failed', batch_reference: undefined, reason: 'the artwork cannot be read' }))).body).toMatchObject({ orders: [{ result: 'applied', status: 'FAILED_TO_BATCH' }] });
    const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string };
    expect(why.because).toContain('the batch failed: the artwork cannot be read');
    expect(await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the artwork was mended' } })).toMatchObject({ status: 200, body: { status: 'PRINT_STATION_READY_FOR_BATCHING' } });
    await system.reach(name, 'PRINT_STATION_WAITING_FOR_BATCHING');
    await waitFor(async () => (await asked(name)).length === 2, { what: 'the second request' });
    expect(await asked(name)).toEqual(['order.create.request 1', 'order.update.repush 2']);
    expect((await results(result(name))).body).toMatchObject({ orders: [{ result: 'kept' }] });
    const [hold] = await system.holds(name);
    expect(hold).toMatchObject({ kind: 'fact.exception', reason: 'the print floor batched it as PB-TEST by request 1, but 2 is the current one' });
    expect((await system.decide(hold?.id ?? 0, 'release')).status).toBe(200);
    expect((await results(result(name, { sequence: 2, batch_reference: 'PB-AGAIN' }))).body).toMatchObject({ orders: [{ result: 'applied' }] });
    await system.reach(name, 'FULFILLED', 60_000);
    expect((await system.order(name)).batch_reference).toBe('PB-AGAIN');
  }, 120_000);

  test('a person has PrintStation asked again: by order.update.repush, under the next number', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    const { actions } = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { actions: { action: string; allowed: boolean }[] };
    expect(actions).toContainEqual(expect.objectContaining({ action: 'repush', allowed: true, text: 'the print floor is asked again, by request 2' }));
    expect(await repush(name)).toMatchObject({ status: 200, body: { status: 'PRINT_STATION_READY_FOR_BATCHING', result: 'repush' } });
    await waitFor(async () => (await asked(name)).length === 2, { what: 'the second request' });
    expect(await asked(name)).toEqual(['order.create.request 1', 'order.update.repush 2']);
    await system.reach(name, 'PRINT_STATION_WAITING_FOR_BATCHING');
    await results(result(name, { sequence: 2, batch_reference: 'PB-TWO' }));
    await system.reach(name, 'FULFILLED', 60_000);
    expect((await system.order(name)).batch_reference).toBe('PB-TWO');
    expect(await repush(name)).toMatchObject({ status: 409, body: { status: 'FULFILLED', result: 'refused' } });
  }, 90_000);

  test('a batch for a cancelled order is held: somebody must stop the print', async () => {
    const pause = await system.pause('stage', 'PRINT_STATION_READY_FOR_BATCHING');
    const name = await place('PRINT_STATION_READY_FOR_BATCHING');
    expect(await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } })).toMatchObject({ status: 200 });
    await system.resume(pause);
    expect((await results(result(name))).body).toMatchObject({ orders: [{ result: 'kept' }] });
    expect((await system.holds(name))[0]).toMatchObject({ kind: 'fact.exception', reason: expect.stringContaining('stop it on the print floor') });
  }, 60_000);

  test('a result that breaks its contract is refused with the pointer, and another caller’s token is not taken', async () => {
    const broken = await results(result('US-1', { batch_reference: undefined }));
    expect(broken).toMatchObject({ status: 400, body: { pointer: '/orders/0/batch_reference' } });
    expect((await system.api('/api/v3/print_station/batches', { as: 'mulesoft', body: { orders: [result('US-1')] } })).status).toBe(403);
  });
});

test('the answer of the bus to a request is lost: the same message goes again, and PrintStation acts once', async () => {
  await flag(true);
  await system.fault({ system: 'print-station', operation: 'order.create.request', fault: 'drop-after', count: 1 });
  const [name = ''] = await system.place(1, { template: 'printable' });
  await system.reach(name, 'FULFILLED', 60_000);
  expect(await asked(name)).toEqual(['order.create.request 1']);
  await system.clearFaults();
}, 90_000);

test('the print floor’s bus refuses for good: tried again, then PRINT_STATION_FAILED_EXPORT with the reason; put back it is asked under the same number, once', async () => {
  await flag(true);
  await system.fault({ system: 'print-station', operation: 'order.create.request', fault: 'reject' });
  const name = await place('PRINT_STATION_FAILED_EXPORT');
  const [failed] = await system.sql<{ from: string; reason: string }>('SELECT a.from_status AS `from`, a.reason FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? ORDER BY a.version DESC LIMIT 1', [name]);
  expect(failed).toEqual({ from: 'PRINT_STATION_READY_FOR_BATCHING', reason: expect.stringContaining('may not send to') as string });
  const { effects, holds } = await system.order(name);
  expect(effects.find(({ kind }) => kind === 'print-station.create')).toMatchObject({ state: 'intent', attempt: 8 });
  expect(holds).toEqual([]);
  expect(await asked(name)).toEqual([]);
  const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { actions: { action: string; allowed: boolean }[] };
  expect(why.actions).toContainEqual(expect.objectContaining({ action: 'put-back', allowed: true }));
  await system.clearFaults();
  expect(await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the key is corrected' } })).toMatchObject({ status: 200, body: { status: 'PRINT_STATION_READY_FOR_BATCHING' } });
  await system.reach(name, 'FULFILLED', 60_000);
  expect(await asked(name)).toEqual(['order.create.request 1']);
}, 90_000);

test('a printable order without a batch reference stays and says why; it never goes to Cirro', async () => {
  await flag(true);
  const pause = await system.pause('stage', 'PRINT_STATION_BATCHED');
  const name = await place('PRINT_STATION_BATCHED');
  await system.sql('UPDATE orders SET batch_reference = NULL WHERE name = ?', [name]);
  await system.resume(pause);
  const because = await waitFor(
    async () => {
      const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string };
      return why.because.includes('no batch reference') && why.because;
    },
    { what: 'the reason' },
  );
  expect(because).toContain('it is to be printed and has no batch reference');
  expect(await system.effects({ system: 'camel', name })).toEqual([]);
  expect((await system.standing(name))?.status).toBe('PRINT_STATION_BATCHED');
}, 60_000);

describe('a cancel that PrintStation decides', () => {
  beforeAll(async () => {
    await flag(true);
    await silent();
  });
  afterAll(() => system.clearFaults());

  const wishes = async (name: string): Promise<unknown[]> => (await system.order(name)).cancellations.map(({ state, decision_reason }) => ({ state, decision_reason }));
  const cancel = (name: string): Promise<Answer> => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } });
  /** Keeps PrintStation from answering a question by itself. */
  const unanswered = (): Promise<void> => system.fault({ system: 'print-station', operation: 'cancellation', fault: 'latency', ms: 600_000 });
  const acknowledge = (name: string, data: object): Promise<Answer> =>
    system.api('/api/service_bus/events', { as: 'print-station', body: { id: `ack-${randomUUID()}`, type: 'print_station.cancellation_acknowledged', order_id: name, sequence: 1, at: new Date().toISOString(), data } });

  test('granted: PrintStation is asked once, then the order is cancelled, at the storefront and in NAV, too', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect(await cancel(name)).toMatchObject({ status: 202, body: { result: 'waiting', status: 'PRINT_STATION_WAITING_FOR_BATCHING', reason: expect.stringContaining('it is asked to stop') } });
    await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV', 60_000);
    expect(await asked(name)).toEqual(['order.create.request 1', 'order.cancel.request 1']);
    expect(await wishes(name)).toEqual([{ state: 'granted', decision_reason: 'PrintStation has stopped it' }]);
    expect(await system.holds(name)).toEqual([]);
    await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  }, 90_000);

  test('refused: the wish is declined with the reason, and the order goes on', async () => {
    await system.fault({ system: 'print-station', operation: 'cancellation', fault: 'reject', count: 1 });
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect((await cancel(name)).status).toBe(202);
    await waitFor(async () => (await system.holds(name)).length === 0 && (await system.order(name)).cancellations[0]?.state === 'declined', { what: 'the refusal', seen: () => system.order(name) });
    expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: 'PrintStation does not stop it: The sandbox was told to refuse this.' }]);
    await results(result(name));
    await system.reach(name, 'FULFILLED', 60_000);
  }, 90_000);

  test('while PrintStation has not answered the order is kept from Cirro, also with its batch, and says so; a second wish asks nobody again', async () => {
    await unanswered();
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect((await cancel(name)).status).toBe(202);
    expect((await cancel(name)).status).toBe(202);
    await waitFor(async () => (await asked(name)).includes('order.cancel.request 1'), { what: 'the question' });
    expect((await results(result(name))).body).toMatchObject({ orders: [{ result: 'applied', status: 'PRINT_STATION_BATCHED' }] });
    const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string; causes: { kind: string; text: string }[] };
    expect(why.because).toBe('Held (cancel.asked): the print floor has the order: it is asked to stop, and decides');
    expect(why.causes).toContainEqual(expect.objectContaining({ kind: 'cancel-waiting', text: expect.stringContaining('decided when the print floor answers') }));
    expect((await acknowledge(name, { granted: true })).body).toMatchObject({ result: 'applied', status: 'PRINT_STATION_BATCHED' });
    await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV', 60_000);
    expect((await asked(name)).filter((each) => each.startsWith('order.cancel'))).toHaveLength(1);
    expect(await system.effects({ system: 'camel', name })).toEqual([]);
    // The same again is nothing new.
    expect((await acknowledge(name, { granted: true })).body).toMatchObject({ result: 'already' });
  }, 90_000);

  test('released by a person the order goes on; a shipment that comes first wins', async () => {
    await unanswered();
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect((await cancel(name)).status).toBe(202);
    const [hold] = await system.holds(name);
    expect(hold).toMatchObject({ kind: 'cancel.asked' });
    await results(result(name));
    expect((await system.decide(hold?.id ?? 0, 'release')).status).toBe(200);
    await system.reach(name, 'FULFILLED', 60_000);
    expect(await wishes(name)).toEqual([{ state: 'declined', decision_reason: expect.stringMatching(/warehouse/) }]);
    expect((await acknowledge(name, { granted: true })).body).toMatchObject({ result: 'already' });
  }, 90_000);

  test('an acknowledgement that nobody asked for is refused', async () => {
    const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
    expect(await acknowledge(name, { granted: true })).toMatchObject({ status: 409, body: { status: 'PRINT_STATION_WAITING_FOR_BATCHING' } });
    await results(result(name));
    await system.reach(name, 'FULFILLED', 60_000);
  }, 90_000);
});

describe('a cancel of an order that BatchStation has', () => {
  beforeAll(async () => {
    await flag(false);
    await silent();
  });
  afterAll(() => system.clearFaults());

  /** An order for which BatchStation was asked: the status alone does not say it. */
  const atBatchStation = async (): Promise<string> => {
    const name = await place('WAITING_BATCHING_CAPACITY');
    await waitFor(async () => (await asked(name)).includes('batch.create.request 1'), { what: 'the request for a batch' });
    return name;
  };
  const cancelled = (name: string): Promise<Answer> => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } });
  const decision = (name: string) => waitFor(async () => {
    const [wish] = (await system.order(name)).cancellations;
    return wish?.state !== 'waiting' && wish;
  }, { what: 'the decision', seen: () => system.order(name) });

  test('it is asked to stop; its yes cancels the order, in NAV and at the storefront, too, and no batch comes', async () => {
    await system.fault({ system: 'print-station', operation: 'cancellation', fault: 'latency', ms: 600_000, count: 1 });
    const name = await atBatchStation();
    expect(await cancelled(name)).toMatchObject({ status: 202, body: { result: 'waiting', status: 'WAITING_BATCHING_CAPACITY' } });
    expect((await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body).toMatchObject({ owes: 'BatchStation' });
    await waitFor(async () => (await asked(name)).includes('order.cancel.request 1'), { what: 'the question' });
    const yes = { id: `ack-${randomUUID()}`, type: 'print_station.cancellation_acknowledged', order_id: name, sequence: 1, at: new Date().toISOString(), data: { granted: true } };
    expect((await system.api('/api/service_bus/events', { as: 'print-station', body: yes })).body).toMatchObject({ result: 'applied' });
    await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV', 60_000);
    expect(await decision(name)).toMatchObject({ state: 'granted', decision_reason: 'BatchStation has stopped it' });
    expect(await asked(name)).toEqual(['batch.create.request 1', 'order.cancel.request 1']);
    expect(await system.holds(name)).toEqual([]);
    await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
  }, 90_000);

  test('its no declines the wish, and the order goes on with its batch', async () => {
    await system.clearFaults();
    await silent();
    await system.fault({ system: 'print-station', operation: 'cancellation', fault: 'reject', count: 1 });
    const name = await atBatchStation();
    expect((await cancelled(name)).status).toBe(202);
    expect(await decision(name)).toMatchObject({ state: 'declined', decision_reason: 'BatchStation does not stop it: The sandbox was told to refuse this.' });
    await results(result(name));
    await system.reach(name, 'FULFILLED', 60_000);
  }, 90_000);
});

describe('BatchStation’s capacity', () => {
  beforeAll(async () => {
    await flag(false);
    await silent();
    await system.sql("INSERT INTO batching_capacities (warehouse_id, capacity) SELECT id, 2 FROM warehouses WHERE `key` = 'us-east'");
  });
  afterAll(async () => {
    await system.sql('DELETE FROM batching_capacities');
    await system.clearFaults();
  });

  test('full: the others wait and say so; a batch frees a place, and the next one goes on', async () => {
    const names = await system.place(5, { template: 'printable', site: 'POPS-US' });
    await system.reach(names, 'WAITING_BATCHING_CAPACITY');
    const atBatchStation = async (): Promise<string[]> => (await Promise.all(names.map(async (name) => ((await asked(name)).length > 0 ? [name] : [])))).flat();
    await waitFor(async () => (await atBatchStation()).length === 2, { what: 'two at BatchStation' });
    const [first = ''] = await atBatchStation();
    const waiting = names.filter((name) => name !== first);
    const reasons = await Promise.all(waiting.map(async (name) => ((await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string }).because));
    expect(reasons.filter((reason) => reason.includes('the capacity of us-east is full: 2 of 2'))).toHaveLength(3);
    // Nobody was asked for who waits for a place.
    const [placeless = ''] = waiting.filter((_name, index) => reasons[index]?.includes('is full'));
    expect((await repush(placeless)).status).toBe(409);
    expect((await results(result(first))).body).toMatchObject({ orders: [{ result: 'applied', status: 'BATCHED' }] });
    await waitFor(async () => (await atBatchStation()).length === 3, { what: 'the next one at BatchStation' });
    expect(await system.count("SELECT COUNT(*) FROM batching_places p JOIN order_status s ON s.order_id = p.order_id WHERE s.status IN ('READY_FOR_BATCHING', 'WAITING_BATCHING_CAPACITY')")).toBe(2);
    await system.reach(first, 'FULFILLED', 60_000);
  }, 120_000);
});

test('an answer that nobody could take is a dead letter of its own queue, and is replayed', async () => {
  await flag(true);
  await silent();
  const name = await place('PRINT_STATION_WAITING_FOR_BATCHING');
  const event = { id: 'buried', type: 'Event::BatchCreated', order_id: 'US-NOBODY', sequence: 1, at: new Date().toISOString(), data: { batch_reference: 'PB-BURIED' } };
  const bus = new ServiceBusClient(system.busConnection);
  const sender = bus.createSender('int-prod-batching-update-oms');
  await sender.sendMessages([{ messageId: 'nobody', body: event }, { messageId: 'broken', body: { ...event, order_id: name, data: {} } }]);
  await bus.close();
  const letters = await waitFor(async () => {
    const { dead_letters: found } = (await system.api('/api/oms/dead-letters?queue=batching')).body as { dead_letters: { sequence: number; message_id: string }[] };
    return found.length === 2 && found;
  }, { what: 'two dead letters' });
  expect((await system.api('/api/oms/dead-letters')).body).toMatchObject({ dead_letters: [] });
  const about = (id: string): number => letters.find(({ message_id }) => message_id === id)?.sequence ?? 0;
  const act = (id: string, what: string): Promise<Answer> => system.api(`/api/oms/dead-letters/${about(id)}/${what}`, { body: { reason: 'a test' } });
  expect((await act('broken', 'replay?queue=batching&dry_run=true')).body).toMatchObject({ completes: false, facts: [{ outcome: 'violates-contract', pointer: '/data/batch_reference' }] });
  expect((await act('broken', 'discard?queue=batching')).status).toBe(200);
  // The order has another name now: the one of the dead letter.
  await system.sql("UPDATE orders SET name = 'US-NOBODY' WHERE name = ?", [name]);
  expect((await act('nobody', 'replay?queue=batching')).body).toMatchObject({ completes: true, facts: [{ outcome: 'applied', to: 'PRINT_STATION_BATCHED' }] });
  expect((await system.order('US-NOBODY')).batch_reference).toBe('PB-BURIED');
  expect((await system.api('/api/oms/dead-letters?queue=batching')).body).toMatchObject({ dead_letters: [] });
  expect((await system.api('/api/oms/dead-letters?queue=other')).status).toBe(400);
  await system.clearFaults();
}, 90_000);

describe('other ways', () => {
  test('what a vendor ships is not asked for: it waits for the shipment', async () => {
    const name = await place('OMS_CREATED_ORDER_FULFILLMENT', 'vendor');
    expect(await system.effects({ system: 'camel', name })).toEqual([]);
    const { id, lines } = await system.order(name);
    expect(id).toBeGreaterThan(0);
    const parcel = { order_id: name, shipment_id: `SHP-${name}`, carrier: 'UPS', tracking: '1Z', shipped_at: new Date().toISOString(), lines: lines.map(({ line_id, quantity }) => ({ line_id, quantity })) };
    expect((await system.api('/api/v3/osor_order/fulfill_orders', { as: 'mulesoft', body: { orders: [parcel] } })).body).toMatchObject({ orders: [{ result: 'applied' }] });
    await system.reach(name, 'FULFILLED', 60_000);
  }, 90_000);

  test('an order whose lines go different ways is held, with the lines of each way', async () => {
    const pause = await system.pause('stage', 'RELEASED_FROM_NAV');
    const [name = ''] = await system.place(1, { template: 'finished', seed: 'two-lines' });
    await system.reach(name, 'RELEASED_FROM_NAV');
    const { id } = await system.order(name);
    await system.sql("INSERT INTO line_items (order_id, line_id, position, sku, name, quantity, unit_price, discount, tax, total, path, properties) VALUES (?, 'extra', 99, 'SKU', 'Thing', 1, 0, 0, 0, 0, 'printable', '{}')", [id]);
    await system.resume(pause);
    const [hold] = await waitFor(async () => {
      const holds = await system.holds(name);
      return holds.length > 0 && holds;
    }, { what: 'the hold' });
    expect(hold).toMatchObject({ kind: 'order.mixed-paths', reason: expect.stringContaining('printed: extra') });
  }, 60_000);
});
