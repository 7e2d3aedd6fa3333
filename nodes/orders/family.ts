import { fulfilTask } from '../lifecycle/transitions';
import type { Status } from '../lifecycle/lifecycle';
import { InvalidInput } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import type { Work } from '../work/source';
import { inWords, type ParentStep, type PartStanding, parentStep } from './follow';
import type { Order } from './order';

type Row = PartStanding & { id: number };

/** A split order and where its parts stand. @returns undefined where the order was not split */
async function readFamily(pool: Pool, order: number): Promise<{ status: Status; parts: Row[] } | undefined> {
  const [own, ...parts] = await select<Row>(
    pool,
    `SELECT o.id, o.name, s.status, 0 AS part FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.order_id = ?
     UNION ALL SELECT o.id, o.name, s.status, o.part FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.parent_order_id = ? ORDER BY part`,
    [order, order],
  );
  return own && parts.length > 0 ? { status: own.status, parts } : undefined;
}

/**
 * Looks where the parts of a split order stand, and gives the claim what its end writes: what was found, the parts whose order may be
 * cancelled with it, and the task that tells the storefront when all of it has left. Without a lock: a part that moves takes the claim away.
 * @returns where the order goes; `stay` also where only the storefront is to be told
 * @throws InvalidInput where it has no parts
 */
export async function lookAtParts(pool: Pool, order: Pick<Order, 'name' | 'storeId' | 'storePlatform'>, work: Work): Promise<Exclude<ParentStep['is'], 'fulfil'>> {
  const family = await readFamily(pool, work.order);
  if (!family) throw new InvalidInput(`${order.name} was not split: it has no parts to follow`, { code: 'parent.no-parts' });
  work.parts = family.parts.map(({ id }) => id);
  work.found = inWords(family.parts);
  const { is } = parentStep(family.status, family.parts);
  if (is !== 'fulfil') return is;
  work.writes = [{ table: 'tasks', rows: [{ kind: fulfilTask(order.storePlatform), order_id: work.order, store_id: order.storeId, subject: String(work.order), lane: work.lane }] }];
  return 'stay';
}
