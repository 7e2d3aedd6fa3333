import { type Pool, select } from '../store/pool';
import type { Status } from '../lifecycle/lifecycle';
import type { PartStanding } from './follow';

/** A split order and where its parts stand. */
export interface Family {
  status: Status;
  parts: PartStanding[];
}

/** @returns undefined where the order was not split */
export async function readFamily(pool: Pool, order: number): Promise<Family | undefined> {
  const rows = await select<PartStanding>(
    pool,
    `SELECT o.name, s.status, 0 AS part FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.order_id = ?
     UNION ALL SELECT o.name, s.status, o.part FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.parent_order_id = ? ORDER BY part`,
    [order, order],
  );
  const [own, ...parts] = rows;
  return own && parts.length > 0 ? { status: own.status, parts: parts.map(({ name, status }) => ({ name, status })) } : undefined;
}
