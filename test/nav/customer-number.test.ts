import { keepCustomerNo } from '../../nodes/nav/customer-number';
import { loadOrders } from '../../nodes/orders/load';
import type { Order } from '../../nodes/orders/order';
import { createWorld, makeOrders, type World } from '../support/orders';

/** Under which customer number NAV hears of an order, on the real database. */

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  await world.admin.query('DELETE FROM customer_cards');
  await world.admin.query("UPDATE stores SET platform = 'amazon', site = 'A1'");
});

const card = (source: string, no: string) => world.pool.query('INSERT INTO customer_cards (source, nav_customer_no) VALUES (?, ?) ON DUPLICATE KEY UPDATE nav_customer_no = VALUES(nav_customer_no)', [source, no]);
const load = async (id: number): Promise<Order> => {
  const order = (await loadOrders(world.pool, [id])).get(id);
  if (!order) throw new Error(`no order ${id}`);
  return order;
};
const numberOf = async (id: number) => (await load(id)).navCustomerNo;
const asked = (id: number, state: string) =>
  world.admin.query(
    "INSERT INTO effects (kind, `key`, order_id, request_hash, attempt, state) VALUES ('nav.create', ?, ?, '', 1, ?) ON DUPLICATE KEY UPDATE state = VALUES(state)",
    [`nav.create:${id}`, id, state],
  );

test('a platform has a card, and a store of its own goes before', async () => {
  const [id = 0] = await makeOrders(world, 1);
  expect(await numberOf(id)).toBeUndefined();
  await card('shopify', 'C-SHOPIFY');
  expect(await numberOf(id)).toBeUndefined();
  await card('amazon', 'C-AMAZON');
  expect(await numberOf(id)).toBe('C-AMAZON');
  await card('amazon/A2', 'C-OTHER');
  expect(await numberOf(id)).toBe('C-AMAZON');
  await card('amazon/A1', 'C-AMAZON-UK');
  expect(await numberOf(id)).toBe('C-AMAZON-UK');
});

test('SFCC has its customers’ own numbers and no card', async () => {
  await world.admin.query("UPDATE stores SET platform = 'sfcc'");
  const [id = 0] = await makeOrders(world, 1);
  await card('sfcc', 'C-SFCC');
  expect(await numberOf(id)).toBeUndefined();
  await world.admin.query("UPDATE orders SET nav_customer_no = 'abCustomer' WHERE id = ?", [id]);
  expect(await numberOf(id)).toBe('abCustomer');
});

test.each(['sent', 'unknown', 'parked', 'done'])('what NAV was asked for keeps its number: a create that is %s', async (state) => {
  const [id = 0] = await makeOrders(world, 1);
  await card('amazon', 'C-BEFORE');
  await keepCustomerNo(world.pool, await load(id));
  await asked(id, state);
  await card('amazon', 'C-AFTER');
  expect(await numberOf(id)).toBe('C-BEFORE');
  await keepCustomerNo(world.pool, { ...(await load(id)), navCustomerNo: 'C-AFTER' });
  expect(await numberOf(id)).toBe('C-BEFORE');
});

test.each(['intent', 'rejected', 'not_done'])('what NAV has not got follows the card: a create that is %s', async (state) => {
  const [id = 0] = await makeOrders(world, 1);
  await card('amazon', 'C-WRONG');
  await keepCustomerNo(world.pool, await load(id));
  await asked(id, state);
  await card('amazon', 'C-RIGHT');
  expect(await numberOf(id)).toBe('C-RIGHT');
  await keepCustomerNo(world.pool, await load(id));
  await asked(id, 'sent');
  expect(await numberOf(id)).toBe('C-RIGHT');
});
