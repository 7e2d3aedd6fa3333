import { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';
import http from 'node:http';
import { type Answer, type CallerName, readAnswer, startSystem, type System, waitFor } from '../support/system';
import { aParcel, anEvent, aRelease, everything, post, release, results, ship } from './partners';

/** The HTTP endpoints as partners see them: who may call, what is refused, and what becomes of facts that come early, late and twice. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
  // Acceptances are told by hand here, and with them everything that follows.
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

/** Without a number a peek goes on behind the last message that this client has peeked. */
const FROM_THE_FIRST = { fromSequenceNumber: Long.ONE };

const STATUS_URL = '/api/v3/osor_order/status/US-US00000001';
const PARCELS_URL = '/api/v3/osor_order/fulfill_orders';
const EVENTS_URL = '/api/service_bus/events';

type Endpoint = [method: string, url: string, allowed: CallerName[]];
const ENDPOINTS: Endpoint[] = [
  ['PATCH', STATUS_URL, ['mulesoft']],
  ['POST', PARCELS_URL, ['mulesoft']],
  ['POST', EVENTS_URL, ['service-bus', 'print-station']],
  ['GET', '/api/oms/orders', ['reader', 'operator']],
  ['GET', '/api/oms/orders/1', ['reader', 'operator']],
  ['POST', '/api/oms/orders/1/put-back', ['operator']],
  ['POST', '/api/oms/orders/1/processed-externally', ['operator']],
  ['POST', '/api/oms/orders/1/cancel', ['operator']],
  ['GET', '/api/oms/holds', ['operator']],
  ['POST', '/api/oms/holds/1/decision', ['operator']],
  ['GET', '/api/oms/pauses', ['operator']],
  ['POST', '/api/oms/pauses', ['operator']],
  ['DELETE', '/api/oms/pauses/1', ['operator']],
  ['GET', '/api/oms/flags', ['operator']],
  ['PUT', '/api/oms/flags/use_prod_arena', ['operator']],
  ['DELETE', '/api/oms/flags/use_prod_arena', ['operator']],
  ['GET', '/api/oms/dead-letters', ['operator']],
  ['POST', '/api/oms/dead-letters/1/replay', ['operator']],
  ['POST', '/api/oms/dead-letters/1/discard', ['operator']],
];
const CALLERS: CallerName[] = ['mulesoft', 'service-bus', 'print-station', 'reader', 'operator'];

/** The status of a refusal, which is problem+json, carries its correlation id and tells nothing of what is inside. */
function refusal(answer: Answer): number {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ correlation_id: answer.headers['x-correlation-id'], title: expect.stringMatching(/./) as string });
  expect(answer.text).not.toMatch(/node_modules|dist\/|\.(?:ts|js)\b|\bat \S+ \(|\bstack\b|(?:^|[\s"'(])\/(?:work|home|usr|tmp|root)\//);
  expect(answer.text).not.toMatch(/\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|FOR UPDATE)\b|\bER_[A-Z_]+|mysql|mariadb/i);
  return answer.status;
}

/** Sends a request piece by piece; resolves with the answer, which may come before the end. */
function raw(method: string, url: string, headers: Record<string, string>, pieces: readonly (string | Buffer)[] = [], end = true): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${system.url}${url}`, { method, agent: false, headers: { 'x-user-token': system.tokens.mulesoft, 'content-type': 'application/json', ...headers } });
    let answered = false;
    request.once('error', (error) => !answered && reject(error));
    request.once('response', (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject).finally(() => request.destroy());
    });
    request.flushHeaders();
    for (const piece of pieces) request.write(piece);
    if (end) request.end();
  });
}

describe('who calls', () => {
  test.each(ENDPOINTS)('%s %s answers 401 without a token and with an unknown one', async (method, url) => {
    const missing = await system.api(url, { method, as: null, ...(method !== 'GET' && { body: {} }) });
    expect(refusal(missing)).toBe(401);
    const unknown = await system.api(url, { method, as: null, headers: { 'x-user-token': 'nobody-knows-this' }, ...(method !== 'GET' && { body: {} }) });
    expect(refusal(unknown)).toBe(401);
  });

  test.each(ENDPOINTS)('%s %s answers 403 to the token of any other caller', async (method, url, allowed) => {
    const forbidden: CallerName[] = [];
    for (const as of CALLERS) {
      const answer = await system.api(url, { method, as, ...(method !== 'GET' && { body: {} }) });
      if (answer.status === 403 && refusal(answer) === 403) forbidden.push(as);
    }
    expect(forbidden).toEqual(CALLERS.filter((caller) => !allowed.includes(caller)));
  });

  test('PrintStation may send its token as a bearer, nobody else may', async () => {
    const bearer = (caller: CallerName): Promise<Answer> =>
      system.api(EVENTS_URL, { as: null, headers: { authorization: `Bearer ${system.tokens[caller]}` }, body: anEvent('US-NOBODY', 'accepted') });
    expect(refusal(await bearer('print-station'))).toBe(404);
    expect(refusal(await bearer('service-bus'))).toBe(401);
  });

  test('a sound correlation id is echoed, another one is replaced', async () => {
    const sound = await system.api('/api/oms/orders', { as: 'reader', headers: { 'x-correlation-id': 'my-own-id.0815' } });
    expect(sound.headers['x-correlation-id']).toBe('my-own-id.0815');
    const refused = await system.api('/api/oms/orders', { as: null, headers: { 'x-correlation-id': 'my-own-id.0816' } });
    expect(refused.body).toMatchObject({ correlation_id: 'my-own-id.0816' });
    const unsound = await system.api('/api/oms/orders', { as: null, headers: { 'x-correlation-id': '<script>' } });
    expect(unsound.headers['x-correlation-id']).toMatch(/^[\da-f-]{36}$/);
    expect(refusal(unsound)).toBe(401);
  });
});

describe('what is refused before anything is stored', () => {

  test('an unknown order is answered 404, item by item where there are several', async () => {
    expect(refusal(await release(system, 'US-NOBODY'))).toBe(404);
    expect(refusal(await release(system, '../../etc/passwd'))).toBe(404);
    expect(refusal(await post(system, anEvent('US-NOBODY', 'accepted')))).toBe(404);
    const shipped = await ship(system, aParcel('US-NOBODY', [{ line_id: '1', quantity: 1 }]), aParcel('US-NOBODY-2', [{ line_id: '1', quantity: 1 }]));
    expect(shipped.status).toBe(200);
    expect(results(shipped)).toEqual([{ order_id: 'US-NOBODY', result: 'unknown' }, { order_id: 'US-NOBODY-2', result: 'unknown' }]);
    expect(refusal(await system.api('/api/nothing/here', { body: {} }))).toBe(404);
  });

  test.each([
    ['PATCH', STATUS_URL, 'mulesoft', { status: 'SHIPPED', event_id: 'e-1' }, 'POST /api/v3/osor_order/fulfill_orders', '/status'],
    ['POST', PARCELS_URL, 'mulesoft', { orders: [anEvent('US-NOBODY', 'accepted')] }, 'POST /api/service_bus/events', '/orders/0/type'],
    ['POST', EVENTS_URL, 'service-bus', { orders: [aParcel('US-NOBODY', [{ line_id: '1', quantity: 1 }])] }, 'POST /api/v3/osor_order/fulfill_orders', '/orders/0/shipment_id'],
  ] as const)('%s %s tells where a report of another kind belongs', async (method, url, as, body, endpoint, pointer) => {
    const answer = await system.api(url, { method, as, body });
    expect(refusal(answer)).toBe(400);
    expect(answer.body).toMatchObject({ title: 'contract.wrong-endpoint', detail: expect.stringContaining(endpoint) as string, pointer });
  });

  test.each([
    ['half a body', '{"status": "RELEA', ''],
    ['no JSON', 'status=RELEASED_FROM_NAV', ''],
    ['nothing', '', '/status'],
    ['no object', '"RELEASED_FROM_NAV"', ''],
    ['a list', '[]', ''],
    ['an unknown status', '{"status": "FULFILLED", "event_id": "1"}', '/status'],
    ['a missing event id', '{"status": "RELEASED_FROM_NAV"}', '/event_id'],
    ['an empty event id', '{"status": "RELEASED_FROM_NAV", "event_id": ""}', '/event_id'],
    ['an unknown property', '{"status": "RELEASED_FROM_NAV", "event_id": "1", "a/b~c": 1}', '/a~1b~0c'],
    ['a wrong type', '{"status": "RELEASED_FROM_NAV", "event_id": 1}', '/event_id'],
    ['__proto__', '{"status": "RELEASED_FROM_NAV", "event_id": "1", "__proto__": {"status": "x"}}', '/__proto__'],
    ['a deep prototype', '{"status": "RELEASED_FROM_NAV", "event_id": "1", "reason": [{"constructor": {}}]}', '/reason/0/constructor'],
  ])('%s is a 400 with the pointer', async (_what, body, pointer) => {
    const answer = await system.api(STATUS_URL, { method: 'PATCH', as: 'mulesoft', body, headers: { 'content-type': 'application/json' } });
    expect(refusal(answer)).toBe(400);
    expect(answer.body).toMatchObject({ pointer });
  });

  test('the pointer leads into lists', async () => {
    const answer = await ship(system, aParcel('US-1', [{ line_id: 'a', quantity: 1 }]), aParcel('US-2', [{ line_id: 'a', quantity: 1 }, { line_id: 'b', quantity: 0 }]));
    expect(refusal(answer)).toBe(400);
    expect(answer.body).toMatchObject({ pointer: '/orders/1/lines/1/quantity' });
  });

  test.each([33, 2000, 100_000])('a body of %s levels is a 400', async (depth) => {
    const answer = await system.api(STATUS_URL, { method: 'PATCH', as: 'mulesoft', body: `{"status": ${'['.repeat(depth)}${']'.repeat(depth)}}` });
    expect(refusal(answer)).toBe(400);
  });

  test('a body that is too large is a 413, announced or not', async () => {
    expect(refusal(await raw('POST', PARCELS_URL, { 'content-length': '1048577' }, [], false))).toBe(413);
    const pieces = Array.from({ length: 17 }, () => Buffer.alloc(65_536, ' '));
    expect(refusal(await raw('POST', PARCELS_URL, { 'transfer-encoding': 'chunked' }, pieces, false))).toBe(413);
    // The largest that fits is read, and found to be no JSON.
    expect(refusal(await raw('POST', PARCELS_URL, { 'transfer-encoding': 'chunked' }, pieces.slice(0, 16)))).toBe(400);
  });

  test('a compressed body is a 415', async () => {
    expect(refusal(await system.api(PARCELS_URL, { as: 'mulesoft', body: Buffer.from([31, 139, 8]), headers: { 'content-encoding': 'gzip' } }))).toBe(415);
  });

  test('nothing of all that was stored', async () => {
    expect(await system.count('SELECT COUNT(*) FROM inbox')).toBe(0);
  });
});

/** New orders that Cirro has been asked to fulfil. */
async function asked(count = 1): Promise<string[]> {
  const names = await system.place(count);
  await system.reach(names, 'WAITING_FULFILLMENT_CONFIRMATION');
  return names;
}

async function askedOne(): Promise<string> {
  const [name = ''] = await asked();
  return name;
}

/** One asked order with at least this many pieces. */
async function askedForPieces(pieces: number): Promise<string> {
  const names = await asked(8);
  for (const name of names) if ((await system.order(name)).lines.reduce((sum, line) => sum + line.quantity, 0) >= pieces) return name;
  throw new Error('no order of eight has so many pieces');
}

async function accepted(): Promise<string> {
  const name = await askedOne();
  expect((await post(system, anEvent(name, 'accepted'))).status).toBe(200);
  return name;
}

const transitions = async (name: string): Promise<string[]> =>
  (await system.order(name)).timeline.filter(({ kind }) => kind === 'transition').map(({ text }) => text.split(' – ')[0] ?? '');

async function openHold(name: string): Promise<{ id: number; kind: string; reason: string }> {
  const holds = await system.holds(name);
  expect(holds).toHaveLength(1);
  const [hold] = holds;
  if (!hold) throw new Error('no hold');
  return hold;
}

describe('facts that come early', () => {
  test('a release before the order was created in NAV is kept, and applied by the creation', async () => {
    const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
    const [name = ''] = await system.place(1);
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    const report = aRelease({ nav_order_no: 'SO-EARLY' });
    const answer = await release(system, name, report);
    expect(answer).toMatchObject({ status: 202, body: { order_id: name, status: 'READY_TO_CREATE_IN_NAV', result: 'kept' } });
    expect(await release(system, name, report)).toMatchObject({ status: 202, body: { result: 'kept' } });
    expect(await system.effects({ name })).toEqual([]);
    // Nobody else releases it: what moves it on is the kept report.
    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 600_000 });
    await system.resume(pause);
    await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
    expect((await transitions(name)).filter((text) => text.endsWith('→ RELEASED_FROM_NAV'))).toHaveLength(1);
    expect(await system.effects({ name, system: 'nav' })).toHaveLength(1);
    expect(await system.count("SELECT COUNT(*) FROM inbox WHERE event_id = ? AND state = 'applied'", [report.event_id])).toBe(1);
    await system.clearFaults();
    await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
  }, 60_000);

  test('an acceptance and a parcel before the request went out are kept, and applied one after the other', async () => {
    const pause = await system.pause('partner', 'Cirro');
    const [name = ''] = await system.place(1);
    await system.reach(name, 'CIRRO_READY_FOR_FULFILLMENT');
    expect(await post(system, anEvent(name, 'accepted'))).toMatchObject({ status: 202, body: { result: 'kept', status: 'CIRRO_READY_FOR_FULFILLMENT' } });
    const parcel = await everything(system, name);
    expect(results(await ship(system, parcel))).toMatchObject([{ order_id: name, result: 'kept' }]);
    expect((await system.standing(name))?.status).toBe('CIRRO_READY_FOR_FULFILLMENT');
    await system.resume(pause);
    await system.reach(name, 'FULFILLED');
    expect((await transitions(name)).slice(4, 8)).toEqual([
      'RELEASED_FROM_NAV → CIRRO_READY_FOR_FULFILLMENT',
      'CIRRO_READY_FOR_FULFILLMENT → WAITING_FULFILLMENT_CONFIRMATION',
      'WAITING_FULFILLMENT_CONFIRMATION → EXPORTED_TO_TPL',
      'EXPORTED_TO_TPL → SHIPPED',
    ]);
    expect(await system.effects({ name, system: 'camel' })).toHaveLength(1);
    expect(results(await ship(system, parcel))).toMatchObject([{ result: 'applied' }]);
  }, 60_000);

  test('a parcel that overtakes the acceptance ships the order; the acceptance then says nothing new', async () => {
    const name = await askedOne();
    expect(results(await ship(system, await everything(system, name)))).toMatchObject([{ result: 'applied', status: 'SHIPPED' }]);
    expect(await post(system, anEvent(name, 'accepted'))).toMatchObject({ status: 200, body: { result: 'already' } });
    await system.reach(name, 'FULFILLED');
    expect((await system.order(name)).holds).toEqual([]);
  }, 60_000);
});

describe('facts that come late, or cannot be', () => {
  test('a second release of its own is answered 200 already, a late failure 409 with the current status', async () => {
    const name = await askedOne();
    expect(await release(system, name)).toMatchObject({ status: 200, body: { order_id: name, result: 'already', status: 'WAITING_FULFILLMENT_CONFIRMATION' } });
    const late = await release(system, name, aRelease({ status: 'FAILED_TO_RELEASE_FROM_NAV', reason: 'credit limit' }));
    expect(refusal(late)).toBe(409);
    expect(late.body).toMatchObject({ order_id: name, status: 'WAITING_FULFILLMENT_CONFIRMATION', result: 'refused' });
    expect((await system.standing(name))?.status).toBe('WAITING_FULFILLMENT_CONFIRMATION');
  }, 60_000);

  test('what the world did to a cancelled order is kept with a hold; what NAV says of it is refused', async () => {
    const pause = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
    const [name = ''] = await system.place(1);
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    expect(await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } })).toMatchObject({ status: 200 });
    await system.resume(pause);
    const refused = await release(system, name);
    expect(refusal(refused)).toBe(409);
    expect(refused.body).toMatchObject({ status: 'CS_CANCELLED' });
    const parcel = await everything(system, name);
    expect(results(await ship(system, parcel))).toMatchObject([{ order_id: name, result: 'kept', status: 'CS_CANCELLED' }]);
    const hold = await openHold(name);
    expect(hold).toMatchObject({ kind: 'fact.exception' });
    expect(hold.reason).toContain(parcel.shipment_id);
    expect(await post(system, anEvent(name, 'accepted'))).toMatchObject({ status: 202, body: { result: 'kept' } });
    expect(await system.holds(name)).toHaveLength(2);
    // The same parcel again is the same answer, and no third hold.
    expect(results(await ship(system, parcel))).toMatchObject([{ result: 'kept', status: 'CS_CANCELLED' }]);
    expect(await system.holds(name)).toHaveLength(2);
    expect((await system.order(name)).fulfillments).toEqual([]);
  }, 60_000);

  test('a batch for an order that is not printed here is kept with a hold', async () => {
    const name = await askedOne();
    expect(await post(system, anEvent(name, 'batched'))).toMatchObject({ status: 202, body: { result: 'kept', status: 'WAITING_FULFILLMENT_CONFIRMATION' } });
    const hold = await openHold(name);
    expect(hold).toMatchObject({ kind: 'fact.exception' });
    expect((await system.decide(hold.id, 'release')).status).toBe(200);
    expect((await post(system, anEvent(name, 'accepted'))).status).toBe(200);
  }, 60_000);
});

describe('facts that come twice', () => {
  test('the same event twice gets the same answer and moves the order once', async () => {
    const name = await askedOne();
    const event = anEvent(name, 'accepted');
    const first = await post(system, event);
    expect(first).toMatchObject({ status: 200, body: { order_id: name, status: 'EXPORTED_TO_TPL', result: 'applied' } });
    const again = await post(system, event);
    expect({ status: again.status, body: again.body as unknown }).toEqual({ status: first.status, body: first.body as unknown });
    expect((await transitions(name)).filter((text) => text.endsWith('EXPORTED_TO_TPL'))).toHaveLength(1);
    expect(await system.count('SELECT COUNT(*) FROM inbox WHERE event_id = ?', [event.id])).toBe(1);
  }, 60_000);

  test('twenty callers with the same parcel at the same moment: one parcel', async () => {
    const name = await accepted();
    const parcel = await everything(system, name);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ship(system, parcel)));
    for (const answer of answers) expect(results(answer)).toEqual([expect.objectContaining({ order_id: name, result: 'applied', status: 'SHIPPED' })]);
    const order = await system.order(name);
    expect(order.fulfillments).toHaveLength(1);
    for (const line of order.lines) expect(line.quantity_shipped).toBe(line.quantity);
    expect((await transitions(name)).filter((text) => text.endsWith('→ SHIPPED'))).toHaveLength(1);
  }, 60_000);

  test('the same event by REST and over Service Bus counts once', async () => {
    const names = await asked(6);
    const events = names.map((name) => anEvent(name, 'accepted'));
    const bus = new ServiceBusClient(system.busConnection);
    try {
      const sender = bus.createSender('fulfillment-events');
      const posted = Promise.all(events.map((event) => post(system, event)));
      await sender.sendMessages(events.map((event) => ({ messageId: event.id, contentType: 'application/json', body: event })));
      for (const answer of await posted) expect(answer).toMatchObject({ status: 200, body: { status: 'EXPORTED_TO_TPL', result: 'applied' } });
      const waiting = bus.createReceiver('fulfillment-events', 'oms');
      await waitFor(async () => (await waiting.peekMessages(10, FROM_THE_FIRST)).length === 0, { what: 'the bus to be empty' });
      expect(await bus.createReceiver('fulfillment-events', 'oms', { subQueueType: 'deadLetter' }).peekMessages(10, FROM_THE_FIRST)).toEqual([]);
    } finally {
      await bus.close();
    }
    for (const [index, name] of names.entries()) {
      expect((await transitions(name)).filter((text) => text.endsWith('EXPORTED_TO_TPL'))).toHaveLength(1);
      expect(await system.count('SELECT COUNT(*) FROM inbox WHERE event_id = ?', [events[index]?.id])).toBe(1);
    }
  }, 60_000);

  test('what the bus brings and nobody can use lies in the dead letters with the reason', async () => {
    const bus = new ServiceBusClient(system.busConnection);
    try {
      const sender = bus.createSender('fulfillment-events');
      await sender.sendMessages([
        { messageId: 'rubbish', contentType: 'application/json', body: { hello: 'world' } },
        { messageId: 'unknown-order', contentType: 'application/json', body: anEvent('US-NOBODY', 'accepted') },
        { messageId: 'hostile', contentType: 'application/json', body: JSON.parse('{"data": {"__proto__": {"polluted": true}}}') as unknown },
      ]);
      const dead = bus.createReceiver('fulfillment-events', 'oms', { subQueueType: 'deadLetter' });
      const messages = await waitFor(
        async () => {
          const found = await dead.peekMessages(10, FROM_THE_FIRST);
          return found.length === 3 && found;
        },
        { what: 'three dead letters' },
      );
      const reasons = new Map(messages.map((message) => [message.messageId, message.deadLetterReason]));
      expect(reasons.get('rubbish')).toMatch(/^\/\w+ /);
      expect(reasons.get('unknown-order')).toContain('404');
      expect(reasons.get('hostile')).toBe('/data/__proto__ is a forbidden key');
    } finally {
      await bus.close();
    }
  }, 60_000);
});

describe('parcels', () => {
  test('each parcel of a call is answered for itself, in order', async () => {
    const [good = '', again = '', over = ''] = await asked(3);
    for (const name of [good, again, over]) expect((await post(system, anEvent(name, 'accepted'))).status).toBe(200);
    const known = await everything(system, again);
    await ship(system, known);
    const pieces = await everything(system, over);
    const answer = await ship(system, await everything(system, good), aParcel('EU-NOBODY', [{ line_id: '1', quantity: 1 }]), known, {
      ...pieces,
      lines: pieces.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })),
    });
    expect(answer.status).toBe(200);
    expect(results(answer)).toEqual([
      expect.objectContaining({ order_id: good, result: 'applied', status: 'SHIPPED' }),
      { order_id: 'EU-NOBODY', result: 'unknown' },
      expect.objectContaining({ order_id: again, result: 'applied', status: 'SHIPPED' }),
      expect.objectContaining({ order_id: over, result: 'kept', status: 'EXPORTED_TO_TPL', reason: expect.stringContaining('more of line') as string }),
    ]);
    const hold = await openHold(over);
    expect(hold.kind).toBe('fact.exception');
    const order = await system.order(over);
    expect(order.fulfillments).toEqual([]);
    for (const line of order.lines) expect(line.quantity_shipped).toBe(0);
  }, 60_000);

  test('a part of the order, then the rest, then one piece too many', async () => {
    const name = await askedForPieces(2);
    expect((await post(system, anEvent(name, 'accepted'))).status).toBe(200);
    const { lines } = await system.order(name);
    const [first] = lines;
    if (!first) throw new Error('an order without lines');
    expect(results(await ship(system, aParcel(name, [{ line_id: first.line_id, quantity: 1 }])))).toMatchObject([{ result: 'applied', status: 'PARTIALLY_SHIPPED' }]);
    expect((await system.standing(name))?.status).toBe('PARTIALLY_SHIPPED');
    const rest = lines.map((line) => ({ line_id: line.line_id, quantity: line.quantity - (line === first ? 1 : 0) })).filter(({ quantity }) => quantity > 0);
    const tooMuch = await ship(system, aParcel(name, [{ line_id: first.line_id, quantity: first.quantity }]));
    expect(results(tooMuch)).toMatchObject([{ result: 'kept', status: 'PARTIALLY_SHIPPED' }]);
    const hold = await openHold(name);
    expect(hold.kind).toBe('fact.exception');
    expect((await system.decide(hold.id, 'release')).status).toBe(200);
    expect(results(await ship(system, aParcel(name, [{ line_id: 'no-such-line', quantity: 1 }])))).toMatchObject([{ result: 'kept' }]);
    expect((await system.decide((await openHold(name)).id, 'release')).status).toBe(200);
    expect(results(await ship(system, aParcel(name, rest)))).toMatchObject([{ result: 'applied', status: 'SHIPPED' }]);
    await system.reach(name, 'FULFILLED');
    const order = await system.order(name);
    expect(order.fulfillments).toHaveLength(2);
    for (const line of order.lines) expect(line.quantity_shipped).toBe(line.quantity);
    const deeds = (await system.effects({ name })).map(({ operation }) => operation);
    expect(deeds.toSorted()).toEqual(['capture', 'document:1', 'document:6', 'fulfill', 'fulfillment-request']);
    for (const line of (await system.storefront(name)).lines) expect(line.fulfilled).toBe(line.quantity);
  }, 60_000);
});

test('a rejection by Cirro holds the order for the next sequence; answers to the old one are exceptions', async () => {
  const name = await askedOne();
  const rejection = anEvent(name, 'rejected', { data: { reason: 'address not found' } });
  expect(await post(system, rejection)).toMatchObject({ status: 200, body: { status: 'CIRRO_READY_FOR_FULFILLMENT', result: 'applied' } });
  expect(await post(system, rejection)).toMatchObject({ status: 200, body: { result: 'applied' } });
  const hold = await openHold(name);
  expect(hold).toMatchObject({ kind: 'cirro.rejected' });
  expect(hold.reason).toContain('address not found');
  expect(await system.order(name)).toMatchObject({ export_sequence: 2, status: 'CIRRO_READY_FOR_FULFILLMENT' });
  // An answer to the old sequence is an exception of its own.
  expect(await post(system, anEvent(name, 'accepted', { sequence: 1 }))).toMatchObject({ status: 202, body: { result: 'kept' } });
  const holds = await system.holds(name);
  expect(holds.map(({ kind }) => kind)).toEqual(['cirro.rejected', 'fact.exception']);
  expect(await system.standing(name)).toMatchObject({ due: false, holds: 2 });
  expect(await system.effects({ name, system: 'camel' })).toHaveLength(1);
  for (const { id } of holds) expect((await system.decide(id, 'release')).status).toBe(200);
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  expect((await system.effects({ name, system: 'camel' })).map(({ key }) => key)).toEqual([`${name}/1`, `${name}/2`]);
  expect(await post(system, anEvent(name, 'accepted', { sequence: 2 }))).toMatchObject({ status: 200, body: { status: 'EXPORTED_TO_TPL' } });
  // Late: accepted, and then rejected after all.
  expect(await post(system, anEvent(name, 'rejected', { sequence: 2 }))).toMatchObject({ status: 200, body: { status: 'CIRRO_READY_FOR_FULFILLMENT' } });
  expect(await system.order(name)).toMatchObject({ export_sequence: 3 });
}, 60_000);

test('a rejection that overtakes the answer to its own request: the answer leads nowhere, and the released order is requested anew', async () => {
  await system.fault({ system: 'camel', operation: 'fulfillment-request', fault: 'latency', ms: 3000, count: 1 });
  const [name = ''] = await system.place(1);
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM effects e JOIN orders o ON o.id = e.order_id WHERE o.name = ? AND e.kind = 'camel.request' AND e.state = 'sent'", [name])) === 1, { what: 'the request to be under way' });
  expect(await post(system, anEvent(name, 'rejected'))).toMatchObject({ status: 200, body: { status: 'CIRRO_READY_FOR_FULFILLMENT', result: 'applied' } });
  expect(await system.standing(name)).toMatchObject({ due: false, claimed: false, holds: 1 });
  await waitFor(async () => (await system.effects({ name, system: 'camel' })).length === 1, { what: 'Cirro to take the first request' });
  expect((await system.decide((await openHold(name)).id, 'release')).status).toBe(200);
  await waitFor(async () => (await system.effects({ name, system: 'camel' })).length === 2, { what: 'the second request', seen: () => system.standing(name) });
  expect((await system.effects({ name, system: 'camel' })).map(({ key }) => key)).toEqual([`${name}/1`, `${name}/2`]);
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
}, 60_000);
