import { InvalidInput } from '../runtime/errors';
import type { Log } from '../runtime/log';
import { execute, type Pool, select } from '../store/pool';
import { type Caller, CALLERS, type Callers, hashOf } from './callers';

/** The variables of the environment with the callers' first tokens. */
export const TOKEN_VARIABLES: Readonly<Record<Caller, string>> = {
  mulesoft: 'OMS_TOKEN_MULESOFT',
  'service-bus': 'OMS_TOKEN_SERVICE_BUS',
  'print-station': 'OMS_TOKEN_PRINT_STATION',
  reader: 'OMS_TOKEN_READER',
  operator: 'OMS_TOKEN_OPERATOR',
};

const EVERY_MS = 3000;
/** An unknown token may be one that was made a moment ago; but a stranger must not make the database work. */
const UNKNOWN_EVERY_MS = 1000;
const USED_EVERY_MS = 60_000;

/** Valid now, by the database's clock. */
export const VALID = 'revoked_at IS NULL AND valid_from <= NOW(6) AND (expires_at IS NULL OR expires_at > NOW(6))';

/** Keeps what this process knows of the callers' tokens in step with their rows: a revoked one stops within seconds, a new one works at once. */
export class CallerTokens {
  readonly #pool: Pool;
  readonly #callers: Callers;
  readonly #log: Log;
  #reading: Promise<void> | undefined;
  #readAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** When the last use of each was noted. */
  readonly #noted = new Map<number, number>();

  constructor(parts: { pool: Pool; callers: Callers; log: Log }) {
    this.#pool = parts.pool;
    this.#callers = parts.callers;
    this.#log = parts.log;
  }

  /** Takes up the tokens of the environment, reads the valid ones, and does so again every few seconds. */
  async start(given: Readonly<Partial<Record<Caller, string>>>): Promise<void> {
    for (const caller of CALLERS) if (given[caller]) await this.#takeUp(caller, given[caller]);
    await this.#read();
    this.#timer = setInterval(() => void this.#turn(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading?.catch(() => undefined);
  }

  /** Who `authenticate` says it is; where it knows no such token, the rows are read again first, at most once a second. */
  async orAsReadAnew(authenticate: () => Caller): Promise<Caller> {
    try {
      return authenticate();
    } catch (error) {
      if (!(error instanceof InvalidInput) || error.code !== 'auth.wrong') throw error;
      if (!this.#reading && performance.now() - this.#readAt < UNKNOWN_EVERY_MS) throw error;
      await (this.#reading ?? this.#read());
      return authenticate();
    }
  }

  async #turn(): Promise<void> {
    try {
      await this.#read();
      await this.noteUse();
    } catch (error) {
      this.#log.warn({ code: 'tokens.unread', reason: (error as Error).message }, 'the callers’ tokens could not be read; those known are kept');
    }
  }

  #read(): Promise<void> {
    this.#readAt = performance.now();
    this.#reading ??= select<{ id: number; caller: string; hash: Buffer }>(this.#pool, `SELECT id, caller, token_hash AS hash FROM caller_tokens WHERE ${VALID}`)
      .then((rows) => this.#callers.know(rows.filter((row): row is typeof row & { caller: Caller } => CALLERS.includes(row.caller as Caller))))
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /**
   * A token of the environment is a row like any other. Where the variable has another token than before, the one before stays valid for a day:
   * processes and partners are restarted one after the other. A revoked one stays revoked, whatever the environment says.
   */
  async #takeUp(caller: Caller, token: string): Promise<void> {
    const hash = hashOf(token);
    const label = TOKEN_VARIABLES[caller];
    const isNew = await execute(this.#pool, 'INSERT IGNORE INTO caller_tokens (caller, token_hash, label, variable) VALUES (?, ?, ?, TRUE)', [caller, hash, label]);
    // One that was there before is of a process with an environment of yesterday: it ends nobody's.
    if (isNew > 0) await execute(this.#pool, 'UPDATE caller_tokens SET expires_at = NOW(6) + INTERVAL 1 DAY WHERE caller = ? AND variable AND token_hash <> ? AND expires_at IS NULL', [caller, hash]);
    await execute(this.#pool, 'UPDATE caller_tokens SET expires_at = NULL WHERE token_hash = ? AND variable AND expires_at IS NOT NULL', [hash]);
    const [row] = await select<{ caller: string; revoked: number }>(this.#pool, 'SELECT caller, revoked_at IS NOT NULL AS revoked FROM caller_tokens WHERE token_hash = ?', [hash]);
    if (row?.caller !== caller) throw new Error(`${label} is the token of ${row?.caller ?? 'nobody'}: each caller needs one of its own.`);
    if (row.revoked) this.#log.warn({ code: 'tokens.revoked', variable: label }, 'the token of this variable has been revoked: nobody gets in with it; give the variable another one');
  }

  /** Notes which tokens were used; once a minute for each is enough to see which are still needed. */
  async noteUse(): Promise<void> {
    const now = performance.now();
    const used = this.#callers.takeUsed().filter((id) => now - (this.#noted.get(id) ?? -Infinity) >= USED_EVERY_MS);
    if (used.length === 0) return;
    await execute(this.#pool, `UPDATE caller_tokens SET last_used_at = NOW(6) WHERE id IN (?) AND (last_used_at IS NULL OR last_used_at < NOW(6) - INTERVAL 1 MINUTE)`, [used]);
    for (const id of used) this.#noted.set(id, now);
  }
}
