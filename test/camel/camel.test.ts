import { createCamelClient } from '../../nodes/camel/client';
import { requestCancellation, requestFulfillmentPlainly } from '../../nodes/camel/effects';
import { shortageOf, toCancellationRequest, toFulfillmentRequest, toInventoryQuestion } from '../../nodes/camel/mapping';
import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { anOrder } from '../orders/an-order';
import { failureOf, startServer } from '../runtime/a-server';
import { waitFor } from '../support/system';

const body = toFulfillmentRequest(anOrder());

/** Asks a Camel that answers so; what it got, and what came of it. */
async function ask(status: number, answer: string) {
  const server = await startServer((_, response) => response.writeHead(status).end(answer));
  const camel = createCamelClient({ url: `${server.url}/camel`, subscriptionKey: 'key', username: 'oms', password: 'secret', timeoutMs: 1000 });
  const outcome = await camel.requestFulfillment(body).catch((error: unknown) => error);
  await camel.close();
  await server.close();
  return { outcome, received: server.received };
}

test('the request has what the warehouse needs', () => {
  expect(body).toEqual({
    order_id: 'US-US00100001',
    sequence: 1,
    platform_order_no: 'US00100001',
    part: 0,
    store: 'us.example.test',
    warehouse: 'us-west',
    cirro_region: 'US',
    currency: 'USD',
    ship_to: {
      name: 'Kim Test',
      address1: '1 Main St',
      city: 'Boulder',
      postal_code: '80301',
      state: 'CO',
      country: 'US',
      phone: '+1 303 555 0100',
      email: 'kim@example.test',
    },
    lines: [
      { line_id: 'line-1', sku: 'POP-1', name: 'PopGrip', quantity: 2, gift_message: 'Happy day' },
      { line_id: 'line-2', sku: 'POP-2', name: 'PopTop', quantity: 1 },
    ],
  });
});

test('it goes out once, with both credentials, and comes back as an id', async () => {
  const { outcome, received } = await ask(202, '{"request_id":"R-1"}');
  expect(outcome).toBe('R-1');
  expect(received).toEqual([
    expect.objectContaining({
      method: 'POST',
      url: '/camel/fulfillment-requests',
      headers: expect.objectContaining({ 'ocp-apim-subscription-key': 'key', authorization: `Basic ${btoa('oms:secret')}` }),
      body: JSON.stringify(body),
    }),
  ]);
});

test.each([
  [422, '{"code":"unknown_sku","message":"No such SKU"}', Rejected, 'camel.unknown_sku'],
  [401, '{"statusCode":401,"message":"Access denied"}', Retryable, 'camel.unauthorized'],
  [429, '', Retryable, 'camel.throttled'],
  [500, '', OutcomeUnknown, 'camel.server-error'],
  [404, '{"statusCode":404,"message":"Resource not found"}', OutcomeUnknown, 'camel.unexpected-answer'],
  [422, 'no', OutcomeUnknown, 'camel.unexpected-answer'],
  [202, '{}', OutcomeUnknown, 'camel.unexpected-answer'],
  [202, 'no', OutcomeUnknown, 'camel.unexpected-answer'],
])('HTTP %d %s', async (status, answer, constructor, code) => {
  const { outcome, received } = await ask(status, answer);
  expect(outcome).toMatchObject({ constructor, code });
  expect(received).toHaveLength(1);
});

test('one that was down is asked first with what it must refuse: nothing that may act goes to it before it answers', async () => {
  let isThere = false;
  const server = await startServer(({ body: sent }, response) => {
    if (!isThere) response.writeHead(503).end();
    else if (sent === '{}') response.writeHead(422).end('{"code":"contract","message":"no order"}');
    else response.writeHead(202).end('{"request_id":"R-1"}');
  });
  const camel = createCamelClient({ url: server.url, subscriptionKey: 'key', username: 'oms', password: 'secret', timeoutMs: 1000, breaker: { failures: 1, halfOpenAfterMs: 20 } });
  try {
    expect(await failureOf(camel.requestFulfillment(body))).toBeInstanceOf(OutcomeUnknown);
    // As often as it is tried, nobody's request is in doubt.
    await waitFor(async () => {
      expect(await failureOf(camel.requestFulfillment(body))).toMatchObject({ constructor: Retryable, partnerDown: 'camel' });
      return server.received.length >= 3;
    }, { what: 'two tries' });
    expect(server.received.slice(1).map((request) => request.body)).toEqual(server.received.slice(1).map(() => '{}'));
    isThere = true;
    await waitFor(() => camel.requestFulfillment(body).then(() => true, () => false), { what: 'Camel to be tried again' });
    expect(server.received.filter((request) => request.body !== '{}')).toHaveLength(2);
  } finally {
    await camel.close();
    await server.close();
  }
});

