import { isLoopback } from '../../sandbox/control/loopback';
import { aSandbox, type TestSandbox } from './a-sandbox';
import { requestFulfillment, sfccCalls } from './partners';

let sandbox: TestSandbox;
beforeEach(async () => {
  sandbox = await aSandbox();
});
afterEach(() => sandbox.close());

test('the very first start has a handful of orders on every site, and one that is bad', async () => {
  const sfcc = await sfccCalls(sandbox.url);
  const found: Record<string, string[]> = {};
  for (const site of ['POPS-US', 'POPS-EU', 'POPS-JP']) {
    const response = await sfcc('POST', `/s/${site}/dw/shop/v20_4/order_search`, { query: { match_all_query: {} }, count: 200 });
    const { hits } = (await response.json()) as { hits: { data: { order_no: string } }[] };
    found[site] = hits.map(({ data }) => data.order_no);
  }
  expect(found['POPS-US']?.length).toBe(5);
  expect(found['POPS-EU']?.length).toBe(4);
  expect(found['POPS-JP']?.length).toBe(4);
  const templates = await Promise.all(Object.values(found).flat().map(async (ref) => ((await (await sandbox.control('GET', `orders/${ref}`)).json()) as { template: string }).template));
  expect(templates.toSorted()).toEqual(['bad', ...Array.from({ length: 12 }, () => 'finished')]);
});

test('the same seed makes the same orders under new numbers', async () => {
  const shown = async (ref: string | undefined): Promise<{ ref: string; total: number; lines: unknown[] }> =>
    (await (await sandbox.control('GET', `orders/${ref}`)).json()) as { ref: string; total: number; lines: unknown[] };
  const [a] = await sandbox.orders(3, { seed: 'again' });
  const [b] = await sandbox.orders(3, { seed: 'again' });
  const [c] = await sandbox.orders(3, { seed: 'different' });
  expect(a).not.toBe(b);
  expect({ ...(await shown(a)), ref: '' }).toEqual({ ...(await shown(b)), ref: '' });
  expect((await shown(a)).lines).not.toEqual((await shown(c)).lines);
});

test('a reset forgets orders, effects and faults, but never gives a number twice', async () => {
  const before = await sandbox.orders(3);
  await requestFulfillment(sandbox.url, String(before[0]));
  await sandbox.fault({ system: 'sfcc', fault: 'error' });
  expect((await sandbox.control('POST', 'reset')).status).toBe(204);
  expect(await sandbox.effects()).toEqual([]);
  expect(await (await sandbox.control('GET', 'faults')).json()).toEqual({ faults: [] });
  expect((await sandbox.control('GET', `orders/${before[0]}`)).status).toBe(404);
  const after = await sandbox.orders(3);
  expect(before.filter((ref) => after.includes(ref))).toEqual([]);
  expect((await sandbox.control('GET', `orders/${after[0]}`)).status).toBe(200);
});

test('effects are filtered and paged', async () => {
  for (const ref of ['US1', 'US2', 'US3']) await requestFulfillment(sandbox.url, ref);
  const read = async (query: string): Promise<{ total: number; effects: { id: number; ref: string }[] }> =>
    (await (await sandbox.control('GET', `effects?${query}`)).json()) as { total: number; effects: { id: number; ref: string }[] };
  const all = await read('');
  expect(all.effects).toHaveLength(3);
  expect(all.effects[0]).toEqual({
    id: 1, at: expect.stringMatching(/^\d{4}-.*Z$/), system: 'camel', operation: 'fulfillment-request', ref: 'US1', key: 'US-US1/1',
    detail: { request_id: 'CIR-0000001', part: 0, warehouse: 'US', sequence: 1 },
  });
  expect(await read('ref=US2')).toMatchObject({ total: 1, effects: [{ id: 2 }] });
  expect(await read('system=nav')).toEqual({ total: 0, effects: [] });
  expect(await read('limit=1&after=1')).toMatchObject({ total: 3, effects: [{ id: 2 }] });
  expect((await read('after=')).effects).toHaveLength(3);
});

test.each<[string, string, unknown, string]>([
  ['orders', 'an unknown platform', { platform: 'shopify', count: 1 }, 'platform must be one of sfcc.'],
  ['orders', 'no count', { platform: 'sfcc' }, 'count must be a whole number from 1 to 20000.'],
  ['orders', 'half an order', { platform: 'sfcc', count: 1.5 }, 'count must be a whole number from 1 to 20000.'],
  ['orders', 'an unknown template', { platform: 'sfcc', count: 1, template: 'x' }, 'template must be one of finished, printable, smudged, slow-print, vendor, split, two-warehouses, elsewhere, own-warehouse, out-of-stock, unreleased, rejected, parcels, pre-order, bad, hostile.'],
  ['orders', 'an unknown key', { platform: 'sfcc', count: 1, number: 3 }, 'number is not known; known are platform, count, template, seed, site.'],
  ['orders', 'a list', [], 'The body must be a JSON object.'],
  ['faults', 'an unknown system', { system: 'x', fault: 'error' }, 'system must be one of sfcc, nav, camel, print-station, service-bus.'],
  ['faults', 'an operation of another system', { system: 'nav', operation: 'token', fault: 'error' }, 'operation must be one of handshake, document:1, document:2, document:3, document:4, document:5, document:6, document:7, find.'],
  ['faults', 'a rate of nothing', { system: 'nav', fault: 'error', rate: 0 }, 'rate must be above 0.'],
])('%s with %s is refused with a reason', async (where, _name, body, message) => {
  const response = await sandbox.control('POST', where, body);
  expect({ status: response.status, body: await response.json() }).toEqual({ status: 400, body: { message } });
});

test('a body that is no JSON, one that is too large, and an unknown path are refused', async () => {
  const post = (body: string): Promise<Response> => fetch(`${sandbox.url}/control/orders`, { method: 'POST', body });
  expect((await post('{')).status).toBe(400);
  expect((await post(JSON.stringify({ platform: 'x'.repeat(3_000_000) }))).status).toBe(413);
  expect((await sandbox.control('GET', 'secrets')).status).toBe(404);
  expect((await sandbox.control('GET', 'effects?limit=x')).status).toBe(400);
});

test('the control API is for this machine only', async () => {
  expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].map(isLoopback)).toEqual([true, true, true, true]);
  expect(['10.0.0.1', '::ffff:10.0.0.1', '128.0.0.1', '::', '', undefined].map(isLoopback)).toEqual([false, false, false, false, false, false]);
  const { request } = jest.requireActual<typeof import('node:http')>('node:http');
  const status = await new Promise((resolve, reject) => {
    request(`${sandbox.url}/control/effects`, { headers: { host: 'evil.example.com' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject).end();
  });
  expect(status).toBe(403);
});
