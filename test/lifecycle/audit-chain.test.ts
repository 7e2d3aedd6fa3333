import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { migrate } from '../../migrate';
import { verifyAudits } from '../../nodes/lifecycle/audit-chain';
import { createPool, select } from '../../nodes/store/pool';
import { startMariadb } from '../bin/scripts';
import { count, createWorld, makeOrders, type World } from '../support/orders';

/** Who changes the history of an order behind the triggers' back is found, with the first row at fault. */

const PATH = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV'] as const;

let world: World;
let owner: Connection;
let orders: number[];

beforeEach(async () => {
  world = await createWorld();
  owner = await createConnection({ uri: world.database.adminUrl, multipleStatements: true });
  orders = await makeOrders(world, 3, PATH);
});
afterEach(async () => {
  await owner.end();
  await world.close();
});

const second = (): number => orders[1] ?? 0;

/** Changes audits as somebody would who owns the server: without the triggers that forbid it. */
async function tamper(sql: string): Promise<void> {
  await owner.query('DROP TRIGGER audits_are_never_changed; DROP TRIGGER audits_are_never_deleted');
  await owner.query(sql);
}

test('an untouched history is sound, also of an order that moves twice in one statement', async () => {
  const [order = 0] = await makeOrders(world, 1, ['READY_FOR_PROCESSING']);
  await world.pool.query(
    `INSERT INTO order_audits (order_id, version, from_status, to_status, actor, node, reason) VALUES
       (?, 2, 'READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'Zoë | "Ü"', 'review', 'naïve ☕ reason'), (?, 3, 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'b', NULL, '')`,
    [order, order],
  );
  expect(await verifyAudits(owner)).toEqual({ orders: 4, rows: 15 });
});

test.each([
  ['a changed actor', 3, "UPDATE order_audits SET actor = 'somebody else' WHERE order_id = ? AND version = 3"],
  ['a changed reason', 2, "UPDATE order_audits SET reason = 'another one' WHERE order_id = ? AND version = 2"],
  ['a changed node', 2, "UPDATE order_audits SET node = 'another' WHERE order_id = ? AND version = 2"],
  ['a changed time', 4, 'UPDATE order_audits SET at = at - INTERVAL 1 MICROSECOND WHERE order_id = ? AND version = 4'],
  ['a changed status', 2, "UPDATE order_audits SET to_status = 'PENDING_APPROVALS' WHERE order_id = ? AND version = 2"],
  ['a hash that was taken away', 3, 'UPDATE order_audits SET chain = NULL WHERE order_id = ? AND version = 3'],
  ['a row that was taken out', 2, 'DELETE FROM order_audits WHERE order_id = ? AND version = 2'],
  ['a last row that was taken away', 4, 'DELETE FROM order_audits WHERE order_id = ? AND version = 4'],
  ['a whole history that was taken away', 1, 'DELETE FROM order_audits WHERE order_id = ?'],
  ['a status that was set by hand', 4, "UPDATE order_status SET status = 'FULFILLED' WHERE order_id = ?"],
  ['a row of another order', 3, 'UPDATE order_audits a JOIN order_audits b ON b.order_id <> a.order_id AND b.version = a.version SET a.chain = b.chain WHERE a.order_id = ? AND a.version = 3'],
])('%s is found, with its row', async (_name, version, sql) => {
  await tamper(sql.replace('?', String(second())));
  expect((await verifyAudits(owner)).tampered).toMatchObject({ order: second(), version });
});

test('a forged row without the key does not fit, nor does audit without an order', async () => {
  await owner.query('DROP TRIGGER audit_is_transition');
  await owner.query("INSERT INTO order_audits (order_id, version, from_status, to_status, actor, chain) VALUES (999999, 1, '', 'READY_FOR_PROCESSING', 'x', ?)", [randomBytes(32)]);
  expect((await verifyAudits(owner)).tampered).toMatchObject({ order: 999_999, version: 1 });
});

test('the key is for nobody but the owner, and the sum cannot be asked for', async () => {
  for (const url of [world.database.appUrl, world.database.reportUrl, world.database.importUrl]) {
    const pool = createPool(url, 1);
    await expect(pool.query('SELECT * FROM audit_keys')).rejects.toThrow(/denied/);
    await expect(pool.query("SELECT audit_chain('', 1, 1, '', '', '', '', '', NOW(6))")).rejects.toThrow(/denied/);
    await pool.end();
  }
});

