import { createHash } from 'node:crypto';
import { InvalidInput, OutcomeUnknown, Rejected, Retryable } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import { inTransaction, patiently, type Pool, select } from '../store/pool';
import type { Processes } from '../work/processes';
import type { Effect } from './effect';

/** A call must begin this soon after its row was committed. Milliseconds. */
const START_WITHIN_MS = 2000;

interface Row {
  id: number;
  state: string;
  attempt: number;
  reference: string | null;
  /** SHA-256 of what was sent last. */
  hash: Buffer;
}

/**
 * Remote calls that are about no order, and have neither a claim nor a status: they keep their row in the same ledger, under their
 * business key. There is no order that could be held for a person, so only calls that may be repeated without harm (policy `key`) are
 * made here; doubt is settled by whoever asks next.
 */
export class LoneEffects {
  readonly #pool: Pool;
  readonly #processes: Processes;
  /** Keys of calls that this process is making now. */
  readonly #underWay = new Set<string>();

  constructor({ pool, processes }: { pool: Pool; processes: Processes }) {
    this.#pool = pool;
    this.#processes = processes;
  }

  /**
   * Carries out an effect unless it has happened, with just this request: another one under the same key is sent, as a change. Whoever asks again after a refusal wants another attempt.
   * @param node that asks, for the attempt's row
   * @throws Retryable where nothing reached the remote, or the same call is under way · Rejected where it refused ·
   *   OutcomeUnknown where nobody knows: to be asked again
   */
  async perform<Remote, Subject, Request>(effect: Effect<Remote, Subject, Request>, remote: Remote, subject: Subject, node: string): Promise<{ reference?: string | undefined }> {
    if (effect.policy !== 'key') throw new InvalidInput(`${effect.kind} is about no order: only what may be repeated can be sent`, { code: 'effect.needs-order' });
    const key = effect.key(subject);
    const request = effect.request(subject);
    const hash = createHash('sha256').update(JSON.stringify(request)).digest();
    if (this.#underWay.has(key)) throw underWay(effect.kind);
    this.#underWay.add(key);
    try {
      await this.#requireUp(() => effect.requireUp?.(remote, subject), key, hash);
      const begun = Date.now();
      const row = await this.#begin(effect.kind, key, hash, node);
      if (row.state === 'done') return { reference: row.reference ?? undefined };
      await failpoint('effect.sent', effect.kind);
      const { reference } = await effect.send(remote, request, subject, { startBy: begun + START_WITHIN_MS, leave: () => this.#processes.leaves(row.id, row.attempt) }).catch(async (error: unknown) => {
        throw await this.#failed(row, effect.kind, error);
      });
      await failpoint('effect.answered', effect.kind);
      await this.#end(row, { state: 'done', outcome: 'done', reference });
      return { reference };
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Stops what would be sent to a remote that is known to be down, before anything is written; what has happened is answered as ever. */
  async #requireUp(ask: () => void, key: string, hash: Buffer): Promise<void> {
    try {
      ask();
    } catch (error) {
      const [row] = await select(this.#pool, "SELECT id FROM effects WHERE `key` = ? AND state = 'done' AND request_hash = ?", [key, hash]);
      if (!row) throw error;
    }
  }

  /** Commits `sent`, unless it has happened or somebody else is at it. */
  async #begin(kind: string, key: string, hash: Buffer, node: string): Promise<Row> {
    return inTransaction(this.#pool, async (connection) => {
      await connection.query("INSERT IGNORE INTO effects (kind, `key`, order_id, request_hash, attempt, state) VALUES (?, ?, NULL, ?, 0, 'intent')", [kind, key, hash]);
      const [row] = await select<Row>(connection, 'SELECT id, state, attempt, reference, request_hash AS hash FROM effects WHERE `key` = ? FOR UPDATE', [key]);
      if (!row) throw new Error(`the effect ${key} was not written`);
      if (row.state === 'done' && row.hash.equals(hash)) return row;
      if (row.state === 'sent') {
        // One of this process that is not under way any more lost its connection to the database: nobody heard its answer.
        const others = await select(connection, 'SELECT effect_id FROM effect_attempts WHERE effect_id = ? AND attempt = ? AND ended_at IS NULL AND process_id <> ?', [row.id, row.attempt, this.#processes.id]);
        if (others.length > 0) throw underWay(kind);
      }
      const attempt = row.attempt + 1;
      await connection.query("UPDATE effects SET state = 'sent', attempt = ?, request_hash = ?, reason = NULL, sent_at = NOW(6), settled_at = NULL WHERE id = ?", [attempt, hash, row.id]);
      await connection.query("UPDATE effect_attempts SET outcome = 'unknown', detail = 'its answer never came', ended_at = NOW(6) WHERE effect_id = ? AND ended_at IS NULL", [row.id]);
      await connection.query('INSERT INTO effect_attempts (effect_id, attempt, process_id, node) VALUES (?, ?, ?, ?)', [row.id, attempt, this.#processes.id, node]);
      return { ...row, state: 'sent', attempt };
    });
  }

  /** Writes how an attempt failed. @returns what the caller is told */
  async #failed(row: Row, kind: string, error: unknown): Promise<unknown> {
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    if (error instanceof Retryable) await this.#end(row, { state: 'intent', outcome: 'not sent', reason });
    else if (error instanceof Rejected || error instanceof InvalidInput) await this.#end(row, { state: 'rejected', outcome: 'rejected', reason });
    else {
      await this.#end(row, { state: 'unknown', outcome: 'unknown', reason });
      return new OutcomeUnknown(`nobody knows whether ${kind} happened: ${reason}`, { code: `${kind}.in-doubt`, effect: row.id, cause: error, next: 'Ask again: it may be repeated without harm.' });
    }
    return error;
  }

  async #end({ id, attempt }: Row, { state, outcome, reference, reason }: { state: string; outcome: string; reference?: string | undefined; reason?: string }): Promise<void> {
    await patiently(() =>
      inTransaction(this.#pool, async (connection) => {
        await connection.query("UPDATE effects SET state = ?, reference = ?, reason = ?, settled_at = IF(? IN ('done', 'rejected'), NOW(6), NULL) WHERE id = ? AND attempt = ? AND state IN ('sent', 'unknown')", [state, reference ?? null, reason ?? null, state, id, attempt]);
        await connection.query('UPDATE effect_attempts SET outcome = ?, detail = ?, ended_at = NOW(6) WHERE effect_id = ? AND attempt = ? AND ended_at IS NULL', [outcome, reason ?? null, id, attempt]);
      }),
    );
  }
}

const underWay = (kind: string): Retryable => new Retryable(`the same call of ${kind} is under way`, { code: `${kind}.under-way` });
