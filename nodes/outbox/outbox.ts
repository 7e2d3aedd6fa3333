import { EventEmitter } from 'node:events';
import { randomBytes } from 'node:crypto';
import { within } from '../runtime/within';
import { type Pool, type RowDataPacket, select, transaction } from '../store/pool';
import type { Processes } from '../work/processes';
import { type EventRow, type OrderEvent, toEvent } from './event';

const TOPIC = 'order-events';
/** Beyond it nobody counts: more than this many is far too many already. */
const COUNTED = 100_000;

/** Events that this process publishes now. Plain data: the token fences what marks them as published. */
export interface Batch {
  token: string;
  /** Rows of the outbox. */
  ids: number[];
  /** Milliseconds of this process's clock when it was taken. */
  since: number;
}

/**
 * The domain events that wait to be published. One batch is in work at a time, whatever the number of processes, so that no event of
 * an order overtakes an earlier one. A row counts as published only once the bus has taken it; a batch whose process ended is taken
 * again by another one, under the same ids.
 */
export class Outbox {
  /** `ended(batch, published)`: the batch is out of work. */
  readonly events = new EventEmitter<{ ended: [token: string, published: boolean] }>();
  readonly #pool: Pool;
  readonly #processes: Processes;
  #inWork: string | undefined;

  constructor(pool: Pool, processes: Processes) {
    this.#pool = pool;
    this.#processes = processes;
  }

  /** Takes the oldest events, up to `limit`. @returns undefined where there are none, or another batch is in work */
  async take(limit: number): Promise<{ batch: Batch; events: OrderEvent[] } | undefined> {
    if (this.#inWork !== undefined) return undefined;
    const token = randomBytes(16).toString('base64url');
    this.#inWork = token;
    try {
      const events = await this.#take(token, limit);
      if (events) return { batch: { token, ids: events.map(({ row }) => row), since: performance.now() }, events: events.map(({ event }) => event) };
      this.#inWork = undefined;
      return undefined;
    } catch (error) {
      this.#inWork = undefined;
      throw error;
    }
  }

  async #take(token: string, limit: number): Promise<{ row: number; event: OrderEvent }[] | undefined> {
    // Looked for without locks first: mostly there is nothing.
    const some = await select(this.#pool, 'SELECT id FROM outbox WHERE published_at IS NULL LIMIT 1');
    if (some.length === 0) return undefined;
    return transaction(this.#pool, async (connection) => {
      const [[, free = [], holders = [], rows = []]] = await connection.query<RowDataPacket[][]>(
        `START TRANSACTION;
         SELECT claimed_by AS holder FROM outbox_claims WHERE topic = ? FOR UPDATE SKIP LOCKED;
         SELECT p.id FROM outbox_claims c JOIN processes p ON p.id = c.claimed_by WHERE c.topic = ? AND p.ended_at IS NULL AND p.id <> ?;
         SELECT e.id, e.version, e.type, e.data, e.at, o.name, s.url AS store FROM outbox e FORCE INDEX (unpublished)
           STRAIGHT_JOIN orders o ON o.id = e.order_id STRAIGHT_JOIN stores s ON s.id = o.store_id WHERE e.published_at IS NULL ORDER BY e.id LIMIT ?`,
        [TOPIC, TOPIC, this.#processes.id, limit],
      );
      if (free.length === 0 || holders.length > 0 || rows.length === 0) {
        await connection.query('ROLLBACK');
        return undefined;
      }
      await connection.query('UPDATE outbox_claims SET claimed_by = ?, claim_token = ?, claimed_at = NOW(6) WHERE topic = ?; COMMIT', [this.#processes.id, token, TOPIC]);
      return (rows as EventRow[]).map((row) => ({ row: row.id, event: toEvent(row) }));
    });
  }

  /** Marks the batch as published, which the bus has taken. @returns false where the claim was given on meanwhile: nothing is written then */
  async published({ token, ids }: Batch): Promise<boolean> {
    let marked = false;
    try {
      marked = await transaction(this.#pool, async (connection) => {
        const [result] = await connection.query(`START TRANSACTION; ${FREE}`, [token]);
        if ((result as unknown as { affectedRows: number }[])[1]?.affectedRows !== 1) {
          await connection.query('ROLLBACK');
          return false;
        }
        await connection.query('UPDATE outbox SET published_at = NOW(6) WHERE id IN (?) AND published_at IS NULL; COMMIT', [ids]);
        return true;
      });
      return marked;
    } finally {
      this.#end(token, marked);
    }
  }

  /** The batch could not be published: its events wait, the next batch begins with them. */
  async giveBack(token: string): Promise<void> {
    try {
      await this.#pool.query(FREE, [token]);
    } finally {
      this.#end(token, false);
    }
  }

  #end(token: string, published: boolean): void {
    if (this.#inWork !== token) return;
    this.#inWork = undefined;
    this.events.emit('ended', token, published);
  }

  /** Resolves when no batch of this process is in work, or after `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    if (this.#inWork !== undefined) await within(limitMs, new Promise<void>((resolve) => this.events.once('ended', () => resolve())));
  }

  /** How many events wait, counted up to a hundred thousand, and for how many seconds the oldest does. */
  async waiting(): Promise<{ events: number; seconds: number }> {
    const [row] = await select<{ events: number; seconds: number | null }>(
      this.#pool,
      `SELECT COUNT(*) AS events, (SELECT TIMESTAMPDIFF(MICROSECOND, at, NOW(6)) / 1e6 FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1) AS seconds
         FROM (SELECT id FROM outbox WHERE published_at IS NULL LIMIT ${COUNTED}) AS some`,
    );
    return { events: row?.events ?? 0, seconds: Math.max(0, row?.seconds ?? 0) };
  }
}

const FREE = 'UPDATE outbox_claims SET claimed_by = NULL, claim_token = NULL, claimed_at = NULL WHERE claim_token = ?';
