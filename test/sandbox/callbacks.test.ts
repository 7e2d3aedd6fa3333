import { articles } from '../../sandbox/articles';
import { aSandbox, type TestSandbox, tokens } from './a-sandbox';
import { anOms, isEvent, isRelease, isShipment, shipped, type TestOms } from './an-oms';
import { nameOf, type NavClient, navClient, requestCancellation, requestFulfillment, salesOrder } from './partners';

/** What Camel and Cirro tell the OMS, on the wire. */

let oms: TestOms;
let sandbox: TestSandbox;
let nav: NavClient;

beforeEach(async () => {
  oms = await anOms();
  sandbox = await aSandbox({ omsUrl: oms.url });
  nav = await navClient(sandbox.url);
});
afterEach(async () => {
  nav.close();
  await sandbox.close();
  await oms.close();
});

const refs = (count: number): string[] => Array.from({ length: count }, (_, index) => `US${String(80_000_000 + index)}`);

test('a sales order is released', async () => {
  const no = await nav.importDocument(1, salesOrder('US80000000'));
  const [call] = await oms.received(1, isRelease);
  expect(call).toMatchObject({
    method: 'PATCH',
    path: '/api/v3/osor_order/status/US-US80000000',
    token: tokens.mulesoft,
    body: { status: 'RELEASED_FROM_NAV', event_id: `release-${no}`, nav_order_no: no },
  });
});

describe('a release before NAV has answered', () => {
  const order = (index: number): string => `US${String(81_000_000 + index)}`;
  let unhurried: TestSandbox;
  let itsNav: NavClient;
  beforeEach(async () => {
    unhurried = await aSandbox({ omsUrl: oms.url, pace: 1 });
    itsNav = await navClient(unhurried.url);
  });
  afterEach(async () => {
    itsNav.close();
    await unhurried.close();
  });

  test('comes for about one order in ten, for the others afterwards', async () => {
    const early: string[] = [];
    for (let index = 0; index < 100; index += 1) {
      await itsNav.importDocument(1, salesOrder(order(index)));
      if (oms.calls.some((call) => call.path.endsWith(nameOf(order(index))))) early.push(order(index));
    }
    expect(early.length).toBeGreaterThanOrEqual(3);
    expect(early.length).toBeLessThanOrEqual(25);
    expect(await oms.received(100, isRelease)).toHaveLength(100);
  });

  test('holds NAV up for 300 ms at most', async () => {
    oms.answer = () => 'silence';
    const times: number[] = [];
    for (let index = 0; index < 30; index += 1) {
      const begin = performance.now();
      await itsNav.importDocument(1, salesOrder(order(index)));
      times.push(performance.now() - begin);
    }
    expect(Math.max(...times)).toBeGreaterThan(290);
    expect(Math.max(...times)).toBeLessThan(1000);
  });
});

