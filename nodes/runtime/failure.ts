import { InvalidInput, isKnownError, OutcomeUnknown, Rejected, Retryable } from './errors';

/** An error as it travels in `msg.failure`, where Node-RED's Catch hands it to the end of the stage. Plain data. */
export interface Failure {
  class: 'retryable' | 'rejected' | 'unknown' | 'invalid' | 'bug';
  code: string;
  message: string;
  next?: string;
  pointer?: string;
  retryAfterMs?: number;
  /** The partner that is known to be down: the try counts as none. */
  partnerDown?: string;
  lookAgainMs?: number;
  effect?: number;
}

/** What nobody foresaw is a `bug`: its text is logged, and a person reads a sentence instead. */
export function describe(error: unknown): Failure {
  if (isDatabaseAway(error)) return { class: 'retryable', code: 'database.away', message: 'the database cannot be reached', retryAfterMs: 2000 };
  if (TOO_SLOW.has((error as { errno?: number } | null)?.errno ?? 0))
    return { class: 'retryable', code: 'database.too-slow', message: 'the database took too long for this and was told to stop; ask for less, or later', retryAfterMs: 5000 };
  if (!isKnownError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return { class: 'bug', code: 'internal', message };
  }
  return {
    class: classOf(error),
    code: error.code,
    message: error.message,
    ...(error.next !== undefined && { next: error.next }),
    ...(error.pointer !== undefined && { pointer: error.pointer }),
    ...(error instanceof Retryable && error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error instanceof Retryable && error.partnerDown !== undefined && { partnerDown: error.partnerDown }),
    ...(error instanceof OutcomeUnknown && error.lookAgainMs !== undefined && { lookAgainMs: error.lookAgainMs }),
    ...((error instanceof OutcomeUnknown || error instanceof Rejected) && error.effect !== undefined && { effect: error.effect }),
  };
}

/** Ended by `max_statement_time` of MariaDB, by `max_execution_time` of MySQL. */
const TOO_SLOW = new Set([1969, 3024]);

/** Codes of mysql2 and of the network by which a statement never got an answer, or the server is going away or full. */
const AWAY = new Set([
  'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE',
  'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED', 'ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS', 'POOL_CLOSED',
]);

/** Whether a raw error says that the database was not there; the partners' clients name theirs themselves. */
export function isDatabaseAway(error: unknown): boolean {
  if (isKnownError(error)) return false;
  const { code, fatal } = (error ?? {}) as { code?: unknown; fatal?: boolean };
  // mysql2 calls an error fatal when the connection is lost by it.
  return AWAY.has(String(code)) || fatal === true;
}

function classOf(error: unknown): Failure['class'] {
  if (error instanceof Retryable) return 'retryable';
  if (error instanceof Rejected) return 'rejected';
  if (error instanceof InvalidInput) return 'invalid';
  return 'unknown';
}
