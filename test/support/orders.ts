import { createPool, type Pool, select } from '../../nodes/store/pool';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { createTestDatabase, type TestDatabase } from './database';

export interface World {
  database: TestDatabase;
  /** The running system's own account. */
  pool: Pool;
  /** The administrator's, to arrange what only a test arranges. */
  admin: Pool;
  store: { id: number; url: string; warehouseId: number };
  close(): Promise<void>;
}

/** A migrated database with one store and its warehouse. */
export async function createWorld(): Promise<World> {
  const database = await createTestDatabase();
  const pool = createPool(database.appUrl, 8);
  const admin = createPool(database.adminUrl, 4);
  await admin.query("INSERT INTO tenants (id, name) VALUES (1, 'test')");
  await admin.query("INSERT INTO warehouses (id, `key`, nav_key, cirro_region) VALUES (1, 'us-east', 'US', 'NA')");
  await admin.query("INSERT INTO stores (id, tenant_id, url, platform, site, prefix, warehouse_id) VALUES (1, 1, 'https://shop.test', 'sfcc', 'POPS-US', 'T-', 1)");
  return {
    database,
    pool,
    admin,
    store: { id: 1, url: 'https://shop.test', warehouseId: 1 },
    async close() {
      await pool.end();
      await admin.end();
      await database.drop();
    },
  };
}

let sequence = 0;

/** Orders with one line of two pieces, begun and moved along a path of legal edges; due where `due` says so. */
export async function makeOrders(world: World, howMany: number, path: readonly Status[] = ['READY_FOR_PROCESSING'], due = false): Promise<number[]> {
  const ids: number[] = [];
  for (let i = 0; i < howMany; i++) {
    const number = `N${++sequence}`;
    const [result] = await world.admin.query(
      `INSERT INTO orders (store_id, platform_id, name, warehouse_id, currency, total, customer_email, content) VALUES (1, ?, ?, 1, 'USD', 2500, ?, ?)`,
      [number, `T-${number}`, `${number.toLowerCase()}@example.test`, JSON.stringify(CONTENT)],
    );
    const id = (result as unknown as { insertId: number }).insertId;
    await world.admin.query(
      `INSERT INTO line_items (order_id, line_id, position, sku, name, quantity, unit_price, discount, tax, total, properties) VALUES (?, 'L1', 1, 'SKU', 'Thing', 2, 1250, 0, 0, 2500, '{}')`,
      [id],
    );
    let from = '';
    for (const [index, to] of path.entries()) {
      await world.pool.query("INSERT INTO order_audits (order_id, version, from_status, to_status, actor) VALUES (?, ?, ?, ?, 'test')", [id, index + 1, from, to]);
      from = to;
    }
    if (due) await world.pool.query('UPDATE order_status SET due_at = NOW(6) WHERE order_id = ?', [id]);
    ids.push(id);
  }
  return ids;
}

const CONTENT = {
  placedAt: '2026-11-01T10:00:00.000Z', modifiedAt: '2026-11-01T10:00:00.000Z',
  customer: { id: 'customer-1', email: 'someone@example.test', name: 'Some One' },
  shippingAddress: { name: 'Some One', address1: 'Street 1', city: 'Town', postalCode: '12345', country: 'US' },
  billingAddress: { name: 'Some One', address1: 'Street 1', city: 'Town', postalCode: '12345', country: 'US' },
  shipping: { amount: 0, tax: 0, discount: 0, method: 'ground' }, discounts: [],
  totals: { lines: 2500, discount: 0, shipping: 0, tax: 0, total: 2500 }, taxation: 'net', properties: {},
};

export interface StatusRow {
  status: Status;
  version: number;
  due: number;
  holds: number;
  pending: number;
  attempts: number;
  claimed_by: number | null;
  reason: string | null;
}

export async function statusOf(world: World, order: number): Promise<StatusRow> {
  const [row] = await select<StatusRow>(
    world.admin,
    'SELECT status, version, due_at IS NOT NULL AS due, holds, pending, attempts, claimed_by, reason FROM order_status WHERE order_id = ?',
    [order],
  );
  if (!row) throw new Error(`order ${order} has no status`);
  return row;
}

export async function count(world: World, sql: string, values: unknown[] = []): Promise<number> {
  const [row] = await select<Record<string, number>>(world.admin, sql, values);
  return Number(Object.values(row ?? { n: -1 })[0]);
}
