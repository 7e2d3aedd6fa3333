import type { Order } from '../orders/order';
import { Rejected } from '../runtime/errors';
import { type Pool, select } from '../store/pool';

/**
 * Before a 3PL is asked: another one may have been, where the warehouse was handed over meanwhile.
 * @param kind of the request that is about to be made
 * @throws Rejected `fulfillment.asked-elsewhere` where it was asked for this sequence, or may have been
 */
export async function requireUnasked(pool: Pool, { id, exportSequence }: Order, kind: string): Promise<void> {
  const [other] = await select<{ kind: string }>(
    pool,
    "SELECT kind FROM effects WHERE order_id = ? AND kind LIKE '%.request' AND kind <> ? AND `key` LIKE ? AND state IN ('sent', 'unknown', 'parked', 'done') LIMIT 1",
    [id, kind, `%:${exportSequence}`],
  );
  if (other) throw new Rejected(`another 3PL was asked for it by ${other.kind}, before its warehouse was handed over`, { code: 'fulfillment.asked-elsewhere', next: 'Settle it with that 3PL first.' });
}
