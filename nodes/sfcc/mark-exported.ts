import { effect } from '../effects/effect';
import type { Ledger } from '../effects/ledger';
import type { Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
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
export const mark = effect<SfccClient, Marked, { status: 'exported' }>({
  kind: 'sfcc.mark-exported',
  key: (order) => `sfcc.mark-exported:${order.id}`,
  policy: 'key',
  request: () => ({ status: 'exported' }),
  requireUp: (sfcc) => sfcc.requireUp(),
  send: async (sfcc, _request, order, call) => {
    await sfcc.markExported(order.site, order.platformId, call);
    return {};
  },
});

/**
 * Tells the storefront that we took the order; that it knows is noted when the task ends.
 * @param order as it was loaded at the claim; what could not be generalised was not, and is read here
 */
export async function markExported({ pool, ledger, sfcc }: { pool: Pool; ledger: Ledger; sfcc: SfccClient }, order: Partial<Order> & { id: number }, work: Work): Promise<void> {
  const marked = await markedOf(pool, order);
  await ledger.perform(mark, sfcc, marked, work);
  work.exported = { storeId: marked.storeId, platformId: marked.platformId };
}

async function markedOf(pool: Pool, { id, revision, storeId, platformId, storeSite }: Partial<Order> & { id: number }): Promise<Marked> {
  if (revision !== undefined && storeId !== undefined && platformId !== undefined && storeSite !== undefined) return { id, revision, storeId, platformId, site: storeSite };
  const [row] = await select<Marked>(
    pool,
    "SELECT o.id, o.revision, o.store_id AS storeId, o.platform_id AS platformId, COALESCE(s.site, '') AS site FROM orders o JOIN stores s ON s.id = o.store_id WHERE o.id = ?",
    [id],
  );
  if (!row) throw new InvalidInput(`there is no order ${id}`, { code: 'order.unknown' });
  return row;
}
