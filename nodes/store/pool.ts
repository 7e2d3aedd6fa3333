import type { Socket } from 'node:net';
import mysql from 'mysql2/promise';
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';
import { Retryable } from '../runtime/errors';
import { isDatabaseAway } from '../runtime/failure';
import { CommitInDoubt } from './commit';

export type { Pool, PoolConnection, RowDataPacket };

/**
 * What every connection is set to: UTC, READ COMMITTED, strict. Decisions are made under row locks, never on a snapshot. A transaction
 * that stands still for seconds belongs to a process that is frozen or worse: MariaDB ends it, and its locks (MySQL has no such limit).
 */
const SESSION = `
  SET time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
  SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
  /*M! SET SESSION idle_transaction_timeout = 4 */`;

export interface PoolOptions {
  /** The server ends a statement that runs longer. */
  statementSeconds?: number;
  /** For a connection of the pool; then Retryable `database.busy`. */
  waitMs?: number;
  connectMs?: number;
}

/** The sockets of each pool, which mysql2 keeps to itself. */
const SOCKETS = new WeakMap<Pool, Set<Socket>>();

/**
 * A pool for one account. Dates are JavaScript `Date`s in UTC, BIGINT ids are numbers (they stay below 2^53).
 * @param url `mysql://user:password@host:port/database`
 */
export function createPool(url: string, connectionLimit: number, { statementSeconds, waitMs = 20_000, connectMs = 5000 }: PoolOptions = {}): Pool {
  const pool = mysql.createPool({
    uri: url,
    connectionLimit,
    multipleStatements: true,
    supportBigNumbers: true,
    timezone: 'Z',
    charset: 'utf8mb4',
    connectTimeout: connectMs,
    enableKeepAlive: true,
    // Stack traces of every query cost 4 % of the process; the error names its statement.
    trace: false,
  });
  const sockets = new Set<Socket>();
  SOCKETS.set(pool, sockets);
  // Queued first on each new connection, so that it runs before whatever the connection was opened for.
  const session = statementSeconds === undefined ? SESSION : `${SESSION};${statementLimit(statementSeconds)}`;
  pool.pool.on('connection', (connection) => {
    const { stream } = connection as unknown as { stream: Socket };
    sockets.add(stream);
    stream.once('close', () => sockets.delete(stream));
    connection.query(session);
  });
  boundWaiting(pool.pool, waitMs);
  return pool;
}

type Acquired = (error: Error | null, connection?: { release(): void }) => void;
interface RawPool {
  getConnection(acquired: Acquired): void;
}

/** mysql2 lets callers wait for a connection without end. */
function boundWaiting(pool: RawPool, waitMs: number): void {
  const getConnection = pool.getConnection.bind(pool);
  pool.getConnection = (acquired) => {
    let given = false;
    const give: Acquired = (error, connection) => {
      if (given) connection?.release();
      else acquired(error, connection);
      given = true;
    };
    const timer = setTimeout(() => give(new Retryable('too many others are asking the database; ask again in a moment', { code: 'database.busy', retryAfterMs: 2000 })), waitMs);
    getConnection((error, connection) => {
      clearTimeout(timer);
      give(error, connection);
    });
  };
}

/** MariaDB and MySQL name it differently, and each reads past the other's comment (MariaDB skips versions 50700 to 50999). */
const statementLimit = (seconds: number): string => `SET @limited = 1 /*M!100100 , SESSION max_statement_time = ${seconds} */ /*!50708 , SESSION max_execution_time = ${seconds * 1000} */`;

/** Cuts all connections: what waits on them fails as when the database is away, and the pool opens others. */
export function giveUp(pool: Pool): void {
  for (const socket of SOCKETS.get(pool) ?? []) socket.destroy(Object.assign(new Error('the database did not answer'), { code: 'ETIMEDOUT' }));
}

/** Server errors after which the whole transaction is simply tried again: deadlock, lock wait timeout, changed under a snapshot. */
const RETRIED = new Set([1213, 1205, 1020]);
const RETRIES = 8;
/** So long a COMMIT without an answer is asked about. */
const SETTLE_MS = 10_000;
const PATIENCE_MS = 120_000;

export function mayRetry(error: unknown): boolean {
  return RETRIED.has((error as { errno?: number }).errno ?? 0);
}

/** Whether the server itself refused a statement; otherwise it could not be asked, and asking row by row would not help. */
export function isRefusedBySql(error: unknown): boolean {
  return (error as { sqlState?: string }).sqlState !== undefined;
}

/**
 * Runs `work` in one transaction; on a deadlock or lock wait time-out rolls back and tries the whole of it again, with jitter.
 * `work` must do nothing but SQL on its connection: no network call happens inside a transaction.
 */
export function inTransaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  return transaction(pool, async (connection) => {
    await connection.query('START TRANSACTION');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  });
}

/** {@link inTransaction} for work that begins and commits in its own statements, which saves two round trips. */
export async function transaction<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const connection = await pool.getConnection();
    try {
      return await work(connection);
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => connection.destroy());
      if (error instanceof CommitInDoubt) {
        const committed = (await settle(pool, error)) as T | undefined;
        if (committed !== undefined) return committed;
      } else if (!mayRetry(error) || attempt >= RETRIES) throw error;
      await jitter(attempt);
    } finally {
      connection.release();
    }
  }
}

/** Asks until the database answers. @throws what lost the answer, where it stays away */
async function settle(pool: Pool, { recovery, cause }: CommitInDoubt): Promise<unknown> {
  const until = Date.now() + SETTLE_MS;
  for (let attempt = 1; ; attempt++) {
    let connection: PoolConnection | undefined;
    try {
      connection = await pool.getConnection();
      await connection.query('START TRANSACTION');
      return await recovery.reread(connection);
    } catch (error) {
      if (!(isDatabaseAway(error) || mayRetry(error)) || Date.now() > until) throw cause;
      await jitter(Math.min(attempt, RETRIES));
    } finally {
      await connection?.query('ROLLBACK').catch(() => connection?.destroy());
      connection?.release();
    }
  }
}

/**
 * Tries again for as long as the database is away, up to two minutes: for what must be written and is fenced, however late it comes.
 * @throws the database's error where it stays away, and every other one at once
 */
export async function patiently<T>(write: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseAway(error) || (error as { code?: string }).code === 'POOL_CLOSED' || Date.now() > until) throw error;
      await jitter(Math.min(attempt + 3, 10));
    }
  }
}

/** Between two tries of a transaction: 1–3 ms at first, doubling. */
export function jitter(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 ** attempt * (0.5 + Math.random())));
}

/** The rows of one SELECT, typed. */
export async function select<Row>(on: Pool | PoolConnection, sql: string, values: unknown[] = []): Promise<Row[]> {
  const [rows] = await on.query<RowDataPacket[]>(sql, values);
  return rows as Row[];
}

/**
 * One UPDATE or DELETE outside of a transaction, tried again on a deadlock.
 * @returns the rows that it found
 */
export async function execute(pool: Pool, sql: string, values: unknown[] = []): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [result] = await pool.query(sql, values);
      return (result as unknown as { affectedRows: number }).affectedRows;
    } catch (error) {
      if (!mayRetry(error) || attempt >= RETRIES) throw error;
      await jitter(attempt);
    }
  }
}
