import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Tokens } from '../../sandbox/sfcc/tokens';
import { aSandbox, type TestSandbox } from './a-sandbox';
import { askForToken, type SfccCall, sfccCalls, type ShownOrder, wholeFulfillment } from './partners';

let sandbox: TestSandbox;
let sfcc: SfccCall;

beforeAll(async () => {
  sandbox = await aSandbox();
  sfcc = await sfccCalls(sandbox.url);
});
afterAll(() => sandbox.close());

interface Page {
  count: number;
  start: number;
  total: number;
  hits: { data: ShownOrder }[];
}

const search = (body: object, site = 'POPS-US'): Promise<Response> => sfcc('POST', `/s/${site}/dw/shop/v20_4/order_search`, body);

async function page(body: object, site = 'POPS-US'): Promise<Page> {
  const response = await search({ select: '(**)', sorts: [{ field: 'last_modified', sort_order: 'asc' }], ...body }, site);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

const everything = { match_all_query: {} };
const filtered = (...filters: object[]): object => ({ filtered_query: { query: everything, filter: { bool_filter: { operator: 'and', filters } } } });
const unexported = { term_filter: { field: 'export_status', operator: 'one_of', values: ['not_exported', 'ready'] } };
const since = (from: string): object => ({ range_filter: { field: 'last_modified', from } });

const order = async (ref: string, site = 'POPS-US'): Promise<ShownOrder> => (await (await sfcc('GET', `/s/${site}/dw/shop/v20_4/orders/${ref}`)).json()) as ShownOrder;
const mark = (ref: string, status = 'exported'): Promise<Response> => sfcc('PUT', `/s/-/dw/data/v25_6/sites/POPS-US/orders/${ref}/export_status`, { status });
const cancel = (ref: string): Promise<Response> => sfcc('PUT', `/s/-/dw/data/v25_6/sites/POPS-US/orders/${ref}/status`, { status: 'cancelled' });
const fulfill = (ref: string, body: object): Promise<Response> => sfcc('POST', `/s/POPS-US/oms/v1/orders/${ref}/fulfillments`, body);

async function anOrder(): Promise<ShownOrder> {
  const [ref = ''] = await sandbox.orders(1, { site: 'POPS-US' });
  return order(ref);
}

describe('tokens', () => {
  test('a wrong secret gets none', async () => {
    expect((await askForToken(sandbox.url, 'guessed')).status).toBe(401);
  });

  test('a token ends after its time', () => {
    let now = 0;
    const tokens = new Tokens(60, () => now);
    const token = tokens.give();
    now = 59_999;
    expect(tokens.accepts(token)).toBe(true);
    now = 60_000;
    expect(tokens.accepts(token)).toBe(false);
    expect(tokens.accepts('guessed')).toBe(false);
  });

  test('without a token, or without the client id, nothing is shown', async () => {
    const anOrdersUrl = `${sandbox.url}/sfcc/s/POPS-US/dw/shop/v20_4/orders/US1`;
    const { access_token: token } = (await (await askForToken(sandbox.url)).json()) as { access_token: string };
    for (const headers of [{}, { authorization: 'Bearer guessed', 'x-dw-client-id': 'sandbox-client' }, { authorization: `Bearer ${token}` }]) {
      const response = await fetch(anOrdersUrl, { headers: headers as Record<string, string> });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ fault: { type: 'InvalidAccessTokenException' } });
    }
  });
});

