import type { Store } from '../orders/intake';
import { type Pool, select } from '../store/pool';
import type { SfccClient } from './client';

/** An order in error is looked at again this often at most. */
const EVERY_SECONDS = 60;
const AT_ONCE = 20;

/**
 * Orders of the store that could not be generalised, as the storefront has them now. They are marked as exported, so the search
 * does not show their correction; a put-back then reads what stands here.
 */
export async function readOrdersInError(pool: Pool, sfcc: SfccClient, store: Store): Promise<unknown[]> {
  const rows = await select<{ platformId: string }>(
    pool,
    `SELECT o.platform_id AS platformId FROM order_status s JOIN orders o ON o.id = s.order_id
       JOIN platform_orders p ON p.store_id = o.store_id AND p.platform_id = o.platform_id
       WHERE s.status = 'GENERALIZE_ERROR' AND s.store_id = ? AND p.updated_at < NOW(6) - INTERVAL ${EVERY_SECONDS} SECOND ORDER BY p.updated_at LIMIT ${AT_ONCE}`,
    [store.id],
  );
  const orders = await Promise.all(rows.map(({ platformId }) => sfcc.getOrder(store.site ?? '', platformId)));
  return orders.filter((order) => order !== undefined);
}
