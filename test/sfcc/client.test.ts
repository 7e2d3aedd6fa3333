import { Quarantined } from '../../nodes/orders/quarantine';
import { createSfccClient, type SfccClient, wasCancelled, wasFulfilled } from '../../nodes/sfcc/client';
import { toFulfillmentRequest } from '../../nodes/sfcc/mapping';
import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { anOrder } from '../orders/an-order';
import { closedPort, failureOf, type Received, startServer, type TestServer } from '../runtime/a-server';
import { aDocument } from './a-document';

type Reply = { status: number; body?: unknown; text?: string } | 'cut';

/** A storefront whose tokens are `token-1`, `token-2` …, of which the latest is valid. */
class Storefront {
  logins = 0;
  valid = '';
  badSecret = false;
  expiresIn = 1800;
  readonly replies: Reply[] = [];

  answer(request: Received): Reply {
    if (request.url.endsWith('/dw/oauth2/access_token')) {
      if (this.badSecret || request.headers.authorization !== `Basic ${btoa('id:secret')}`) return { status: 401, body: { error: 'invalid_client' } };
      this.logins += 1;
      this.valid = `token-${this.logins}`;
      return { status: 200, body: { access_token: this.valid, token_type: 'Bearer', expires_in: this.expiresIn } };
    }
    if (request.headers.authorization !== `Bearer ${this.valid}` || request.headers['x-dw-client-id'] !== 'id') {
      return { status: 401, body: { fault: { type: 'InvalidAccessTokenException', message: 'expired' } } };
    }
    return this.replies.shift() ?? { status: 204 };
  }
}

let storefront: Storefront;
let server: TestServer;
let sfcc: SfccClient;

beforeEach(async () => {
  storefront = new Storefront();
  server = await startServer((request, response, socket) => {
    const reply = storefront.answer(request);
    if (reply === 'cut') socket.resetAndDestroy();
    else response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body)));
  });
  sfcc = createSfccClient({ url: `${server.url}/sfcc`, clientId: 'id', clientSecret: 'secret', timeoutMs: 1000 });
});

afterEach(async () => {
  await sfcc.close();
  await server.close();
});

/** Requests other than logins. */
function sent(): Array<[method: string, url: string, body: unknown]> {
  return server.received
    .filter(({ url }) => !url.includes('oauth2'))
    .map(({ method, url, body }) => [method, url, body === '' ? undefined : (JSON.parse(body) as unknown)]);
}

describe('the token', () => {
  test('is fetched once for all who need it, and kept', async () => {
    await Promise.all([1, 2, 3].map((no) => sfcc.markExported('POPS-US', `US${no}`)));
    await sfcc.markExported('POPS-US', 'US4');
    expect(storefront.logins).toBe(1);
  });

  test('is fetched again, once, when SFCC refuses it; the request is repeated', async () => {
    await sfcc.markExported('POPS-US', 'US1');
    storefront.valid = 'another';
    await sfcc.cancelOrder('POPS-US', 'US1');
    expect(storefront.logins).toBe(2);
    expect(sent().filter(([, url]) => url.endsWith('/status'))).toHaveLength(2);
  });

  test('that SFCC never accepts ends in Retryable, after one more try', async () => {
    storefront.replies.push({ status: 401 }, { status: 401 });
    expect(await failureOf(sfcc.cancelOrder('POPS-US', 'US1'))).toMatchObject({ constructor: Retryable, code: 'sfcc.unauthorized' });
    expect(sent()).toHaveLength(2);
  });

  test('is renewed before its end', async () => {
    storefront.expiresIn = 0;
    await sfcc.markExported('POPS-US', 'US1');
    await sfcc.markExported('POPS-US', 'US1');
    expect(storefront.logins).toBe(2);
  });

  test('that cannot be had never leaves a doubt: nothing was sent', async () => {
    storefront.badSecret = true;
    expect(await failureOf(sfcc.fulfilAndCapture('POPS-US', 'US1', toFulfillmentRequest(anOrder())))).toMatchObject({
      constructor: Retryable,
      code: 'sfcc.bad-credentials',
      next: expect.stringContaining('SFCC_CLIENT_SECRET'),
    });
    const nobody = createSfccClient({ url: `http://127.0.0.1:${await closedPort()}`, clientId: 'id', clientSecret: 'secret' });
    expect(await failureOf(nobody.cancelOrder('POPS-US', 'US1'))).toMatchObject({ constructor: Retryable });
    await nobody.close();
    expect(sent()).toEqual([]);
  });
});

