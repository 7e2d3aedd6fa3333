import { effect } from '../effects/effect';
import type { Ledger } from '../effects/ledger';
import { InvalidInput } from '../runtime/errors';
import { execute, type Pool, select } from '../store/pool';
import type { Work } from '../work/source';
import type { SfccClient } from './client';

/** What the mark needs: also an order that could not be generalised is marked. */
interface Marked {
  id: number;
  revision: number;
  storeId: number;
  platformId: string;
  site: string;
}

/** The storefront's "taken" mark. Setting it twice is setting it once, so a lost answer is simply sent again. */
const mark = effect<SfccClient, Marked, { status: 'exported' }>({
  kind: 'sfcc.mark-exported',
  key: (order) => `sfcc.mark-exported:${order.id}`,
  policy: 'key',
  request: () => ({ status: 'exported' }),
  send: async (sfcc, _request, order, call) => {
    await sfcc.markExported(order.site, order.platformId, call);
    return {};
  },
});

/** Tells the storefront that we took the order, and notes that it knows. */
export async function markExported({ pool, ledger, sfcc }: { pool: Pool; ledger: Ledger; sfcc: SfccClient }, work: Work): Promise<void> {
  const [order] = await select<Marked>(
    pool,
    "SELECT o.id, o.revision, o.store_id AS storeId, o.platform_id AS platformId, COALESCE(s.site, '') AS site FROM orders o JOIN stores s ON s.id = o.store_id WHERE o.id = ?",
    [work.order],
  );
  if (!order) throw new InvalidInput(`there is no order ${work.order}`, { code: 'order.unknown' });
  await ledger.perform(mark, sfcc, order, work);
  await execute(pool, "UPDATE platform_orders SET export_status = 'exported' WHERE store_id = ? AND platform_id = ?", [order.storeId, order.platformId]);
}