test('a request that is too late is not sent', async () => {
  const server = await startServer((_, response) => response.end());
  const camel = createCamelClient({ url: server.url, subscriptionKey: 'key', username: 'oms', password: 'secret' });
  expect(await failureOf(camel.requestFulfillment(body, { startBy: Date.now() - 1 }))).toMatchObject({ constructor: Retryable, code: 'camel.too-late' });
  expect(server.received).toEqual([]);
  await camel.close();
  await server.close();
});

describe('the question whether an order can be stopped', () => {
  const question = toCancellationRequest({ ...anOrder(), question: 2 });

  test.each([
    [202, '{"request_id":"CAN-1"}', { id: 'CAN-1' }],
    [422, '{"code":"order.unknown","message":"Never asked for"}', { constructor: Rejected, code: 'camel.order.unknown' }],
    [503, '', { constructor: OutcomeUnknown }],
    [202, '{}', { constructor: OutcomeUnknown, code: 'camel.unexpected-answer' }],
  ])('HTTP %d %s', async (status, answer, expected) => {
    const server = await startServer((_, response) => response.writeHead(status).end(answer));
    const camel = createCamelClient({ url: `${server.url}/camel`, subscriptionKey: 'key', username: 'oms', password: 'secret', timeoutMs: 1000 });
    const outcome = await camel.requestCancellation(question).then((id) => ({ id })).catch((error: unknown) => error);
    await camel.close();
    await server.close();
    expect(outcome).toMatchObject(expected);
    expect(server.received).toEqual([expect.objectContaining({ method: 'POST', url: '/camel/cancellation-requests', body: '{"order_id":"US-US00100001","sequence":2}' })]);
  });

  test('in doubt it is the same question again; the next one has a key of its own', () => {
    const order = { ...anOrder(), question: 2 };
    expect(requestCancellation.policy).toBe('key');
    expect(requestCancellation.key(order)).toBe(`camel.cancel:${order.id}:2`);
  });
});

describe('the stock', () => {
  const question = toInventoryQuestion(anOrder());

  async function inStock(status: number, answer: string): Promise<unknown> {
    const server = await startServer((_, response) => response.writeHead(status).end(answer));
    const camel = createCamelClient({ url: `${server.url}/camel`, subscriptionKey: 'key', username: 'oms', password: 'secret', timeoutMs: 1000 });
    const outcome = await camel.checkInventory(question).catch((error: unknown) => error);
    await camel.close();
    await server.close();
    return outcome;
  }

  test('is asked for by article, lines of the same article together', () => {
    const [line] = anOrder().lines;
    if (!line) throw new Error('no line');
    const twice = toInventoryQuestion(anOrder({ lines: [line, { ...line, lineId: 'line-3', position: 3, quantity: 5 }] }));
    expect(question).toEqual({ order_id: 'US-US00100001', warehouse: 'us-west', cirro_region: 'US', lines: [{ sku: 'POP-1', quantity: 2 }, { sku: 'POP-2', quantity: 1 }] });
    expect(twice.lines).toEqual([{ sku: 'POP-1', quantity: 7 }]);
  });

  test.each([
    [[2, 1], undefined],
    [[200, 100], undefined],
    [[1, 1], 'us-west has 1 of 2 POP-1'],
    [[0, 0], 'us-west has 0 of 2 POP-1, 0 of 1 POP-2'],
  ])('%j is %s', (available, shortage) => {
    expect(shortageOf(question, ['POP-1', 'POP-2'].map((sku, index) => ({ sku, available: available[index] ?? 0 })))).toBe(shortage);
  });

  test.each([
    [422, '{"code":"unknown_sku","message":"No such SKU"}', Rejected, 'camel.unknown_sku'],
    [200, '{"lines":[{"sku":"POP-1","available":5}]}', Retryable, 'camel.unexpected-answer'],
    [200, '{"lines":[{"sku":"POP-1","available":-1},{"sku":"POP-2","available":2.5}]}', Retryable, 'camel.unexpected-answer'],
    [202, '{}', Retryable, 'camel.unexpected-answer'],
    [500, 'oh', Retryable, 'camel.server-error'],
  ])('HTTP %i %s', async (status, answer, kind, code) => {
    const outcome = await inStock(status, answer);
    expect(outcome).toBeInstanceOf(kind);
    expect(outcome).toMatchObject({ code });
  });

  test('an answer about every article is taken', async () => {
    expect(await inStock(200, '{"lines":[{"sku":"POP-1","available":5},{"sku":"POP-2","available":0,"more":1}]}')).toMatchObject([{ sku: 'POP-1', available: 5 }, { sku: 'POP-2', available: 0 }]);
  });
});

test('without a sequence the request is the same but for it, under the same key', () => {
  const order = anOrder();
  const { sequence: _, ...rest } = body;
  expect(requestFulfillmentPlainly.request(order)).toEqual(rest);
  expect(requestFulfillmentPlainly.key(order)).toBe(`camel.request:${order.id}:1`);
});
