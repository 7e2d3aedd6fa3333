/** How many orders a warehouse's BatchStation holds at once, and who waits for a place. */
import type { Status } from '../lifecycle/lifecycle';
import type { Transitions } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import { execute, inTransaction, type Pool, type PoolConnection, select } from '../store/pool';

/** What became of the wish for a place. */
export type Place = { taken: true } | { taken: false; used: number; capacity: number };

/** Statuses in which an order fills its place. */
const BEFORE_THE_BATCH: readonly Status[] = ['READY_FOR_BATCHING', 'WAITING_BATCHING_CAPACITY'];

/** Whether a move leaves a place behind. */
export const frees = (from: string, to: string): boolean => isBefore(from) && !isBefore(to);
const isBefore = (status: string): boolean => (BEFORE_THE_BATCH as readonly string[]).includes(status);

const LIMIT = 1000;
/** Places of orders that have gone on, thrown away at once. */
const SWEPT = 5000;

export class BatchingPlaces {
  readonly #pool: Pool;
  readonly #transitions: Transitions;

  constructor({ pool, transitions }: { pool: Pool; transitions: Transitions }) {
    this.#pool = pool;
    this.#transitions = transitions;
  }

  /**
   * Takes a place for an order; one that has its place keeps it. The row of the warehouse's capacity is the lock: of many that come at
   * once no more get one than there are.
   */
  async take(order: number, warehouse: string): Promise<Place> {
    return inTransaction(this.#pool, async (connection): Promise<Place> => {
      const [house] = await select<{ id: number }>(connection, 'SELECT id FROM warehouses WHERE `key` = ?', [warehouse]);
      if (!house) throw new InvalidInput(`there is no warehouse ${warehouse}`, { code: 'batching.no-warehouse' });
      const [limit] = await select<{ capacity: number }>(connection, 'SELECT capacity FROM batching_capacities WHERE warehouse_id = ? FOR UPDATE', [house.id]);
      if (limit) {
        const places = await placesOf(connection, house.id);
        if (places.includes(order)) return { taken: true };
        if (places.length >= limit.capacity) return { taken: false, used: places.length, capacity: limit.capacity };
      }
      await connection.query('INSERT INTO batching_places (order_id, warehouse_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE warehouse_id = VALUES(warehouse_id)', [order, house.id]);
      return { taken: true };
    });
  }

  /**
   * Sends orders that wait for a place back to take one, the longest waiting first, as many as there are places free. Who is overtaken
   * on the way waits again. @returns how many
   */
  async resume(actor: string, node: string): Promise<number> {
    // Where a warehouse has no limit nobody else throws away the places of orders that have gone on.
    await execute(this.#pool, `DELETE FROM batching_places WHERE order_id IN (SELECT order_id FROM order_status WHERE status NOT IN (?)) LIMIT ${SWEPT}`, [BEFORE_THE_BATCH]);
    const waiting = await select<{ order: number; warehouse: number }>(
      this.#pool,
      `SELECT \`order\`, warehouse FROM (
         SELECT s.order_id AS \`order\`, o.warehouse_id AS warehouse, s.entered_at, ROW_NUMBER() OVER (PARTITION BY o.warehouse_id ORDER BY s.entered_at, s.order_id) AS nth
           FROM order_status s JOIN orders o ON o.id = s.order_id LEFT JOIN batching_places p ON p.order_id = s.order_id
          WHERE s.status = 'WAITING_BATCHING_CAPACITY' AND s.holds = 0 AND p.order_id IS NULL
       ) waiting WHERE nth <= ${LIMIT} ORDER BY entered_at, \`order\``,
    );
    if (waiting.length === 0) return 0;
    const free = await this.#free([...new Set(waiting.map(({ warehouse }) => warehouse))]);
    const going = [...Map.groupBy(waiting, ({ warehouse }) => warehouse)].flatMap(([warehouse, orders]) => orders.slice(0, free.get(warehouse) ?? 0));
    const results = await Promise.all(
      going.map(({ order }) => this.#transitions.transition({ order, from: 'WAITING_BATCHING_CAPACITY', to: 'READY_FOR_BATCHING', actor, node, reason: 'a place at BatchStation is free' })),
    );
    return results.filter(({ moved }) => moved).length;
  }

  /** Places that are free, by warehouse. Orders on their way to take one count as if they had it. */
  async #free(warehouses: readonly number[]): Promise<Map<number, number>> {
    const rows = await select<{ warehouse: number; capacity: number | null; used: number }>(
      this.#pool,
      `SELECT w.id AS warehouse, c.capacity,
              (SELECT COUNT(*) FROM order_status s JOIN orders o ON o.id = s.order_id LEFT JOIN batching_places p ON p.order_id = s.order_id
                WHERE s.status IN (?) AND o.warehouse_id = w.id AND (p.order_id IS NOT NULL OR (s.status = 'READY_FOR_BATCHING' AND s.holds = 0 AND (s.due_at IS NOT NULL OR s.claimed_by IS NOT NULL)))) AS used
         FROM warehouses w LEFT JOIN batching_capacities c ON c.warehouse_id = w.id WHERE w.id IN (?)`,
      [BEFORE_THE_BATCH, warehouses],
    );
    return new Map(rows.map(({ warehouse, capacity, used }) => [warehouse, capacity === null ? LIMIT : Math.max(0, capacity - used)]));
  }
}

/** The orders that have a place; the places of those that have gone on are thrown away. */
async function placesOf(connection: PoolConnection, warehouse: number): Promise<number[]> {
  const rows = await select<{ order: number; status: string }>(
    connection,
    'SELECT p.order_id AS `order`, s.status FROM batching_places p JOIN order_status s ON s.order_id = p.order_id WHERE p.warehouse_id = ?',
    [warehouse],
  );
  const left = rows.filter(({ status }) => !isBefore(status)).map(({ order }) => order);
  if (left.length > 0) await connection.query('DELETE FROM batching_places WHERE order_id IN (?)', [left]);
  return rows.filter(({ status }) => isBefore(status)).map(({ order }) => order);
}
