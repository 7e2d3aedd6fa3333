import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { isDatabaseAway } from '../runtime/failure';

/** How a transaction that began with row locks finds out whether its COMMIT happened, on another connection. */
export interface Recovery<T> {
  /**
   * Looks for what only this transaction can have written, by unique keys, after it has waited for the same row locks: until then the
   * server may still be at it. Runs inside a transaction of its own.
   * @returns what the transaction would have returned, or undefined where nothing of it is there
   */
  reread(on: PoolConnection): Promise<T | undefined>;
}

/** The statements that end with COMMIT were sent and no answer came: they were carried out as a whole, or not at all. */
export class CommitInDoubt extends Error {
  readonly recovery: Recovery<unknown>;

  constructor(cause: unknown, recovery: Recovery<unknown>) {
    super('the answer to a COMMIT was lost', { cause });
    this.name = 'CommitInDoubt';
    this.recovery = recovery;
  }
}

/**
 * Sends the last statements of a transaction and its COMMIT in one round trip.
 * @throws CommitInDoubt where no answer came; `transaction()` settles it
 */
export async function commit(connection: PoolConnection, statements: readonly string[], recovery: Recovery<unknown>): Promise<RowDataPacket[][]> {
  try {
    const [results] = await connection.query<RowDataPacket[][]>([...statements, 'COMMIT'].join(';\n'));
    return results;
  } catch (error) {
    throw isDatabaseAway(error) ? new CommitInDoubt(error, recovery) : error;
  }
}
