import type { Pool } from './pool';

/** Codes by which the server says that an account lacks a right. */
const DENIED = new Set([1142, 1143, 1044, 1227]);

/**
 * Refuses an application account that could move an order without its audit: the guard of the database would then be an agreement
 * and no guard. Tried and not looked up, because rights come in many ways.
 * @throws Error in one readable line
 */
export async function assertGuarded(pool: Pool): Promise<void> {
  const forbidden = [
    ['change the status of an order', 'UPDATE order_status SET status = status WHERE order_id = 0'],
    ['insert the status of an order', "INSERT INTO order_status (order_id, store_id, status, version, entered_at) SELECT 0, 0, '', 0, NOW() FROM DUAL WHERE 1 = 0"],
    ['change an audit', 'UPDATE order_audits SET reason = reason WHERE order_id = 0'],
    ['change the edges', 'UPDATE status_transitions SET retired_at = retired_at WHERE 1 = 0'],
  ] as const;
  for (const [what, sql] of forbidden) {
    const allowed = await pool.query(sql).then(
      () => true,
      (error: { errno?: number; message: string }) => {
        if (DENIED.has(error.errno ?? 0)) return false;
        throw new Error(error.message, { cause: error });
      },
    );
    if (allowed) throw new Error(`The application's database account may ${what}: run the migration, or take that right from it.`);
  }
}
