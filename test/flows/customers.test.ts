import { startSystem, type System } from '../support/system';

/** The customers' endpoints of the running system: who may ask, and what stays out of the logs. */

let system: System;
let name: string;
let email: string;
let id: string;

beforeAll(async () => {
  system = await startSystem();
  name = (await system.place(1, { seed: 'customer' }))[0] ?? '';
  await system.reach([name], 'FULFILLED', 60_000);
  const { customer } = (await system.api(`/api/oms/orders/${name}`)).body as { customer: { email: string; id: string } };
  ({ email, id } = customer);
}, 120_000);
afterAll(() => system?.stop(), 60_000);

test.each(['reader', 'mulesoft', 'operator'] as const)('%s reads a customer, and the orders with their parcels', async (as) => {
  for (const customer of [id, encodeURIComponent(email)]) {
    const who = await system.api(`/api/v3/customers/${customer}`, { as });
    expect([who.status, who.body]).toEqual([200, expect.objectContaining({ id, email, orders: expect.any(Number), nav_customer_numbers: [expect.any(String)] })]);
    const { status, body } = await system.api(`/api/v3/customers/${customer}/orders?limit=5`, { as });
    expect(status).toBe(200);
    expect((body as { orders: unknown[] }).orders).toContainEqual(
      expect.objectContaining({ order_id: name, status: 'FULFILLED', totals: expect.objectContaining({ total: expect.stringMatching(/^\d+\.\d\d$/) }), parcels: [expect.objectContaining({ tracking: expect.stringMatching(/./) })] }),
    );
  }
});

test('nobody else may; an unknown one is a 404, what cannot be asked a 400', async () => {
  const status = async (url: string, as: 'print-station' | 'service-bus' | 'reader' | null): Promise<number> => (await system.api(url, { as })).status;
  expect(await status(`/api/v3/customers/${id}`, 'print-station')).toBe(403);
  expect(await status(`/api/v3/customers/${id}/orders`, 'service-bus')).toBe(403);
  expect(await status(`/api/v3/customers/${id}`, null)).toBe(401);
  expect(await status('/api/v3/customers/nobody%40example.test', 'reader')).toBe(404);
  expect(await status('/api/v3/customers/nobody/orders', 'reader')).toBe(404);
  expect(await status(`/api/v3/customers/${id}/orders?after=nonsense`, 'reader')).toBe(400);
});

test('no log line names the customer', () => {
  expect(system.logs().length).toBeGreaterThan(0);
  expect(system.logs().filter((line) => line.includes(email) || line.includes(encodeURIComponent(email)) || line.includes('nobody@'))).toEqual([]);
});
