import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../migrate';
import { createPool } from '../../nodes/store/pool';
import { createWorld, type World } from '../support/orders';

let world: World;
let dir: string;
beforeAll(async () => {
  world = await createWorld();
  dir = mkdtempSync(path.join(tmpdir(), 'oms-accounts-'));
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a second installation on the same server is refused before it takes the first one’s accounts', async () => {
  await expect(migrate({ url: world.database.adminUrl, dataDir: dir })).rejects.toThrow('another installation uses it');
  await expect(world.pool.query('SELECT 1')).resolves.toBeDefined();
});

test('accounts that the site makes keep their password and get their rights', async () => {
  await world.admin.query("CREATE USER 'site_app'@'%' IDENTIFIED BY 'kept-by-the-site'");
  try {
    const app = new URL(world.database.appUrl);
    app.username = 'site_app';
    app.password = 'kept-by-the-site';
    const urls = await migrate({ url: world.database.adminUrl, dataDir: dir, given: { app: app.href, report: world.database.reportUrl, import: world.database.importUrl } });
    expect(urls.app).toBe(app.href);
    const pool = createPool(urls.app, 1);
    await expect(pool.query('SELECT COUNT(*) FROM order_status')).resolves.toBeDefined();
    await expect(pool.query("UPDATE order_status SET status = 'FULFILLED'")).rejects.toThrow(/denied/);
    await pool.end();
  } finally {
    await world.admin.query("DROP USER 'site_app'@'%'");
  }
});

test('migrating again changes nothing and takes nothing away', async () => {
  const again = await migrate({ url: world.database.adminUrl, dataDir: process.env['TEST_ACCOUNTS_DIR'] ?? '' });
  expect(again.app).toBe(world.database.appUrl);
  await expect(world.pool.query('SELECT COUNT(*) FROM orders')).resolves.toBeDefined();
});
