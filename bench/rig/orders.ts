import type { Status } from '../../nodes/lifecycle/lifecycle';
import type { Pool } from '../../nodes/store/pool';

const DIGITS = `(SELECT 0 d UNION ALL ${Array.from({ length: 9 }, (_, i) => `SELECT ${i + 1}`).join(' UNION ALL ')})`;

/** 1 … count as a table, for INSERT … SELECT; works on MySQL and MariaDB. */
export function numbers(count: number): string {
  const places = Math.max(1, Math.ceil(Math.log10(count)));
  const names = Array.from({ length: places }, (_, i) => `t${i}`);
  const sum = names.map((name, i) => `${name}.d * ${10 ** i}`).join(' + ');
  return `(SELECT 1 + ${sum} AS n FROM ${names.map((name) => `${DIGITS} ${name}`).join(' CROSS JOIN ')} HAVING n <= ${count})`;
}

/** About 3 KB, as a canonical order of a storefront takes. */
const CONTENT = JSON.stringify({
  placedAt: '2026-11-01T10:00:00.000Z', modifiedAt: '2026-11-01T10:00:00.000Z',
  customer: { id: 'customer-1', email: 'someone@example.test', name: 'Some One' },
  shippingAddress: { name: 'Some One', address1: 'Street 1', city: 'Town', postalCode: '12345', country: 'US' },
  billingAddress: { name: 'Some One', address1: 'Street 1', city: 'Town', postalCode: '12345', country: 'US' },
  shipping: { amount: 0, tax: 0, discount: 0, method: 'ground' }, discounts: [],
  totals: { lines: 2500, discount: 0, shipping: 0, tax: 0, total: 2500 }, taxation: 'net', properties: { c_note: 'x'.repeat(2000) },
});

/**
 * Orders 1 … count with one line and one payment each, standing in `status`, due nowhere.
 * @param content of each; as large as a storefront's unless given
 */
export async function makeOrders(admin: Pool, count: number, status: Status, content = CONTENT): Promise<void> {
  const from = numbers(count);
  await admin.query(
    `INSERT INTO orders (id, store_id, platform_id, name, warehouse_id, currency, total, customer_email, content)
       SELECT n, 1, CONCAT('N', n), CONCAT('B-N', n), 1, 'USD', 2500, 'someone@example.test', ? FROM ${from} x`,
    [content],
  );
  await admin.query(`
    INSERT INTO line_items (order_id, line_id, position, sku, name, quantity, unit_price, discount, tax, total, properties)
      SELECT n, 'L1', 1, 'SKU', 'Thing', 2, 1250, 0, 0, 2500, '{}' FROM ${from} x;
    INSERT INTO payments (order_id, instrument_id, method, currency, amount) SELECT n, 'P1', 'card', 'USD', 2500 FROM ${from} x;
    INSERT INTO order_status (order_id, store_id, status, version, entered_at, lane) SELECT n, 1, '${status}', 1, NOW(6), 'US' FROM ${from} x`);
}