test('nothing of the customer is in the chain: a scrubbed order stays sound', async () => {
  await world.admin.query("UPDATE orders SET customer_email = NULL, customer_name = NULL, customer_id = NULL, content = NULL WHERE id = ?", [second()]);
  expect((await verifyAudits(owner)).tampered).toBeUndefined();
});

test('the migration chains the rows that were there before it, while orders move on', async () => {
  const name = `oms_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(world.database.adminUrl);
  url.pathname = `/${name}`;
  const accounts = { url: url.href, dataDir: process.env['TEST_ACCOUNTS_DIR'] ?? '' };
  const urls = await migrate({ ...accounts, to: '0005-open-tasks.sql' });
  const older = { ...world, pool: createPool(urls.app, 4), admin: createPool(url.href, 4) };
  try {
    await older.admin.query("INSERT INTO tenants (id, name) VALUES (1, 'test'); INSERT INTO warehouses (id, `key`, nav_key, cirro_region) VALUES (1, 'us-east', 'US', 'NA'); INSERT INTO stores (id, tenant_id, url, platform, site, prefix, warehouse_id) VALUES (1, 1, 'https://shop.test', 'sfcc', 'POPS-US', 'T-', 1)");
    await makeOrders(older, 200, PATH);
    const moving = await makeOrders(older, 50, ['READY_FOR_PROCESSING']);
    const move = async (order: number): Promise<void> => {
      const [at] = await select<{ status: string; version: number }>(older.pool, 'SELECT status, version FROM order_status WHERE order_id = ?', [order]);
      const to = at?.status === 'READY_FOR_PROCESSING' ? 'READY_TO_CREATE_IN_NAV' : 'PENDING_NAV_RELEASE';
      await older.pool.query("INSERT INTO order_audits (order_id, version, from_status, to_status, actor) VALUES (?, ?, ?, ?, 'meanwhile')", [order, (at?.version ?? 0) + 1, at?.status, to]);
    };
    const [migrated] = await Promise.all([migrate(accounts), ...moving.map(async (order) => move(order).then(() => move(order)))]);
    expect(migrated.app).toBe(urls.app);
    const connection = await createConnection({ uri: url.href, multipleStatements: true });
    expect(await verifyAudits(connection)).toEqual({ orders: 250, rows: 200 * PATH.length + 50 * 3 });
    await expect(connection.query("UPDATE order_audits SET reason = 'x'")).rejects.toThrow('append-only');
    await connection.end();
    expect(await count(older, 'SELECT COUNT(*) FROM order_audits WHERE chain IS NULL')).toBe(0);
  } finally {
    await older.admin.query(`DROP DATABASE ${name}`);
    await older.pool.end();
    await older.admin.end();
  }
}, 30_000);

describe('npm run audit:verify', () => {
  const verify = (env: NodeJS.ProcessEnv): Promise<{ code: number; said: string }> =>
    new Promise((resolve) =>
      execFile('bin/run', ['audit:verify'], { env }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr })),
    );

  test('says that all is well, or names the first row', async () => {
    const env = { ...process.env, OMS_DATABASE_URL: world.database.adminUrl };
    expect(await verify(env)).toEqual({ code: 0, said: '12 audit rows of 3 orders: every one fits its hash and the row before it.\n' });
    await tamper(`UPDATE order_audits SET actor = 'nobody' WHERE order_id = ${second()} AND version = 2`);
    const { code, said } = await verify(env);
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`^TAMPERED: order T-N\\d+ \\(id ${second()}\\), version 2: the row does not fit its hash`));
  }, 30_000);

  test('starts the private database where it does not run, and ends it again', async () => {
    const dataDirectory = mkdtempSync(path.join(tmpdir(), 'oms-audit-'));
    const { OMS_DATABASE_URL: _url, OMS_DATABASE_APP_URL: _app, ...env }: NodeJS.ProcessEnv = { ...process.env, OMS_DATA_DIR: dataDirectory };
    expect(await verify(env)).toMatchObject({ code: 1, said: expect.stringContaining('nothing was started there yet') as string });
    const database = await startMariadb({ dataDirectory });
    await migrate({ url: database.url, dataDir: dataDirectory });
    await database.stop();
    expect(await verify(env)).toEqual({ code: 0, said: '0 audit rows of 0 orders: every one fits its hash and the row before it.\n' });
    await expect(createConnection(database.url)).rejects.toThrow('ECONNREFUSED');
    rmSync(dataDirectory, { recursive: true, force: true });
  }, 60_000);
});