describe('searching', () => {
  test('asks for orders modified since, not yet exported, oldest first', async () => {
    storefront.replies.push({ status: 200, body: { count: 1, start: 0, total: 1, hits: [{ data: aDocument() }] } });
    const page = await sfcc.searchOrders({ site: 'POPS-US', from: new Date('2026-01-31T12:00:00Z'), start: 0, count: 200 });
    expect(page).toEqual({ count: 1, start: 0, total: 1, orders: [aDocument()] });
    expect(sent()).toEqual([
      [
        'POST',
        '/sfcc/s/POPS-US/dw/shop/v20_4/order_search',
        {
          query: {
            filtered_query: {
              query: { match_all_query: {} },
              filter: {
                bool_filter: {
                  operator: 'and',
                  filters: [
                    { range_filter: { field: 'last_modified', from: '2026-01-31T12:00:00.000Z' } },
                    { term_filter: { field: 'export_status', operator: 'one_of', values: ['not_exported', 'ready'] } },
                  ],
                },
              },
            },
          },
          select: '(**)',
          sorts: [{ field: 'last_modified', sort_order: 'asc' }],
          start: 0,
          count: 200,
        },
      ],
    ]);
  });

  test('nothing found comes without hits', async () => {
    storefront.replies.push({ status: 200, body: { count: 0, start: 0, total: 0 } });
    await expect(sfcc.searchOrders({ site: 'POPS-US', start: 0, count: 10 })).resolves.toMatchObject({ total: 0, orders: [] });
  });

  test.each([{}, [], null, { total: 1, hits: 'x' }, { total: 1, hits: [null] }])('the answer %j is tried again later', async (body) => {
    storefront.replies.push({ status: 200, body });
    expect(await failureOf(sfcc.searchOrders({ site: 'POPS-US', start: 0, count: 10 }))).toMatchObject({ constructor: Retryable, code: 'sfcc.unreadable' });
  });
});

describe('one order', () => {
  test('is read as it is; an unknown one is undefined', async () => {
    storefront.replies.push({ status: 200, body: aDocument() }, { status: 404, body: { fault: { type: 'OrderNotFoundException', message: 'none' } } });
    await expect(sfcc.getOrder('POPS-US', 'US1')).resolves.toEqual(aDocument());
    await expect(sfcc.getOrder('POPS-US', 'US1')).resolves.toBeUndefined();
  });

  test('its number cannot leave its place in the path', async () => {
    await failureOf(sfcc.getOrder('POPS-US', '../x?y'));
    expect(sent()[0]?.[1]).toBe('/sfcc/s/POPS-US/dw/shop/v20_4/orders/..%2Fx%3Fy');
  });

  test('a 404 that is not about the order is no absence', async () => {
    storefront.replies.push({ status: 404, body: 'not found' }, { status: 404, body: { fault: { type: 'SiteNotFoundException', message: 'no site' } } });
    expect(await failureOf(sfcc.getOrder('POPS-US', 'US1'))).toMatchObject({ constructor: Retryable, code: 'sfcc.unexpected-answer' });
    expect(await failureOf(sfcc.getOrder('POPS-US', 'US1'))).toMatchObject({ constructor: Rejected, code: 'sfcc.SiteNotFoundException' });
  });
});

describe('acting', () => {
  const request = toFulfillmentRequest(anOrder());
  const done = { order_no: 'US1', status: 'completed', capture: { transaction_id: 'T1', amount: '31.30', currency: 'USD' } };

  test('each call goes to its place', async () => {
    storefront.replies.push({ status: 204 }, { status: 204 }, { status: 200, body: done });
    await sfcc.markExported('POPS-US', 'US1');
    await sfcc.cancelOrder('POPS-US', 'US1');
    await expect(sfcc.fulfilAndCapture('POPS-US', 'US1', request)).resolves.toEqual({
      orderNo: 'US1',
      status: 'completed',
      capture: { transactionId: 'T1', amount: '31.30', currency: 'USD' },
    });
    expect(sent()).toEqual([
      ['PUT', '/sfcc/s/-/dw/data/v25_6/sites/POPS-US/orders/US1/export_status', { status: 'exported' }],
      ['PUT', '/sfcc/s/-/dw/data/v25_6/sites/POPS-US/orders/US1/status', { status: 'cancelled' }],
      ['POST', '/sfcc/s/POPS-US/oms/v1/orders/US1/fulfillments', request],
    ]);
  });

  const ofParcel = { request_id: 'US-US1:S1', shipment_id: 'S1', amount: '12.43', currency: 'USD' };
  const taken = { request_id: 'US-US1:S1', shipment_id: 'S1', transaction_id: 'T1', amount: '12.43', currency: 'USD' };

  test('the capture of a parcel goes to its place, and is shown there', async () => {
    storefront.replies.push({ status: 200, body: taken }, { status: 200, body: { captures: [taken] } });
    const known = { requestId: 'US-US1:S1', transactionId: 'T1', amount: '12.43', currency: 'USD' };
    await expect(sfcc.capture('POPS-US', 'US1', ofParcel)).resolves.toEqual(known);
    await expect(sfcc.getCaptures('POPS-US', 'US1')).resolves.toEqual([known]);
    expect(sent().map(([method, where]) => [method, where])).toEqual([['POST', '/sfcc/s/POPS-US/oms/v1/orders/US1/captures'], ['GET', '/sfcc/s/POPS-US/oms/v1/orders/US1/captures']]);
    expect(sent()[0]?.[2]).toEqual(ofParcel);
  });

  test.each<[string, Reply]>([['a cut connection', 'cut'], ['an answer that is no capture', { status: 200, body: { ...taken, transaction_id: 7 } }], ['an unexpected success', { status: 202 }]])('%s leaves a doubt about the capture of a parcel', async (_, reply) => {
    storefront.replies.push(reply);
    expect(await failureOf(sfcc.capture('POPS-US', 'US1', ofParcel))).toBeInstanceOf(OutcomeUnknown);
    expect(sent()).toHaveLength(1);
  });

  test.each<[string, Reply]>([['no list', { status: 200, body: {} }], ['something else in the list', { status: 200, body: { captures: [7] } }], ['a cut connection', 'cut']])('of the captures %s is read again', async (_, reply) => {
    storefront.replies.push(reply);
    expect(await failureOf(sfcc.getCaptures('POPS-US', 'US1'))).toBeInstanceOf(Retryable);
  });

  test('a fault is a refusal in the words of SFCC', async () => {
    storefront.replies.push({ status: 422, body: { fault: { type: 'PaymentCaptureException', message: 'Declined' } } });
    expect(await failureOf(sfcc.fulfilAndCapture('POPS-US', 'US1', request))).toMatchObject({
      constructor: Rejected,
      code: 'sfcc.PaymentCaptureException',
      message: 'SFCC refuses: Declined',
    });
  });

  test.each<[string, Reply]>([
    ['a cut connection', 'cut'],
    ['HTTP 500', { status: 500, body: { fault: { type: 'InternalServerErrorException', message: '' } } }],
    ['a 4xx without a fault', { status: 404, body: '<html>' }],
    ['an unexpected success', { status: 202 }],
    ['an answer that is no fulfilment', { status: 200, body: {} }],
    ['an answer that is no JSON', { status: 200 }],
  ])('%s leaves a doubt', async (_, reply) => {
    storefront.replies.push(reply);
    expect(await failureOf(sfcc.fulfilAndCapture('POPS-US', 'US1', request))).toBeInstanceOf(OutcomeUnknown);
    expect(sent()).toHaveLength(1);
  });

  test('the mark as exported may be repeated, so it leaves none', async () => {
    storefront.replies.push('cut');
    expect(await failureOf(sfcc.markExported('POPS-US', 'US1'))).toBeInstanceOf(Retryable);
  });

  test('a call that is too late is not sent', async () => {
    expect(await failureOf(sfcc.cancelOrder('POPS-US', 'US1', { startBy: Date.now() - 1 }))).toMatchObject({ constructor: Retryable, code: 'sfcc.too-late' });
    expect(sent()).toEqual([]);
  });
});

