import { getCustomer, listCustomerOrders } from '../../nodes/orders/customers';
import { createWorld, makeOrders, type World } from '../support/orders';

/** What partners read of a customer, on the real database. */

let world: World;
const ME = { email: 'Jane@Example.test', id: 'C-JANE' };

/** Orders of this customer, of the oldest to the newest. */
async function ordered(howMany: number, { email, id }: { email: string; id: string | null } = ME): Promise<number[]> {
  const ids = await makeOrders(world, howMany);
  await world.admin.query("UPDATE orders SET customer_email = ?, customer_id = ?, customer_name = 'Jane Doe', nav_customer_no = ?, placed_at = NOW() WHERE id IN (?)", [email, id, id, ids]);
  return ids;
}
const nameOf = async (id: number): Promise<string> => ((await world.admin.query('SELECT name FROM orders WHERE id = ?', [id])) as unknown as [[{ name: string }]])[0][0].name;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

test('by the storefront’s id or by e-mail: the same orders, the newest first, each once over all pages', async () => {
  const ids = await ordered(7);
  await ordered(2, { email: 'other@example.test', id: 'C-OTHER' });
  const names = await Promise.all(ids.toReversed().map(nameOf));
  for (const customer of [ME.id, 'jane@example.test'])
    for (const limit of [1, 3, 7, 50]) {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const { orders, next } = await listCustomerOrders(world.pool, { customer, limit, after });
        expect(orders.length).toBe(next === null ? orders.length : limit);
        found.push(...orders.map(({ order_id }) => order_id));
        after = next ?? undefined;
      } while (after !== undefined);
      expect(found).toEqual(names);
    }
  expect(await getCustomer(world.pool, { customer: ME.id })).toMatchObject({ id: ME.id, email: ME.email, name: 'Jane Doe', orders: 7, stores: ['https://shop.test'], nav_customer_numbers: [ME.id] });
});

test('totals in the order’s currency, and the parcels of every part of a split order; nothing else of it', async () => {
  const [root = 0, child = 0] = await ordered(2, { email: 'split@example.test', id: 'C-SPLIT' });
  await world.admin.query('UPDATE orders SET parent_order_id = ?, part = 1, platform_id = (SELECT platform_id FROM (SELECT platform_id FROM orders WHERE id = ?) r) WHERE id = ?', [root, root, child]);
  const parcel = "INSERT INTO fulfillments (order_id, shipment_id, carrier, tracking, shipped_at) VALUES (?, ?, 'UPS', ?, ?)";
  await world.admin.query(parcel, [child, 'S2', '1Z-2', '2026-11-21 11:00:00']);
  await world.admin.query(parcel, [root, 'S1', '1Z-1', '2026-11-21 10:00:00']);
  const { orders } = await listCustomerOrders(world.pool, { customer: 'C-SPLIT' });
  expect(orders).toEqual([
    {
      order_id: await nameOf(root), platform_id: expect.any(String), store: 'https://shop.test', status: 'READY_FOR_PROCESSING', placed_at: expect.any(Date), currency: 'USD',
      totals: { lines: '25.00', discount: '0.00', shipping: '0.00', tax: '0.00', total: '25.00' },
      parcels: [
        { shipment_id: 'S1', carrier: 'UPS', tracking: '1Z-1', shipped_at: expect.any(Date) },
        { shipment_id: 'S2', carrier: 'UPS', tracking: '1Z-2', shipped_at: expect.any(Date) },
      ],
    },
  ]);
  expect(await getCustomer(world.pool, { customer: 'C-SPLIT' })).toMatchObject({ orders: 1 });
});

test('nobody sees another’s: an accent is another mailbox, an id of two platforms needs its store', async () => {
  await ordered(1, { email: 'jose@example.test', id: 'C-JOSE' });
  await expect(getCustomer(world.pool, { customer: 'josé@example.test' })).rejects.toMatchObject({ code: 'customer.unknown' });
  const [, elsewhere = 0] = await ordered(2, { email: 'one@example.test', id: 'C-SAME' });
  await world.admin.query("INSERT INTO stores (id, tenant_id, url, platform, site, prefix, warehouse_id) VALUES (2, 1, 'https://other.test', 'shopify', 'other', 'O-', 1)");
  await world.admin.query("UPDATE orders SET store_id = 2, customer_email = 'two@example.test' WHERE id = ?", [elsewhere]);
  for (const ask of [getCustomer, listCustomerOrders]) await expect(ask(world.pool, { customer: 'C-SAME' })).rejects.toMatchObject({ code: 'customer.ambiguous', pointer: '/store' });
  expect(await getCustomer(world.pool, { customer: 'C-SAME', store: 'https://other.test' })).toMatchObject({ email: 'two@example.test', orders: 1 });
  expect((await listCustomerOrders(world.pool, { customer: 'C-SAME', store: 'https://shop.test' })).orders).toHaveLength(1);
});

test.each([['nobody'], ['nobody@example.test'], ['%'], ['']])('an unknown customer (%j) is none, and the refusal does not repeat it', async (customer) => {
  for (const ask of [getCustomer, listCustomerOrders]) await expect(ask(world.pool, { customer })).rejects.toMatchObject({ code: 'customer.unknown', message: 'there is no such customer' });
  await expect(getCustomer(world.pool, { customer: ME.id, store: 'https://nowhere.test' })).rejects.toMatchObject({ code: 'customer.unknown' });
});

test.each([['customer_id', ME.id], ['customer_email', ME.email]])('an index leads there (%s)', async (key, value) => {
  await ordered(300, { email: 'many@example.test', id: 'C-MANY' });
  const [plan] = (await world.admin.query(`EXPLAIN SELECT id FROM orders o WHERE o.${key} = ? AND o.part = 0 AND o.id < 100000 ORDER BY o.id DESC LIMIT 51`, [value])) as unknown as [{ key: string }[]];
  expect(plan[0]?.key).toBe(key);
});
