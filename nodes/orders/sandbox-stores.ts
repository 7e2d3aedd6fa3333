import { inTransaction, type Pool } from '../store/pool';

/** The stores of the sandbox's storefront, with short schedules: what a newcomer sees at work. Never written beside a real partner. */
const STORES = [
  { url: 'https://us.shop.sandbox', site: 'POPS-US', prefix: 'US-', warehouse: { key: 'us-east', navKey: 'US', region: 'NA' } },
  { url: 'https://eu.shop.sandbox', site: 'POPS-EU', prefix: 'EU-', warehouse: { key: 'eu-west', navKey: 'EMEA', region: 'EMEA' } },
  { url: 'https://jp.shop.sandbox', site: 'POPS-JP', prefix: 'JP-', warehouse: { key: 'jp-tokyo', navKey: 'JAPAN', region: 'APAC' } },
] as const;

const EVERY_2_SECONDS = '*/2 * * * * *';
const EVERY_3_SECONDS = '*/3 * * * * *';

/** Sets up the sandbox's stores, warehouses and jobs where they are not there yet; what somebody has changed stays. */
export async function setUpSandboxStores(pool: Pool): Promise<void> {
  await inTransaction(pool, async (connection) => {
    const keep = 'ON DUPLICATE KEY UPDATE updated_at = updated_at';
    await connection.query(`INSERT INTO tenants (id, name) VALUES (1, 'sandbox') ${keep}`);
    for (const { url, site, prefix, warehouse } of STORES) {
      await connection.query(`INSERT INTO warehouses (\`key\`, nav_key, cirro_region) VALUES (?, ?, ?) ${keep}`, [warehouse.key, warehouse.navKey, warehouse.region]);
      await connection.query(
        `INSERT INTO stores (tenant_id, url, platform, site, prefix, warehouse_id) SELECT 1, ?, 'sfcc', ?, ?, id FROM warehouses WHERE \`key\` = ? ${keep.replace('updated_at = updated_at', 'url = VALUES(url)')}`,
        [url, site, prefix, warehouse.key],
      );
      await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('sfcc.intake', ?, ?) ${keep}`, [url, EVERY_2_SECONDS]);
    }
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('nav.shipment-notice', '', ?) ${keep}`, [EVERY_3_SECONDS]);
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('cirro.master-switch', '', '*/30 * * * * *') ${keep}`);
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('cirro.inventory-recheck', '', '*/5 * * * * *') ${keep}`);
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('batching.capacity', '', '*/30 * * * * *') ${keep}`);
    for (const job of ['oms.late-orders', 'nav.overdue-releases']) await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES (?, '', '*/30 * * * * *') ${keep}`, [job]);
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('oms.resume-orders', '', '*/5 * * * * *') ${keep}`);
    await connection.query(`INSERT INTO recurring_jobs (class, store_url, cron, catch_up) VALUES ('oms.watch', '', '*/5 * * * * *', 'none') ${keep}`);
  });
}
