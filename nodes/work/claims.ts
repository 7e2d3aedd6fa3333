import { randomBytes } from 'node:crypto';
import { format } from 'mysql2';
import { commit } from '../store/commit';
import { execute, inTransaction, transaction, type Pool, type PoolConnection, type RowDataPacket, select } from '../store/pool';
import { type OpenPause, pauseOf } from '../lifecycle/stages';
import { failpoint } from '../runtime/failpoints';
import type { ActiveWork } from './active';
import type { Processes } from './processes';
import { DueSearch } from './due';
import { QUEUES, type Source, type Work } from './source';

/** A claimed row before the stage adds what it knows. */
export type Claim = Pick<Work, 'source' | 'name' | 'id' | 'order' | 'token' | 'attempt' | 'lane' | 'version' | 'subject'>;

/** A claim is in work the moment after it is committed; only one that has stood for longer can have been forgotten. */
const FORGOTTEN_SECONDS = 10;

/** Looks at most for one claim, where others are always faster. */
const LOOKS = 4;

interface Candidate {
  id: number;
  order: number;
  storeId: number;
  attempts: number;
  version?: number;
  subject?: string;
}

/**
 * Claims of orders and tasks. A claim takes the row out of the due index, belongs to this process and is fenced by its token: every
 * later write asks for it, so a claim that was taken away writes nothing.
 */
export class Claims {
  readonly #pool: Pool;
  readonly #processes: Processes;
  readonly #searches = new Map<string, DueSearch>();
  #stores = new Map<number, string>();

  constructor(pool: Pool, processes: Processes) {
    this.#pool = pool;
    this.#processes = processes;
  }

  /** Claims up to `limit` due rows of one lane, the longest due first; none while a pause covers the stage or its partner. */
  async claim(source: Source, lane: string, limit: number): Promise<Claim[]> {
    const search = this.#searchOf(source, lane);
    for (let attempt = 1; ; attempt++) {
      // Looked for without locks first: a locking search of the index locks the row behind its range, too. That is the first one of
      // another lane or stage, which would skip it at every poll that comes at the same moment.
      const due = await search.next(limit);
      if (due.length === 0) return [];
      const { claimed, locked } = await this.#take(source, lane, due.map((row) => row.id));
      search.taken(due.length, locked);
      if (claimed.length > 0) await failpoint('work.claimed', source.name);
      // Others took all of them between the look and the lock: there may be more.
      if (claimed.length > 0 || locked > 0 || attempt >= LOOKS) return claimed;
    }
  }