describe('search', () => {
  test('pages show every order once, in the order of change', async () => {
    const refs = new Set(await sandbox.orders(450, { site: 'POPS-US' }));
    const pages = [await page({ query: everything, count: 200 }), await page({ query: everything, start: 200, count: 200 }), await page({ query: everything, start: 400, count: 200 })];
    const hits = pages.flatMap(({ hits: some }) => some.map(({ data }) => data));
    expect(pages[0]).toMatchObject({ count: 200, start: 0 });
    expect(hits).toHaveLength(pages[0]?.total ?? -1);
    expect(new Set(hits.map(({ order_no: no }) => no)).size).toBe(hits.length);
    expect(hits.filter(({ order_no: no }) => refs.has(no))).toHaveLength(450);
    const times = hits.map(({ last_modified: time }) => time);
    expect(times).toEqual(times.toSorted());
  });

  test('the range begins with its first moment, and a change brings an order back into it', async () => {
    const first = await anOrder();
    const second = await anOrder();
    const found = await page({ query: filtered(since(second.last_modified)), count: 200 });
    expect(found.hits.map(({ data }) => data.order_no)).toContain(second.order_no);
    expect((await mark(first.order_no)).status).toBe(204);
    const later = (await order(first.order_no)).last_modified;
    expect(later >= second.last_modified).toBe(true);
    const again = await page({ query: filtered(since(later)), count: 200 });
    expect(again.hits.map(({ data }) => data.order_no)).toContain(first.order_no);
    const none = await page({ query: filtered(since('2999-01-01T00:00:00Z')), count: 200 });
    expect(none).toMatchObject({ count: 0, total: 0, hits: [] });
  });

  test('an order that was taken is not among the unexported ones', async () => {
    const taken = await anOrder();
    const left = await anOrder();
    await mark(taken.order_no);
    await mark(taken.order_no);
    const found = await page({ query: filtered(unexported, since(taken.creation_date as string)), count: 200 });
    const refs = found.hits.map(({ data }) => data.order_no);
    expect(refs).toContain(left.order_no);
    expect(refs).not.toContain(taken.order_no);
  });

  test('a site shows its own orders only', async () => {
    const own = await anOrder();
    const japan = await page({ query: everything, count: 200 }, 'POPS-JP');
    expect(new Set(japan.hits.map(({ data }) => data.site_id))).toEqual(new Set(['POPS-JP']));
    expect((await sfcc('GET', `/s/POPS-JP/dw/shop/v20_4/orders/${own.order_no}`)).status).toBe(404);
  });

  test.each<[string, object]>([
    ['more than 200', { query: everything, count: 201 }],
    ['no query', { count: 10 }],
    ['a query that OCAPI does not have', { query: { sql: {} } }],
    ['a field that cannot be searched', { query: filtered({ term_filter: { field: 'phone', operator: 'is', values: ['1'] } }) }],
    ['a range that is no time', { query: filtered(since('yesterday')) }],
  ])('%s is refused', async (_name, body) => {
    const response = await search(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ fault: { type: 'MalformedDocumentException', message: expect.any(String) } });
  });
});

