import { createHash } from 'node:crypto';
import { InvalidInput, Rejected } from '../runtime/errors';
import { execute, type Pool, select } from '../store/pool';

/** A call that carries an `Idempotency-Key`, from its start to its answer. */
export interface KeyedCall {
  caller: string;
  key: string;
}

export interface StoredAnswer {
  status: number;
  body: unknown;
}

/** The first call with a key may run this long; afterwards, its process having died, another may. */
const LEASE_SECONDS = 60;
const DUPLICATE = 1062;

/**
 * `Idempotency-Key` on our POSTs, scoped by caller: the same key with the same body gets the stored answer, with another body it is
 * refused, and while the first call still runs it is told so.
 */
export class IdempotencyKeys {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * @returns the answer of the call before it, or undefined where this call is to run
   * @throws InvalidInput `idempotency.bad-key`, `idempotency.other-body` · Rejected `idempotency.running`
   */
  async begin({ caller, key }: KeyedCall, method: string, path: string, body: Buffer): Promise<StoredAnswer | undefined> {
    if (!/^[\x21-\x7e]{1,128}$/.test(key)) throw new InvalidInput('Idempotency-Key must be 1 to 128 visible ASCII characters', { code: 'idempotency.bad-key' });
    const hash = createHash('sha256').update(`${method} ${path}\n`).update(body).digest();
    const lease = `NOW(6) + INTERVAL ${LEASE_SECONDS} SECOND`;
    try {
      await this.#pool.query(`INSERT INTO idempotency_keys (caller, \`key\`, request_hash, lease_until) VALUES (?, ?, ?, ${lease})`, [caller, key, hash]);
      return undefined;
    } catch (error) {
      if ((error as { errno?: number }).errno !== DUPLICATE) throw error;
    }
    const [stored] = await select<{ hash: Buffer; status: number | null; body: string | null }>(
      this.#pool,
      'SELECT request_hash AS hash, status, body FROM idempotency_keys WHERE caller = ? AND `key` = ?',
      [caller, key],
    );
    if (stored && !stored.hash.equals(hash)) throw new InvalidInput('this Idempotency-Key came with another request before', { code: 'idempotency.other-body' });
    if (stored?.status != null) return { status: stored.status, body: JSON.parse(stored.body ?? 'null') as unknown };
    const taken = await execute(this.#pool, `UPDATE idempotency_keys SET lease_until = ${lease} WHERE caller = ? AND \`key\` = ? AND status IS NULL AND lease_until < NOW(6)`, [caller, key]);
    if (taken === 1) return undefined;
    throw new Rejected('the first call with this Idempotency-Key still runs', { code: 'idempotency.running' });
  }

  /** Keeps the answer; one that says nothing lasting (5xx, 429) frees the key instead. */
  async end({ caller, key }: KeyedCall, { status, body }: StoredAnswer): Promise<void> {
    if (status >= 500 || status === 429) await execute(this.#pool, 'DELETE FROM idempotency_keys WHERE caller = ? AND `key` = ? AND status IS NULL', [caller, key]);
    else await execute(this.#pool, 'UPDATE idempotency_keys SET status = ?, body = ? WHERE caller = ? AND `key` = ? AND status IS NULL', [status, JSON.stringify(body ?? null), caller, key]);
  }
}