test('a fulfillment request is accepted by REST or over the bus, a few by both with one id, and then shipped whole', async () => {
  const answers = await Promise.all(refs(80).map((ref) => requestFulfillment(sandbox.url, ref)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  expect(await answers[0]?.json()).toEqual({ request_id: expect.stringMatching(/^CIR-\d{7}$/) });
  expect(await sandbox.effects({ system: 'camel' })).toHaveLength(80);

  await oms.received(20, isEvent);
  const [event] = oms.calls.filter(isEvent);
  expect(event).toMatchObject({ method: 'POST', token: tokens.serviceBus, body: { type: 'accepted', sequence: 1, id: expect.stringMatching(/^accepted-CIR-/) } });

  const done = new Set<string>();
  await oms.received(1, (call) => {
    if (isShipment(call)) for (const order of shipped(call)) done.add(order.order_id);
    return done.size >= oms.calls.filter(isEvent).length;
  });
  const first = oms.calls.filter(isShipment).flatMap(shipped)[0];
  expect(first).toMatchObject({ shipment_id: expect.stringMatching(/^SHP-/), carrier: expect.any(String), tracking: expect.stringMatching(/^1Z/), lines: [{ line_id: 'l1', quantity: 2 }] });
});

describe('an article to which something happens', () => {
  const ask = (ref: string, sequence: number, ...skus: string[]): Promise<Response> => requestFulfillment(sandbox.url, ref, sequence, undefined, skus);
  /** Those of whom the OMS has heard by REST; the others are on the bus. */
  const told = (type: string): Set<string> => new Set(oms.calls.filter((call) => isEvent(call) && call.body?.type === type).map((call) => String(call.body?.order_id)));

  test('a blocked one is not released, and the reason is told', async () => {
    const no = await nav.importDocument(1, salesOrder('US80000000', { sku: articles.blocked }));
    const [call] = await oms.received(1, isRelease);
    expect(call?.body).toEqual({ status: 'FAILED_TO_RELEASE_FROM_NAV', reason: `Item ${articles.blocked} is blocked.`, event_id: `release-${no}`, nav_order_no: no });
  });

  test('a disputed one is rejected when it is first requested, and taken under the next sequence', async () => {
    for (const ref of refs(20)) await ask(ref, 1, '801122', articles.disputed);
    await oms.received(1, () => told('rejected').size >= 5);
    const [event] = oms.calls.filter(isEvent);
    expect(event?.body).toMatchObject({ type: 'rejected', sequence: 1, data: { reason: expect.stringContaining(articles.disputed) as string } });
    for (const ref of refs(20)) await ask(ref, 2, '801122', articles.disputed);
    await oms.received(1, () => told('accepted').size >= 5 && [...told('accepted')].every((order) => oms.calls.filter(isShipment).flatMap(shipped).some(({ order_id: id }) => id === order)));
    for (const order of oms.calls.filter(isShipment).flatMap(shipped)) expect(told('accepted')).toContain(order.order_id);
    expect(oms.calls.filter(isEvent).filter(({ body }) => body?.type === (body?.sequence === 1 ? 'accepted' : 'rejected'))).toEqual([]);
  });

  test('a bulky one has every line of its order shipped alone', async () => {
    for (const ref of refs(20)) await ask(ref, 1, articles.bulky, '801122', '801123');
    const parcels = (): Map<string, unknown[]> => new Map([...Map.groupBy(oms.calls.filter(isShipment).flatMap(shipped), ({ order_id: id }) => id)].map(([id, all]) => [id, all.map(({ lines }) => lines)]));
    await oms.received(1, () => told('accepted').size >= 5 && [...told('accepted')].every((order) => parcels().get(order)?.length === 3));
    for (const order of told('accepted')) expect(parcels().get(order)).toEqual(expect.arrayContaining(['l1', 'l2', 'l3'].map((line) => [{ line_id: line, quantity: 2 }])));
    const ids = oms.calls.filter(isShipment).flatMap(shipped).map(({ shipment_id: id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('what the OMS does not take is told again until it does, in the same words', async () => {
  let refusals = 3;
  oms.answer = () => {
    refusals -= 1;
    if (refusals === 2) return 'none';
    return { status: refusals === 1 ? 503 : refusals === 0 ? 429 : 202, body: { result: 'kept' } };
  };
  await nav.importDocument(1, salesOrder('US80000000'));
  const calls = await oms.received(4, isRelease);
  expect(new Set(calls.map(({ text }) => text)).size).toBe(1);
});

test('an order that the OMS does not know yet is tried again; a definite no is not', async () => {
  let unknown = 2;
  oms.answer = (call) => {
    if (call.path.endsWith(nameOf('US80000001'))) return { status: 409, body: { status: 'CANCELLED' } };
    unknown -= 1;
    return { status: unknown >= 0 ? 404 : 200 };
  };
  await nav.importDocument(1, salesOrder('US80000001'));
  await oms.received(1, isRelease);
  await nav.importDocument(1, salesOrder('US80000000'));
  await oms.received(3, (call) => call.path.endsWith(nameOf('US80000000')));
  expect(oms.calls.filter((call) => call.path.endsWith(nameOf('US80000001')))).toHaveLength(1);
});

test('of a shipment call only the orders that the OMS did not know are told again', async () => {
  const seen = new Map<string, number>();
  let unknown: string | undefined;
  oms.answer = (call) => {
    if (!isShipment(call)) return { status: 200 };
    const results = shipped(call).map(({ order_id: id }) => {
      unknown ??= id;
      seen.set(id, (seen.get(id) ?? 0) + 1);
      return { order_id: id, result: id === unknown && seen.get(id) === 1 ? 'unknown' : 'applied' };
    });
    return { status: 200, body: { orders: results } };
  };
  for (const ref of refs(30)) await requestFulfillment(sandbox.url, ref);
  const overRest = new Set((await oms.received(10, isEvent)).map((call) => String(call.body?.order_id)));
  await oms.received(1, (call) => isShipment(call) && unknown !== undefined && seen.get(unknown) === 2 && [...overRest].every((id) => seen.has(id)));
  expect([...seen].filter(([id, times]) => times > 1 && id !== unknown)).toEqual([]);
});

test('shipments travel together, twenty at most', async () => {
  const unhurried = await aSandbox({ omsUrl: oms.url, pace: 1 });
  await Promise.all(refs(200).map((ref) => requestFulfillment(unhurried.url, ref)));
  await oms.received(60, isEvent);
  await oms.received(1, () => new Set(oms.calls.filter(isShipment).flatMap(shipped).map(({ order_id: id }) => id)).size >= 60);
  const sizes = oms.calls.filter(isShipment).map((call) => shipped(call).length);
  await unhurried.close();
  expect(Math.max(...sizes)).toBeGreaterThan(5);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
});

test.each([
  ['a wrong key', (url: string) => requestFulfillment(url, 'US80000000', 1, 'guessed'), 401],
  ['a sequence that makes no sense', (url: string) => requestFulfillment(url, 'US80000000', 0), 422],
])('%s is refused without an effect', async (_name, send, status) => {
  expect((await send(sandbox.url)).status).toBe(status);
  expect(await sandbox.effects()).toEqual([]);
});

describe('the question whether an order can be stopped', () => {
  /** Those of whom the OMS has heard by REST; the others are on the bus. */
  const told = (type: string): Set<string> => new Set(oms.calls.filter((call) => isEvent(call) && call.body?.type === type).map((call) => String(call.body?.order_id)));
  const parcels = (): Set<string> => new Set(oms.calls.filter(isShipment).flatMap(shipped).map(({ order_id: id }) => id));

  test('once its parcel has left: refused; the same question again is no other, an unknown order and one without a number are refused', async () => {
    for (const ref of refs(20)) await requestFulfillment(sandbox.url, ref);
    await oms.received(1, () => parcels().size >= 5);
    const left = refs(20).filter((ref) => parcels().has(nameOf(ref)));
    for (const ref of left) expect(await (await requestCancellation(sandbox.url, ref)).json()).toEqual({ request_id: `CAN-${nameOf(ref)}/1` });
    await oms.received(1, () => told('cancel_refused').size >= 3);
    expect(oms.calls.find(({ body }) => body?.type === 'cancel_refused')?.body).toMatchObject({ sequence: 1, data: { reason: 'The parcel has left.' } });
    expect([...told('cancel_acknowledged')]).toEqual([]);
    const [ref = ''] = left;
    expect(await (await requestCancellation(sandbox.url, ref)).json()).toEqual({ request_id: `CAN-${nameOf(ref)}/1` });
    expect(await sandbox.effects({ system: 'camel', operation: 'cancellation-request' })).toHaveLength(left.length);
    expect((await requestCancellation(sandbox.url, 'US99999999')).status).toBe(422);
    expect((await requestCancellation(sandbox.url, ref, 0)).status).toBe(422);
  });

  test('before it has left: granted, and it is neither accepted nor shipped any more', async () => {
    await sandbox.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 2000 });
    for (const ref of refs(20)) {
      await requestFulfillment(sandbox.url, ref);
      await requestCancellation(sandbox.url, ref);
    }
    await oms.received(1, () => told('cancel_acknowledged').size >= 3);
    // What is asked for afterwards comes after everything that was still to come.
    const later = Array.from({ length: 20 }, (_, index) => `US${String(82_000_000 + index)}`);
    for (const ref of later) await requestFulfillment(sandbox.url, ref);
    await oms.received(1, () => parcels().size >= 3);
    expect(refs(20).filter((ref) => told('accepted').has(nameOf(ref)) || parcels().has(nameOf(ref)))).toEqual([]);
    expect([...told('cancel_refused')]).toEqual([]);
  });
});
