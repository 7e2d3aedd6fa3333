import { assertGuarded } from '../../nodes/store/guard';
import { createPool, type Pool, select } from '../../nodes/store/pool';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let order: number;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  [order = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING']);
});

const audit = (values: Partial<Record<'order_id' | 'version', number> & Record<'from_status' | 'to_status' | 'actor', string>> = {}) => {
  const row = { order_id: order, version: 2, from_status: 'READY_FOR_PROCESSING', to_status: 'READY_TO_CREATE_IN_NAV', actor: 'test', ...values };
  return `order_audits (order_id, version, from_status, to_status, actor) VALUES (${row.order_id}, ${row.version}, '${row.from_status}', '${row.to_status}', '${row.actor}')`;
};

/** Every way round the guard that the design names, and some more; each with the system's own account. */
const bypasses: [name: string, sql: () => string][] = [
  ['setting the status', () => `UPDATE order_status SET status = 'FULFILLED' WHERE order_id = ${order}`],
  ['setting the version', () => `UPDATE order_status SET version = 9 WHERE order_id = ${order}`],
  ['setting the time of entry', () => `UPDATE order_status SET entered_at = NOW(6) WHERE order_id = ${order}`],
  ['giving the row to another order', () => `UPDATE order_status SET order_id = 99999 WHERE order_id = ${order}`],
  ['inserting a status row', () => `INSERT INTO order_status (order_id, store_id, status, version, entered_at) VALUES (${order} + 1, 1, 'FULFILLED', 1, NOW(6))`],
  ['replacing the status row', () => `REPLACE INTO order_status (order_id, store_id, status, version, entered_at) VALUES (${order}, 1, 'FULFILLED', 9, NOW(6))`],
  ['INSERT … ON DUPLICATE KEY UPDATE of the status row', () => `INSERT INTO order_status (order_id, store_id, status, version, entered_at) VALUES (${order}, 1, 'FULFILLED', 9, NOW(6)) ON DUPLICATE KEY UPDATE status = 'FULFILLED'`],
  ['deleting the status row', () => `DELETE FROM order_status WHERE order_id = ${order}`],
  ['truncating the status table', () => 'TRUNCATE order_status'],
  ['an edge that is not declared', () => `INSERT INTO ${audit({ to_status: 'FULFILLED' })}`],
  ['an edge for the import account only', () => `INSERT INTO ${audit({ to_status: 'STROOPWAFEL_EXCEPTION' })}`],
  ['an edge to itself', () => `INSERT INTO ${audit({ to_status: 'READY_FOR_PROCESSING' })}`],
  ['foreign_key_checks=0 and an illegal edge', () => `SET foreign_key_checks = 0; INSERT INTO ${audit({ to_status: 'SHIPPED' })}`],
  ['a stale version', () => `INSERT INTO ${audit({ version: 3 })}`],
  ['a status that it does not stand in', () => `INSERT INTO ${audit({ from_status: 'PENDING_APPROVALS' })}`],
  ['a phantom audit of an order that is not there', () => `SET foreign_key_checks = 0; INSERT INTO ${audit({ order_id: 987_654 })}`],
  ['a first row of an order that is not there', () => `SET foreign_key_checks = 0; INSERT INTO ${audit({ order_id: 987_654, version: 1, from_status: '', to_status: 'READY_FOR_PROCESSING' })}`],
  ['a second first row', () => `INSERT INTO ${audit({ version: 1, from_status: '', to_status: 'READY_FOR_PROCESSING' })}`],
  ['no actor', () => `INSERT INTO ${audit({ actor: '' })}`],
  ['an actor that claims to be the import', () => `INSERT INTO ${audit({ to_status: 'STROOPWAFEL_EXCEPTION', actor: 'oms_import' })}`],
  ['REPLACE of an audit', () => `REPLACE INTO ${audit({ version: 1, from_status: '', to_status: 'READY_TO_CREATE_IN_NAV' })}`],
  ['ON DUPLICATE KEY UPDATE of an audit', () => `INSERT INTO ${audit({ version: 1, from_status: '', to_status: 'READY_FOR_PROCESSING' })} ON DUPLICATE KEY UPDATE reason = 'changed'`],
  ['changing an audit', () => `UPDATE order_audits SET reason = 'me' WHERE order_id = ${order}`],
  ['deleting an audit', () => `DELETE FROM order_audits WHERE order_id = ${order}`],
  ['an edge made by hand', () => "INSERT INTO status_transitions (from_status, to_status, rule) VALUES ('READY_FOR_PROCESSING', 'FULFILLED', 'declared')"],
  ['waking a retired edge', () => 'UPDATE status_transitions SET retired_at = NULL, import_only = 0'],
  ['a status made by hand', () => "INSERT INTO statuses (name, phase, kind, owner, cancel, initial) VALUES ('NEW', 'intake', 'working', 'OMS', 'free', 1)"],
  ['making every status initial', () => 'UPDATE statuses SET initial = 1'],
  ['calling the import', () => `CALL import_order_status(${order}, 'FULFILLED', 'me')`],
  ['dropping the trigger', () => 'DROP TRIGGER audit_is_transition'],
  ['altering the table', () => 'ALTER TABLE order_status ADD COLUMN x INT'],
  ['renaming the table', () => 'RENAME TABLE order_audits TO old_audits'],
  ['granting itself the right', () => "GRANT UPDATE ON order_status TO 'oms_app'@'%'"],
  ['deleting an order', () => `DELETE FROM orders WHERE id = ${order}`],
];