describe('an order', () => {
  test('that does not exist is a fault', async () => {
    const response = await sfcc('GET', '/s/POPS-US/dw/shop/v20_4/orders/US00000000');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ fault: { type: 'OrderNotFoundException' } });
  });

  test('is fulfilled and paid in one act; a second call acts again', async () => {
    const placed = await anOrder();
    const answers = [await fulfill(placed.order_no, wholeFulfillment(placed, 'F1')), await fulfill(placed.order_no, wholeFulfillment(placed, 'F1'))];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const answer = await answers[1]?.json();
    expect(answer).toMatchObject({ capture: { transaction_id: expect.stringMatching(/^CAP-/), amount: placed.order_total.toFixed(2), currency: 'USD' } });
    const { capture } = answer as { capture: { transaction_id: string } };
    expect(await order(placed.order_no)).toMatchObject({
      status: 'completed', shipping_status: 'shipped', payment_status: 'paid', c_omsFulfillmentRequestId: 'F1', c_omsCaptureTransactionId: capture.transaction_id,
    });
    const effects = await sandbox.effects({ system: 'sfcc', ref: placed.order_no });
    expect(effects.map(({ operation, key }) => `${operation} ${key}`)).toEqual(['fulfill F1', 'capture F1', 'fulfill F1', 'capture F1']);
    expect(await (await sandbox.control('GET', `orders/${placed.order_no}`)).json()).toMatchObject({ status: 'completed', fulfilled: true, captured: true, cancelled: false });
  });

  test('is cancelled, as often as asked; then it cannot be fulfilled', async () => {
    const placed = await anOrder();
    expect([(await cancel(placed.order_no)).status, (await cancel(placed.order_no)).status]).toEqual([204, 204]);
    expect(await sandbox.effects({ operation: 'cancel', ref: placed.order_no })).toHaveLength(2);
    expect(await order(placed.order_no)).toMatchObject({ status: 'cancelled' });
    expect((await fulfill(placed.order_no, wholeFulfillment(placed))).status).toBe(409);
  });

  test('that is completed cannot be cancelled', async () => {
    const placed = await anOrder();
    await fulfill(placed.order_no, wholeFulfillment(placed));
    expect((await cancel(placed.order_no)).status).toBe(409);
    expect(await sandbox.effects({ operation: 'cancel', ref: placed.order_no })).toEqual([]);
  });

  const paying = (body: ReturnType<typeof wholeFulfillment>, amount: string, currency = 'USD') => ({ ...body, payment_instructions: [{ execute: 'Capture', amount, currency }] });
  test.each<[string, (body: ReturnType<typeof wholeFulfillment>) => object, number, string]>([
    ['more money than was authorised', (body) => paying(body, '99999.99'), 422, 'PaymentCaptureException'],
    ['another currency', (body) => paying(body, '1.00', 'EUR'), 422, 'PaymentCaptureException'],
    ['a third decimal', (body) => paying(body, '1.001'), 422, 'PaymentCaptureException'],
    ['an unknown item', (body) => ({ ...body, shipments: [{ ...body.shipments[0], items: [{ item_id: 'x', quantity: 1 }] }] }), 422, 'ProductItemNotFoundException'],
    ['too many', (body) => ({ ...body, shipments: [{ ...body.shipments[0], items: [{ ...body.shipments[0]?.items[0], quantity: 99 }] }] }), 422, 'InvalidQuantityException'],
    ['no shipment', (body) => ({ ...body, shipments: [] }), 400, 'MalformedDocumentException'],
  ])('is not fulfilled with %s', async (_name, spoil, status, type) => {
    const placed = await anOrder();
    const response = await fulfill(placed.order_no, spoil(wholeFulfillment(placed)));
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { fault: { type } } });
    expect(await sandbox.effects({ ref: placed.order_no })).toEqual([]);
  });
});