test('an order read again shows what was done to it', () => {
  const fulfilled = aDocument({ payment_status: 'paid', c_omsFulfillmentRequestId: 'US-US1:SHIP-1' });
  expect(wasFulfilled(fulfilled, 'US-US1:SHIP-1')).toBe(true);
  expect(wasFulfilled(fulfilled, 'US-US1:SHIP-2')).toBe(false);
  expect(wasFulfilled(undefined, 'US-US1:SHIP-1')).toBe(false);
  expect(wasCancelled(aDocument({ status: 'cancelled' }))).toBe(true);
  expect(wasCancelled(aDocument())).toBe(false);
});

describe('orders that must not be passed on', () => {
  const hostile = '{ "order_no":"H1", "last_modified":"2026-01-01T00:00:00.000Z", "order_total": 10.00, "c_x": {"__proto__": {"polluted": true}} }';

  test('are in quarantine, byte for byte, and the others of the page are as they were', async () => {
    storefront.replies.push({ status: 200, text: `{"count": 3, "total": 3, "hits": [ {"data": {"order_no": "A"}},\n {"_type": "hit", "data": ${hostile} } , {"data": {"order_no": "B"}} ]}` });
    const { orders } = await sfcc.searchOrders({ site: 'POPS-US', start: 0, count: 10 });
    expect([orders[0], orders[2]]).toEqual([{ order_no: 'A' }, { order_no: 'B' }]);
    expect(orders[1]).toBeInstanceOf(Quarantined);
    expect(orders[1]).toMatchObject({ text: hostile, wrong: { pointer: '/c_x/__proto__' }, head: { order_no: 'H1', last_modified: '2026-01-01T00:00:00.000Z' } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('are read one by one, too, and still say whether they are fulfilled or cancelled', async () => {
    const paid = hostile.replace('{ ', '{"payment_status":"paid","c_omsFulfillmentRequestId":"R1","status":"cancelled",');
    storefront.replies.push({ status: 200, text: paid });
    const order = await sfcc.getOrder('POPS-US', 'H1');
    expect(order).toMatchObject({ text: paid });
    expect([wasFulfilled(order, 'R1'), wasFulfilled(order, 'R2'), wasCancelled(order)]).toEqual([true, false, true]);
  });

  test('an answer of any other kind with such keys is unreadable', async () => {
    storefront.replies.push({ status: 200, text: '{"order_no": "US1", "status": "completed", "__proto__": {}}' });
    expect(await failureOf(sfcc.fulfilAndCapture('POPS-US', 'US1', toFulfillmentRequest(anOrder())))).toMatchObject({ constructor: OutcomeUnknown, code: 'sfcc.unreadable' });
  });
});