test.each(bypasses)('with its own account the system is refused: %s', async (_name, sql) => {
  await expect(alone(world.pool, sql())).rejects.toThrow(/denied|refused|append-only|Duplicate/);
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_PROCESSING', version: 1 });
  expect(await count(world, 'SELECT COUNT(*) FROM order_audits WHERE order_id = ?', [order])).toBe(1);
  expect(await count(world, 'SELECT COUNT(*) FROM order_status WHERE order_id = 987654')).toBe(0);
});

test('INSERT IGNORE writes both the audit and the move, or neither', async () => {
  await alone(world.pool, `SET sql_mode = ''; INSERT IGNORE INTO ${audit({ to_status: 'FULFILLED' })}`).catch(() => undefined);
  await alone(world.pool, `SET sql_mode = ''; INSERT IGNORE INTO ${audit({ version: 1 })}`).catch(() => undefined);
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_FOR_PROCESSING', version: 1 });
  await alone(world.pool, `SET sql_mode = '', foreign_key_checks = 0; INSERT IGNORE INTO ${audit({ actor: 'x'.repeat(300) })}`);
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', version: 2 });
  expect(await count(world, 'SELECT COUNT(*) FROM order_audits WHERE order_id = ?', [order])).toBe(2);
});

test('no row can be skipped after the trigger has moved the order: the audits have one unique key and no check', async () => {
  expect(await count(world, "SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'order_audits'")).toBe(1);
});

test('a legal audit moves the order, and only as the trigger moves it', async () => {
  await world.pool.query("UPDATE order_status SET due_at = NOW(6), attempts = 3, reason = 'before' WHERE order_id = ?", [order]);
  await alone(world.pool, `INSERT INTO ${audit()}`);
  expect(await statusOf(world, order)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', version: 2, due: 0, attempts: 0, reason: null });
});

test('a row that lies about its time gets the database’s', async () => {
  await alone(world.pool, "INSERT INTO order_audits (order_id, version, from_status, to_status, actor, at) VALUES (" + order + ", 2, 'READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'test', '2001-01-01')");
  expect(await count(world, 'SELECT COUNT(*) FROM order_audits WHERE order_id = ? AND at < NOW() - INTERVAL 1 HOUR', [order])).toBe(0);
});

test('only an initial status begins an order', async () => {
  const [result] = await world.pool.query("INSERT INTO orders (store_id, platform_id, name, warehouse_id) VALUES (1, 'begin', 'T-begin', 1)");
  const id = (result as unknown as { insertId: number }).insertId;
  const begin = (to: string) => alone(world.pool, `INSERT INTO order_audits (order_id, version, from_status, to_status, actor) VALUES (${id}, 1, '', '${to}', 'test')`);
  await expect(begin('SHIPPED')).rejects.toThrow('no order may start');
  await begin('GENERALIZE_ERROR');
  expect(await statusOf(world, id)).toMatchObject({ status: 'GENERALIZE_ERROR', version: 1 });
});

test('the import account alone brings orders in flight, in any status, and the stroopwafel edge', async () => {
  const importer = createPool(world.database.importUrl, 1);
  try {
    await importer.query("INSERT INTO orders (store_id, platform_id, name, warehouse_id) VALUES (1, 'flight', 'T-flight', 1)");
    const [row] = await select<{ id: number }>(importer, "SELECT id FROM orders WHERE name = 'T-flight'");
    const id = row?.id ?? 0;
    await importer.query("CALL import_order_status(?, 'EXPORTED_TO_TPL', 'cutover')", [id]);
    expect(await statusOf(world, id)).toMatchObject({ status: 'EXPORTED_TO_TPL', version: 1 });
    await importer.query("CALL import_order_status(?, 'STROOPWAFEL_EXCEPTION', 'cutover')", [id]);
    expect(await statusOf(world, id)).toMatchObject({ status: 'STROOPWAFEL_EXCEPTION', version: 2 });
    await expect(importer.query(`INSERT INTO ${audit({ to_status: 'STROOPWAFEL_EXCEPTION' })}`)).rejects.toThrow(/denied/);
  } finally {
    await importer.end();
  }
});

test('a start whose application account may change a status is refused', async () => {
  await expect(assertGuarded(world.pool)).resolves.toBeUndefined();
  await expect(assertGuarded(world.admin)).rejects.toThrow('may change the status of an order');
});

test('the reporting account reads, and sees nobody’s name', async () => {
  const report = createPool(world.database.reportUrl, 1);
  try {
    await expect(report.query('SELECT name, status FROM orders o JOIN order_status s ON s.order_id = o.id')).resolves.toBeDefined();
    await expect(report.query('SELECT customer_email FROM orders')).rejects.toThrow(/denied/);
    await expect(report.query('SELECT raw FROM platform_orders')).rejects.toThrow(/denied/);
    await expect(report.query('UPDATE order_status SET reason = NULL')).rejects.toThrow(/denied/);
  } finally {
    await report.end();
  }
});

/** On a connection of its own, which is not reused: some of these change the session. */
async function alone(pool: Pool, sql: string): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query(sql);
  } finally {
    connection.destroy();
  }
}
