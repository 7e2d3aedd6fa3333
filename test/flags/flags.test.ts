import { FLAG_DEFAULTS, Flags, isFlag } from '../../nodes/flags/flags';
import { select } from '../../nodes/store/pool';
import { createWorld, makeOrders, type World } from '../support/orders';

let world: World;
let flags: Flags;
const SHOP = 'https://shop.test';
const set = (name: string, store: string, enabled: boolean) =>
  world.admin.query('INSERT INTO feature_flags (name, store_url, enabled) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE enabled = VALUES(enabled)', [name, store, enabled]);

beforeAll(async () => {
  world = await createWorld();
  flags = new Flags(world.pool);
});
afterAll(() => world.close());

test('without a row the fixed default holds: the confirmation is waited for', async () => {
  for (const [name, value] of Object.entries(FLAG_DEFAULTS)) expect(isFlag(name) && (await flags.isOn(name, SHOP))).toBe(value);
  expect(FLAG_DEFAULTS.fulfillment_confirmation).toBe(true);
});

test('a store’s own row wins over the one for every store', async () => {
  await set('cirro_fulfillment_request', '', false);
  expect(await flags.isOn('cirro_fulfillment_request', SHOP)).toBe(false);
  await set('cirro_fulfillment_request', SHOP, true);
  expect(await flags.isOn('cirro_fulfillment_request', SHOP)).toBe(true);
  expect(await flags.isOn('cirro_fulfillment_request', 'https://other.test')).toBe(false);
});

test('a gate is read as it stands, a fork is pinned when an order passes and decided again after a put-back', async () => {
  const [order = 0] = await makeOrders(world, 1);
  const work = { order, token: 'token' };
  await world.admin.query("UPDATE order_status SET claim_token = 'token' WHERE order_id = ?", [order]);
  await set('fulfillment_confirmation', '', true);
  expect(await flags.decide('fulfillment_confirmation', work, SHOP)).toBe(true);
  await set('fulfillment_confirmation', '', false);
  expect(await flags.isOn('fulfillment_confirmation', SHOP)).toBe(false);
  expect(await flags.decide('fulfillment_confirmation', work, SHOP)).toBe(true);
  await world.pool.query('UPDATE orders SET decisions = NULL WHERE id = ?', [order]);
  expect(await flags.decide('fulfillment_confirmation', work, SHOP)).toBe(false);
  await world.pool.query('UPDATE orders SET decisions = NULL WHERE id = ?', [order]);
  expect(await flags.decide('fulfillment_confirmation', { order, token: 'taken away' }, SHOP)).toBe(false);
  expect(await select(world.pool, 'SELECT decisions FROM orders WHERE id = ?', [order])).toEqual([{ decisions: null }]);
});
