import { InvalidInput } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import type { SfccClient } from './client';

/** Tells the storefront that we took the order, and notes that it knows. May be repeated without harm, so it needs no doubt. */
export async function markExported(pool: Pool, sfcc: SfccClient, order: number): Promise<void> {
  const [row] = await select<{ storeId: number; platformId: string; site: string | null }>(
    pool,
    'SELECT o.store_id AS storeId, o.platform_id AS platformId, s.site FROM orders o JOIN stores s ON s.id = o.store_id WHERE o.id = ?',
    [order],
  );
  if (!row) throw new InvalidInput(`there is no order ${order}`, { code: 'order.unknown' });
  await sfcc.markExported(row.site ?? '', row.platformId);
  await pool.query("UPDATE platform_orders SET export_status = 'exported' WHERE store_id = ? AND platform_id = ?", [row.storeId, row.platformId]);
}