describe('captures of single parcels', () => {
  const capture = (ref: string, body: object): Promise<Response> => sfcc('POST', `/s/POPS-US/oms/v1/orders/${ref}/captures`, body);
  const shown = async (ref: string): Promise<{ captures: { request_id: string; amount: string; transaction_id: string }[] }> => (await (await sfcc('GET', `/s/POPS-US/oms/v1/orders/${ref}/captures`)).json()) as never;
  const ofParcel = (request_id: string, amount: string, more: object = {}) => ({ request_id, shipment_id: `SHP-${request_id}`, amount, currency: 'USD', ...more });
  const less = (placed: ShownOrder, cents: number): string => ((Math.round(placed.order_total * 100) - cents) / 100).toFixed(2);

  test('are kept and shown, each acting again when it is repeated, until everything is captured; then the fulfilment captures nothing', async () => {
    const placed = await anOrder();
    const ref = placed.order_no;
    const answer = await (await capture(ref, ofParcel('P1', '1.00'))).json();
    expect(answer).toMatchObject({ request_id: 'P1', shipment_id: 'SHP-P1', transaction_id: expect.stringMatching(/^CAP-/), amount: '1.00', currency: 'USD' });
    expect((await capture(ref, ofParcel('P1', '1.00'))).status).toBe(200);
    expect(await order(ref)).toMatchObject({ payment_status: 'part_paid', status: placed.status });
    expect((await fulfill(ref, { ...wholeFulfillment(placed), payment_instructions: [] })).status).toBe(422);
    expect((await fulfill(ref, wholeFulfillment(placed))).status).toBe(422);
    expect((await capture(ref, ofParcel('P2', less(placed, 200)))).status).toBe(200);
    const { captures } = await shown(ref);
    expect(captures.map(({ request_id, amount }) => `${request_id} ${amount}`)).toEqual(['P1 1.00', 'P1 1.00', `P2 ${less(placed, 200)}`]);
    expect(new Set(captures.map(({ transaction_id }) => transaction_id)).size).toBe(3);
    expect(await (await fulfill(ref, { ...wholeFulfillment(placed), payment_instructions: [] })).json()).not.toHaveProperty('capture');
    expect(await order(ref)).toMatchObject({ status: 'completed', payment_status: 'paid' });
    const effects = await sandbox.effects({ system: 'sfcc', ref });
    expect(effects.map(({ operation, key, detail }) => `${operation} ${key} ${String(detail['shipment'] ?? '')}`)).toEqual(['capture P1 SHP-P1', 'capture P1 SHP-P1', 'capture P2 SHP-P2', 'fulfill F1 ']);
    const believed = (await (await sandbox.control('GET', `orders/${ref}`)).json()) as { captures: { amount: string }[] };
    expect(believed.captures.map(({ amount }) => amount)).toEqual(captures.map(({ amount }) => amount));
  });

  test('keep an order from being cancelled', async () => {
    const { order_no: ref } = await anOrder();
    await capture(ref, ofParcel('P1', '1.00'));
    expect((await cancel(ref)).status).toBe(409);
    expect(await order(ref)).toMatchObject({ payment_status: 'part_paid' });
  });

  test('leave the rest to the fulfilment', async () => {
    const placed = await anOrder();
    await capture(placed.order_no, ofParcel('P1', '1.00'));
    const rest = { ...wholeFulfillment(placed), payment_instructions: [{ execute: 'Capture', amount: less(placed, 100), currency: 'USD' }] };
    expect(await (await fulfill(placed.order_no, rest)).json()).toMatchObject({ capture: { amount: less(placed, 100) } });
  });

  test.each<[string, (placed: ShownOrder) => object, number, string]>([
    ['more than was authorised', (placed) => ofParcel('P2', less(placed, 99)), 422, 'PaymentCaptureException'],
    ['another currency', () => ofParcel('P2', '1.00', { currency: 'EUR' }), 422, 'PaymentCaptureException'],
    ['nothing', () => ofParcel('P2', '0.00'), 422, 'PaymentCaptureException'],
    ['no shipment', () => ofParcel('P2', '1.00', { shipment_id: '' }), 400, 'MalformedDocumentException'],
  ])('are refused for %s', async (_name, body, status, type) => {
    const placed = await anOrder();
    await capture(placed.order_no, ofParcel('P1', '1.00'));
    const response = await capture(placed.order_no, body(placed));
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { fault: { type } } });
    expect((await shown(placed.order_no)).captures).toHaveLength(1);
  });

  test('are refused for an order that is cancelled, or completed', async () => {
    const [cancelled, completed] = [await anOrder(), await anOrder()];
    await cancel(cancelled.order_no);
    await fulfill(completed.order_no, wholeFulfillment(completed));
    for (const { order_no: ref } of [cancelled, completed]) expect((await capture(ref, ofParcel('P1', '1.00'))).status).toBe(409);
  });
});

test('five thousand orders are made within seconds and kept out of memory', async () => {
  const begin = performance.now();
  const refs = await sandbox.orders(5000);
  expect(performance.now() - begin).toBeLessThan(8000);
  expect(new Set(refs).size).toBe(5000);
  const journal = readFileSync(path.join(sandbox.dataDir, 'sandbox/journal.jsonl'), 'utf8');
  expect(journal).toContain(String(refs[4999]));
  expect(journal).not.toContain('product_items');
}, 20_000);