  #searchOf(source: Source, lane: string): DueSearch {
    const key = `${source.kind} ${source.name} ${lane}`;
    const search = this.#searches.get(key) ?? new DueSearch(this.#pool, source, lane);
    this.#searches.set(key, search);
    return search;
  }

  /** Locks those that are still due and free, and claims them. @returns how many were locked, too: a pause may cover them */
  async #take(source: Source, lane: string, ids: readonly number[]): Promise<{ claimed: Claim[]; locked: number }> {
    const { table, id, by } = QUEUES[source.kind];
    const extra = source.kind === 'status' ? 'version' : 'order_id AS `order`, subject';
    return transaction(this.#pool, async (connection) => {
      const [results] = await connection.query<RowDataPacket[][]>(
        `START TRANSACTION;
         SELECT kind, name FROM pauses WHERE released_at IS NULL;
         SELECT ${id} AS id, store_id AS storeId, attempts, ${extra} FROM ${table} FORCE INDEX (PRIMARY)
           WHERE ${id} IN (?) AND ${by} = ? AND lane = ? AND due_at <= NOW(6) ORDER BY due_at FOR UPDATE SKIP LOCKED`,
        [ids, source.name, lane],
      );
      const pauses = (results[1] ?? []) as OpenPause[];
      const candidates = (results[2] ?? []) as Candidate[];
      const urls = pauses.length > 0 ? await this.#storeUrls(connection) : this.#stores;
      const paused = pauses.length > 0 ? candidates.filter((row) => pauseOf(pauses, source.name, urls.get(row.storeId) ?? '')) : [];
      if (paused.length > 0) await connection.query(`UPDATE ${table} SET due_at = NULL WHERE ${id} IN (?)`, [paused.map((row) => row.id)]);
      const taken = candidates.filter((row) => !paused.includes(row));
      if (taken.length === 0) {
        await connection.query('COMMIT');
        return { claimed: [], locked: candidates.length };
      }
      const token = randomBytes(16).toString('base64url');
      const claimed = taken.map((row) => ({
        source: source.kind,
        name: source.name,
        id: row.id,
        order: source.kind === 'status' ? row.id : row.order,
        token,
        attempt: row.attempts + 1,
        lane,
        ...(row.version !== undefined && { version: row.version }),
        ...(row.subject !== undefined && { subject: row.subject }),
      }));
      const result = { claimed, locked: candidates.length };
      const claim = format(
        `UPDATE ${table} SET due_at = NULL, claimed_by = ?, claim_token = ?, claimed_at = NOW(6), attempts = attempts + 1 WHERE ${id} IN (?)`,
        [this.#processes.id, token, taken.map((row) => row.id)],
      );
      await commit(connection, [claim], {
        async reread(on) {
          const ours = await select(on, `SELECT ${id} FROM ${table} WHERE ${id} IN (?) AND claim_token = ? FOR UPDATE`, [taken.map((row) => row.id), token]);
          return ours.length > 0 ? result : undefined;
        },
      });
      return result;
    });
  }

  async #storeUrls(connection: PoolConnection): Promise<Map<number, string>> {
    const rows = await select<{ id: number; url: string }>(connection, 'SELECT id, url FROM stores');
    this.#stores = new Map(rows.map((row) => [row.id, row.url]));
    return this.#stores;
  }

  /** Gives claims back unworked (drain, deploy): due now, and the attempt does not count. */
  async release(works: readonly Claim[]): Promise<void> {
    for (const kind of ['status', 'task'] as const) {
      const own = works.filter((work) => work.source === kind);
      if (own.length === 0) continue;
      const { table, id } = QUEUES[kind];
      await execute(
        this.#pool,
        `UPDATE ${table} SET due_at = IF(holds > 0, NULL, NOW(6)), claimed_by = NULL, claim_token = NULL, claimed_at = NULL, attempts = attempts - 1
           WHERE ${id} IN (?) AND claim_token IN (?)`,
        [own.map((work) => work.id), [...new Set(own.map((work) => work.token))]],
      );
    }
  }

  /**
   * Not yet: due again after `ms`, or when a job makes it due where that is undefined.
   * @param counted whether the attempt counts (a failure) or not (a wait)
   * @returns whether the claim was still ours
   */
  async postpone(work: Work, ms: number | undefined, reason: string, counted: boolean): Promise<boolean> {
    const { table, id } = QUEUES[work.source];
    const kept = await execute(
      this.#pool,
      `UPDATE ${table} SET due_at = IF(holds > 0, NULL, NOW(6) + INTERVAL ? MICROSECOND), claimed_by = NULL, claim_token = NULL, claimed_at = NULL,
         attempts = attempts - ?, reason = ? WHERE ${id} = ? AND claim_token = ?`,
      [ms === undefined ? null : Math.round(ms * 1000), counted ? 0 : 1, reason.slice(0, 500), work.id, work.token],
    );
    return kept === 1;
  }

  /**
   * Frees claims of this process that nothing works on any more: their end could not be written while the database was away. The
   * attempt counts; a remote call that was under way is found in doubt by the next one.
   * @returns how many
   */
  async freeForgotten(active: ActiveWork): Promise<number> {
    let freed = 0;
    for (const source of ['status', 'task'] as const) {
      const { table, id } = QUEUES[source];
      const claimed = await select<{ id: number; token: string }>(
        this.#pool,
        `SELECT ${id} AS id, claim_token AS token FROM ${table} WHERE claimed_by = ? AND claimed_at < NOW(6) - INTERVAL ${FORGOTTEN_SECONDS} SECOND`,
        [this.#processes.id],
      );
      for (const row of claimed.filter((each) => !active.has({ source, ...each })))
        freed += await execute(
          this.#pool,
          `UPDATE ${table} SET due_at = IF(holds > 0, NULL, NOW(6)), claimed_by = NULL, claim_token = NULL, claimed_at = NULL, reason = 'the end of its last attempt could not be written'
             WHERE ${id} = ? AND claim_token = ?`,
          [row.id, row.token],
        );
    }
    return freed;
  }

  /**
   * Ends the claim in a hold: nothing happens to the order until a person decides. A call in doubt is parked by the same write.
   * @returns whether the claim was still ours
   */
  async hold(work: Work, hold: { kind: string; reason: string; actor: string; effect?: number | undefined }): Promise<boolean> {
    const { table, id } = QUEUES[work.source];
    return inTransaction(this.#pool, async (connection) => {
      const [result] = await connection.query(
        `UPDATE ${table} SET holds = holds + 1, due_at = NULL, claimed_by = NULL, claim_token = NULL, claimed_at = NULL, reason = ? WHERE ${id} = ? AND claim_token = ?`,
        [hold.reason.slice(0, 500), work.id, work.token],
      );
      if (affected(result) !== 1) return false;
      if (hold.effect !== undefined) await connection.query("UPDATE effects SET state = 'parked' WHERE id = ? AND state = 'unknown'", [hold.effect]);
      await connection.query('INSERT INTO holds (order_id, task_id, effect_id, kind, reason, actor, node) VALUES (?, ?, ?, ?, ?, ?, ?)', [
        work.order,
        work.source === 'task' ? work.id : null,
        hold.effect ?? null,
        hold.kind,
        hold.reason.slice(0, 500),
        hold.actor,
        work.at ?? work.node,
      ]);
      return true;
    });
  }
}

const affected = (result: unknown): number => (result as { affectedRows: number }).affectedRows;
