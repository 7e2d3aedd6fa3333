import { type Pool, select } from '../store/pool';
import { QUEUES, type Source } from './source';

/** A row that is due, as it was seen without a lock. */
export interface Due {
  id: number;
  /** Database time as text: a JavaScript Date has no microseconds. */
  dueAt: string;
}

/** Rows may be committed this much after the time at which they say they are due. Seconds. */
const LATE_COMMIT = 10;
/** At most this share of the time goes into searches from the beginning. */
const FULL_SHARE = 20;
const FULL_EVERY_MS = 1000;
const WIDEST = 8;

/**
 * The search for due rows of one stage and lane. It goes on where the last one ended: while somebody holds a snapshot open, the index
 * keeps every row that was ever claimed, and a search from its beginning meets them all. Now and then it does begin there, for rows
 * that became due behind it. Where other processes take the same rows, it looks at more of them and takes some from their middle.
 */
export class DueSearch {
  readonly #pool: Pool;
  readonly #source: Source;
  readonly #lane: string;
  #last: Due | undefined;
  #backlog = false;
  /** Rows before `#last` were left to others. */
  #skipped = false;
  #fullAt = 0;
  #width = 1;

  constructor(pool: Pool, source: Source, lane: string) {
    this.#pool = pool;
    this.#source = source;
    this.#lane = lane;
  }

  /** Up to `limit` rows, the longest due first. */
  async next(limit: number): Promise<Due[]> {
    const full = this.#last === undefined || performance.now() >= this.#fullAt;
    let found = await this.#look(limit, full);
    // At the end: what was left to others on the way may still be there.
    if (!full && this.#skipped && found.length < limit) found = await this.#look(limit, true);
    const slices = Math.ceil(found.length / limit);
    const from = slices > 1 ? Math.floor(Math.random() * slices) * limit : 0;
    const rows = found.slice(from, from + limit);
    this.#skipped ||= from > 0;
    this.#backlog = found.length >= limit;
    this.#last = rows.at(-1) ?? this.#last;
    return rows;
  }

  async #look(limit: number, full: boolean): Promise<Due[]> {
    const begun = performance.now();
    const found = await this.#rows(limit * this.#width, full);
    if (!full) return found;
    this.#skipped = false;
    this.#fullAt = performance.now() + Math.max(FULL_EVERY_MS, (performance.now() - begun) * FULL_SHARE);
    return found;
  }

  /** How many of the rows could be locked: fewer than were seen, and somebody else works at the same place. */
  taken(seen: number, locked: number): void {
    this.#width = locked < seen ? Math.min(WIDEST, this.#width * 2) : Math.max(1, this.#width / 2);
  }

  #rows(limit: number, full: boolean): Promise<Due[]> {
    const { table, id, by } = QUEUES[this.#source.kind];
    const last = this.#last;
    const [behind, values] =
      full || !last
        ? ['', []]
        : this.#backlog
          ? [` AND (due_at > ? OR (due_at = ? AND ${id} > ?))`, [last.dueAt, last.dueAt, last.id]]
          : [` AND due_at > ? - INTERVAL ${LATE_COMMIT} SECOND`, [last.dueAt]];
    return select<Due>(
      this.#pool,
      `SELECT ${id} AS id, CAST(due_at AS CHAR) AS dueAt FROM ${table} WHERE ${by} = ? AND lane = ? AND due_at <= NOW(6)${behind} ORDER BY due_at, ${id} LIMIT ?`,
      [this.#source.name, this.#lane, ...values, limit],
    );
  }
}
